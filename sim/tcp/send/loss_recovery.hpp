#pragma once

#include <cstdint>
#include <memory>

#include "lastack/tcp/congestion_control.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/settings.hpp"
#include "send/acked.hpp"
#include "send/odd_chunks.hpp"
#include "send/proportional_rate_reduction.hpp"
#include "send/rack.hpp"
#include "send/retransmission_queue.hpp"
#include "send/retransmission_timer.hpp"
#include "send/send_sequence.hpp"
#include "send/tail_loss_probe.hpp"
#include "send/window_use.hpp"

namespace lastack::tcp {

/// Loss recovery (RFC 5681, RFC 6675, RFC 8985): which segments are lost, when they are sent again,
/// and what each loss does to the congestion window, which it owns as the one that moves it. It
/// marks segments in the retransmission queue; who sends them asks `wants_again`.
///
/// A connection that merely opens and closes needs little of it: what repairs and moves data is
/// made when something first happens to it.
class LossRecovery {
 public:
  /// Linux's tcp_ca_state.
  enum class Phase : std::uint8_t {
    open,
    disorder,  ///< duplicate ACKs or SACKs, no loss yet
    recovery,  ///< fast recovery
    loss       ///< after a timeout
  };
  /// What an ACK lets out first.
  enum class Resend : std::uint8_t { nothing, lost, new_data_first };
  /// Whether the peer understands SACK.
  enum class Sack : std::uint8_t { no, yes };
  /// Whether data waits to be sent and the peer's window takes it.
  enum class NewData : std::uint8_t { none, may_leave };
  /// What the connection and its host say.
  struct Surroundings {
    const Settings& settings;
    const Profile& profile;
    const SendSequence& snd;
    Sack sack;
    NewData new_data;
    std::uint32_t mss;  ///< octets of text a segment takes; 0 while all is in order
    SimTime now;
  };
  struct Verdict {
    Resend first = Resend::nothing;
    SimDuration reorder_wait{};  ///< until RACK knows more; 0: nothing is in doubt
    bool reneged = false;        ///< the peer took back what it had said: all goes again soon
  };

  explicit LossRecovery(CongestionAlgorithm algorithm) : algorithm_{algorithm} {}

  // --- Questions ---

  Phase phase() const { return known().phase; }
  bool calm() const { return phase() == Phase::open || phase() == Phase::disorder; }
  bool repairs() const { return !calm(); }
  const CongestionControl& congestion() const { return known().congestion; }
  /// Data moved or a loss was repaired, so that the congestion window follows round trips.
  bool has_congestion_state() const { return state_ != nullptr; }
  const Rack& rack() const { return rack_; }
  const TailLossProbe& probe() const { return known().probe; }
  /// Segments on their way (RFC 6675, pipe). Without SACK each duplicate ACK stands for one that
  /// arrived.
  std::uint32_t in_flight(const RetransmissionQueue& queue, Sack sack) const;
  /// When data left last; the run's start before that (lsndtime).
  SimTime last_sent() const { return known().last_sent; }
  /// Whether new data sent by an ACK is what F-RTO waits for (RFC 5682, 3.1, step 2).
  bool new_data_is_out(Seq nxt) const { return after(nxt, known().high); }

  // --- Sending ---

  std::uint32_t next_order() { return rack_.next_order(); }
  /// Data leaves, for the first time or again.
  void data_sent(const Surroundings& s) { state(s.snd).last_sent = s.now; }
  /// Data was to be sent; `out` segments are in flight now.
  void window_used(WindowUse::Limit limit, std::uint32_t out, const SendSequence& snd) {
    if (state_) state_->use.note(limit, out, snd.una(), snd.nxt());
  }
  /// A new segment left.
  void new_segment_sent();
  /// A segment leaves again, as a tail-loss probe or for a loss.
  enum class Again : std::uint8_t { probe, repair };
  void resends(Again why, const Surroundings& s);
  /// … because it was lost, counted against what may leave.
  void lost_one_resent(const Surroundings& s) { state(s.snd).prr.sent(); }
  /// The application hands data over; nothing is in flight. A long pause makes the window shrink
  /// (RFC 5681, 4.1).
  void resumes(SimDuration rto, const Surroundings& s);
  void probe_sent(TailLossProbe::What what, const Surroundings& s) {
    state(s.snd).probe.sent(what, s.snd.nxt());
  }

  // --- Acknowledgments, in the order in which one event uses them ---

  /// A segment is known to have arrived.
  void delivered(const InFlight& record, Rack::Copy which, SimTime now, Acked& acked);
  /// The peer says that it got octets twice (RFC 2883). It is believed where that many had been
  /// sent again (Linux, tcp_dsack_seen): then a retransmission was superfluous (RFC 3708).
  void came_twice(const SackBlock& block, std::uint32_t mss, RetransmissionQueue& queue,
                  const Surroundings& s, Acked& acked);
  /// The SACKs of an ACK, or what it covers, are noted: something may have come late.
  void note_reordering(const Acked& acked, const RetransmissionQueue& queue, const Surroundings& s);
  /// A round trip of the latest segment that arrived.
  void round_trip(SimDuration rtt) { rack_.round_trip(rtt); }
  /// … and what it says of the congestion window; `ack_spacing` is by how much bursts of ours may
  /// space ACKs apart. Requires has_congestion_state().
  void round_trip_in_window(SimDuration rtt, SimDuration ack_spacing, const Surroundings& s) {
    state_->congestion.round_trip(rtt, s.snd.una(), s.snd.nxt(), s.now, ack_spacing);
  }
  void probe_acknowledged(const Segment& seg, const Acked& acked, const RetransmissionQueue& queue,
                          const Surroundings& s) {
    if (probe().outstanding()) judge_probe(seg, acked, queue, s);
  }
  /// Finds losses, enters and leaves recovery, moves the window.
  Verdict acknowledged(Acked& acked, RetransmissionQueue& queue, RetransmissionTimer& timer,
                       const Surroundings& s);
  /// The same where SND.UNA was beyond it already, or nothing was in flight: the window stays.
  Verdict looked_at(Acked& acked, RetransmissionQueue& queue, RetransmissionTimer& timer,
                    const Surroundings& s);
  /// The window grows, but only while it is what limits sending.
  void grow(const Acked& acked, const RetransmissionTimer& timer, const Surroundings& s);
  /// Nothing new could be sent after a timeout: the lost segments go again.
  void no_new_data(const Surroundings& s) { state(s.snd).frto = false; }

  // --- Timeouts ---

  /// The retransmission timeout passed: everything that is not SACKed counts as lost (RFC 5681,
  /// 3.1; RFC 6675, 5.1).
  void timed_out(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                 const Surroundings& s);
  /// RACK's tolerance has passed (RFC 8985, 6.3). True when something is lost.
  bool reorder_timeout(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                       const Surroundings& s);

  // --- The handshake ---

  /// The connection is established: HyStart's first round begins.
  void established(Seq nxt, SimTime now) {
    if (state_) state_->congestion.begin(nxt, now);
  }
  /// The handshake lost segments: the window begins at one segment, or as ever (RFC 5681, 3.1).
  enum class FirstWindow : std::uint8_t { one_segment, usual };
  void begin_after_losses(FirstWindow window, const Surroundings& s);
  /// The connection is no more.
  void clear() { state_.reset(); }

  // --- What else few connections need ---

  /// Null: there never were any.
  const OddChunks* odd_chunks() const { return state_ ? state_->odd_chunks.get() : nullptr; }
  OddChunks& change_odd_chunks(const SendSequence& snd);

  void check_invariants(const SendSequence& snd) const;

 private:
  /// What only a connection needs that moves data or repairs a loss.
  struct State {
    constexpr explicit State(CongestionAlgorithm algorithm) : congestion{algorithm} {}

    CongestionControl congestion;
    SimTime last_sent = sim_start;
    ProportionalRateReduction prr;
    TailLossProbe probe;
    WindowUse use;
    Seq high;       ///< recovery ends when this is acknowledged
    Seq undo_from;  ///< SND.UNA at the last reduction (Linux: undo_marker)
    /// Retransmissions since the reduction that no D-SACK has shown to be superfluous; -1: none was
    /// made yet (Linux: undo_retrans).
    std::int16_t undo_retrans = -1;
    std::uint16_t duplicate_acks = 0;
    Phase phase = Phase::open;
    bool may_undo = false;  ///< the last reduction may yet turn out wrong
    bool frto = false;      ///< F-RTO looks whether the timeout was spurious (RFC 5682)
    // What is known of reordering on the path (RFC 8985, 6.2, step 4).
    bool reordering_seen = false;
    bool came_twice = false;       ///< a D-SACK came that no probe explains: be more patient
    std::uint8_t patience = 1;     ///< quarters of the shortest round trip (RACK.reo_wnd_mult)
    std::uint8_t patient_for = 0;  ///< recoveries that it lasts (RACK.reo_wnd_persist)
    std::uint16_t reordering = 0;  ///< tcp_reordering as it grew; 0: as it is set
    std::uint16_t resent = 0;      ///< segments sent again so far (Linux: total_retrans)
    std::uint16_t twice = 0;       ///< segments that came twice (Linux: dsack_dups)
    std::uint32_t adapted_at = 0;  ///< how many had left when the patience last grew
  };
  static const State untouched;
  /// What has a destructor stays out of State, so that the compiler knows all of `untouched`.
  struct Kept : State {
    using State::State;
    std::unique_ptr<OddChunks> odd_chunks;  ///< of the send buffer, once there were any
  };

  const State& known() const { return state_ ? *state_ : untouched; }
  State& state(const SendSequence& snd);

  /// What one look at an ACK works with.
  struct Look {
    Acked& acked;
    RetransmissionQueue& queue;
    RetransmissionTimer& timer;
    const Surroundings& s;
    Verdict verdict;
    bool copies_lost = false;  ///< something that had gone again is believed lost once more
  };
  enum class Step : std::uint8_t { done, go_on };

  void judge_probe(const Segment& seg, const Acked& acked, const RetransmissionQueue& queue,
                   const Surroundings& s);
  void adapt_tolerance(const Acked& acked, const Surroundings& s);
  void saw_reordering(Seq low, const RetransmissionQueue& queue, const Surroundings& s);
  std::uint32_t reordering(const Surroundings& s) const;

  void eat_duplicates(Acked& acked, const RetransmissionQueue& queue, const Surroundings& s);
  void count_duplicate(Acked& acked, const RetransmissionQueue& queue, const Surroundings& s);
  void forget_duplicates(const Surroundings& s);
  void bound_duplicates(std::uint32_t more, const RetransmissionQueue& queue,
                        const Surroundings& s);

  bool is_dubious(const Acked& acked) const;
  void look(Look& l);
  Step leave_recovery(Look& l);
  Step look_in_recovery(Look& l);
  Step look_in_loss(Look& l);
  void look_for_losses(Look& l);
  void process_loss(Look& l);
  Step process_frto(Look& l);
  void find_losses(Look& l);
  void find_losses_without_sack(Look& l) const;
  std::uint32_t find_losses_by_count(RetransmissionQueue& queue, const Surroundings& s) const;
  Rack::Found find_losses_by_time(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                                  const Surroundings& s) const;
  static bool holds_without_sack(const Look& l);
  bool try_undo_recovery(Look& l);
  Step try_undo_partial(Look& l);
  bool try_undo_dsack(Look& l);
  bool try_undo_loss(Look& l, bool by_frto);
  void try_to_open(Look& l);
  void keep_open(const RetransmissionQueue& queue, const Surroundings& s);
  void enter_recovery(const RetransmissionQueue& queue, const Surroundings& s);
  void reduce_window(const Acked& acked, const RetransmissionQueue& queue, const Surroundings& s);
  bool was_delayed(const Look& l) const;
  bool may_undo(const Look& l) const;
  enum class Losses : std::uint8_t { stay, forget };
  void undo_reduction(RetransmissionQueue& queue, Losses losses, const Surroundings& s);
  void init_undo(const RetransmissionQueue& queue, const Surroundings& s);
  void lose_all(RetransmissionQueue& queue, const Surroundings& s);
  void lower_reordering(const RetransmissionQueue& queue, const Surroundings& s);

  Rack rack_;
  std::unique_ptr<Kept> state_;  ///< once something happened to it
  CongestionAlgorithm algorithm_ : 4;
  bool rack_advanced_ : 1 = false;  ///< RACK knows more than when it was last asked
};

}  // namespace lastack::tcp
