#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "host.hpp"
#include "lastack/core/wakeup.hpp"
#include "lastack/tcp/congestion_control.hpp"
#include "lastack/tcp/rto_estimator.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/stack.hpp"
#include "lastack/tcp/state.hpp"
#include "receive_buffer.hpp"
#include "tcb.hpp"

namespace lastack::tcp {

/// What the parties of a handshake agreed on, as the side that was opened knows it when the third
/// segment comes.
struct Negotiated {
  SocketAddress local;
  SocketAddress remote;
  Seq iss;
  Seq irs;
  std::uint16_t mss = 536;  ///< the peer's
  bool timestamps = false;
  bool sack = false;
  bool window_scaling = false;
  std::uint8_t send_scale = 0;       ///< the peer's shift
  std::uint8_t receive_scale = 0;    ///< ours
  std::uint32_t send_window = 0;     ///< offered in the SYN
  std::uint32_t receive_window = 0;  ///< offered in the SYN-ACK
  std::uint32_t window_clamp = 0;
  std::uint32_t ts_recent = 0;
  SimTime ts_recent_at = sim_start;
  std::optional<SimDuration> rtt;  ///< of a SYN-ACK sent once
  std::uint32_t synack_retransmits = 0;
};

/// What only a connection needs that moves data, repairs a loss or has something rare to remember.
/// Most that merely open and close never do.
struct Transfer {
  constexpr explicit Transfer(CongestionAlgorithm algorithm) : congestion{algorithm} {}

  CongestionControl congestion;
  RecoveryState recovery;
  SimTime last_sent = sim_start;  ///< data (lsndtime)
  SimTime probing_since = never;
  SimTime last_invalid_answer = long_ago;
  std::unique_ptr<Reassembly> reassembly;
  std::unique_ptr<ReceiveBuffer> receive_buffer;  ///< once data came
};

/// One connection: the state machine of RFC 9293, 3.10, from SYN-SENT (or a handshake that a
/// listener completed) to its end. Split into files as the RFC's section is: user_calls.cpp
/// (3.10.1-6), segment_arrives.cpp (3.10.7), timeouts.cpp (3.10.8); what these need stands in
/// transmit.cpp, receive.cpp and loss_recovery.cpp.
class Endpoint {
 public:
  Endpoint() = default;

  // --- Life in its slot (Stack) ---

  /// A new socket in CLOSED.
  void open(const SocketOptions* options, std::optional<Seq> iss);
  /// A connection whose handshake a listener completed; in SYN_RCVD until `segment_arrives` sees
  /// the third segment, unless `from` says otherwise.
  void open_passive(const Negotiated& agreed, const SocketOptions* options, State from, Context& c);

  /// What the Stack has to do with the endpoint after an event.
  enum class Fate : std::uint8_t {
    lives,
    closed,         ///< CLOSED: nothing finds it any more
    to_time_wait,   ///< its TIME-WAIT record takes over
    to_fin_wait_2,  ///< a record waits in its place for the peer's FIN
  };
  Fate fate() const { return fate_; }
  SimDuration record_lasts(const Context& c) const;  ///< of to_time_wait, to_fin_wait_2
  /// The Stack made the record: the endpoint is only the application's handle now.
  void handed_over() {
    state_ = State::closed;
    fate_ = Fate::closed;
  }
  std::uint32_t listener = no_listener;  ///< where it waits to be accepted
  Port bound_port = 0;
  /// Whether the Stack has taken it out of its tables after `fate`.
  bool detached = false;
  bool released = false;  ///< the slot was given back

  static constexpr std::uint32_t no_listener = 0xffff'ffff;

  // --- 3.10.1 to 3.10.6: user calls ---

  void connect(SocketAddress local, SocketAddress remote, Seq iss, Context& c);
  Error connect_result();
  IoResult send(std::uint64_t bytes, Context& c);
  IoResult receive(std::uint64_t bytes_max, Context& c);
  Error shutdown(Stack::Direction how, Context& c);
  SimDuration linger(Context& c);
  void close(Context& c);
  void abort(Context& c);
  Error set_option(SocketOptionValue option, Context& c);

  // --- 3.10.7 and 3.10.8 ---

  void segment_arrives(const Segment& seg, Context& c);
  SimTime deadline() const { return std::min({rtx_due_, ack_.due, keep_due_, compressed_until()}); }
  void timeout(Context& c);
  Wakeup wakeup;  ///< outlives the socket: its slot is used again

  /// Counts what the event left it holding of the host's memory for sockets.
  void settle_memory(Context& c);
  bool holds_memory() const { return pages_ != 0 || !queue_.empty() || buffer() != nullptr; }

  // --- What it shows ---

  State state() const { return state_; }
  bool orphan() const { return orphan_; }
  bool connected() const { return connected_; }
  SocketAddress local() const { return local_; }
  SocketAddress remote() const { return remote_; }
  const SendState& snd() const { return snd_; }
  const ReceiveState& rcv() const { return rcv_; }
  const TimestampState& ts() const { return ts_; }
  /// The initial sequence number that the application wants.
  std::optional<Seq> fixed_iss() const {
    return iss_fixed_ ? std::optional{snd_.iss} : std::nullopt;
  }
  const SocketOptions& options() const { return *options_; }
  bool uses_timestamps() const { return timestamps_; }
  SocketSnapshot snapshot() const;
  std::uint32_t octets_not_read() const { return state_ == State::syn_sent ? 0 : rcv_.unread(); }
  /// Whether a waiting call may go on; asked once after each event.
  bool take_wake() {
    const bool woken = wake_;
    wake_ = false;
    return woken;
  }

 private:
  enum class Step : std::uint8_t { go_on, done };
  enum class Nagle : std::uint8_t { on, off };
  enum class RtxTimer : std::uint8_t { none, rto, tlp, probe, reorder };
  enum class KeepTimer : std::uint8_t { none, keepalive, fin_wait_2 };

  // What `Transfer` has: to be read, or to be changed.
  const Transfer& known() const { return transfer_ != nullptr ? *transfer_ : untouched; }
  const RecoveryState& recovery() const { return known().recovery; }
  const CongestionControl& congestion() const { return known().congestion; }
  Reassembly* holes() const { return transfer_ != nullptr ? transfer_->reassembly.get() : nullptr; }
  ReceiveBuffer* buffer() const {
    return transfer_ != nullptr ? transfer_->receive_buffer.get() : nullptr;
  }
  Transfer& transfer();
  static const Transfer untouched;

  // endpoint.cpp: states and timers
  void enter(State next, StateReason why, Context& c);
  void done(StateReason why, Context& c);
  void fail(Error error, StateReason why, Context& c);
  void become_record(Fate fate, StateReason why, Context& c);
  void report_timer(Timer timer, TimerAction action, SimTime due, Context& c);
  void set_rtx_timer(RtxTimer kind, SimDuration timeout, Context& c);
  void clear_rtx_timer(Context& c);
  static Timer name_of_rtx(RtxTimer kind);
  void set_keep_timer(KeepTimer kind, SimDuration timeout, Context& c);
  void clear_keep_timer(Context& c);
  void clear_timers(Context& c);
  void wake() { wake_ = !orphan_; }
  SimDuration fin_wait_2_length(const Context& c) const;
  void fin_wait_2_as_orphan(StateReason why, Context& c);

  // memory.cpp
  enum class MemoryUse : std::uint8_t { send, receive };
  enum class Chunk : std::uint8_t { begun, fresh };
  std::uint32_t bytes_to_send(const Context& c) const;
  std::uint32_t bytes_received() const;
  void add_pages(std::uint32_t more, Context& c);
  bool take_memory(MemoryUse use, std::uint32_t begun, std::uint32_t size, Context& c);
  bool may_take(MemoryUse use, std::uint32_t pages, std::uint32_t begun, std::uint32_t size,
                Context& c);
  bool exceeds_shrunk_buffer(std::uint32_t queued, std::uint32_t size);
  std::uint32_t memory_to_send(std::uint32_t wanted, Chunk chunk, Context& c);
  bool memory_to_keep(const Segment& seg, Context& c);
  void offer_less_under_pressure(const Context& c);
  SimTime try_again_at(const Context& c) const;
  bool out_of_memory(const Context& c) const;
  static bool memory_allows_growth(const Context& c);
  bool fin_joins_last_segment();

  // transmit.cpp: what is sent
  Segment blank(Flags flags, Seq seq) const;
  void add_options(Segment& seg, Context& c);
  void add_sack_blocks(Options& options) const;
  Segment synchronize(Flags flags, Context& c);
  std::uint16_t window_to_tell(Context& c);
  std::uint32_t select_window(const Context& c);
  std::uint32_t full_space(const Context& c) const;
  std::uint32_t free_space(const Context& c) const;
  std::uint32_t payload_max(const Context& c) const;
  void set_window_clamp(std::uint32_t clamp);
  void init_receive_window(const Context& c);
  void init_buffers(const Context& c);
  void finish_options(const Options& peer, Context& c);
  void send_segment(InFlight& what, SendReason why, Context& c);
  void send_syn(SendReason why, Context& c);
  void send_ack(SendReason why, Context& c);
  void send_reset(Context& c);
  void send_probe(SendReason why, Context& c);
  void retransmit(InFlight& what, SendReason why, Context& c);
  std::uint32_t mss_now(const Context& c) const;
  std::uint32_t in_flight() const;

  // new_data.cpp
  enum class Burst : std::uint8_t {
    sent,
    held_back,  ///< by the peer's window or Nagle
    deferred    ///< until an ACK lets more go together
  };
  std::uint32_t unsent() const { return snd_.end() - snd_.nxt; }
  enum class HowMuch : std::uint8_t { all, one_burst };
  void send_what_is_allowed(Nagle nagle, Context& c, HowMuch how_much = HowMuch::all);
  Burst send_fin(Context& c);
  Burst send_single(Nagle nagle, Context& c);
  Burst send_burst(Nagle nagle, Context& c);
  std::uint32_t burst_end(std::uint32_t wanted, std::uint32_t most, std::uint32_t mss,
                          Nagle nagle) const;
  bool waits_for_more(std::uint32_t together, std::uint32_t mss, const Context& c) const;
  std::uint32_t burst_max(std::uint32_t mss) const;
  std::uint64_t pacing_rate(std::uint32_t mss) const;
  SimDuration ack_spacing(const Context& c) const;
  std::uint32_t chunk_left(std::uint32_t mss) const;
  bool fin_follows(std::uint32_t data) const;
  std::uint32_t window_left() const;
  bool fits_window(std::uint32_t data) const;
  SimTime last_write() const;
  void send_new(std::uint32_t data, std::uint32_t mss, SendReason why, Context& c);
  void data_goes_out(std::uint32_t data, const Context& c);
  bool send_as_probe(Context& c);
  void send_piece(std::uint32_t octets, Context& c);
  bool nagle_holds_back(std::uint32_t data, bool fin, Nagle nagle, const Context& c) const;
  bool short_one_waits(Nagle nagle) const;
  void note_window_use(bool limited);
  bool window_is_limit() const;
  void after_new_data(bool nothing_was_out, Context& c);

  // send_buffer.cpp
  void grow_send_buffer(const Context& c);
  std::uint32_t send_memory(const Context& c) const;
  std::uint32_t chunk_goal(std::uint32_t mss) const;
  std::uint64_t fill_send_buffer(std::uint64_t bytes, SimTime& try_again, Context& c);
  void wake_sender(const Context& c);

  // segment_arrives.cpp
  void segment_arrives_syn_sent(const Segment& seg, Context& c);
  void syn_sent_acceptable_ack(const Segment& seg, Context& c);
  void syn_sent_reset_and_retry(const Segment& seg, Context& c);
  void simultaneous_open(const Segment& seg, Context& c);
  void segment_arrives_other_states(const Segment& seg, Context& c);
  Step check_timestamp(const Segment& seg, Context& c);
  Step check_sequence(const Segment& seg, Context& c);
  Step check_rst(const Segment& seg, Context& c);
  Step check_syn(const Segment& seg, Context& c);
  Step check_ack(const Segment& seg, Context& c);
  Step check_ack_syn_rcvd(const Segment& seg, Context& c);
  Step ack_of_fin(const Segment& seg, Context& c);
  Step process_text(const Segment& seg, Context& c);
  void check_fin(Context& c);
  void reset_by_peer(Context& c);
  void become_established(const Segment& seg, StateReason why, Context& c);
  void restart_congestion(const Segment& seg, Context& c);
  void challenge(Context& c);
  void answer_unacceptable(const Segment& seg, Context& c);
  bool acceptable(const Segment& seg, const Context& c) const;
  bool reset_is_exact(const Segment& seg, const Context& c) const;

  // acknowledgments.cpp
  enum class AckKind : std::uint8_t { fine, unsent, ancient };
  /// When those segments left that were sent once only.
  struct Departures {
    SimTime first = never;
    SimTime last = never;

    void note(const InFlight& record) {
      if (!record.retransmitted) {
        first = first == never ? record.sent : first;
        last = record.sent;
      }
    }
  };
  /// What one ACK said of segments in flight.
  struct Acked {
    std::uint32_t segments = 0;  ///< acknowledged by number
    std::uint32_t newly_sacked = 0;
    std::uint32_t delivered = 0;  ///< known for the first time to have arrived
    Departures by_number;         ///< acknowledged by number for the first time
    Departures by_sack;
    std::uint32_t newly_lost = 0;  ///< believed lost because of it
    bool repeated = false;         ///< one of them had been sent again
    /// Something sent only once, before the timeout, is known to have arrived.
    bool original_arrived = false;
    /// It answers something sent before the first retransmission (RFC 4015, Eifel).
    bool echoes_original = false;
    bool rack_advanced = false;
    bool dsack = false;  ///< the peer got something twice
  };
  AckKind acknowledge(const Segment& seg, Context& c);
  void update_send_window(const Segment& seg);
  Acked clean_queue(const Segment& seg, Context& c);
  /// Which of the copies sent of something arrived, as far as one can tell.
  enum class Copy : std::uint8_t { latest, earlier };
  Copy copy_answered(const InFlight& record, const Segment& seg) const;
  bool echo_is_before(const Segment& seg, SimTime time) const;
  void note_delivered(const InFlight& record, Acked& acked, Copy which, Context& c);
  void note_original(const InFlight& record, Acked& acked) const;
  void note_sacks(const Segment& seg, Acked& acked, Context& c);
  void sample_rtt(const Segment& seg, const Acked& acked, Context& c);
  void grow_window(const Acked& acked, Context& c);
  SimDuration rto_left(const Context& c) const;
  void restart_rtx_timer(Context& c);
  bool may_probe(const Context& c) const;
  bool schedule_tlp(SimDuration rto_left, Context& c);
  void check_probe_timer(Context& c);
  SimDuration probe_interval(const Context& c) const;
  void probe_answered(Context& c);

  // loss_recovery.cpp
  enum class Progress : std::uint8_t { none, duplicate, advanced };
  /// What an ACK in recovery lets out first.
  enum class Resend : std::uint8_t { lost, new_data_first };
  Resend recover(Acked& acked, Progress progress, Context& c);
  void process_recovery(const Acked& acked, Progress progress);
  Resend process_loss(const Acked& acked, Progress progress);
  std::uint32_t count_lost() const;
  bool may_undo(const Acked& acked) const;
  void undo_reduction();
  void init_undo(const Context& c);
  bool echoes_original(const Segment& seg, const Context& c) const;
  void count_duplicates(Acked& acked, Progress progress);
  void find_losses(const Acked& acked, Progress progress, Context& c);
  void find_losses_without_sack(Progress progress);
  void find_losses_by_count();
  void find_losses_by_time(Context& c);
  void enter_recovery(const Context& c);
  void reduce_window(const Acked& acked, Progress progress);
  void end_recovery();
  void enter_loss(Context& c);
  void resend(Resend first, Context& c);
  void resend_lost(Context& c);
  void process_tlp_ack(const Segment& seg, Progress progress);

  // receive.cpp
  void queue_text(const Segment& seg, Context& c);
  void queue_out_of_order(const Segment& seg, Context& c);
  void absorb_reassembled();
  void note_dsack(Seq left, Seq right, const Context& c);
  Reassembly& reassembly();
  void data_arrived(const Segment& seg, const Context& c);
  void learn_segment_size(const Segment& seg, const Context& c);
  void measure_round_trip(const Segment& seg, const Context& c);
  void grow_offer(const Segment& seg, const Context& c);
  ReceiveBuffer& receive_buffer(const Context& c);
  ReceiveBuffer new_receive_buffer(const Context& c) const;
  std::uint32_t octets_beyond_hole() const;
  void octets_read(std::uint32_t taken, const Context& c);
  void after_read(Context& c);

  // acknowledging.cpp
  void quick_acks(std::uint32_t most);
  bool compress_ack(Context& c);
  void release_compressed_ack(Context& c);
  SimTime compressed_until() const { return holes() == nullptr ? never : holes()->held_until; }
  void ack_at_once();
  bool both_ways(const Context& c) const;
  bool acks_at_once(const Context& c) const;
  void decide_ack(Context& c);
  void delay_ack(Context& c);
  void ack_was_sent(Context& c);
  void delack_timeout(Context& c);

  // timeouts.cpp
  void rtx_timeout(Context& c);
  void retransmission_timeout(Context& c);
  void tail_loss_probe(Context& c);
  void reorder_timeout(Context& c);
  void probe_timeout(Context& c);
  bool gave_up(Context& c);
  bool retries_used_up(std::int32_t retries, SimDuration user_timeout, const Context& c) const;
  std::int32_t orphan_retries(const Context& c) const;
  enum class Farewell : std::uint8_t { reset, silent };
  Farewell farewell(const Context& c) const;
  bool out_of_resources(Farewell wanted, Context& c);
  SimDuration clamp_to_user_timeout(SimDuration timeout, SimTime since, const Context& c) const;
  SimDuration user_timeout() const { return std::chrono::milliseconds{options_->user_timeout_ms}; }
  void keep_timeout(Context& c);
  void end_probing();
  SimDuration silent_for(const Context& c) const;
  void keepalive_timeout(Context& c);
  SimDuration keep_idle(const Context& c) const;
  SimDuration keep_interval(const Context& c) const;
  std::uint32_t keep_count(const Context& c) const;

  SocketAddress local_;
  SocketAddress remote_;
  State state_ = State::closed;
  Fate fate_ = Fate::lives;
  RtxTimer rtx_timer_ = RtxTimer::none;
  KeepTimer keep_timer_ = KeepTimer::none;
  Error error_ = Error::none;  ///< for the application's next call
  bool orphan_ : 1 = false;    ///< the application gave it up
  bool wake_ : 1 = false;
  bool connecting_ : 1 = false;  ///< the application waits for connect's result
  bool connected_ : 1 = false;
  bool write_closed_ : 1 = false;  ///< shutdown for writing
  bool read_closed_ : 1 = false;   ///< shutdown for reading, or EOF
  bool sack_ok_ : 1 = false;
  bool scaling_ok_ : 1 = false;
  bool syn_again_soon_ : 1 =
      false;                       ///< the retransmission timer repeats a SYN after a wrong answer
  bool pushes_ : 1 = false;        ///< the segment being sent is the last of a burst
  bool send_blocked_ : 1 = false;  ///< the application waits for room in the send buffer
  bool listener_made_ : 1 = false;
  bool iss_fixed_ : 1 = false;   ///< by the application: snd_.iss
  bool timestamps_ : 1 = false;  ///< both ends use them (RFC 7323, 3)
  bool has_recent_ : 1 = false;  ///< ts_.recent is one
  bool syn_acked_ : 1 = false;   ///< four-way: the SYN's ACK came ahead of the peer's SYN
  std::uint16_t peer_mss_ = 536;
  std::uint16_t retransmits_ = 0;   ///< timeouts in a row (icsk_retransmits)
  std::uint16_t probes_out_ = 0;    ///< unanswered keepalive or window probes
  std::uint16_t syn_timeouts_ = 0;  ///< total, for linear SYN timeouts
  std::uint8_t probe_backoff_ = 0;
  std::uint32_t pages_ = 0;  ///< of the host's memory for sockets (tcp_mem)
  CongestionAlgorithm congestion_algorithm_ = CongestionAlgorithm::reno;
  SendState snd_;
  ReceiveState rcv_;
  AckState ack_;
  TimestampState ts_;
  RoundTrips trips_;
  RtoEstimator rto_{std::chrono::seconds{1}};
  Seq rtt_turn_;  ///< a sample that acknowledges beyond starts a new window
  SimTime rtx_due_ = never;
  SimTime keep_due_ = never;
  SimTime last_ack_seen_ = sim_start;                  ///< rcv_tstamp
  boost::container::small_vector<InFlight, 1> queue_;  ///< ascending
  std::unique_ptr<Transfer> transfer_;
  const SocketOptions* options_ = &no_options;  ///< kept by the host
};

}  // namespace lastack::tcp
