// SEGMENT ARRIVES (RFC 9293, 3.10.7) for one connection. CLOSED, LISTEN and the requests of a
// listener are the Stack's (host/demultiplexing.cpp, host/listener.cpp); TIME-WAIT is in
// host/time_wait.cpp.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "peer_options.hpp"
#include "receive/acceptability.hpp"

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
    case State::time_wait: LASTACK_UNREACHABLE("a segment for a connection in a state without one");
  }
}

// --- 3.10.7.3: SYN-SENT ---

void Endpoint::segment_arrives_syn_sent(const Segment& seg, Context& c) {
  const bool has_ack = seg.flags.has(Flags::ack);
  if (has_ack && (at_or_before(seg.ack, snd_.iss()) || after(seg.ack, snd_.nxt()))) {  // first
    syn_sent_reset_and_retry(seg, c);
    return;
  }
  if (has_ack && echoes_no_syn(seg, c)) {
    ++c.host.counters.PAWSActive;
    if (seg.flags.has(Flags::rst)) {
      c.discard(DiscardReason::unacceptable);
    } else {
      c.send(reset_for(seg), SendReason::reset);
    }
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
      if (c.host.profile.takes_text_of_syn_ack) text_of_syn_ack(seg, c);
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

/// Whether an answer to our SYN echoes a timestamp that none of its copies had (Linux). Without
/// tcp_timestamps nobody looks.
bool Endpoint::echoes_no_syn(const Segment& seg, const Context& c) const {
  return c.host.profile.paws == Paws::linux && c.host.settings().tcp_timestamps != 0 &&
         echoes_outside(seg, ts_.stamp(rtx_.stuck_since()), ts_.stamp(c.now));
}

/// An ACK of something never sent: an old duplicate, so the peer must forget it. Linux takes even a
/// RST with a wrong number as a sign that the SYN may be gone.
void Endpoint::syn_sent_reset_and_retry(const Segment& seg, Context& c) {
  if (seg.flags.has(Flags::rst)) {
    c.discard(DiscardReason::rst_wrong_ack);
  } else {
    c.send(reset_for(seg), SendReason::reset);
  }
  if (c.host.profile.wrong_syn_ack == WrongSynAck::reset_and_retry && rtx_.retransmits() == 0) {
    const SimDuration soon = 2 * c.host.grid.jiffy();  // TCP_TIMEOUT_MIN
    syn_again_soon_ = true;
    set_rtx_timer(RtxKind::rto, soon, c);
  }
}

/// The peer's SYN is here: where its octets begin, what it offers and which options are used.
void Endpoint::peer_opens(const Segment& syn, Context& c) {
  received_.begin(syn.seq);
  window_.begin(received_.nxt());
  finish_options(syn, c);
}

/// Our SYN is acknowledged and the peer's is here.
void Endpoint::syn_sent_acceptable_ack(const Segment& seg, Context& c) {
  peer_opens(seg, c);
  if (seg.flags.has(Flags::ack)) {
    const Acked acked = clean_queue(seg, c);
    sample_rtt(seg, acked, c);
  }
  snd_.set_window(snd_.offered_in(seg), seg.seq);
  become_established(seg, StateReason::syn_ack_arrives, c);
  if (c.host.config.handshake == Handshake::two_way) {
    return;  // that is the point: the listener does not learn that its SYN-ACK came
  }
  const bool data_follows =
      options_->defer_accept_s != 0 || acks_.both_ways(c.host.settings().tcp_pingpong_thresh);
  if (data_follows && c.host.profile.acks == AckPolicy::quick_ack) {  // it can carry the ACK
    carry_out(acks_.wait_for_data(ack_rules(c), window_.half_in_segments(), c.now), c);
    return;
  }
  send_ack(SendReason::ack, c);
}

/// What stands behind the SYN of a SYN-ACK goes on at the sixth step.
void Endpoint::text_of_syn_ack(const Segment& seg, Context& c) {
  Segment rest = seg;
  rest.flags = seg.flags.without(Flags::syn);
  rest.seq = seg.text();
  if (rest.len() == 0 || process_text(rest, c) == Step::done) return;
  decide_ack(c);
}

/// Both ends opened at once: SYNs crossed (RFC 9293, 3.5, Figure 7).
void Endpoint::simultaneous_open(const Segment& seg, Context& c) {
  peer_opens(seg, c);
  snd_.set_window(snd_.offered_in(seg), seg.seq);
  enter(State::syn_rcvd, StateReason::syn_arrives, c);
  LASTACK_ASSERT(!queue_.empty());
  send_segment(0, SendReason::synack, c);
}

/// What the peer's SYN says about options decides which are used (RFC 7323, RFC 2018).
void Endpoint::finish_options(const Segment& syn, Context& c) {
  const PeerOptions agreed{syn.options, c.host.settings()};
  if (agreed.timestamps) {
    ts_.agree(agreed.ts_recent, c.now);
  } else {
    ts_.decline();
  }
  sack_ok_ = agreed.sack;
  scaling_ok_ = agreed.window_scaling;
  snd_.set_scale(agreed.send_scale);
  const bool offers_more = !syn.flags.has(Flags::ack) && c.host.profile.crossed_syn_ack_offers_all;
  if (!scaling_ok_ && !offers_more) window_.without_scaling();
  const std::uint16_t own = options_->max_seg;
  const bool own_counts = syn.options.mss == 0 && c.host.profile.window_follows_traffic;
  limit_peer_mss(own == 0 ? agreed.mss : own_counts ? own : std::min(agreed.mss, own), c);
}

/// The peer's MSS as far as our own link lets us use it, but no less than the setting (Linux,
/// tcp_mtu_to_mss).
void Endpoint::limit_peer_mss(std::uint16_t offered, const Context& c) {
  buffer_.peer_takes(offered);
  peer_mss_ = std::min(offered, c.host.link_mss());
  const auto least = static_cast<std::uint16_t>(c.host.settings().tcp_min_snd_mss);
  peer_mss_ = std::max(peer_mss_, least);
}

void Endpoint::become_established(const Segment& seg, StateReason why, Context& c) {
  if (queue_.empty()) clear_rtx_timer(c);
  window_.established(mss_now(c), receiving(c));
  grow_send_buffer(c);
  constexpr SimDuration after_lost_syn = 3s;  // RFC 6298, 5.7; Linux: whenever nothing is known
  const bool careful =
      c.host.profile.rto_formula == RtoFormula::linux ? !rtx_.has_sample() : rtx_.retransmits() > 0;
  if (careful) rtx_.reset(after_lost_syn);
  if (rtx_.timeouts() > 0) restart_congestion(seg, c);
  recovery_.established(snd_.nxt(), c.now);
  rtx_.progress();
  rtx_.repaired();
  const bool both_opened = state_ == State::syn_rcvd && !listener_made_;
  if (!both_opened) acks_.established(c.now);
  keep_.heard(c.now);
  connecting_ = false;
  connected_ = true;
  enter(State::established, why, c);
  // Linux forgets it after a simultaneous open (tcp_finish_connect has it, tcp_rcv_state_process
  // not).
  const bool keeps_alive =
      options_->keep_alive && !(both_opened && c.host.profile.predicts_headers);
  if (keeps_alive) set_keep_timer(KeepKind::keepalive, keep_rules(c).idle, c);
  if (options_->quick_ack == 0) acks_.expect_answer(c.host.settings().tcp_pingpong_thresh);
  wake();
}

/// A lost SYN says little of the way: the window starts as ever, but after several from one segment
/// (RFC 5681, 3.1), unless the answer's timestamp shows that the first one did arrive.
void Endpoint::restart_congestion(const Segment& seg, Context& c) {
  using FirstWindow = LossRecovery::FirstWindow;
  const bool first_arrived = ts_.echoes(seg, rtx_.stuck_since());
  const bool small = rtx_.timeouts() > 1 && !first_arrived;
  recovery_.begin_after_losses(small ? FirstWindow::one_segment : FirstWindow::usual, sending(c));
}

// --- 3.10.7.4: other states ---

/// The checks stand in the RFC's order; the first that answers `done` ends the event.
void Endpoint::segment_arrives_other_states(const Segment& seg, Context& c) {
  if (check_flags(seg, c) == Step::done) return;
  if (check_timestamp(seg, c) == Step::done) return;  // RFC 7323, 5.3, before all others
  if (check_sequence(seg, c) == Step::done) return;   // first
  if (check_rst(seg, c) == Step::done) return;        // second
  // third, security: not modelled
  if (check_syn(seg, c) == Step::done) return;  // fourth
  if (takes_text_first(seg, c)) {
    if (process_text(seg, c) == Step::done) return;
    check_ack(seg, c);
  } else {
    if (check_ack(seg, c) == Step::done) return;  // fifth
    // sixth, URG: not modelled
    if (process_text(seg, c) == Step::done) return;  // seventh, and eighth: FIN
  }
  if (state_ == State::closed || fate_ != Fate::lives) return;
  send_what_is_allowed(Nagle::Mode::on, c);
  wake_sender(c);
  decide_ack(c);
}

/// What header prediction takes is read before its ACK is looked at (Linux, tcp_rcv_established),
/// so that what the ACK lets out acknowledges it.
bool Endpoint::takes_text_first(const Segment& seg, const Context& c) {
  return seg.data > 0 && seg.flags.has(Flags::ack) && seg.ack != snd_.una() &&
         at_or_before(seg.ack, snd_.nxt()) && !window_.is_overfull() && is_predicted(seg, c);
}

/// Linux drops what has neither SYN, ACK nor RST before it looks at anything else.
Endpoint::Step Endpoint::check_flags(const Segment& seg, Context& c) {
  const bool some =
      seg.flags.has(Flags::ack) || seg.flags.has(Flags::syn) || seg.flags.has(Flags::rst);
  if (some || !c.host.profile.drops_flagless_first) return Step::go_on;
  c.discard(DiscardReason::no_ack);
  return Step::done;
}

/// PAWS (RFC 7323, 5): a timestamp older than the last one marks an old duplicate.
Endpoint::Step Endpoint::check_timestamp(const Segment& seg, Context& c) {
  if (!ts_.outdated(seg, c.host.profile.paws, c.now)) return Step::go_on;
  if (c.host.profile.paws == Paws::linux) {
    const bool pure_ack = seg.flags.has(Flags::ack) && seg.len() == 0;
    if (pure_ack && before(seg.seq, received_.nxt())) {  // such ones are common
      ++c.host.counters.PAWSOldAck;
      c.discard(DiscardReason::unacceptable);
      return Step::done;
    }
    const bool repeated = pure_ack && seg.seq == received_.nxt() && seg.ack == snd_.una() &&
                          !snd_.may_update_window(seg);
    if (repeated && ts_.recently(seg, rtx_.rto())) return Step::go_on;
  }
  ++c.host.counters.PAWSEstab;
  if (seg.flags.has(Flags::syn) && c.host.profile.blind_attacks == BlindAttacks::challenged) {
    challenge(c);
  } else {
    answer_unacceptable(seg, c);
  }
  return Step::done;
}

bool Endpoint::is_acceptable(const Segment& seg, const Context& c) const {
  const Seq nxt = received_.nxt();
  const std::uint32_t window = window_.left(nxt);
  if (!c.host.profile.window_follows_traffic) return acceptable(seg, nxt, window);
  const Seq end = nxt + window;
  if (!acceptable_to_socket(seg, window_.advertised_at(), end)) return false;
  if (!after(seg.end(), end) || !c.host.profile.drops_text_beyond_window) return true;
  return received_.unread() == 0 ||
         !after(seg.text() + seg.data, end);  // only the FIN may go beyond
}

/// SYNs crossed, and the SYN-ACK that answers ours brings the peer's SYN once more.
bool Endpoint::is_crossed_syn_ack(const Segment& seg) const {
  return state_ == State::syn_rcvd && seg.flags.has(Flags::syn) && seg.flags.has(Flags::ack) &&
         seg.seq == received_.irs() && seg.ack == snd_.nxt();
}

Endpoint::Step Endpoint::check_sequence(const Segment& seg, Context& c) {
  if (is_crossed_syn_ack(seg) || is_acceptable(seg, c)) {
    if (c.host.profile.paws == Paws::rfc7323) ts_.note(seg, window_.advertised_at(), c.now);
    return Step::go_on;
  }
  if (seg.flags.has(Flags::rst)) {
    if (seg.seq == received_.nxt() || reset_is_of_fin(seg, c)) {
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
  if (c.host.invalid_answer_limited(seg, c.now, pair())) return;
  const Seq nxt = received_.nxt();
  if (seg.len() > 0 && before(seg.seq, nxt)) {
    acks_.quicken(window_.half_in_segments());
    note_dsack(seg.seq, earlier_of(seg.end(), nxt), c);
  }
  send_ack(SendReason::dup_ack, c);
}

/// Challenge ACK (RFC 5961, 3.2, 4.2, with the limits of 7).
void Endpoint::challenge(Context& c) {
  c.discard(DiscardReason::challenged);
  if (c.host.invalid_answer_limited(c.now, pair())) {
    ++c.host.counters.TCPACKSkippedChallenge;
    return;
  }
  const std::int32_t limit = c.host.settings().tcp_challenge_ack_limit;
  if (limit == INT32_MAX || c.host.challenge_limit.take(c.now, limit)) {
    ++c.host.counters.TCPChallengeACK;
    send_ack(SendReason::challenge, c);
  }
}

/// Once the peer's FIN is here, a RST with the FIN's own number (Linux, tcp_reset_check).
bool Endpoint::reset_is_of_fin(const Segment& seg, const Context& c) const {
  return c.host.profile.reset_at_fin && seg.seq == received_.nxt() - 1 &&
         (state_ == State::close_wait || state_ == State::last_ack || state_ == State::closing);
}

/// Whether a RST is certainly the peer's: exactly the next number, the FIN's own, or (Linux) the
/// end of what SACK reports.
bool Endpoint::reset_is_exact(const Segment& seg, const Context& c) const {
  if (seg.seq == received_.nxt() || reset_is_of_fin(seg, c)) return true;
  return c.host.profile.reset_at_fin && sack_ok_ && received_.end_of_sacks() == seg.seq;
}

Endpoint::Step Endpoint::check_rst(const Segment& seg, Context& c) {
  if (!seg.flags.has(Flags::rst)) return Step::go_on;
  if (reset_is_exact(seg, c) || c.host.profile.blind_attacks == BlindAttacks::rfc793) {
    reset_by_peer(c);
  } else {
    challenge(c);
  }
  return Step::done;
}

void Endpoint::reset_by_peer(Context& c) {
  switch (state_) {
    case State::syn_sent: fail(Error::connection_refused, StateReason::rst_arrives, c); break;
    case State::syn_rcvd: fail(error_of_reset(c), StateReason::rst_arrives, c); break;
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
    case State::time_wait: LASTACK_UNREACHABLE("a reset of a connection that is none");
  }
}

Error Endpoint::error_of_reset(const Context& c) const {
  return c.host.profile.refused_in_simultaneous_open ? Error::connection_refused
                                                     : Error::connection_reset;
}

Endpoint::Step Endpoint::check_syn(const Segment& seg, Context& c) {
  if (!seg.flags.has(Flags::syn)) return Step::go_on;
  if (is_crossed_syn_ack(seg)) return Step::go_on;  // it brings the acknowledgment of our SYN
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
  if (state_ == State::syn_rcvd && check_ack_syn_rcvd(seg, c) == Step::done) return Step::done;
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
  const bool passive = snd_.una() != snd_.iss();  // the listener's SYN-ACK is not in our queue
  // Linux looks no closer after a simultaneous open: the old ACK will do (tcp_ack).
  const bool least = c.host.profile.paws == Paws::linux ? at_or_after(seg.ack, snd_.una())
                                                        : after(seg.ack, snd_.una());
  const bool good = passive ? seg.ack == snd_.nxt() : least && at_or_before(seg.ack, snd_.nxt());
  if (!good) {
    c.send(reset_for(seg), SendReason::reset);
    return Step::done;
  }
  if (!passive) {
    const Acked acked = clean_queue(seg, c);
    sample_rtt(seg, acked, c);
  } else if (!rtx_.has_sample()) {
    Acked syn_ack;
    syn_ack.segments = 1;
    sample_rtt(seg, syn_ack, c);  // by its timestamp
  }
  snd_.set_window(snd_.offered_in(seg), seg.seq);
  become_established(seg, StateReason::ack_arrives, c);
  if (write_closed_) end_writing(c);  // shutdown was called before
  return Step::go_on;
}

/// What follows when our FIN is acknowledged (fifth, FIN-WAIT-1 to LAST-ACK).
Endpoint::Step Endpoint::ack_of_fin(const Segment& seg, Context& c) {
  if (!buffer_.fin_queued() || snd_.una() != buffer_.fin_end()) return Step::go_on;
  if (state_ == State::fin_wait_1) return fin_acknowledged_in_fin_wait_1(seg, c);
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

Endpoint::Step Endpoint::fin_acknowledged_in_fin_wait_1(const Segment& seg, Context& c) {
  enter(State::fin_wait_2, StateReason::fin_acknowledged, c);
  wake();
  if (!orphan_) return Step::go_on;
  if (options_->linger2_s < 0) {
    ++c.host.counters.TCPAbortOnData;
    c.send(reset_for(seg), SendReason::reset);
    done(StateReason::fin_acknowledged, c);
    return Step::done;
  }
  if (brings_text(seg) && c.host.profile.reset_on_unread) {
    ++c.host.counters.TCPAbortOnData;
    c.send(reset_for(seg), SendReason::reset);
    done(StateReason::data_after_close, c);
    return Step::done;
  }
  if (seg.flags.has(Flags::fin)) {  // TIME-WAIT is near, so no record takes over yet
    set_keep_timer(KeepKind::fin_wait_2, fin_wait_2_length(c), c);
    return Step::go_on;
  }
  fin_wait_2_as_orphan(StateReason::fin_acknowledged, c);
  return state_ == State::fin_wait_2 && fate_ == Fate::lives ? Step::go_on : Step::done;
}

/// Text that is new, or a FIN behind text that is missing.
bool Endpoint::brings_text(const Segment& seg) const {
  return seg.len() > 0 && after(seg.text() + seg.data, received_.nxt());
}

/// Seventh, the segment text, and with it the FIN, the eighth.
Endpoint::Step Endpoint::process_text(const Segment& seg, Context& c) {
  const bool had_fin = received_.fin_received();
  if (had_fin && at_or_after(seg.seq, received_.nxt())) {
    return Step::go_on;  // text beyond a FIN is ignored
  }
  const bool contradicts_fin = had_fin && c.host.profile.resets_text_around_fin;
  const bool deaf = orphan_ || (read_closed_ && !had_fin) || contradicts_fin;
  const bool resets = deaf && state_ != State::established && c.host.profile.reset_on_unread;
  if (resets && brings_text(seg)) {
    ++c.host.counters.TCPAbortOnData;  // RFC 9293, 3.6.1: nobody is left to read it
    c.send(reset_for(seg), SendReason::reset);
    const bool half_closed = state_ == State::close_wait;
    fail(half_closed ? Error::broken_pipe : Error::connection_reset, StateReason::data_after_close,
         c);
    return Step::done;
  }
  queue_text(seg, c);
  if (!had_fin && received_.fin_received()) {
    check_fin(c);
    received_.forget_blocks();  // an ACK that a kept FIN called for still reported its block
  }
  return Step::go_on;
}

/// Eighth: the peer has no more to send.
void Endpoint::check_fin(Context& c) {
  acks_.owe();
  read_closed_ = true;
  wake();
  switch (state_) {
    case State::syn_rcvd:
    case State::established:
      enter(State::close_wait, StateReason::fin_arrives, c);
      acks_.expect_answer(c.host.settings().tcp_pingpong_thresh);  // our FIN may follow soon
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
    case State::time_wait: LASTACK_UNREACHABLE("a FIN in a state that has had it");
  }
}

}  // namespace lastack::tcp
