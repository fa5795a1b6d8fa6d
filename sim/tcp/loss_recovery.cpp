// Which segments are lost, and when they are sent again (RFC 5681, RFC 6675, RFC 6937, RFC 8985).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t duplicate_threshold = 3;  // RFC 5681, 3.2

using Phase = RecoveryState::Phase;

}  // namespace

Endpoint::Resend Endpoint::recover(Acked& acked, Progress progress, Context& c) {
  count_duplicates(acked, progress);
  Resend first = Resend::lost;
  if (recovery().phase == Phase::recovery) {
    process_recovery(acked, progress);
  } else if (recovery().phase == Phase::loss) {
    first = process_loss(acked, progress);
  }
  const std::uint32_t lost_before = count_lost();
  find_losses(acked, progress, c);
  const std::uint32_t lost = count_lost();
  acked.newly_lost = lost > lost_before ? lost - lost_before : 0;
  const bool calm = recovery().phase == Phase::open || recovery().phase == Phase::disorder;
  if (lost > 0 && calm) {
    enter_recovery(c);
  } else if (calm) {
    const bool doubts =
        recovery().duplicate_acks > 0 ||
        std::any_of(queue_.begin(), queue_.end(), [](const InFlight& r) { return r.sacked; });
    const Phase phase = doubts ? Phase::disorder : Phase::open;
    if (phase != recovery().phase) {
      transfer().recovery.phase = phase;
    }
  }
  if (recovery().phase == Phase::recovery) {
    reduce_window(acked, progress);
  }
  return first;
}

std::uint32_t Endpoint::count_lost() const {
  return static_cast<std::uint32_t>(
      std::count_if(queue_.begin(), queue_.end(), [](const InFlight& r) { return r.lost; }));
}

/// Fast recovery: it ends when all that was out at its start is acknowledged, or turns out to have
/// been for nothing.
void Endpoint::process_recovery(const Acked& acked, Progress progress) {
  const bool all_repaired = at_or_after(snd_.una, recovery().high);
  if (all_repaired) {
    const bool spurious = may_undo(acked);
    end_recovery();
    if (spurious) {
      undo_reduction();
    }
    return;
  }
  const bool filled_by_late_original =
      progress == Progress::advanced && recovery().may_undo && acked.echoes_original;
  const bool all_superfluous = recovery().may_undo && recovery().undo_retrans == 0;
  if (filled_by_late_original || all_superfluous) {
    undo_reduction();
    transfer().recovery.phase = Phase::disorder;
  }
}

/// After a timeout (RFC 5682, 3.1): was it spurious? The first ACK that brings something lets new
/// data out instead of repetitions; if then something arrived that was never sent again, it was.
Endpoint::Resend Endpoint::process_loss(const Acked& acked, Progress progress) {
  const bool all_repaired = at_or_after(snd_.una, recovery().high);
  const bool advanced = progress == Progress::advanced;
  const bool by_frto = recovery().frto && acked.original_arrived;
  if ((advanced && may_undo(acked)) || by_frto) {
    undo_reduction();
    retransmits_ = 0;
    if (by_frto || sack_ok_) {
      transfer().recovery.phase = Phase::open;
      trips_.first_retransmit = never;
    }
    return Resend::lost;
  }
  if (recovery().frto) {
    if (after(snd_.nxt, recovery().high)) {
      transfer().recovery.frto = acked.newly_sacked == 0 && progress != Progress::duplicate;
    } else if (advanced && !all_repaired) {
      transfer().recovery.high = snd_.nxt;
      if (unsent() > 0 && after(snd_.window_end(), snd_.nxt)) {
        return Resend::new_data_first;
      }
      transfer().recovery.frto = false;
    }
  }
  if (all_repaired) {
    transfer().recovery.phase = Phase::open;
    trips_.first_retransmit = never;
  }
  return Resend::lost;
}

// --- Undo: what was taken for a loss was late (RFC 4015; RFC 3708; Linux, tcp_undo_cwnd_reduction)

bool Endpoint::may_undo(const Acked& acked) const {
  return recovery().may_undo && (recovery().undo_retrans == 0 || acked.echoes_original);
}

/// Whether the segment answers something sent before the first retransmission (RFC 4015, 3.2).
bool Endpoint::echoes_original(const Segment& seg, const Context& c) const {
  if (!c.host.profile.undoes_spurious_losses || trips_.first_retransmit == never || !timestamps_ ||
      !seg.options.has_timestamps || seg.options.ts_ecr == 0) {
    return false;
  }
  return echo_is_before(seg, trips_.first_retransmit);
}

void Endpoint::undo_reduction() {
  for (InFlight& r : queue_) {
    r.lost = false;
  }
  transfer().congestion.undo();
  transfer().recovery.may_undo = false;
  transfer().recovery.frto = false;
}

/// A reduction begins: retransmissions on their way may yet prove superfluous.
void Endpoint::init_undo(const Context& c) {
  const auto repeated = std::count_if(queue_.begin(), queue_.end(),
                                      [](const InFlight& r) { return r.resent_in_flight; });
  transfer().recovery.may_undo = c.host.profile.undoes_spurious_losses;
  transfer().recovery.undo_retrans =
      repeated == 0 ? std::int16_t{-1} : static_cast<std::int16_t>(repeated);
}

/// Without SACK, duplicate ACKs are all that is known of what arrived beyond a hole; what then is
/// acknowledged at once had been counted before.
void Endpoint::count_duplicates(Acked& acked, Progress progress) {
  if (progress == Progress::duplicate) {
    ++transfer().recovery.duplicate_acks;
    acked.delivered += sack_ok_ ? 0U : 1U;
    return;
  }
  if (progress != Progress::advanced) {
    return;
  }
  const bool recovering = recovery().phase == Phase::recovery && !sack_ok_;
  const std::uint32_t known = acked.segments > 0 ? acked.segments - 1 : 0;
  if (recovering && recovery().duplicate_acks > known) {
    transfer().recovery.duplicate_acks =
        static_cast<std::uint8_t>(recovery().duplicate_acks - known);
  } else if (recovery().duplicate_acks > 0) {
    transfer().recovery.duplicate_acks = 0;
  }
}

void Endpoint::find_losses(const Acked& acked, Progress progress, Context& c) {
  if (!sack_ok_) {
    find_losses_without_sack(progress);
  } else if ((c.host.settings().tcp_recovery & 1) != 0) {
    if (acked.rack_advanced) {
      find_losses_by_time(c);
    }
  } else {
    find_losses_by_count();
  }
}

/// Three duplicate ACKs, or in recovery a partial one (RFC 5681, 3.2; RFC 6582, 3.2).
void Endpoint::find_losses_without_sack(Progress progress) {
  if (queue_.empty()) {
    return;
  }
  InFlight& oldest = queue_.front();
  const bool partial = recovery().phase == Phase::recovery && progress == Progress::advanced;
  const bool threshold = progress == Progress::duplicate &&
                         recovery().duplicate_acks == duplicate_threshold &&
                         recovery().phase != Phase::recovery;
  if ((threshold || partial) && !oldest.resent_in_flight) {
    oldest.lost = true;
  }
}

/// RFC 6675, 4, IsLost: three SACKed segments above.
void Endpoint::find_losses_by_count() {
  std::uint32_t sacked_above = 0;
  for (auto r = queue_.rbegin(); r != queue_.rend(); ++r) {
    if (r->sacked) {
      ++sacked_above;
    } else if (sacked_above >= duplicate_threshold && !r->resent_in_flight) {
      r->lost = true;
    }
  }
}

/// RACK (RFC 8985, 6.2, step 5): what was sent clearly before something that arrived is lost.
void Endpoint::find_losses_by_time(Context& c) {
  const auto sacked = static_cast<std::uint32_t>(
      std::count_if(queue_.begin(), queue_.end(), [](const InFlight& r) { return r.sacked; }));
  const bool patient = recovery().phase != Phase::recovery && recovery().phase != Phase::loss &&
                       sacked < static_cast<std::uint32_t>(c.host.settings().tcp_reordering);
  const SimDuration tolerance =
      patient ? std::min(trips_.min_rtt / 4, rto_.srtt()) : SimDuration::zero();
  SimDuration wait{};
  for (InFlight& r : queue_) {
    const bool earlier = r.order < trips_.rack_order;
    if (r.sacked || !earlier || (r.lost && !r.resent_in_flight)) {
      continue;
    }
    const SimDuration left = trips_.rack_rtt + tolerance - (c.now - r.sent);
    if (left <= SimDuration::zero()) {
      r.lost = true;
      r.resent_in_flight = false;
    } else {
      wait = std::max(wait, left);
    }
  }
  if (wait > SimDuration::zero()) {
    set_rtx_timer(RtxTimer::reorder, wait + 2ms, c);
  }
}

void Endpoint::enter_recovery(const Context& c) {
  transfer().recovery.phase = Phase::recovery;
  init_undo(c);
  transfer().recovery.high = snd_.nxt;
  transfer().recovery.prior_cwnd = congestion().cwnd();
  transfer().recovery.prr_delivered = 0;
  transfer().recovery.prr_out = 0;
  transfer().recovery.tlp_outstanding = false;
  transfer().congestion.loss_detected();
}

/// Proportional rate reduction (RFC 6937, 3): the window glides to ssthresh.
void Endpoint::reduce_window(const Acked& acked, Progress progress) {
  if (acked.delivered == 0) {
    return;
  }
  const std::uint32_t pipe = in_flight();
  const std::uint32_t target = congestion().ssthresh();
  transfer().recovery.prr_delivered += acked.delivered;
  std::uint32_t send = 0;
  if (pipe > target) {
    const std::uint64_t share =
        (std::uint64_t{target} * recovery().prr_delivered + recovery().prior_cwnd - 1) /
        std::max(1U, recovery().prior_cwnd);
    send = share > recovery().prr_out ? static_cast<std::uint32_t>(share) - recovery().prr_out : 0;
  } else {
    const std::uint32_t owed = recovery().prr_delivered > recovery().prr_out
                                   ? recovery().prr_delivered - recovery().prr_out
                                   : 0;
    const bool repairs = progress == Progress::advanced && acked.newly_lost == 0;
    send = std::max(owed, acked.delivered) + (repairs ? 1 : 0);
    send = std::min(send, target - pipe);
  }
  // The first retransmission goes at once, and so does that of the next hole (RFC 6582, 3.2, 5).
  const bool hole = !sack_ok_ && progress == Progress::advanced;
  send = std::max(send, recovery().prr_out == 0 || hole ? 1U : 0U);
  transfer().congestion.set_cwnd(pipe + send);
}

void Endpoint::end_recovery() {
  transfer().congestion.set_cwnd(congestion().ssthresh());
  transfer().recovery.phase = Phase::open;
  trips_.first_retransmit = never;
  transfer().recovery.duplicate_acks = 0;
}

/// After a timeout everything that is not SACKed counts as lost (RFC 5681, 3.1; RFC 6675, 5.1).
void Endpoint::enter_loss(Context& c) {
  const bool calm = recovery().phase == Phase::open || recovery().phase == Phase::disorder;
  transfer().recovery.frto = c.host.settings().tcp_frto != 0 && (calm || retransmits_ > 0);
  if (calm || at_or_after(snd_.una, recovery().high) ||
      (recovery().phase == Phase::loss && retransmits_ == 0)) {
    transfer().congestion.loss_detected();
    init_undo(c);
  }
  transfer().congestion.collapse(snd_.nxt, c.now);
  for (InFlight& r : queue_) {
    // What was sent within the last round trip may still arrive (RFC 8985, 6.3).
    const bool recent = &r != &queue_.front() && c.now - r.sent < trips_.rack_rtt;
    if (r.sacked || !recent) {
      r.lost = !r.sacked;
      r.resent_in_flight = false;
    }
  }
  transfer().recovery.phase = Phase::loss;
  transfer().recovery.high = snd_.nxt;
  transfer().recovery.duplicate_acks = 0;
  transfer().recovery.tlp_outstanding = false;
}

/// What an ACK lets out while something is being repaired.
void Endpoint::resend(Resend first, Context& c) {
  if (first == Resend::new_data_first) {
    send_what_is_allowed(Nagle::off, c);
    if (after(snd_.nxt, recovery().high)) {
      return;
    }
    transfer().recovery.frto = false;
  }
  resend_lost(c);
}

/// Sends lost segments again, as many as the window lets out.
void Endpoint::resend_lost(Context& c) {
  const bool after_timeout = recovery().phase == Phase::loss;
  if (recovery().phase != Phase::recovery && !after_timeout) {
    return;
  }
  std::uint32_t out = in_flight();
  for (InFlight& r : queue_) {
    if (out >= congestion().cwnd()) {
      break;
    }
    if (!r.lost || r.sacked) {
      continue;
    }
    retransmit(r, after_timeout ? SendReason::rto : SendReason::fast_retransmit, c);
    ++(after_timeout ? c.host.counters.TCPSlowStartRetrans : c.host.counters.TCPFastRetrans);
    ++out;
    ++transfer().recovery.prr_out;
    if (trips_.first_retransmit == never) {
      trips_.first_retransmit = c.now;
    }
    if (&r == &queue_.front() && rtx_timer_ != RtxTimer::reorder) {
      set_rtx_timer(RtxTimer::rto, rto_.rto(), c);
    }
  }
}

/// Whether the probe repaired a loss (RFC 8985, 7.4). Only what is acknowledged beyond it, or an
/// ACK that brings nothing new, tells; until then no other probe is sent.
void Endpoint::process_tlp_ack(const Segment& seg, Progress progress) {
  if (!recovery().tlp_outstanding || before(seg.ack, recovery().tlp_end)) {
    return;
  }
  const bool came_twice =
      seg.options.sack_count > 0 && at_or_before(seg.options.sack[0].right, seg.ack);
  if (!recovery().tlp_repeated || came_twice || progress == Progress::duplicate) {
    transfer().recovery.tlp_outstanding = false;
  } else if (after(seg.ack, recovery().tlp_end)) {
    transfer().recovery.tlp_outstanding = false;
    transfer().congestion.loss_detected();
    transfer().congestion.set_cwnd(congestion().ssthresh());
  }
}

}  // namespace lastack::tcp
