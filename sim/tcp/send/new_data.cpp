// From the application's octets to segments: what the send buffer takes, when new data is sent and
// how much of it at once. The two windows, Nagle, and the bursts in which Linux hands segments down
// decide (net/ipv4/tcp_output.c: tcp_write_xmit).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "send/bursts.hpp"

namespace lastack::tcp {

// --- The send buffer ---

void Endpoint::grow_send_buffer(const Context& c) {
  buffer_.grow(options_->sndbuf, peer_mss_, cwnd(), c.host.settings());
}

/// Bytes of memory that the octets in the buffer take.
std::uint32_t Endpoint::send_memory() const {
  return buffer_.memory(queue_, snd_, recovery_.odd_chunks());
}

/// Takes octets from the application chunk by chunk, and sends what is allowed on the way; only a
/// new chunk needs room (Linux, tcp_sendmsg_locked, forced_push). Returns how many were taken.
std::uint64_t Endpoint::fill_send_buffer(std::uint64_t bytes, SimTime& try_again, Context& c) {
  std::uint64_t taken = 0;
  Seq pushed = buffer_.end();
  while (taken < bytes) {
    const std::uint32_t goal = SendBuffer::chunk_goal(snd_.max_wnd(), mss_now(c));
    const Chunk chunk = buffer_.next_chunk(snd_.nxt(), goal);
    if (chunk == Chunk::fresh && send_memory() >= buffer_.bytes()) break;
    begin_chunk(chunk, goal);
    const std::uint32_t room = buffer_.room_in_chunk(goal);
    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes - taken, room));
    const std::uint32_t now = memory_to_send(wanted, chunk, c);
    if (now < wanted) try_again = try_again_at(c);
    buffer_.append(now);
    taken += now;
    if (now < room) break;
    if (buffer_.end() - pushed > snd_.max_wnd() / 2) {
      pushed = buffer_.end();
      send_what_is_allowed(Nagle::Mode::off, c);
    } else if (buffer_.at_last_chunk(snd_.nxt())) {
      send_what_is_allowed(Nagle::Mode::off, c, HowMuch::one_burst);
    }
  }
  if (taken < bytes) {
    buffer_.block();
  } else {
    buffer_.unblock();
  }
  return taken;
}

void Endpoint::begin_chunk(Chunk chunk, std::uint32_t goal) {
  const bool odd = chunk == Chunk::fresh && buffer_.becomes_odd(snd_.nxt());
  buffer_.begin_chunk(chunk, snd_.nxt(), goal, odd ? &recovery_.change_odd_chunks(snd_) : nullptr);
}

/// Wakes an application that waits to send once there is room.
void Endpoint::wake_sender(const Context& c) {
  if (!buffer_.blocked()) return;
  if (in_flight() < cwnd() && memory_allows_growth(c)) grow_send_buffer(c);
  if (buffer_.has_room(send_memory())) {
    buffer_.unblock();
    wake();
  }
}

// --- What may go ---

/// The peer's window and the congestion window let data out; in the latter's terms one segment
/// each.
void Endpoint::send_what_is_allowed(Nagle::Mode nagle, Context& c, HowMuch how_much) {
  if (unsent() == 0) return;
  const bool nothing_was_out = queue_.empty();
  Burst last = Burst::sent;
  bool sent = false;
  while (unsent() > 0 && in_flight() < cwnd() && (!sent || how_much == HowMuch::all)) {
    if (snd_.nxt() == buffer_.end()) {
      last = send_fin(c);
    } else {
      last = c.host.profile.sends_bursts ? send_burst(nagle, c) : send_single(nagle, c);
    }
    if (last != Burst::sent) break;
    sent = true;
  }
  const bool limited = last == Burst::deferred || in_flight() >= cwnd();
  if (sent || limited) {
    recovery_.window_used(limited ? WindowUse::Limit::congestion_window : WindowUse::Limit::none,
                          static_cast<std::uint32_t>(queue_.size()), snd_);
  }
  if (sent) after_new_data(nothing_was_out, c);
  check_probe_timer(c);
}

/// A FIN that no data goes before.
Endpoint::Burst Endpoint::send_fin(Context& c) {
  if (!fits_window(0)) return Burst::held_back;
  send_new(0, peer_mss_, SendReason::data, c);
  return Burst::sent;
}

/// One segment, as the RFC has it. A part goes if it is half of the largest window seen
/// (RFC 9293, 3.8.6.2.1, (3)).
Endpoint::Burst Endpoint::send_single(Nagle::Mode nagle, Context& c) {
  const std::uint32_t mss = mss_now(c);
  std::uint32_t data = std::min(buffer_.end() - snd_.nxt(), mss);
  if (after(snd_.nxt() + data, snd_.window_end())) {
    data = snd_.window_left();
    if (data == 0 || data < snd_.max_wnd() / 2) return Burst::held_back;
  }
  if (!fits_window(data) || nagle_holds_back(data, fin_follows(data), nagle, c)) {
    return Burst::held_back;
  }
  data_goes_out(data, c);
  send_new(data, mss, SendReason::data, c);
  return Burst::sent;
}

/// Up to burst_max() segments of what the application wrote together.
Endpoint::Burst Endpoint::send_burst(Nagle::Mode nagle, Context& c) {
  const std::uint32_t mss = mss_now(c);
  // Two bursts at least should be on their way (Linux, tcp_cwnd_test).
  const std::uint32_t quota =
      std::min({cwnd() - in_flight(), std::max(cwnd() / 2, 1U), burst_max_now(mss)});
  const OddChunks* odd = recovery_.odd_chunks();
  const std::uint32_t most = c.host.profile.grows_bursts ? quota * mss : 0;
  const std::uint32_t together = buffer_.chunk_grown(snd_.nxt(), most, odd);
  const Burst result = decide_burst(together, mss, nagle, c);
  // Nagle's rule is about the end of all that was written.
  const bool others_follow =
      snd_.nxt() + together != buffer_.end() && quota * mss <= snd_.window_left();
  const ShortOne at_the_end =
      short_one_waits(nagle) && !others_follow ? ShortOne::waits : ShortOne::goes;
  const std::uint32_t octets = result != Burst::sent ? 0
                               : together <= mss     ? together
                                                 : burst_end(std::min(together, snd_.window_left()),
                                                             quota * mss, mss, at_the_end);
  if (octets < together && together <= most) keep_chunk_grown(together);
  if (result == Burst::sent) send_together(octets, mss, c);
  return result;
}

/// Whether what is kept together may go, or a part of it.
Endpoint::Burst Endpoint::decide_burst(std::uint32_t together, std::uint32_t mss, Nagle::Mode nagle,
                                       const Context& c) const {
  const std::uint32_t first = std::min(together, mss);
  if (!fits_window(first) || !fits_link(first, c)) return Burst::held_back;
  if (together > mss) return waits_for_more(together, mss, c) ? Burst::deferred : Burst::sent;
  const bool last = snd_.nxt() + together == buffer_.end();
  return nagle_holds_back(together, fin_follows(together), last ? nagle : Nagle::Mode::off, c)
             ? Burst::held_back
             : Burst::sent;
}

/// A chunk that took from the one behind it and did not go as a whole keeps what it took.
void Endpoint::keep_chunk_grown(std::uint32_t grown) {
  const Seq nxt = snd_.nxt();
  const std::uint32_t left = buffer_.chunk_left(nxt, recovery_.odd_chunks());
  if (grown == left) return;
  if (buffer_.joins_inner(nxt, left, grown, recovery_.odd_chunks())) {
    buffer_.join_inner(nxt, recovery_.change_odd_chunks(snd_));
  } else {
    buffer_.keep_grown(nxt, grown);
  }
}

/// The last segment of several has PSH.
void Endpoint::send_together(std::uint32_t octets, std::uint32_t mss, Context& c) {
  data_goes_out(octets, c);
  bool first = true;
  do {
    const std::uint32_t data = std::min(octets, mss);
    octets -= data;
    pushes_ = octets == 0 && !first;
    send_new(data, mss, SendReason::data, c);
    if (!first) queue_.last_follows();
    first = false;
  } while (octets > 0);
  pushes_ = false;
}

/// Whether a burst that would be short waits for the next ACK (Linux, tcp_tso_should_defer): not
/// when that takes long, nor when what may go now is a good part of the window.
bool Endpoint::waits_for_more(std::uint32_t together, std::uint32_t mss, const Context& c) const {
  constexpr std::uint32_t window_divisor = 3;  // tcp_tso_win_divisor
  constexpr SimDuration pause = 1ms;           // without a write
  constexpr SimDuration soon = 1ms;
  if (recovery_.repairs() || queue_.empty() || c.now - queue_.last_write() > pause) return false;
  const SimDuration until_ack = queue_.front().sent + rtx_.srtt() - c.now;
  if (until_ack > std::min<SimDuration>(rtx_.srtt() / 2, soon)) return false;
  const std::uint32_t path_allows = (cwnd() - in_flight()) * mss;
  const std::uint32_t allowed = std::min(snd_.window_left(), path_allows);
  const bool whole = snd_.nxt() + together != buffer_.end() && allowed >= together;
  const std::uint32_t window = std::min(snd_.wnd(), cwnd() * mss);
  if (whole || allowed >= burst_max_now(mss) * mss || allowed >= window / window_divisor) {
    return false;
  }
  return allowed <= together || !fin_follows(together);
}

/// 0: no round trip is known.
std::uint64_t Endpoint::pacing_rate_now(std::uint32_t mss) const {
  if (!rtx_.has_sample()) return 0;
  const bool growing = cwnd() < recovery_.congestion().ssthresh() / 2;
  return pacing_rate(std::max<std::uint64_t>(cwnd(), queue_.size()), mss, rtx_.srtt(),
                     growing ? Growth::slow_start : Growth::avoidance);
}

std::uint32_t Endpoint::burst_max_now(std::uint32_t mss) const {
  return burst_max(pacing_rate_now(mss), recovery_.rack().min_rtt(), mss);
}

/// What is larger than our own link takes never leaves (Linux, ip_finish_output): settings may make
/// segments that large.
bool Endpoint::fits_link(std::uint32_t data, const Context& c) const {
  constexpr std::uint32_t headers = 40;  // IPv4 and TCP
  if (peer_mss_ + headers <= c.host.config.mtu || !c.host.profile.sends_bursts) return true;
  Options options;
  options.has_timestamps = ts_.used();
  if (sack_ok_) received_.add_sack_blocks(options);
  return headers + options.wire_size() + data <= c.host.config.mtu;
}

bool Endpoint::fits_window(std::uint32_t data) const {
  return !after(snd_.nxt() + data + (fin_follows(data) ? 1U : 0U), snd_.window_end());
}

// --- What goes ---

/// Sends the next new octets, and the FIN behind them.
void Endpoint::send_new(std::uint32_t data, std::uint32_t mss, SendReason why, Context& c) {
  const bool fin = fin_follows(data);
  if (data > 0 && data < mss) nagle_.short_one_sent(snd_.nxt() + data);
  const std::uint32_t len = data + (fin ? 1U : 0U);
  queue_.push({.seq = snd_.nxt(), .len = len, .sent = c.now, .fin = fin});
  send_segment(queue_.size() - 1, fin && why == SendReason::data ? SendReason::fin : why, c);
  snd_.sent(len);
  recovery_.new_segment_sent();
}

void Endpoint::data_goes_out(std::uint32_t data, const Context& c) {
  if (data == 0) return;
  recovery_.data_sent(sending(c));
  acks_.data_sent(c.now);
}

/// Octets that may leave in one segment that neither window holds back, of the chunk that goes
/// next.
std::uint32_t Endpoint::single_octets(std::uint32_t mss, const Context& c) const {
  if (!c.host.profile.sends_bursts) return std::min(buffer_.end() - snd_.nxt(), mss);
  return std::min(buffer_.chunk_left(snd_.nxt(), recovery_.odd_chunks()), mss);
}

/// Sends one new segment although the congestion window may not allow it.
bool Endpoint::send_as_probe(Context& c) {
  const std::uint32_t mss = mss_now(c);
  const std::uint32_t data =
      c.host.profile.grows_bursts
          ? std::min(buffer_.chunk_grown(snd_.nxt(), mss, recovery_.odd_chunks()), mss)
          : single_octets(mss, c);
  if (!fits_window(data)) return false;
  data_goes_out(data, c);
  send_new(data, mss, SendReason::tlp, c);
  return true;
}

/// Sends as much of the next segment as the peer's window takes, so as to learn whether it grew.
void Endpoint::send_piece(std::uint32_t octets, Context& c) {
  const std::uint32_t data = std::min(single_octets(mss_now(c), c), octets);
  if (data == 0 || !fits_link(data, c)) return;
  queue_.push({.seq = snd_.nxt(), .len = data, .sent = c.now});
  data_goes_out(data, c);
  send_segment(queue_.size() - 1, SendReason::window_probe, c);
  snd_.sent(data);
  nagle_.short_one_sent(snd_.nxt());
  set_rtx_timer(RtxKind::rto, rtx_.rto(), c);
}

void Endpoint::after_new_data(bool nothing_was_out, Context& c) {
  const bool restarts = nothing_was_out || rtx_.kind() == RtxKind::tlp;
  // Linux arms the RTO before the probe takes its place: that has no effect but in a trace, and on
  // which of a host's timers was set last.
  const bool replaced = !c.reports() && may_probe(c);
  if (restarts && replaced) ++c.host.rtx_timers_set;
  if (restarts && !replaced) restart_rtx_timer(c);
  schedule_tlp(rto_left(c), c);
}

// --- What holds back ---

bool Endpoint::nagle_holds_back(std::uint32_t data, bool fin, Nagle::Mode nagle,
                                const Context& c) const {
  return !fin && data < mss_now(c) && short_one_waits(nagle);
}

bool Endpoint::short_one_waits(Nagle::Mode nagle) const {
  if (nagle == Nagle::Mode::off) return false;
  if (options_->cork) return true;
  return !options_->no_delay && nagle_.short_one_out(snd_.una()) && !queue_.empty();
}

}  // namespace lastack::tcp
