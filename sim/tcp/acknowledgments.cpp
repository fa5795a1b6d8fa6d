// What an acceptable ACK does to the send side (RFC 9293, 3.10.7.4, fifth): it takes acknowledged
// segments from the retransmission queue, samples the round trip, moves the window.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

Endpoint::AckKind Endpoint::acknowledge(const Segment& seg, Context& c) {
  if (after(seg.ack, snd_.nxt)) {
    return AckKind::unsent;
  }
  if (before(seg.ack, snd_.una)) {
    // A duplicate can be ignored, unless no live peer could still send it (RFC 5961, 5.2).
    // Nor one of octets that were never there to be acknowledged (Linux: bytes_acked).
    const std::uint32_t acked = snd_.una - snd_.iss - (listener_made_ ? 1U : 0U);
    const std::uint32_t reach = std::min(snd_.max_wnd, acked);
    return before(seg.ack, snd_.una - reach) ? AckKind::ancient : AckKind::fine;
  }
  const bool advanced = seg.ack != snd_.una;
  const bool nothing_was_out = queue_.empty();
  const std::uint32_t window_before = snd_.wnd;
  last_ack_seen_ = c.now;
  probes_out_ = 0;
  if (!c.host.profile.user_timeout_of_answered_probes) {
    end_probing();
  }
  update_send_window(seg);
  if (nothing_was_out) {
    probe_answered(c);
    return AckKind::fine;
  }
  Acked acked = clean_queue(seg, c);
  if (advanced) {
    retransmits_ = 0;
  }
  note_sacks(seg, acked, c);
  sample_rtt(seg, acked, c);
  const bool duplicate =
      !advanced && seg.len() == 0 && snd_.wnd == window_before && !queue_.empty();
  const Progress progress = advanced    ? Progress::advanced
                            : duplicate ? Progress::duplicate
                                        : Progress::none;
  acked.echoes_original = echoes_original(seg, c);
  process_tlp_ack(seg, progress);
  const Resend first = recover(acked, progress, c);
  if (advanced && !schedule_tlp(rto_.rto(), c)) {
    restart_rtx_timer(c);
  }
  grow_window(acked, c);
  resend(first, c);
  return AckKind::fine;
}

/// RFC 9293, 3.10.7.4: SND.WND comes from segments that are not older than the last one used.
void Endpoint::update_send_window(const Segment& seg) {
  const std::uint32_t offered = std::uint32_t{seg.wnd}
                                << (seg.flags.has(Flags::syn) ? 0 : snd_.scale);
  const bool newer = after(seg.seq, snd_.wl1) || after(seg.ack, snd_.una) ||
                     (seg.seq == snd_.wl1 && offered > snd_.wnd);
  if (newer) {
    snd_.wnd = offered;
    snd_.wl1 = seg.seq;
    snd_.max_wnd = std::max(snd_.max_wnd, offered);
  }
}

/// Takes what `ack` covers from the retransmission queue.
Endpoint::Acked Endpoint::clean_queue(const Segment& seg, Context& c) {
  const Seq ack = seg.ack;
  Acked acked;
  auto end = queue_.begin();
  for (; end != queue_.end() && at_or_before(end->end(), ack); ++end) {
    if (!end->sacked) {
      note_delivered(*end, acked, copy_answered(*end, seg), c);
      note_original(*end, acked);
      acked.by_number.note(*end);
    }
    acked.repeated |= end->retransmitted;
    ++acked.segments;
  }
  queue_.erase(queue_.begin(), end);
  if (!queue_.empty() && after(ack, queue_.front().seq)) {  // a part of it
    queue_.front().len -= ack - queue_.front().seq;
    queue_.front().seq = ack;
  }
  snd_.una = ack;
  return acked;
}

/// Something arrived at the peer: its time of sending leads RACK (RFC 8985, 6.2, step 2), unless it
/// was an earlier copy that arrived.
void Endpoint::note_delivered(const InFlight& record, Acked& acked, Copy which, Context& c) {
  ++acked.delivered;
  ++c.host.counters.TCPDelivered;
  const SimDuration rtt = c.now - record.sent;
  if (which == Copy::earlier || (record.retransmitted && rtt < trips_.min_rtt)) {
    return;
  }
  acked.rack_advanced = true;
  trips_.rack_rtt = rtt;
  trips_.rack_order = std::max(trips_.rack_order, record.order);
}

/// Whether the ACK's timestamp says that it answers a copy sent before the last one.
Endpoint::Copy Endpoint::copy_answered(const InFlight& record, const Segment& seg) const {
  const bool earlier = record.retransmitted && timestamps_ && seg.options.has_timestamps &&
                       seg.options.ts_ecr != 0 && echo_is_before(seg, record.sent);
  return earlier ? Copy::earlier : Copy::latest;
}

/// Whether the echoed timestamp is older than this time.
bool Endpoint::echo_is_before(const Segment& seg, SimTime time) const {
  const std::uint32_t stamp = Host::timestamp_ms(time) + ts_.offset;
  return static_cast<std::int32_t>(seg.options.ts_ecr - stamp) < 0;
}

/// What arrived though it was never sent again tells a spurious timeout from a loss.
void Endpoint::note_original(const InFlight& record, Acked& acked) const {
  acked.original_arrived |= !record.retransmitted && at_or_before(record.end(), recovery().high);
}

void Endpoint::note_sacks(const Segment& seg, Acked& acked, Context& c) {
  for (std::size_t i = 0; i < seg.options.sack_count && sack_ok_; ++i) {
    const SackBlock& block = seg.options.sack[i];
    if (at_or_before(block.right, snd_.una)) {
      acked.dsack |= i == 0;  // RFC 2883, 4.1: the peer got these twice
      c.host.counters.TCPDSACKRecv += i == 0 ? 1U : 0U;
      if (i == 0 && recovery().undo_retrans > 0) {
        --transfer().recovery.undo_retrans;  // that retransmission was superfluous
      }
      continue;
    }
    for (InFlight& record : queue_) {
      const bool inside =
          at_or_after(record.seq, block.left) && at_or_before(record.end(), block.right);
      if (inside && !record.sacked) {
        note_delivered(record, acked, Copy::latest, c);
        note_original(record, acked);
        acked.by_sack.note(record);
        record.sacked = true;
        record.lost = false;
        record.resent_in_flight = false;
        ++acked.newly_sacked;
      }
    }
  }
}

/// RFC 6298, 3 (Karn's rule), and RFC 7323, 4: a timestamp tells even for what was sent twice, if
/// the ACK moves SND.UNA.
void Endpoint::sample_rtt(const Segment& seg, const Acked& acked, Context& c) {
  std::optional<SimDuration> rtt;
  SimDuration latest{};  // of the last segment that is known to have arrived
  if (acked.by_number.first != never && !acked.repeated) {
    rtt = c.now - acked.by_number.first;
    latest = c.now - acked.by_number.last;
  } else if (acked.by_sack.first != never) {
    rtt = c.now - acked.by_sack.first;
  } else if (acked.segments > 0 && timestamps_ && seg.options.has_timestamps &&
             seg.options.ts_ecr != 0) {
    const auto ms =
        static_cast<std::int32_t>(Host::timestamp_ms(c.now) + ts_.offset - seg.options.ts_ecr);
    if (ms >= 0) {
      latest = std::chrono::milliseconds{std::max(ms, 1)};
      rtt = latest;
    }
  }
  if (!rtt) {
    return;
  }
  if (acked.by_sack.first != never) {
    latest = c.now - acked.by_sack.last;
  }
  latest = std::max<SimDuration>(latest, 1us);
  if (trips_.min_rtt == SimDuration::zero() || latest < trips_.min_rtt) {
    trips_.min_rtt = latest;
  }
  if (transfer_ != nullptr) {
    transfer_->congestion.round_trip(latest, snd_.una, snd_.nxt, c.now, ack_spacing(c));
  }
  const SimDuration sample = std::max<SimDuration>(*rtt, 1us);
  const bool passed = after(snd_.una, rtt_turn_) || !rto_.has_sample();
  rto_.sample(sample, passed ? WindowTurn::passed : WindowTurn::same, c.host.rto_limits());
  if (passed) {
    rtt_turn_ = snd_.nxt;
  }
}

/// The congestion window grows only while it is what limits sending.
void Endpoint::grow_window(const Acked& acked, Context& c) {
  if (recovery().phase == RecoveryState::Phase::recovery || acked.segments == 0) {
    return;
  }
  if (window_is_limit()) {
    transfer().congestion.acknowledged(acked.delivered, c.now,
                                       rto_.has_sample() ? rto_.srtt() : SimDuration::zero());
  }
}

// --- The retransmission timer (RFC 6298, 5) and its kin ---

/// How long until the oldest segment in flight is overdue.
SimDuration Endpoint::rto_left(const Context& c) const {
  if (queue_.empty()) {
    return rto_.rto();
  }
  return queue_.front().sent + rto_.rto() - c.now;
}

/// RFC 6298, 5.2 and 5.3; time that a tail-loss probe's timer used counts (Linux, tcp_rearm_rto).
void Endpoint::restart_rtx_timer(Context& c) {
  if (queue_.empty()) {
    clear_rtx_timer(c);
    return;
  }
  SimDuration left = rto_.rto();
  if (rtx_timer_ == RtxTimer::tlp || rtx_timer_ == RtxTimer::reorder) {
    left = std::max<SimDuration>(rto_left(c), 1us);
  }
  set_rtx_timer(RtxTimer::rto, left, c);
}

/// Whether what is in flight is watched by a tail-loss probe's timer (RFC 8985, 7.2).
bool Endpoint::may_probe(const Context& c) const {
  const std::int32_t mode = c.host.settings().tcp_early_retrans;
  const bool calm = recovery().phase == RecoveryState::Phase::open;
  return (mode == 3 || mode == 4) && !queue_.empty() && sack_ok_ && calm && connected_;
}

/// Tail-loss probe instead of the RTO, which it precedes; false where none is due.
bool Endpoint::schedule_tlp(SimDuration rto_left, Context& c) {
  if (!may_probe(c)) return false;
  SimDuration timeout = 1s;  // TCP_TIMEOUT_INIT, before the first sample
  if (rto_.has_sample()) {
    timeout = 2 * rto_.srtt();
    timeout += queue_.size() == 1 ? c.host.rto_limits().min : SimDuration{2ms};
  }
  timeout = c.host.grid.quantize_measured(timeout);
  if (rto_left > SimDuration::zero()) {
    timeout = std::min(timeout, c.host.grid.quantize(rto_left));
  }
  set_rtx_timer(RtxTimer::tlp, timeout, c);
  return true;
}

/// While the peer's window keeps everything back, probes ask for it (RFC 9293, 3.8.6.1).
void Endpoint::check_probe_timer(Context& c) {
  if (queue_.empty() && unsent() > 0 && rtx_timer_ == RtxTimer::none) {
    set_rtx_timer(RtxTimer::probe, probe_interval(c), c);
  }
}

SimDuration Endpoint::probe_interval(const Context& c) const {
  SimDuration interval = std::max(rto_.rto(), c.host.rto_limits().min);
  for (unsigned i = 0; i < probe_backoff_ && interval < c.host.rto_limits().max; ++i) {
    interval *= 2;
  }
  return std::min(interval, c.host.rto_limits().max);
}

/// An ACK came while nothing was in flight: perhaps the window opened.
void Endpoint::probe_answered(Context& c) {
  if (unsent() == 0) {
    return;
  }
  const std::uint32_t next = std::min(unsent(), mss_now(c));
  if (!after(snd_.nxt + next, snd_.window_end())) {
    probe_backoff_ = 0;
    end_probing();
    clear_rtx_timer(c);
  } else {
    set_rtx_timer(RtxTimer::probe,
                  clamp_to_user_timeout(probe_interval(c), known().probing_since, c), c);
  }
}

}  // namespace lastack::tcp
