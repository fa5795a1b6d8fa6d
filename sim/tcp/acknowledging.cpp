// When received octets are acknowledged (RFC 9293, 3.8.6.3; Linux's quick and delayed ACKs).

#include <algorithm>

#include "endpoint.hpp"

namespace lastack::tcp {

namespace {

constexpr SimDuration delack_min = 40ms;   // TCP_DELACK_MIN and TCP_ATO_MIN
constexpr SimDuration delack_max = 200ms;  // TCP_DELACK_MAX

}  // namespace

/// The next ACKs, `most` at the most, are sent at once (Linux, tcp_incr_quickack).
void Endpoint::quick_acks(std::uint32_t most) {
  const std::uint32_t half_window = rcv_.wnd / (2U * std::max<std::uint32_t>(rcv_.mss, 1));
  const std::uint32_t wanted = std::min(half_window == 0 ? 2U : half_window, most);
  ack_.quick = std::max(ack_.quick, wanted);
}

/// Something is wrong with what came: this ACK and the next ones go out at once (Linux,
/// tcp_enter_quickack_mode).
void Endpoint::ack_at_once() {
  quick_acks(16);
  ack_.pingpong = 0;
  ack_.timeout = delack_min;
  ack_.scheduled = true;
  ack_.now = true;
}

/// Whether data goes both ways, so that ACKs can wait for it.
bool Endpoint::both_ways(const Context& c) const {
  return ack_.pingpong >= c.host.settings().tcp_pingpong_thresh;
}

bool Endpoint::acks_at_once(const Context& c) const {
  if (ack_.now) {
    return true;
  }
  if (c.host.profile.acks == AckPolicy::at_once) {
    return options_->quick_ack != 0;
  }
  return ack_.quick > 0 && !both_ways(c);
}

/// After an arriving segment's own processing: acknowledge it now, later, or not at all.
void Endpoint::decide_ack(Context& c) {
  if (!ack_.scheduled) {
    return;
  }
  // RFC 5681, 4.2: at least every second full-sized segment.
  const bool two_segments =
      rcv_.nxt - rcv_.window_at > rcv_.mss && select_window(c) >= rcv_.window();
  const bool missing = holes() != nullptr && !holes()->ranges.empty();
  if (two_segments || acks_at_once(c) || (missing && !compress_ack(c))) {
    const bool repeats = missing || (holes() != nullptr && holes()->dsack);
    send_ack(repeats ? SendReason::dup_ack : SendReason::ack, c);
  } else if (!missing) {
    delay_ack(c);
  }
}

/// A hole is told at once (RFC 5681, 4.2), three times; then one ACK stands for all that a part of
/// a round trip brings (Linux, __tcp_ack_snd_check). True when this ACK waits.
bool Endpoint::compress_ack(Context& c) {
  constexpr std::uint8_t duplicate_threshold = 3;  // what the peer's fast retransmit needs
  const Settings& settings = c.host.settings();
  Reassembly& r = *holes();
  if (!sack_ok_ || r.held_back >= settings.tcp_comp_sack_nr) {
    return false;
  }
  if (r.told_at != rcv_.nxt) {
    r.told_at = rcv_.nxt;
    r.told = 0;
  }
  if (r.told < duplicate_threshold) {
    ++r.told;
    return false;
  }
  ++r.held_back;
  if (r.held_until == never) {
    SimDuration round_trip = receive_buffer(c).round_trip_estimate();
    if (rto_.has_sample()) {
      round_trip = std::min(round_trip, rto_.srtt());
    }
    const SimDuration most = std::chrono::nanoseconds{settings.tcp_comp_sack_delay_ns};
    r.held_until = saturating_add(c.now, std::min(most, round_trip / 20));
    report_timer(Timer::delack, TimerAction::arm, r.held_until, c);
  }
  return true;
}

void Endpoint::release_compressed_ack(Context& c) {
  report_timer(Timer::delack, TimerAction::fire, compressed_until(), c);
  holes()->held_until = never;
  holes()->held_back = 0;
  send_ack(SendReason::dup_ack, c);
}

void Endpoint::delay_ack(Context& c) {
  SimDuration wait = ack_.timeout;
  if (c.host.profile.acks == AckPolicy::at_once) {
    wait = delack_max;
  } else if (wait > delack_min) {
    SimDuration most = both_ways(c) || ack_.pushed ? delack_max : SimDuration{500ms};
    if (rto_.has_sample()) {
      most = std::min(most, std::max(rto_.srtt(), delack_min));
    }
    wait = std::min(wait, most);
  }
  wait = std::min(wait, delack_max);
  const SimTime due = c.host.grid.expiry(c.now, wait);
  if (ack_.due != never) {
    if (ack_.due <= saturating_add(c.now, wait / 4)) {
      send_ack(SendReason::ack, c);
      return;
    }
    if (due >= ack_.due) {
      return;
    }
  }
  ack_.due = due;
  report_timer(Timer::delack, TimerAction::arm, due, c);
}

/// Any segment with an ACK settles what was owed.
void Endpoint::ack_was_sent(Context& c) {
  if (ack_.scheduled && ack_.quick > 0) {
    --ack_.quick;
    if (ack_.quick == 0 && ack_.timeout != SimDuration::zero()) {
      ack_.timeout = delack_min;
    }
  }
  ack_.scheduled = ack_.now = ack_.pushed = ack_.pushed_twice = ack_.no_memory = false;
  if (ack_.due != never) {
    report_timer(Timer::delack, TimerAction::cancel, ack_.due, c);
    ack_.due = never;
  }
  if (holes() != nullptr) {
    if (compressed_until() != never) {
      report_timer(Timer::delack, TimerAction::cancel, compressed_until(), c);
      holes()->held_until = never;
    }
    holes()->held_back = 0;
    holes()->dsack.reset();
    if (holes()->ranges.empty()) {
      transfer().reassembly.reset();
    }
  }
}

void Endpoint::delack_timeout(Context& c) {
  report_timer(Timer::delack, TimerAction::fire, ack_.due, c);
  ack_.due = never;
  if (!ack_.scheduled) {
    return;
  }
  if (both_ways(c) && options_->quick_ack != 0) {
    ack_.pingpong = 0;  // nothing came to ride on
    ack_.timeout = delack_min;
  } else {
    ack_.timeout = doubled(ack_.timeout, rto_.rto());
  }
  ++c.host.counters.DelayedACKs;
  send_ack(SendReason::delack, c);
}

}  // namespace lastack::tcp
