// When new data is sent, and how much of it at once: the two windows, Nagle, and the bursts in
// which Linux hands segments down (net/ipv4/tcp_output.c: tcp_write_xmit).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t least_burst = 2;            // tcp_min_tso_segs
constexpr std::uint32_t burst_octets_max = 65'215;  // GSO_LEGACY_MAX_SIZE less room for headers

}  // namespace

/// The peer's window and the congestion window let data out; in the latter's terms one segment
/// each.
void Endpoint::send_what_is_allowed(Nagle nagle, Context& c, HowMuch how_much) {
  if (unsent() == 0) {
    return;
  }
  const bool nothing_was_out = queue_.empty();
  Burst last = Burst::sent;
  bool sent = false;
  while (unsent() > 0 && in_flight() < congestion().cwnd() && (!sent || how_much == HowMuch::all)) {
    if (snd_.nxt == snd_.queue_end) {
      last = send_fin(c);
    } else {
      last = c.host.profile.sends_bursts ? send_burst(nagle, c) : send_single(nagle, c);
    }
    if (last != Burst::sent) {
      break;
    }
    sent = true;
  }
  const bool limited = last == Burst::deferred || in_flight() >= congestion().cwnd();
  if (sent || limited) {
    note_window_use(limited);
  }
  if (sent) {
    after_new_data(nothing_was_out, c);
  }
  check_probe_timer(c);
}

/// A FIN that no data goes before.
Endpoint::Burst Endpoint::send_fin(Context& c) {
  if (!fits_window(0)) {
    return Burst::held_back;
  }
  send_new(0, peer_mss_, SendReason::data, c);
  return Burst::sent;
}

/// One segment, as the RFC has it. A part goes if it is half of the largest window seen
/// (RFC 9293, 3.8.6.2.1, (3)).
Endpoint::Burst Endpoint::send_single(Nagle nagle, Context& c) {
  const std::uint32_t mss = mss_now(c);
  std::uint32_t data = std::min(snd_.queue_end - snd_.nxt, mss);
  if (after(snd_.nxt + data, snd_.window_end())) {
    data = window_left();
    if (data == 0 || data < snd_.max_wnd / 2) {
      return Burst::held_back;
    }
  }
  const bool fin = fin_follows(data);
  if (after(snd_.nxt + data + (fin ? 1U : 0U), snd_.window_end()) ||
      nagle_holds_back(data, fin, nagle, c)) {
    return Burst::held_back;
  }
  data_goes_out(data, c);
  send_new(data, mss, SendReason::data, c);
  return Burst::sent;
}

/// Up to burst_max() segments of what the application wrote together. The last segment of several
/// has PSH.
Endpoint::Burst Endpoint::send_burst(Nagle nagle, Context& c) {
  const std::uint32_t mss = mss_now(c);
  const std::uint32_t together = chunk_left(mss);
  if (!fits_window(std::min(together, mss))) {
    return Burst::held_back;
  }
  const std::uint32_t cwnd = congestion().cwnd();
  // Two bursts at least should be on their way (Linux, tcp_cwnd_test).
  const std::uint32_t quota =
      std::min({cwnd - in_flight(), std::max(cwnd / 2, 1U), burst_max(mss)});
  std::uint32_t octets = together;
  if (together <= mss) {
    const bool last = snd_.nxt + together == snd_.queue_end;
    if (nagle_holds_back(together, fin_follows(together), last ? nagle : Nagle::off, c)) {
      return Burst::held_back;
    }
  } else {
    if (waits_for_more(together, mss, c)) {
      return Burst::deferred;
    }
    octets = burst_end(std::min(together, window_left()), quota * mss, mss, nagle);
  }
  data_goes_out(octets, c);
  bool first = true;
  do {
    const std::uint32_t data = std::min(octets, mss);
    octets -= data;
    pushes_ = octets == 0 && !first;
    send_new(data, mss, SendReason::data, c);
    queue_.back().follows = !first;
    first = false;
  } while (octets > 0);
  pushes_ = false;
  return Burst::sent;
}

/// Where a burst ends: a short segment at its end goes with it if Nagle lets it (Linux,
/// tcp_mss_split_point).
std::uint32_t Endpoint::burst_end(std::uint32_t wanted, std::uint32_t most, std::uint32_t mss,
                                  Nagle nagle) const {
  if (most <= wanted) {
    return most;
  }
  const std::uint32_t part = wanted % mss;
  return part != 0 && short_one_waits(nagle) ? wanted - part : wanted;
}

/// Whether a burst that would be short waits for the next ACK (Linux, tcp_tso_should_defer): not
/// when that takes long, nor when what may go now is a good part of the window.
bool Endpoint::waits_for_more(std::uint32_t together, std::uint32_t mss, const Context& c) const {
  constexpr std::uint32_t window_divisor = 3;  // tcp_tso_win_divisor
  const bool repairs = recovery().phase == RecoveryState::Phase::recovery ||
                       recovery().phase == RecoveryState::Phase::loss;
  if (repairs || queue_.empty() || c.now - last_write() > 1ms ||
      c.now - queue_.front().sent < rto_.srtt() / 2) {
    return false;
  }
  const std::uint32_t peer_allows = window_left();
  const std::uint32_t path_allows = (congestion().cwnd() - in_flight()) * mss;
  const std::uint32_t allowed = std::min(peer_allows, path_allows);
  const bool whole = snd_.nxt + together != snd_.queue_end && allowed >= together;
  const std::uint32_t window = std::min(snd_.wnd, congestion().cwnd() * mss);
  if (whole || allowed >= burst_max(mss) * mss || allowed >= window / window_divisor) {
    return false;
  }
  return allowed <= together || !fin_follows(together);
}

/// How many segments leave together at most (Linux, tcp_tso_autosize): what the connection sends in
/// a millisecond, more on a short path.
std::uint32_t Endpoint::burst_max(std::uint32_t mss) const {
  constexpr unsigned pacing_shift = 10;
  constexpr unsigned round_trip_log = 9;  // tcp_tso_rtt_log
  std::uint64_t octets = burst_octets_max;
  if (const std::uint64_t rate = pacing_rate(mss); rate != 0) {
    const auto shift = static_cast<std::uint64_t>(trips_.min_rtt / 1us) >> round_trip_log;
    octets = (rate >> pacing_shift) + (shift < 32 ? burst_octets_max >> shift : 0);
  }
  const auto capped = static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, burst_octets_max));
  return std::max(capped / mss, least_burst);
}

/// Octets a second that the window amounts to, with room to grow (Linux, tcp_update_pacing_rate);
/// 0: no round trip is known. Nothing is paced by it: CUBIC only sizes its bursts.
std::uint64_t Endpoint::pacing_rate(std::uint32_t mss) const {
  constexpr std::uint64_t slow_start_ratio = 200;  // tcp_pacing_ss_ratio, percent
  constexpr std::uint64_t avoidance_ratio = 120;   // tcp_pacing_ca_ratio
  if (!rto_.has_sample()) {
    return 0;
  }
  const bool growing = congestion().cwnd() < congestion().ssthresh() / 2;
  const std::uint64_t window = std::max<std::uint64_t>(congestion().cwnd(), queue_.size()) * mss;
  const auto srtt_us = static_cast<std::uint64_t>(rto_.srtt() / 1us);
  return window * (growing ? slow_start_ratio : avoidance_ratio) * 10'000 /
         std::max<std::uint64_t>(srtt_us, 1);
}

/// By how much our bursts may space ACKs apart (Linux, hystart_ack_delay).
SimDuration Endpoint::ack_spacing(const Context& c) const {
  const std::uint64_t rate = pacing_rate(mss_now(c));
  if (rate == 0) {
    return SimDuration::zero();
  }
  return std::min<SimDuration>(
      1ms, std::chrono::microseconds{std::uint64_t{burst_octets_max} * 4 * 1'000'000 / rate});
}

/// What is left of the chunk that goes next.
std::uint32_t Endpoint::chunk_left(std::uint32_t mss) const {
  const std::uint32_t goal = chunk_goal(mss);
  const std::uint32_t into = after(snd_.nxt, snd_.chunk) ? 0 : (snd_.chunk - snd_.nxt) % goal;
  const std::uint32_t queued = snd_.queue_end - snd_.nxt;
  if (into != 0) {
    return std::min(queued, into);
  }
  return std::min(queued, goal);
}

bool Endpoint::fin_follows(std::uint32_t data) const {
  return snd_.fin_queued && snd_.nxt + data == snd_.queue_end;
}

std::uint32_t Endpoint::window_left() const {
  return after(snd_.window_end(), snd_.nxt) ? snd_.window_end() - snd_.nxt : 0;
}

bool Endpoint::fits_window(std::uint32_t data) const {
  return !after(snd_.nxt + data + (fin_follows(data) ? 1U : 0U), snd_.window_end());
}

/// When something in flight was last sent.
SimTime Endpoint::last_write() const {
  SimTime last = sim_start;
  for (const InFlight& r : queue_) {
    last = std::max(last, r.sent);
  }
  return last;
}

/// Sends the next new octets, and the FIN behind them.
void Endpoint::send_new(std::uint32_t data, std::uint32_t mss, SendReason why, Context& c) {
  const bool fin = fin_follows(data);
  if (data > 0 && data < mss) {
    snd_.small_end = snd_.nxt + data;
  }
  const std::uint32_t len = data + (fin ? 1U : 0U);
  queue_.push_back({.seq = snd_.nxt, .len = len, .sent = c.now, .fin = fin});
  send_segment(queue_.back(), fin && why == SendReason::data ? SendReason::fin : why, c);
  snd_.nxt += len;
  if (recovery().phase == RecoveryState::Phase::recovery) {
    ++transfer().recovery.prr_out;
  }
}

/// An answer soon after data came: ACKs can ride on answers (Linux, tcp_event_data_sent).
void Endpoint::data_goes_out(std::uint32_t data, const Context& c) {
  if (data == 0) {
    return;
  }
  transfer().last_sent = c.now;
  if (ack_.last_data != sim_start && c.now - ack_.last_data < ack_.timeout && ack_.pingpong < 255) {
    ++ack_.pingpong;
  }
}

/// Sends one new segment although the congestion window may not allow it.
bool Endpoint::send_as_probe(Context& c) {
  const std::uint32_t mss = mss_now(c);
  const std::uint32_t data = std::min(snd_.queue_end - snd_.nxt, mss);
  if (!fits_window(data)) {
    return false;
  }
  data_goes_out(data, c);
  send_new(data, mss, SendReason::tlp, c);
  return true;
}

/// Sends as much of the next segment as the peer's window takes, so as to learn whether it grew.
void Endpoint::send_piece(std::uint32_t octets, Context& c) {
  const std::uint32_t data = std::min({snd_.queue_end - snd_.nxt, mss_now(c), octets});
  if (data == 0) {
    return;
  }
  queue_.push_back({.seq = snd_.nxt, .len = data, .sent = c.now});
  data_goes_out(data, c);
  send_segment(queue_.back(), SendReason::window_probe, c);
  snd_.nxt += data;
  snd_.small_end = snd_.nxt;
  set_rtx_timer(RtxTimer::rto, rto_.rto(), c);
}

// --- Nagle (RFC 9293, 3.7.4, as Minshall refined it) ---

/// A short segment waits only for an earlier short one.
bool Endpoint::nagle_holds_back(std::uint32_t data, bool fin, Nagle nagle, const Context& c) const {
  return !fin && data < mss_now(c) && short_one_waits(nagle);
}

bool Endpoint::short_one_waits(Nagle nagle) const {
  if (nagle == Nagle::off) {
    return false;
  }
  if (options_->cork) {
    return true;
  }
  const bool short_one_out = after(snd_.small_end, snd_.una) && !queue_.empty();
  return !options_->no_delay && short_one_out;
}

// --- What the windows were used for ---

/// Remembers whether the congestion window was what held data back in this round trip, or else how
/// much of it was used (RFC 7661's idea; Linux, tcp_cwnd_validate).
void Endpoint::note_window_use(bool limited) {
  const auto out = static_cast<std::uint32_t>(queue_.size());
  const bool new_round = at_or_after(snd_.una, snd_.use_end);
  if (new_round || limited || (!snd_.cwnd_limited && out > snd_.most_out)) {
    snd_.cwnd_limited = limited;
    snd_.most_out = out;
    snd_.use_end = snd_.nxt;
  }
}

bool Endpoint::window_is_limit() const {
  return snd_.cwnd_limited ||
         (congestion().in_slow_start() && congestion().cwnd() < 2 * snd_.most_out);
}

void Endpoint::after_new_data(bool nothing_was_out, Context& c) {
  const bool restarts = nothing_was_out || rtx_timer_ == RtxTimer::tlp;
  // Linux arms the RTO before the probe takes its place: that has no effect but in a trace.
  const bool replaced = c.out.reports == Reports::none && may_probe(c);
  if (restarts && !replaced) {
    restart_rtx_timer(c);
  }
  schedule_tlp(rto_left(c), c);
}

}  // namespace lastack::tcp
