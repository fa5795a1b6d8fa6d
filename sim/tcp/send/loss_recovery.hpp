#pragma once

#include <cstdint>
#include <memory>

#include "lastack/tcp/congestion_control.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/settings.hpp"
#include "send/acked.hpp"
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
  enum class Resend : std::uint8_t { lost, new_data_first };
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
    SimTime now;
  };
  struct Verdict {
    Resend first = Resend::lost;
    SimDuration reorder_wait{};  ///< until RACK knows more; 0: nothing is in doubt
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
  /// A segment is about to leave again.
  void resends();
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
  /// Octets came twice, so that a retransmission was superfluous (RFC 3708).
  void superfluous();
  /// A round trip of the latest segment that arrived.
  void round_trip(SimDuration rtt) { rack_.round_trip(rtt); }
  /// … and what it says of the congestion window; `ack_spacing` is by how much bursts of ours may
  /// space ACKs apart. Requires has_congestion_state().
  void round_trip_in_window(SimDuration rtt, SimDuration ack_spacing, const Surroundings& s) {
    state_->congestion.round_trip(rtt, s.snd.una(), s.snd.nxt(), s.now, ack_spacing);
  }
  void probe_acknowledged(const Segment& seg, const Acked& acked) {
    if (probe().outstanding()) judge_probe(seg, acked);
  }
  /// Finds losses, enters and leaves recovery, moves the window.
  Verdict acknowledged(Acked& acked, RetransmissionQueue& queue, RetransmissionTimer& timer,
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
                       SimDuration& wait, const Surroundings& s);

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
    Seq high;  ///< recovery ends when this is acknowledged
    /// Retransmissions since the reduction that no D-SACK has shown to be superfluous; -1: none was
    /// made yet (Linux: undo_retrans).
    std::int16_t undo_retrans = -1;
    std::uint16_t duplicate_acks = 0;
    Phase phase = Phase::open;
    bool may_undo = false;  ///< the last reduction may yet turn out wrong (Linux: undo_marker)
    bool frto = false;      ///< F-RTO looks whether the timeout was spurious (RFC 5682)
  };
  static const State untouched;

  const State& known() const { return state_ ? *state_ : untouched; }
  State& state(const SendSequence& snd);

  void judge_probe(const Segment& seg, const Acked& acked);
  void count_duplicates(Acked& acked, const Surroundings& s);
  void process_recovery(const Acked& acked, RetransmissionQueue& queue, RetransmissionTimer& timer,
                        const Surroundings& s);
  Resend process_loss(const Acked& acked, RetransmissionQueue& queue, RetransmissionTimer& timer,
                      const Surroundings& s);
  Resend process_frto(const Acked& acked, const Surroundings& s);
  SimDuration find_losses(const Acked& acked, RetransmissionQueue& queue,
                          const RetransmissionTimer& timer, const Surroundings& s);
  void find_losses_without_sack(const Acked& acked, RetransmissionQueue& queue,
                                const Surroundings& s) const;
  static void find_losses_by_count(RetransmissionQueue& queue, const Surroundings& s);
  Rack::Found find_losses_by_time(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                                  const Surroundings& s) const;
  void settle_phase(std::uint32_t lost, const RetransmissionQueue& queue, const Surroundings& s);
  void enter_recovery(const RetransmissionQueue& queue, const Surroundings& s);
  void reduce_window(const Acked& acked, const RetransmissionQueue& queue, const Surroundings& s);
  void end_recovery(RetransmissionTimer& timer, const Surroundings& s);
  bool may_undo(const Acked& acked) const;
  void undo_reduction(RetransmissionQueue& queue, const Surroundings& s);
  void init_undo(const RetransmissionQueue& queue, const Surroundings& s);

  Rack rack_;
  std::unique_ptr<State> state_;  ///< once something happened to it
  CongestionAlgorithm algorithm_;
};

}  // namespace lastack::tcp
