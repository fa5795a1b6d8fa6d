// SEGMENT ARRIVES (RFC 9293, 3.10.7) for one connection. CLOSED, LISTEN and the requests of a
// listener are the Stack's (stack.cpp, listener.cpp); TIME-WAIT is in time_wait.cpp.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "windows.hpp"

namespace lastack::tcp {

void Endpoint::segment_arrives(const Segment& seg, Context& c) {
  switch (state_) {
    case State::syn_sent: segment_arrives_syn_sent(seg, c); break;
    case State::syn_rcvd:
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::close_wait:
    case State::closing:
    case State::last_ack: segment_arrives_other_states(seg, c); break;
    case State::closed:
    case State::listen:
    case State::time_wait: LASTACK_ASSERT(state_ == State::syn_sent); break;
  }
}

// --- 3.10.7.3: SYN-SENT ---

void Endpoint::segment_arrives_syn_sent(const Segment& seg, Context& c) {
  const bool has_ack = seg.flags.has(Flags::ack);
  if (has_ack && (at_or_before(seg.ack, snd_.iss) || after(seg.ack, snd_.nxt))) {  // first
    syn_sent_reset_and_retry(seg, c);
    return;
  }
  if (seg.flags.has(Flags::rst)) {  // second
    if (has_ack) {
      reset_by_peer(c);
    } else {
      c.discard(DiscardReason::rst_without_ack);
    }
    return;
  }
  // third, security: not modelled
  if (seg.flags.has(Flags::syn)) {  // fourth
    if (has_ack || syn_acked_) {
      syn_sent_acceptable_ack(seg, c);
    } else {
      simultaneous_open(seg, c);
    }
    return;
  }
  if (has_ack && c.host.config.handshake == Handshake::four_way) {
    syn_acked_ = true;  // the peer's SYN comes by itself
    clean_queue(seg, c);
    clear_rtx_timer(c);
    return;
  }
  c.discard(DiscardReason::no_syn);  // fifth
}

/// An ACK of something never sent: an old duplicate, so the peer must forget it. Linux takes even a
/// RST with a wrong number as a sign that the SYN may be gone.
void Endpoint::syn_sent_reset_and_retry(const Segment& seg, Context& c) {
  if (seg.flags.has(Flags::rst)) {
    c.discard(DiscardReason::rst_wrong_ack);
  } else {
    c.send(reset_for(seg), SendReason::reset);
  }
  if (c.host.profile.wrong_syn_ack == WrongSynAck::reset_and_retry && retransmits_ == 0) {
    const SimDuration soon = 2 * c.host.grid.jiffy();  // TCP_TIMEOUT_MIN
    syn_again_soon_ = true;
    set_rtx_timer(RtxTimer::rto, soon, c);
  }
}

/// Our SYN is acknowledged and the peer's is here.
void Endpoint::syn_sent_acceptable_ack(const Segment& seg, Context& c) {
  rcv_.irs = seg.seq;
  rcv_.nxt = rcv_.read = rcv_.window_at = seg.seq + 1;
  finish_options(seg.options, c);
  if (seg.flags.has(Flags::ack)) {
    const Acked acked = clean_queue(seg, c);
    sample_rtt(seg, acked, c);
  }
  snd_.wl1 = seg.seq;
  snd_.wnd = seg.wnd;  // a SYN's window is never scaled (RFC 7323, 2.2)
  snd_.max_wnd = seg.wnd;
  become_established(seg, StateReason::syn_ack_arrives, c);
  if (c.host.config.handshake == Handshake::two_way) {
    return;  // that is the point: nothing tells the listener that its SYN-ACK came
  }
  const bool data_follows = options_->defer_accept_s != 0 || ack_.pingpong > 0;
  if (data_follows && c.host.profile.acks == AckPolicy::quick_ack) {
    // It can carry the ACK.
    ack_.scheduled = true;
    ack_.timeout = 200ms;
    delay_ack(c);
    return;
  }
  send_ack(SendReason::ack, c);
}

/// Both ends opened at once: SYNs crossed (RFC 9293, 3.5, Figure 7).
void Endpoint::simultaneous_open(const Segment& seg, Context& c) {
  rcv_.irs = seg.seq;
  rcv_.nxt = rcv_.read = rcv_.window_at = seg.seq + 1;
  finish_options(seg.options, c);
  snd_.wl1 = seg.seq;
  snd_.wnd = seg.wnd;
  snd_.max_wnd = seg.wnd;
  enter(State::syn_rcvd, StateReason::syn_arrives, c);
  LASTACK_ASSERT(!queue_.empty());
  send_segment(queue_.front(), SendReason::synack, c);
}

/// What the peer's SYN says about options decides which are used (RFC 7323, RFC 2018).
void Endpoint::finish_options(const Options& peer, Context& c) {
  const Settings& settings = c.host.settings();
  timestamps_ = settings.tcp_timestamps != 0 && peer.has_timestamps;
  if (timestamps_) {
    ts_.recent = peer.ts_val;
    ts_.recent_at = c.now;
    has_recent_ = true;
  }
  sack_ok_ = settings.tcp_sack != 0 && peer.sack_permitted;
  scaling_ok_ = settings.tcp_window_scaling != 0 && peer.has_window_scale;
  snd_.scale = scaling_ok_ ? std::min<std::uint8_t>(peer.window_scale, 14) : 0;
  if (!scaling_ok_) {
    rcv_.scale = 0;
    rcv_.clamp = std::min<std::uint32_t>(rcv_.clamp, 65535);
  }
  const std::uint16_t offered = peer.mss != 0 ? peer.mss : 536;  // RFC 9293, 3.7.1, MUST-15
  peer_mss_ = std::clamp<std::uint16_t>(
      offered, static_cast<std::uint16_t>(settings.tcp_min_snd_mss), 65495);
  peer_mss_ = std::min(peer_mss_, c.host.advertised_mss());
  if (options_->max_seg != 0) {
    peer_mss_ = std::min(peer_mss_, options_->max_seg);
  }
}

void Endpoint::become_established(const Segment& seg, StateReason why, Context& c) {
  clear_rtx_timer(c);
  init_buffers(c);
  if (!rto_.has_sample() && c.host.profile.rto_formula == RtoFormula::rfc6298 && retransmits_ > 0) {
    rto_.reset(3s);  // RFC 6298, 5.7
  }
  if (syn_timeouts_ > 0) {
    restart_congestion(seg, c);
  }
  if (transfer_ != nullptr) {
    transfer_->congestion.begin(snd_.nxt, c.now);
  }
  retransmits_ = 0;
  trips_.first_retransmit = never;
  ack_.last_data = sim_start;
  last_ack_seen_ = c.now;
  connecting_ = false;
  connected_ = true;
  enter(State::established, why, c);
  if (options_->keep_alive) {
    set_keep_timer(KeepTimer::keepalive, keep_idle(c), c);
  }
  if (options_->quick_ack == 0) {
    ack_.pingpong = 1;
  }
  wake();
}

/// A lost SYN says little of the way: the window starts as ever, but after several from one segment
/// (RFC 5681, 3.1), unless the answer's timestamp shows that the first one did arrive.
void Endpoint::restart_congestion(const Segment& seg, Context& c) {
  const std::uint32_t first_stamp = Host::timestamp_ms(trips_.first_retransmit) + ts_.offset;
  const bool first_arrived = timestamps_ && seg.options.ts_ecr == first_stamp;
  transfer().congestion = CongestionControl{c.host.profile.congestion};
  if (syn_timeouts_ > 1 && !first_arrived) {
    transfer().congestion.set_cwnd(1);
  }
  transfer().recovery.phase = RecoveryState::Phase::open;
}

// --- 3.10.7.4: other states ---

/// The checks stand in the RFC's order; the first that answers `done` ends the event.
void Endpoint::segment_arrives_other_states(const Segment& seg, Context& c) {
  if (check_timestamp(seg, c) == Step::done) return;  // RFC 7323, 5.3, before all others
  if (check_sequence(seg, c) == Step::done) return;   // first
  if (check_rst(seg, c) == Step::done) return;        // second
  // third, security: not modelled
  if (check_syn(seg, c) == Step::done) return;  // fourth
  if (check_ack(seg, c) == Step::done) return;  // fifth
  // sixth, URG: not modelled
  if (process_text(seg, c) == Step::done) return;  // seventh, and eighth: FIN
  if (state_ == State::closed || fate_ != Fate::lives) return;
  send_what_is_allowed(Nagle::on, c);
  wake_sender(c);
  decide_ack(c);
}

/// PAWS (RFC 7323, 5): a timestamp older than the last one marks an old duplicate.
Endpoint::Step Endpoint::check_timestamp(const Segment& seg, Context& c) {
  if (!timestamps_ || !seg.options.has_timestamps) {
    return Step::go_on;
  }
  constexpr SimDuration outdated = std::chrono::hours{24 * 24};  // RFC 7323, 5.5
  const auto age = static_cast<std::int32_t>(ts_.recent - seg.options.ts_val);
  if (has_recent_ && age > 0 && c.now - ts_.recent_at < outdated && !seg.flags.has(Flags::rst)) {
    ++c.host.counters.PAWSEstab;
    if (seg.flags.has(Flags::syn) && c.host.profile.blind_attacks == BlindAttacks::challenged) {
      challenge(c);
      return Step::done;
    }
    answer_unacceptable(seg, c);
    return Step::done;
  }
  return Step::go_on;
}

/// RFC 9293, 3.4, Table 6.
bool Endpoint::acceptable(const Segment& seg, const Context& c) const {
  const std::uint32_t window = rcv_.window();
  if (c.host.profile.window_follows_traffic) {
    // Linux is more generous at the left edge: what ends where the last ACK stood may pass
    // (tcp_sequence), and is sorted out as a duplicate later.
    return !before(seg.end(), rcv_.window_at) && !after(seg.seq, rcv_.nxt + window);
  }
  const std::uint32_t len = seg.len();
  if (len == 0) {
    return window == 0 ? seg.seq == rcv_.nxt : in_window(seg.seq, rcv_.nxt, window);
  }
  return window > 0 &&
         (in_window(seg.seq, rcv_.nxt, window) || in_window(seg.end() - 1, rcv_.nxt, window));
}

Endpoint::Step Endpoint::check_sequence(const Segment& seg, Context& c) {
  const bool crossed_syn_ack = state_ == State::syn_rcvd && seg.flags.has(Flags::syn) &&
                               seg.flags.has(Flags::ack) && seg.seq == rcv_.irs &&
                               seg.ack == snd_.nxt;
  if (crossed_syn_ack || acceptable(seg, c)) {
    if (timestamps_ && seg.options.has_timestamps && at_or_before(seg.seq, rcv_.window_at)) {
      ts_.recent = seg.options.ts_val;  // RFC 7323, 4.3 (2)
      ts_.recent_at = c.now;
      has_recent_ = true;
    }
    return Step::go_on;
  }
  if (seg.flags.has(Flags::rst)) {
    if (reset_is_exact(seg, c)) {
      reset_by_peer(c);
    } else {
      c.discard(DiscardReason::rst_out_of_window);
    }
    return Step::done;
  }
  if (seg.flags.has(Flags::syn) && c.host.profile.blind_attacks == BlindAttacks::challenged &&
      state_ != State::syn_rcvd) {
    challenge(c);
    return Step::done;
  }
  answer_unacceptable(seg, c);
  return Step::done;
}

/// An unacceptable segment is answered with an ACK that says what is expected.
void Endpoint::answer_unacceptable(const Segment& seg, Context& c) {
  c.discard(DiscardReason::unacceptable);
  const bool pure_ack = seg.len() == 0 || seg.flags.has(Flags::syn);
  if (pure_ack && c.host.invalid_answer_limited(c.now, transfer().last_invalid_answer)) {
    return;
  }
  if (seg.len() > 0 && before(seg.seq, rcv_.nxt)) {
    quick_acks(16);
    note_dsack(seg.seq, earlier_of(seg.end(), rcv_.nxt), c);
  }
  send_ack(SendReason::dup_ack, c);
}

/// Challenge ACK (RFC 5961, 3.2, 4.2, with the limits of 7).
void Endpoint::challenge(Context& c) {
  c.discard(DiscardReason::challenged);
  if (c.host.invalid_answer_limited(c.now, transfer().last_invalid_answer)) {
    ++c.host.counters.TCPACKSkippedChallenge;
    return;
  }
  const std::int32_t limit = c.host.settings().tcp_challenge_ack_limit;
  if (limit == INT32_MAX || c.host.challenge_limit.take(c.now, limit)) {
    ++c.host.counters.TCPChallengeACK;
    send_ack(SendReason::challenge, c);
  }
}

/// Whether a RST is certainly the peer's: exactly the next number, or, once its FIN is here, the
/// FIN's own (Linux, tcp_reset_check).
bool Endpoint::reset_is_exact(const Segment& seg, const Context& c) const {
  if (seg.seq == rcv_.nxt) {
    return true;
  }
  return c.host.profile.reset_at_fin && seg.seq == rcv_.nxt - 1 &&
         (state_ == State::close_wait || state_ == State::last_ack || state_ == State::closing);
}

Endpoint::Step Endpoint::check_rst(const Segment& seg, Context& c) {
  if (!seg.flags.has(Flags::rst)) {
    return Step::go_on;
  }
  if (reset_is_exact(seg, c) || c.host.profile.blind_attacks == BlindAttacks::rfc793) {
    reset_by_peer(c);
  } else {
    challenge(c);
  }
  return Step::done;
}

void Endpoint::reset_by_peer(Context& c) {
  switch (state_) {
    case State::syn_sent:
    case State::syn_rcvd: fail(Error::connection_refused, StateReason::rst_arrives, c); break;
    case State::close_wait: fail(Error::broken_pipe, StateReason::rst_arrives, c); break;
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2: fail(Error::connection_reset, StateReason::rst_arrives, c); break;
    case State::closing:
    case State::last_ack:
      // Everything was exchanged; RFC 9293 just deletes the connection.
      fail(Error::connection_reset, StateReason::rst_arrives, c);
      break;
    case State::closed:
    case State::listen:
    case State::time_wait: LASTACK_ASSERT(state_ == State::established); break;
  }
}

Endpoint::Step Endpoint::check_syn(const Segment& seg, Context& c) {
  if (!seg.flags.has(Flags::syn)) {
    return Step::go_on;
  }
  if (state_ == State::syn_rcvd && seg.flags.has(Flags::ack) && seg.seq == rcv_.irs &&
      seg.ack == snd_.nxt) {
    return Step::go_on;  // crossed SYNs: the SYN-ACK brings the acknowledgment of ours
  }
  ++c.host.counters.TCPSYNChallenge;
  if (c.host.profile.blind_attacks == BlindAttacks::challenged) {
    challenge(c);
    return Step::done;
  }
  c.send(reset_for(seg), SendReason::reset);
  fail(Error::connection_reset, StateReason::syn_in_window, c);
  return Step::done;
}

Endpoint::Step Endpoint::check_ack(const Segment& seg, Context& c) {
  if (!seg.flags.has(Flags::ack)) {
    c.discard(DiscardReason::no_ack);
    return Step::done;
  }
  if (state_ == State::syn_rcvd && check_ack_syn_rcvd(seg, c) == Step::done) {
    return Step::done;
  }
  switch (acknowledge(seg, c)) {
    case AckKind::fine: break;
    case AckKind::ancient:
      if (c.host.profile.blind_attacks == BlindAttacks::challenged) {
        challenge(c);  // RFC 5961, 5.2
        return Step::done;
      }
      break;
    case AckKind::unsent:
      c.discard(DiscardReason::ack_of_unsent);
      if (c.host.profile.acks == AckPolicy::at_once) {
        send_ack(SendReason::dup_ack, c);
      } else {
        challenge(c);
      }
      return Step::done;
  }
  return ack_of_fin(seg, c);
}

/// The last ACK of a handshake.
Endpoint::Step Endpoint::check_ack_syn_rcvd(const Segment& seg, Context& c) {
  const bool passive = snd_.una != snd_.iss;  // the listener's SYN-ACK is not in our queue
  const bool good =
      passive ? seg.ack == snd_.nxt : after(seg.ack, snd_.una) && at_or_before(seg.ack, snd_.nxt);
  if (!good) {
    c.send(reset_for(seg), SendReason::reset);
    return Step::done;
  }
  if (!passive) {
    const Acked acked = clean_queue(seg, c);
    sample_rtt(seg, acked, c);
  } else if (!rto_.has_sample()) {
    Acked syn_ack;
    syn_ack.segments = 1;
    sample_rtt(seg, syn_ack, c);  // by its timestamp
  }
  snd_.wl1 = seg.seq;
  snd_.wnd = std::uint32_t{seg.wnd} << (seg.flags.has(Flags::syn) ? 0 : snd_.scale);
  snd_.max_wnd = snd_.wnd;
  become_established(seg, StateReason::ack_arrives, c);
  return Step::go_on;
}

/// What follows when our FIN is acknowledged (fifth, FIN-WAIT-1 to LAST-ACK).
Endpoint::Step Endpoint::ack_of_fin(const Segment& seg, Context& c) {
  if (!snd_.fin_queued || snd_.una != snd_.end()) {
    return Step::go_on;
  }
  if (state_ == State::fin_wait_1) {
    enter(State::fin_wait_2, StateReason::fin_acknowledged, c);
    wake();
    if (!orphan_) {
      return Step::go_on;
    }
    if (options_->linger2_s < 0) {
      ++c.host.counters.TCPAbortOnData;
      c.send(reset_for(seg), SendReason::reset);
      done(StateReason::fin_acknowledged, c);
      return Step::done;
    }
    const bool new_data = seg.data > 0 && after(seg.seq + seg.data, rcv_.nxt);
    if (new_data && c.host.profile.reset_on_unread) {
      ++c.host.counters.TCPAbortOnData;
      c.send(reset_for(seg), SendReason::reset);
      done(StateReason::data_after_close, c);
      return Step::done;
    }
    if (seg.flags.has(Flags::fin)) {
      return Step::go_on;  // TIME-WAIT is near
    }
    fin_wait_2_as_orphan(StateReason::fin_acknowledged, c);
    return state_ == State::fin_wait_2 && fate_ == Fate::lives ? Step::go_on : Step::done;
  }
  if (state_ == State::closing) {
    become_record(Fate::to_time_wait, StateReason::fin_acknowledged, c);
    return Step::done;
  }
  if (state_ == State::last_ack) {
    done(StateReason::fin_acknowledged, c);
    return Step::done;
  }
  return Step::go_on;
}

/// Seventh, the segment text, and with it the FIN, the eighth.
Endpoint::Step Endpoint::process_text(const Segment& seg, Context& c) {
  const bool had_fin = rcv_.fin_received;
  if (had_fin && at_or_after(seg.seq, rcv_.nxt)) {
    return Step::go_on;  // text beyond a FIN is ignored
  }
  const bool new_text = seg.data > 0 && after(seg.seq + seg.data, rcv_.nxt);
  const bool deaf = orphan_ || (read_closed_ && !rcv_.fin_received);
  if (new_text && deaf && state_ != State::established && c.host.profile.reset_on_unread) {
    ++c.host.counters.TCPAbortOnData;  // RFC 9293, 3.6.1: nobody is left to read it
    c.send(reset_for(seg), SendReason::reset);
    fail(Error::connection_reset, StateReason::data_after_close, c);
    return Step::done;
  }
  queue_text(seg, c);
  if (!had_fin && rcv_.fin_received) {
    check_fin(c);
    if (holes() != nullptr) {  // an ACK that a kept FIN called for still told its block
      holes()->recent.clear();
    }
  }
  return Step::go_on;
}

/// Eighth: the peer has no more to send.
void Endpoint::check_fin(Context& c) {
  ack_.scheduled = true;
  read_closed_ = true;
  wake();
  switch (state_) {
    case State::syn_rcvd:
    case State::established:
      enter(State::close_wait, StateReason::fin_arrives, c);
      ack_.pingpong = std::max<std::uint8_t>(ack_.pingpong, 1);  // our FIN may follow soon
      break;
    case State::fin_wait_1:
      send_ack(SendReason::ack, c);
      enter(State::closing, StateReason::fin_arrives, c);
      break;
    case State::fin_wait_2:
      send_ack(SendReason::ack, c);
      become_record(Fate::to_time_wait, StateReason::fin_arrives, c);
      break;
    case State::closed:
    case State::listen:
    case State::syn_sent:
    case State::close_wait:
    case State::closing:
    case State::last_ack:
    case State::time_wait: LASTACK_ASSERT(state_ == State::established); break;
  }
}

}  // namespace lastack::tcp
