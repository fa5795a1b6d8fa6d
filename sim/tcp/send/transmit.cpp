// What a connection sends: segments and their options, probes, resets.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "send/bursts.hpp"

namespace lastack::tcp {

// --- Segments ---

Segment Endpoint::blank(Flags flags, Seq seq) const {
  Segment seg;
  seg.src = local();
  seg.dst = remote();
  seg.flags = flags;
  seg.seq = seq;
  return seg;
}

/// A segment with ACK, window and options, as all are after the SYNs.
Segment Endpoint::acknowledging(Flags flags, Seq seq, Context& c) {
  Segment seg = blank(flags | Flags::ack, seq);
  seg.ack = received_.nxt();
  seg.wnd = window_to_tell(c);
  return seg;
}

/// Timestamps and SACK blocks, as in every segment but SYNs. Comes last: it looks at the payload.
void Endpoint::add_options(Segment& seg, Context& c) {
  if (ts_.used()) ts_.add_to(seg.options, c.now);
  if (sack_ok_ && !seg.flags.has(Flags::rst)) received_.add_sack_blocks(seg.options);
  // Blocks that make a segment that is sent again too large for the link are left out.
  while (seg.options.sack_count > 0 && seg.wire_size() > c.host.config.mtu) {
    --seg.options.sack_count;
  }
}

/// A SYN or SYN-ACK with what we offer, or with what was agreed where it answers one.
Segment Endpoint::synchronize(Flags flags, Context& c) {
  Segment seg = blank(flags, snd_.iss());
  const Settings& settings = c.host.settings();
  seg.options.mss = c.host.advertised_mss(*options_);
  const bool answer = flags.has(Flags::ack);
  const bool as_agreed = answer && !c.host.profile.crossed_syn_ack_offers_all;
  if (as_agreed ? sack_ok_ : settings.tcp_sack != 0) seg.options.sack_permitted = true;
  if (as_agreed ? scaling_ok_ : settings.tcp_window_scaling != 0) {
    seg.options.has_window_scale = true;
    seg.options.window_scale = window_.scale();
  }
  if (as_agreed ? ts_.used() : settings.tcp_timestamps != 0) ts_.add_to(seg.options, c.now);
  seg.wnd = static_cast<std::uint16_t>(std::min(window_.advertised(), unscaled_window_max));
  if (answer) seg.ack = received_.nxt();
  return seg;
}

/// Sends what stands at this place of the retransmission queue, for the first time or again.
void Endpoint::send_segment(std::size_t place, SendReason why, Context& c) {
  const InFlight& what = queue_[place];
  Segment seg;
  if (what.syn) {
    seg = synchronize(state_ == State::syn_sent ? Flags::syn : Flags::syn | Flags::ack, c);
  } else {
    seg = acknowledging(what.fin ? Flags::fin : Flags::none, what.seq, c);
    seg.data = what.data();
    // The last octets that the user gave: nothing more is worth waiting for (RFC 9293, 3.9.1.2).
    if (seg.data > 0 && (pushes_ || what.seq + seg.data == buffer_.end())) {
      seg.flags = seg.flags | Flags::psh;
    }
    add_options(seg, c);
    ack_was_sent(c);
  }
  queue_.sent(place, c.now, recovery_.next_order());
  c.send(seg, why);
}

void Endpoint::send_syn(SendReason why, Context& c) {
  queue_.push({.seq = snd_.iss(), .len = 1, .sent = c.now, .syn = true});
  send_segment(queue_.size() - 1, why, c);
  snd_.sent(1);
}

/// SND.NXT, or where the peer's window ends now if that is before it by more than the shift of our
/// own windows may hide (Linux, tcp_acceptable_seq).
Seq Endpoint::acceptable_seq(const Context& c) const {
  const Seq end = snd_.window_end();
  const bool inside = !before(end, snd_.nxt()) ||
                      (scaling_ok_ && snd_.nxt() - end < std::uint32_t{1} << window_.scale());
  return inside || !c.host.profile.repacks_retransmissions ? snd_.nxt() : end;
}

void Endpoint::send_ack(SendReason why, Context& c) {
  Segment seg = acknowledging(Flags::none, acceptable_seq(c), c);
  add_options(seg, c);
  ack_was_sent(c);
  c.send(seg, why);
}

/// RST with which this side ends the connection (RFC 9293, 3.10.5).
void Endpoint::send_reset(Context& c) {
  Segment seg = acknowledging(Flags::rst, acceptable_seq(c), c);
  add_options(seg, c);
  c.send(seg, SendReason::reset);
}

/// A segment the peer must answer although it brings nothing: its number is one too low.
/// Differs: RFC 9293, 3.8.6.1 lets a zero-window probe carry an octet; Linux and we send none.
void Endpoint::send_probe(SendReason why, Context& c) {
  Segment seg = acknowledging(Flags::none, snd_.una() - 1, c);
  add_options(seg, c);
  c.send(seg, why);
}

/// Any segment with an ACK settles what was owed.
void Endpoint::ack_was_sent(Context& c) {
  report_cancelled(acks_.sent(), c);
  received_.acknowledged();
}

/// Sends a segment again, cut to what still waits for an acknowledgment. False where the peer's
/// window, taken back, does not take it.
bool Endpoint::retransmit(std::size_t place, SendReason why, Context& c) {
  if (c.host.profile.repacks_retransmissions && !queue_[place].syn && !repack(place, c)) {
    ++c.host.counters.TCPRetransFail;
    return false;
  }
  if (why == SendReason::tlp) {
    recovery_.resends(LossRecovery::Again::probe, sending(c));
    queue_.resend_as_probe(place);
  } else {
    recovery_.resends(LossRecovery::Again::repair, sending(c));
    queue_.resend(place);
  }
  data_goes_out(queue_[place].data(), c);
  send_segment(place, why, c);
  if (queue_[place].syn) ++c.host.counters.TCPSynRetrans;
  return true;
}

/// Whether it is the end of a burst that goes again as a whole, which nothing joins.
bool Endpoint::goes_with_previous(std::size_t place, const Context& c) const {
  if (place == 0 || !queue_[place].follows) return false;
  const InFlight& previous = queue_[place - 1];
  return previous.resent_in_flight && previous.sent == c.now;
}

/// Cuts a segment to what the window and the MSS take, and joins short ones that follow (Linux,
/// __tcp_retransmit_skb, tcp_retrans_try_collapse). False where nothing of it fits: only the oldest
/// one goes all the same, as a probe.
bool Endpoint::repack(std::size_t place, Context& c) {
  const std::uint32_t mss = mss_now(c);
  const Seq end = snd_.window_end();
  std::uint32_t room = after(end, queue_[place].seq) ? end - queue_[place].seq : 0;
  if (room == 0) {
    if (queue_[place].seq != snd_.una()) return false;
    room = mss;
  }
  room = std::min(room, mss);
  if (queue_[place].data() > mss) place = queue_.recut(place, mss);
  if (queue_[place].data() > room) {
    queue_.split(place, room);
  } else if (c.host.settings().tcp_retrans_collapse != 0 && !goes_with_previous(place, c)) {
    queue_.join_following(place, room, end);
  }
  return true;
}

// --- Sizes ---

/// What is offered now, and what follows for the parts.
std::uint32_t Endpoint::decide_offer(const Context& c) {
  const auto surroundings = receiving(c);
  const ReceiveWindow::Offer offer = window_.next(surroundings);
  if (offer.application_lags) {
    acks_.slow_down();
    window_.shrink_under_pressure(surroundings);
  }
  return offer.octets;
}

/// RCV.WND for the next segment, and notes what was advertised.
std::uint16_t Endpoint::window_to_tell(Context& c) {
  if (acks_.closes_window()) return window_.close(received_.nxt());
  return window_.advertise(decide_offer(c), received_.nxt(), c.host);
}

/// The most payload that fits a segment now: options take from it (Linux, tcp_current_mss).
std::uint32_t Endpoint::mss_now(const Context& c) const {
  Options options;
  options.has_timestamps = ts_.used();
  const std::uint32_t usual = options.wire_size();
  if (sack_ok_) received_.add_sack_blocks(options);
  const std::uint32_t blocks = options.wire_size() - usual;
  std::uint32_t mss = peer_mss_ > usual ? peer_mss_ - usual : 0;
  if (c.host.profile.window_follows_traffic) {
    mss = bound_to_half_window(mss, snd_.max_wnd(), usual);
  }
  constexpr std::uint32_t least = 8;
  return mss > blocks + least ? mss - blocks : least;
}

}  // namespace lastack::tcp
