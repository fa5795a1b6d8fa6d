#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "host/held_memory.hpp"
#include "host/host.hpp"
#include "keepalive_timer.hpp"
#include "lastack/core/wakeup.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/stack.hpp"
#include "lastack/tcp/state.hpp"
#include "lastack/tcp/state_reason.hpp"
#include "receive/delayed_ack.hpp"
#include "receive/receive_queue.hpp"
#include "receive/receive_window.hpp"
#include "send/loss_recovery.hpp"
#include "send/nagle.hpp"
#include "send/retransmission_queue.hpp"
#include "send/retransmission_timer.hpp"
#include "send/send_buffer.hpp"
#include "send/send_sequence.hpp"
#include "send/zero_window_probe.hpp"
#include "timestamps.hpp"

namespace lastack::tcp {

/// What the parties of a handshake agreed on, as the side that was opened knows it when the third
/// segment comes.
struct Negotiated {
  SocketAddress local;
  SocketAddress remote;
  Seq iss;
  Seq irs;
  std::uint16_t mss = default_mss;  ///< the peer's
  bool timestamps = false;
  bool sack = false;
  bool window_scaling = false;
  std::uint8_t send_scale = 0;       ///< the peer's shift
  std::uint8_t receive_scale = 0;    ///< ours
  std::uint32_t send_window = 0;     ///< offered in the SYN
  std::uint32_t receive_window = 0;  ///< offered in the SYN-ACK
  Timestamp ts_recent;
  SimTime ts_recent_at = sim_start;
  std::optional<SimDuration> rtt;  ///< of a SYN-ACK sent once
  bool synacks_lost = false;       ///< several, as far as anybody knows: RFC 5681, 3.1
};

/// One connection: the state machine of RFC 9293, 3.10, from SYN-SENT (or a handshake that a
/// listener completed) to its end. It keeps the RFC's order of checks and the transitions; what a
/// check decides about is a part with its own state, named after its literature. Split into files
/// as the RFC's section is:
///
/// - user_calls.cpp (3.10.1 to 3.10.6), segment_arrives.cpp (3.10.7), timeouts.cpp (3.10.8)
/// - send/acknowledgments.cpp (3.10.7.4, fifth) and receive/text.cpp (seventh)
/// - send/new_data.cpp (when data goes) and send/transmit.cpp (the segments)
/// - orphan.cpp and memory.cpp (what Linux does to connections that nobody owns, or under pressure)
///
/// LINUX.md leads from well-known subjects to functions.
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
  /// The listener where it waits to be accepted.
  std::uint32_t listener() const { return listener_; }
  void waits_at(std::uint32_t listener) { listener_ = listener; }
  void accepted() { listener_ = no_listener; }
  Port bound_port() const { return bound_port_; }  ///< 0: not bound by the application
  void bind(Port port) { bound_port_ = port; }
  /// The Stack has taken it out of its tables, after `fate` or for another with the same pair.
  bool detached() const { return detached_; }
  void detach() { detached_ = true; }
  bool released() const { return released_; }  ///< the slot was given back
  void release() { released_ = true; }

  static constexpr std::uint32_t no_listener = 0xffff'ffff;

  // --- 3.10.1 to 3.10.6: user calls ---

  /// Its SYN takes over a pair in TIME-WAIT whose peer showed this timestamp last.
  void inherit(Timestamp recent, SimTime recent_at) { ts_.agree(recent, recent_at); }
  void connect(SocketAddress local, SocketAddress remote, Seq iss, Context& c);
  Error connect_result();
  bool waits_for_room() const {
    return buffer_.blocked() && error_ == Error::none && !write_closed_;
  }
  IoResult send(std::uint64_t bytes, Context& c);
  IoResult receive(std::uint64_t bytes_max, Context& c);
  Error shutdown(Stack::Direction how, Context& c);
  SimDuration linger(Context& c);
  void close(Context& c);
  void abort(Context& c);
  Error set_option(SocketOptionValue option, Context& c);

  // --- 3.10.7 and 3.10.8 ---

  void segment_arrives(const Segment& seg, Context& c);
  SimTime deadline() const { return std::min({rtx_.due(), acks_.due(), keep_.due()}); }
  void timeout(Context& c);
  Wakeup& wakeup() { return wakeup_; }
  const Wakeup& wakeup() const { return wakeup_; }

  /// Counts what the event left it holding of the host's memory for sockets.
  void settle_memory(Context& c);
  bool holds_memory() const {
    return held_.pages() != 0 || !queue_.empty() || window_.has_buffer();
  }

  std::uint32_t held_pages() const { return held_.pages(); }

  // --- What it shows ---

  State state() const { return state_; }
  bool orphan() const { return orphan_; }
  bool connected() const { return connected_; }
  SocketAddress local() const { return {local_address_, local_port_}; }
  SocketAddress remote() const { return {remote_address_, remote_port_}; }
  const SendSequence& snd() const { return snd_; }
  const ReceiveQueue& received() const { return received_; }
  const ReceiveWindow& window() const { return window_; }
  const Timestamps& timestamps() const { return ts_; }
  /// The initial sequence number that the application wants.
  std::optional<Seq> fixed_iss() const {
    return iss_fixed_ ? std::optional{snd_.iss()} : std::nullopt;
  }
  const SocketOptions& options() const { return *options_; }
  SocketSnapshot snapshot() const;
  std::uint32_t octets_not_read() const {
    return state_ == State::syn_sent ? 0 : received_.unread();
  }
  /// Whether a waiting call may go on; asked once after each event.
  bool take_wake() {
    const bool woken = wake_;
    wake_ = false;
    return woken;
  }

  /// What is always true of it and of its parts.
  void check_invariants() const;

 private:
  enum class Step : std::uint8_t { go_on, done };
  using RtxKind = RetransmissionTimer::Kind;
  using KeepKind = KeepaliveTimer::Kind;

  // What the parts ask of their surroundings.
  ReceiveWindow::Surroundings receiving(const Context& c) const;
  LossRecovery::Surroundings sending(const Context& c) const;
  SimDuration delayed_ack_max(const Context& c) const;
  DelayedAck::Rules ack_rules(const Context& c) const;
  KeepaliveTimer::Rules keep_rules(const Context& c) const;
  UserTimeout user_timeout() const { return UserTimeout{options_->user_timeout_ms}; }
  LossRecovery::Sack sack() const {
    return sack_ok_ ? LossRecovery::Sack::yes : LossRecovery::Sack::no;
  }
  RtoLimits rto_limits(const Context& c) const;
  void back_off(Context& c);
  std::uint32_t cwnd() const { return recovery_.congestion().cwnd(); }

  // endpoint.cpp: states and timers
  void enter(State next, StateReason why, Context& c);
  bool ends_by_reset(StateReason why, const Context& c) const;
  void done(StateReason why, Context& c);
  void fail(Error error, StateReason why, Context& c);
  void become_record(Fate fate, StateReason why, Context& c);
  void give_back(Context& c);
  std::uint64_t pair() const { return pair_key(local_port_, remote_address_, remote_port_); }
  void report_timer(Timer timer, TimerAction action, SimTime due, Context& c);
  void report_cancelled(const DelayedAck::Cancelled& timers, Context& c);
  void set_rtx_timer(RtxKind kind, SimDuration timeout, Context& c);
  void clear_rtx_timer(Context& c);
  void set_keep_timer(KeepKind kind, SimDuration timeout, Context& c);
  void clear_keep_timer(Context& c);
  void clear_timers(Context& c);
  void wake() { wake_ = !orphan_; }

  // orphan.cpp
  enum class Farewell : std::uint8_t { reset, silent };
  SimDuration fin_wait_2_length(const Context& c) const;
  void fin_wait_2_as_orphan(StateReason why, Context& c);
  void fin_wait_2_timeout(Context& c);
  std::int32_t orphan_retries(SimDuration wait, const Context& c) const;
  std::int32_t orphan_retries(const Context& c) const;
  Farewell farewell(const Context& c) const;
  bool out_of_resources(Farewell wanted, Context& c);
  bool out_of_memory(const Context& c) const;

  // memory.cpp
  enum class MemoryUse : std::uint8_t { send, receive };
  using Chunk = SendBuffer::Chunk;
  std::uint32_t bytes_to_send() const;
  bool take_memory(MemoryUse use, std::uint32_t begun, std::uint32_t size, Context& c);
  bool may_take(MemoryUse use, std::uint32_t pages, std::uint32_t begun, std::uint32_t size,
                Context& c);
  bool exceeds_shrunk_buffer(std::uint32_t queued, std::uint32_t size);
  std::uint32_t memory_to_send(std::uint32_t wanted, Chunk chunk, Context& c);
  bool memory_to_keep(const Segment& seg, Context& c);
  std::uint64_t memory_to_spare() const;
  SimTime try_again_at(const Context& c) const;
  static bool memory_allows_growth(const Context& c);
  bool fin_joins_last_segment();
  void end_writing(Context& c);

  // send/transmit.cpp: what is sent
  Segment blank(Flags flags, Seq seq) const;
  Segment acknowledging(Flags flags, Seq seq, Context& c);
  void add_options(Segment& seg, Context& c);
  Segment synchronize(Flags flags, Context& c);
  std::uint16_t window_to_tell(Context& c);
  std::uint32_t decide_offer(const Context& c);
  void send_segment(std::size_t place, SendReason why, Context& c);
  void send_syn(SendReason why, Context& c);
  void send_ack(SendReason why, Context& c);
  void send_reset(Context& c);
  void send_probe(SendReason why, Context& c);
  bool retransmit(std::size_t place, SendReason why, Context& c);
  bool goes_with_previous(std::size_t place, const Context& c) const;
  bool repack(std::size_t place, Context& c);
  Seq acceptable_seq(const Context& c) const;
  void ack_was_sent(Context& c);
  std::uint32_t mss_now(const Context& c) const;

  // send/new_data.cpp
  enum class Burst : std::uint8_t {
    sent,
    held_back,  ///< by the peer's window or Nagle
    deferred    ///< until an ACK lets more go together
  };
  enum class HowMuch : std::uint8_t { all, one_burst };
  std::uint32_t unsent() const { return buffer_.unsent(snd_.nxt()); }
  std::uint32_t in_flight() const { return recovery_.in_flight(queue_, sack()); }
  [[gnu::noinline]] std::uint32_t send_memory() const;
  void grow_send_buffer(const Context& c);
  void begin_chunk(Chunk chunk, std::uint32_t goal);
  std::uint64_t fill_send_buffer(std::uint64_t bytes, SimTime& try_again, Context& c);
  void wake_sender(const Context& c);
  void send_what_is_allowed(Nagle::Mode nagle, Context& c, HowMuch how_much = HowMuch::all);
  Burst send_fin(Context& c);
  Burst send_single(Nagle::Mode nagle, Context& c);
  Burst send_burst(Nagle::Mode nagle, Context& c);
  Burst decide_burst(std::uint32_t together, std::uint32_t mss, Nagle::Mode nagle,
                     const Context& c) const;
  void keep_chunk_grown(std::uint32_t grown);
  void send_together(std::uint32_t octets, std::uint32_t mss, Context& c);
  bool waits_for_more(std::uint32_t together, std::uint32_t mss, const Context& c) const;
  std::uint64_t pacing_rate_now(std::uint32_t mss) const;
  std::uint32_t burst_max_now(std::uint32_t mss) const;
  bool fin_follows(std::uint32_t data) const { return buffer_.fin_follows(snd_.nxt() + data); }
  bool fits_link(std::uint32_t data, const Context& c) const;
  bool fits_window(std::uint32_t data) const;
  void send_new(std::uint32_t data, std::uint32_t mss, SendReason why, Context& c);
  void data_goes_out(std::uint32_t data, const Context& c);
  bool send_as_probe(Context& c);
  std::uint32_t single_octets(std::uint32_t mss, const Context& c) const;
  void send_piece(std::uint32_t octets, Context& c);
  bool nagle_holds_back(std::uint32_t data, bool fin, Nagle::Mode nagle, const Context& c) const;
  bool short_one_waits(Nagle::Mode nagle) const;
  void after_new_data(bool nothing_was_out, Context& c);

  // user_calls.cpp
  void acknowledge_quickly(Context& c);
  void follow_option(SocketOptionValue given, const SocketOptions& before, Context& c);
  void begin_sending(Seq first, Context& c);
  bool leaves_data_unread(const Context& c) const;

  // segment_arrives.cpp
  void segment_arrives_syn_sent(const Segment& seg, Context& c);
  void syn_sent_acceptable_ack(const Segment& seg, Context& c);
  bool echoes_no_syn(const Segment& seg, const Context& c) const;
  void syn_sent_reset_and_retry(const Segment& seg, Context& c);
  void text_of_syn_ack(const Segment& seg, Context& c);
  void simultaneous_open(const Segment& seg, Context& c);
  void segment_arrives_other_states(const Segment& seg, Context& c);
  Step check_timestamp(const Segment& seg, Context& c);
  Step check_sequence(const Segment& seg, Context& c);
  Step check_rst(const Segment& seg, Context& c);
  Step check_syn(const Segment& seg, Context& c);
  Step check_ack(const Segment& seg, Context& c);
  Step check_ack_syn_rcvd(const Segment& seg, Context& c);
  Step ack_of_fin(const Segment& seg, Context& c);
  Step fin_acknowledged_in_fin_wait_1(const Segment& seg, Context& c);
  bool brings_text(const Segment& seg) const;
  Step process_text(const Segment& seg, Context& c);
  void check_fin(Context& c);
  void reset_by_peer(Context& c);
  void peer_opens(const Segment& syn, Context& c);
  void finish_options(const Segment& syn, Context& c);
  void limit_peer_mss(std::uint16_t offered, const Context& c);
  void become_established(const Segment& seg, StateReason why, Context& c);
  void restart_congestion(const Segment& seg, Context& c);
  void challenge(Context& c);
  void answer_unacceptable(const Segment& seg, Context& c);
  bool is_crossed_syn_ack(const Segment& seg) const;
  bool is_acceptable(const Segment& seg, const Context& c) const;
  bool reset_is_of_fin(const Segment& seg, const Context& c) const;
  bool reset_is_exact(const Segment& seg, const Context& c) const;
  Step check_flags(const Segment& seg, Context& c);
  Error error_of_reset(const Context& c) const;

  // send/acknowledgments.cpp
  enum class AckKind : std::uint8_t { fine, unsent, ancient };
  AckKind acknowledge(const Segment& seg, Context& c);
  bool takes_text_first(const Segment& seg, const Context& c);
  bool is_predicted(const Segment& seg, const Context& c);
  bool is_ancient(Seq ack, const Context& c) const;
  Acked clean_queue(const Segment& seg, Context& c);
  void clean_queue(const Segment& seg, Acked& acked, Context& c);
  void note_delivered(const InFlight& record, Rack::Copy which, Acked& acked, Context& c);
  Rack::Copy copy_answered(const InFlight& record, const Segment& seg) const;
  bool is_plausible(const SackBlock& block) const;
  static bool is_dsack(const Segment& seg);
  bool moves_timer(const Acked& acked) const;
  void look_for_losses(const Segment& seg, Acked& acked, Context& c);
  void begin_look(Acked& acked) const;
  void old_ack(const Segment& seg, Context& c);
  void follow_timers(const Acked& acked, const LossRecovery::Verdict& verdict, Context& c);
  /// SACK blocks count only where both ends agreed on them (RFC 2018, 2).
  bool tells_of_sacks(const Segment& seg) const { return sack_ok_ && seg.options.sack_count > 0; }
  void note_sacks(const Segment& seg, Acked& acked, Context& c);
  void sample_rtt(const Segment& seg, const Acked& acked, Context& c);
  bool echoes_original(const Segment& seg, const Context& c) const;
  SimDuration rto_left(const Context& c) const;
  void restart_rtx_timer(Context& c);
  bool may_probe(const Context& c) const;
  bool schedule_tlp(SimDuration rto_left, Context& c);
  void wait_for_reordered(SimDuration wait, Context& c);
  void check_probe_timer(Context& c);
  void set_probe_timer(Context& c);
  SimDuration probe_interval(const Context& c) const;
  void probe_answered(Context& c);
  void resend(LossRecovery::Resend first, Context& c);
  void resend_lost(Context& c);

  // receive/text.cpp
  void queue_text(const Segment& seg, Context& c);
  void queue_in_order(const Segment& seg, Context& c);
  void queue_out_of_order(const Segment& seg, Context& c);
  bool take_text(const Segment& seg, std::uint32_t octets, Context& c);
  void absorb_reassembled(const Context& c);
  void note_dsack(Seq left, Seq right, const Context& c);
  void data_arrived(const Segment& seg, const Context& c);
  void learn_segment_size(const Segment& seg, const Context& c);
  void measure_round_trip(const Segment& seg, const Context& c);
  void grow_offer(const Segment& seg, const Context& c);
  void octets_read(std::uint32_t taken, const Context& c);
  void after_read(Context& c);
  void decide_ack(Context& c);
  void carry_out(const DelayedAck::Answer& answer, Context& c);

  // timeouts.cpp
  void rtx_timeout(Context& c);
  void delack_timeout(Context& c);
  void compressed_timeout(Context& c);
  void keep_timeout(Context& c);
  void retransmission_timeout(Context& c);
  void tail_loss_probe(Context& c);
  void reorder_timeout(Context& c);
  void probe_timeout(Context& c);
  bool gave_up(Context& c);
  bool window_taken_back(const Context& c) const;
  bool gave_up_window(Context& c);
  bool asks_for_window_too_long(const Context& c) const;
  bool probes_used_up(const Context& c) const;
  bool retries_used_up(std::int32_t retries, UserTimeout limit, const Context& c) const;
  void keepalive_timeout(Context& c);

  void set_ends(SocketAddress local, SocketAddress remote);

  // A host may have a million connections, so the small members stand where a part leaves bytes
  // unused behind it: [[no_unique_address]] lets them.
  Wakeup wakeup_;                               ///< outlives the socket: its slot is used again
  const SocketOptions* options_ = &no_options;  ///< kept by the host
  RetransmissionQueue queue_;

  [[no_unique_address]] LossRecovery recovery_{CongestionAlgorithm::reno};
  State state_ = State::closed;
  Port local_port_ = 0;
  [[no_unique_address]] SendSequence snd_;
  Fate fate_ = Fate::lives;
  std::uint16_t peer_mss_ = default_mss;

  [[no_unique_address]] RetransmissionTimer rtx_{std::chrono::seconds{1}};
  Error error_ = Error::none;     ///< for the application's next call
  std::uint16_t probes_out_ = 0;  ///< unanswered keepalive or window probes (icsk_probes_out)
  [[no_unique_address]] HeldMemory held_;

  [[no_unique_address]] ReceiveQueue received_;
  bool orphan_ : 1 = false;  ///< the application gave it up
  bool wake_ : 1 = false;
  bool connecting_ : 1 = false;  ///< the application waits for connect's result
  bool connected_ : 1 = false;
  bool write_closed_ : 1 = false;  ///< shutdown for writing
  bool read_closed_ : 1 = false;   ///< shutdown for reading, or EOF
  bool detached_ : 1 = false;
  bool released_ : 1 = false;
  Port bound_port_ = 0;

  [[no_unique_address]] ReceiveWindow window_;
  bool sack_ok_ : 1 = false;
  bool scaling_ok_ : 1 = false;
  bool syn_again_soon_ : 1 = false;  ///< the timer repeats a SYN after a wrong answer
  bool pushes_ : 1 = false;          ///< the segment being sent is the last of a burst
  bool listener_made_ : 1 = false;
  bool iss_fixed_ : 1 = false;  ///< by the application: ISS
  bool syn_acked_ : 1 = false;  ///< four-way: the SYN's ACK came ahead of the peer's SYN
  bool predicted_ : 1 = false;  ///< header prediction takes the segment that came last
  Port remote_port_ = 0;

  [[no_unique_address]] DelayedAck acks_;
  Address remote_address_{};

  [[no_unique_address]] Timestamps ts_;
  [[no_unique_address]] SendBuffer buffer_;
  [[no_unique_address]] Nagle nagle_;

  [[no_unique_address]] KeepaliveTimer keep_;
  std::uint32_t listener_ = no_listener;

  [[no_unique_address]] ZeroWindowProbe probing_;
  Address local_address_{};
};

}  // namespace lastack::tcp
