// What an acceptable ACK does to the send side (RFC 9293, 3.10.7.4, fifth): it takes acknowledged
// segments from the retransmission queue, samples the round trip, moves the window, and lets lost
// segments go again.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "send/bursts.hpp"

namespace lastack::tcp {

using Progress = Acked::Progress;

Endpoint::AckKind Endpoint::acknowledge(const Segment& seg, Context& c) {
  predicted_ = false;
  if (after(seg.ack, snd_.nxt())) return AckKind::unsent;
  if (before(seg.ack, snd_.una())) {  // a duplicate can be ignored
    if (is_ancient(seg.ack, c)) return AckKind::ancient;
    if (tells_of_sacks(seg)) old_ack(seg, c);
    return AckKind::fine;
  }
  const bool advanced = seg.ack != snd_.una();
  const bool nothing_was_out = queue_.empty();
  const std::uint32_t window_before = snd_.wnd();
  // By the window as it was.
  predicted_ = (nothing_was_out || window_.is_overfull()) && is_predicted(seg, c);
  if (c.host.profile.paws == Paws::linux) {
    ts_.note_newer(seg, window_.advertised_at(), c.now);
  }
  keep_.heard(c.now);
  probes_out_ = 0;
  if (!c.host.profile.user_timeout_of_answered_probes) probing_.end();
  const bool updated = snd_.update_window(seg);
  Acked acked;
  begin_look(acked);
  snd_.acknowledged(seg.ack);
  if (tells_of_sacks(seg)) note_sacks(seg, acked, c);
  if (nothing_was_out) {
    if (acked.dsack) recovery_.looked_at(acked, queue_, rtx_, sending(c));
    if (!predicted_) probe_answered(c);
    return AckKind::fine;
  }
  clean_queue(seg, acked, c);  // later, for RACK takes the round trip that it is told of last
  if (advanced) rtx_.progress();
  sample_rtt(seg, acked, c);
  const bool tells_window =
      c.host.profile.window_updates_are_no_duplicates ? updated : snd_.wnd() != window_before;
  const bool duplicate = !advanced && seg.len() == 0 && !tells_window && !queue_.empty();
  acked.progress = advanced ? Progress::advanced : duplicate ? Progress::duplicate : Progress::none;
  look_for_losses(seg, acked, c);
  return AckKind::fine;
}

/// What an ACK shows of losses and repairs, and what goes because of it.
void Endpoint::look_for_losses(const Segment& seg, Acked& acked, Context& c) {
  acked.echoes_original = echoes_original(seg, c);
  const LossRecovery::Surroundings surroundings = sending(c);
  recovery_.probe_acknowledged(seg, acked, queue_, surroundings);
  const LossRecovery::Verdict verdict = recovery_.acknowledged(acked, queue_, rtx_, surroundings);
  follow_timers(acked, verdict, c);
  recovery_.grow(acked, rtx_, surroundings);
  resend(verdict.first, c);
}

/// What was known before an ACK is looked at.
void Endpoint::begin_look(Acked& acked) const {
  acked.una_before = snd_.una();
  const bool open = recovery_.phase() == LossRecovery::Phase::open;
  acked.sacked_to_before = open ? snd_.una() : queue_.highest_sacked(snd_.una());
}

/// An ACK that was overtaken says nothing new but by its SACKs (Linux, tcp_ack, old_ack).
void Endpoint::old_ack(const Segment& seg, Context& c) {
  if (!recovery_.has_congestion_state()) return;
  Acked acked;
  begin_look(acked);
  note_sacks(seg, acked, c);
  const LossRecovery::Verdict verdict = recovery_.looked_at(acked, queue_, rtx_, sending(c));
  wait_for_reordered(verdict.reorder_wait, c);
  resend(verdict.first, c);
}

/// Whether segments are acknowledged, or a SACK answers what left before the oldest one went again.
bool Endpoint::moves_timer(const Acked& acked) const {
  if (acked.segments > 0) return true;
  return acked.by_sack.first != never && !queue_.empty() &&
         acked.by_sack.first < queue_.front().sent;
}

/// What an ACK does to the timers, unless RACK or a peer that reneges sets one.
void Endpoint::follow_timers(const Acked& acked, const LossRecovery::Verdict& verdict, Context& c) {
  if (verdict.reneged) {
    constexpr SimDuration least = 10ms;
    set_rtx_timer(RtxKind::rto, std::max<SimDuration>(rtx_.srtt() / 2, least), c);
  } else if (verdict.reorder_wait > SimDuration::zero()) {
    wait_for_reordered(verdict.reorder_wait, c);
  } else if (moves_timer(acked) && !schedule_tlp(rtx_.rto(), c)) {
    restart_rtx_timer(c);
  }
}

/// Data in order with the window as it was: Linux takes a short way for it (header prediction,
/// tcp_rcv_established), if the memory that the connection holds already is enough.
bool Endpoint::is_predicted(const Segment& seg, const Context& c) {
  return c.host.profile.predicts_headers && state_ == State::established && seg.data > 0 &&
         !seg.flags.has(Flags::fin) && seg.seq == received_.nxt() &&
         snd_.offered_in(seg) == snd_.wnd() && !tells_of_sacks(seg) && !received_.has_hole() &&
         window_.memory_of(seg, receiving(c)) <= memory_to_spare();
}

/// An ACK that no live peer could still send (RFC 5961, 5.2), nor (Linux, bytes_acked) one of
/// octets that were never there to be acknowledged.
bool Endpoint::is_ancient(Seq ack, const Context& c) const {
  if (!c.host.profile.old_acks_begin_at_iss) return before(ack, snd_.una() - snd_.max_wnd());
  const std::uint32_t acked = snd_.una() - snd_.iss() - (listener_made_ ? 1U : 0U);
  return before(ack, snd_.una() - std::min(snd_.max_wnd(), acked));
}

/// Takes what the ACK covers from the retransmission queue.
Acked Endpoint::clean_queue(const Segment& seg, Context& c) {
  Acked acked;
  begin_look(acked);
  clean_queue(seg, acked, c);
  return acked;
}

void Endpoint::clean_queue(const Segment& seg, Acked& acked, Context& c) {
  queue_.acknowledge(seg.ack, [&](const InFlight& record) {
    if (!record.sacked) {
      note_delivered(record, copy_answered(record, seg), acked, c);
      acked.by_number.note(record);
      if (!record.retransmitted && before(record.seq, acked.sacked_to_before)) {
        acked.came_late(record.seq);
      }
    }
    acked.repeated |= record.retransmitted;
    ++acked.segments;
  });
  snd_.acknowledged(seg.ack);
  acked.reneged = !queue_.empty() && queue_.front().sacked;
  if (acked.late) recovery_.note_reordering(acked, queue_, sending(c));
}

void Endpoint::note_delivered(const InFlight& record, Rack::Copy which, Acked& acked, Context& c) {
  recovery_.delivered(record, which, c.now, acked);
  ++c.host.counters.TCPDelivered;
}

/// Whether the ACK's timestamp says that it answers a copy sent before the last one.
Rack::Copy Endpoint::copy_answered(const InFlight& record, const Segment& seg) const {
  const bool earlier =
      record.retransmitted && ts_.echoed_by(seg) && ts_.echo_is_before(seg, record.sent);
  return earlier ? Rack::Copy::earlier : Rack::Copy::latest;
}

/// A block that is turned round, reaches beyond what was sent or begins where the peer waits says
/// nothing (Linux, tcp_is_sackblock_valid).
bool Endpoint::is_plausible(const SackBlock& block) const {
  return before(block.left, block.right) && at_or_before(block.right, snd_.nxt()) &&
         after(block.left, snd_.una());
}

/// Whether the first block tells what came twice (RFC 2883, 4): what is acknowledged, or lies in
/// the second block.
bool Endpoint::is_dsack(const Segment& seg) {
  const auto& blocks = seg.options.sack;
  if (before(blocks[0].left, seg.ack)) return true;
  return seg.options.sack_count > 1 && at_or_before(blocks[0].right, blocks[1].right) &&
         at_or_after(blocks[0].left, blocks[1].left);
}

void Endpoint::note_sacks(const Segment& seg, Acked& acked, Context& c) {
  if (is_dsack(seg)) {
    ++c.host.counters.TCPDSACKRecv;
    recovery_.came_twice(seg.options.sack[0], mss_now(c), queue_, sending(c), acked);
  }
  for (std::size_t i = 0; i < seg.options.sack_count; ++i) {
    const SackBlock& block = seg.options.sack[i];
    if (!is_plausible(block)) continue;
    queue_.sack(block, [&](const InFlight& record) {
      note_delivered(record, Rack::Copy::latest, acked, c);
      acked.by_sack.note(record);
      if (!record.retransmitted && before(record.seq, acked.sacked_to_before)) {
        acked.came_late(record.seq);
      }
      ++acked.newly_sacked;
    });
  }
  if (acked.late) recovery_.note_reordering(acked, queue_, sending(c));
  acked.late.reset();
}

/// RFC 6298, 3 (Karn's rule), and RFC 7323, 4: a timestamp measures even what was sent twice, if
/// the ACK moves SND.UNA.
void Endpoint::sample_rtt(const Segment& seg, const Acked& acked, Context& c) {
  std::optional<SimDuration> rtt;
  SimDuration latest{};  // of the last segment that is known to have arrived
  if (acked.by_number.first != never && !acked.repeated) {
    rtt = c.now - acked.by_number.first;
    latest = c.now - acked.by_number.last;
  } else if (acked.by_sack.first != never) {
    rtt = c.now - acked.by_sack.first;
  } else if (acked.segments > 0 && ts_.echoed_by(seg)) {
    const std::int32_t ms = ts_.echo_age_ms(seg, c.now);
    if (ms >= 0) {
      latest = std::chrono::milliseconds{std::max(ms, 1)};
      rtt = latest;
    }
  }
  if (!rtt) return;
  constexpr SimDuration least = 1us;
  if (acked.by_sack.first != never) latest = c.now - acked.by_sack.last;
  latest = std::max<SimDuration>(latest, least);
  recovery_.round_trip(latest);
  if (recovery_.has_congestion_state()) {
    recovery_.round_trip_in_window(latest, ack_spacing(pacing_rate_now(mss_now(c))), sending(c));
  }
  rtx_.sample(std::max<SimDuration>(*rtt, least), snd_.una(), snd_.nxt(), rto_limits(c));
}

/// Whether the segment answers something sent before the first retransmission (RFC 4015, 3.2).
bool Endpoint::echoes_original(const Segment& seg, const Context& c) const {
  return c.host.profile.undoes_spurious_losses && rtx_.stuck_since() != never &&
         ts_.echoed_by(seg) && ts_.echo_is_before(seg, rtx_.stuck_since());
}

// --- The retransmission timer (RFC 6298, 5) and its kin ---

/// How long until the oldest segment in flight is overdue.
SimDuration Endpoint::rto_left(const Context& c) const {
  return queue_.empty() ? rtx_.rto() : rtx_.left(queue_.front().sent, c.now);
}

/// RFC 6298, 5.2 and 5.3; time that a tail-loss probe's timer used counts (Linux, tcp_rearm_rto).
void Endpoint::restart_rtx_timer(Context& c) {
  if (queue_.empty()) {
    clear_rtx_timer(c);
    return;
  }
  SimDuration left = rtx_.rto();
  if (rtx_.kind() == RtxKind::tlp || rtx_.kind() == RtxKind::reorder) {
    left = std::max<SimDuration>(rto_left(c), 1us);
  }
  set_rtx_timer(RtxKind::rto, left, c);
}

/// RACK will know more after this wait; 0: nothing is in doubt.
void Endpoint::wait_for_reordered(SimDuration wait, Context& c) {
  if (wait > SimDuration::zero()) set_rtx_timer(RtxKind::reorder, wait + timer_margin, c);
}

/// Whether what is in flight is watched by a tail-loss probe's timer (RFC 8985, 7.2).
bool Endpoint::may_probe(const Context& c) const {
  const std::int32_t mode = c.host.settings().tcp_early_retrans;
  const bool open = recovery_.phase() == LossRecovery::Phase::open;
  return (mode == 3 || mode == 4) && !queue_.empty() && sack_ok_ && open && connected_;
}

/// Tail-loss probe instead of the RTO, which it precedes; false where none is due.
bool Endpoint::schedule_tlp(SimDuration rto_left, Context& c) {
  if (!may_probe(c)) return false;
  using Flight = TailLossProbe::Flight;
  SimDuration timeout = TailLossProbe::timeout(
      rtx_.has_sample() ? std::optional{rtx_.srtt()} : std::nullopt,
      queue_.size() == 1 ? Flight::one_segment : Flight::more, rto_limits(c).min, c.host.grid);
  if (rto_left > SimDuration::zero()) {
    timeout = std::min(timeout, c.host.grid.quantize(rto_left));
  }
  set_rtx_timer(RtxKind::tlp, timeout, c);
  return true;
}

/// While the peer's window keeps everything back, probes ask for it (RFC 9293, 3.8.6.1).
void Endpoint::check_probe_timer(Context& c) {
  if (queue_.empty() && unsent() > 0 && !rtx_.running()) {
    set_rtx_timer(RtxKind::probe, probe_interval(c), c);
  }
}

/// tcp_rto_min_us does not count here (Linux, tcp_probe0_base).
SimDuration Endpoint::probe_interval(const Context& c) const {
  constexpr SimDuration least = 200ms;  // TCP_RTO_MIN
  return probing_.interval(rtx_.rto(), least, rto_limits(c).max);
}

void Endpoint::set_probe_timer(Context& c) {
  const SimDuration wait =
      user_timeout().clamp(probe_interval(c), probing_.since(), c.now, c.host.grid);
  set_rtx_timer(RtxKind::probe, wait, c);
}

/// An ACK came while nothing was in flight: perhaps the window opened.
void Endpoint::probe_answered(Context& c) {
  if (unsent() == 0) return;
  const std::uint32_t next = std::min(unsent(), mss_now(c));
  if (after(snd_.nxt() + next, snd_.window_end())) {
    set_probe_timer(c);
    return;
  }
  probing_.opened();
  clear_rtx_timer(c);
}

// --- What goes again ---

/// What an ACK lets out while something is being repaired.
void Endpoint::resend(LossRecovery::Resend first, Context& c) {
  if (first == LossRecovery::Resend::nothing) return;
  if (first == LossRecovery::Resend::new_data_first) {
    send_what_is_allowed(Nagle::Mode::off, c);
    if (recovery_.new_data_is_out(snd_.nxt())) return;
    recovery_.no_new_data(sending(c));
  }
  resend_lost(c);
}

/// Sends lost segments again, as many as the window lets out.
void Endpoint::resend_lost(Context& c) {
  if (!recovery_.repairs()) return;
  const bool after_timeout = recovery_.phase() == LossRecovery::Phase::loss;
  const SendReason why = after_timeout ? SendReason::rto : SendReason::fast_retransmit;
  Counters& counters = c.host.counters;
  std::uint32_t out = in_flight();
  // Copies of what is no longer believed lost hold others back (Linux, retrans_out >= lost_out).
  std::uint32_t copies = queue_.resent();
  const std::uint32_t copies_max = queue_.ever_lost();
  for (std::size_t i = 0; i < queue_.size() && out < cwnd() && copies < copies_max; ++i) {
    if (!queue_[i].lost) continue;
    if (!retransmit(i, why, c)) return;
    ++(after_timeout ? counters.TCPSlowStartRetrans : counters.TCPFastRetrans);
    ++out;
    ++copies;
    recovery_.lost_one_resent(sending(c));
    rtx_.retrying_since(c.now);
    if (i == 0 && rtx_.kind() != RtxKind::reorder) set_rtx_timer(RtxKind::rto, rtx_.rto(), c);
  }
}

}  // namespace lastack::tcp
