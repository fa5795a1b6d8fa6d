// Which segments are lost, and when they are sent again (RFC 5681, RFC 6675, RFC 6937, RFC 8985).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint32_t duplicate_threshold = 3;  // RFC 5681, 3.2

using Phase = RecoveryState::Phase;

}  // namespace

void Endpoint::recover(Acked& acked, Progress progress, Context& c) {
  count_duplicates(acked, progress);
  const bool all_repaired = at_or_after(snd_.una, recovery_.high);
  if (recovery_.phase == Phase::recovery && all_repaired) {
    end_recovery();
  } else if (recovery_.phase == Phase::loss && all_repaired) {
    recovery_.phase = Phase::open;
    recovery_.first_retransmit = never;
  }
  find_losses(acked, progress, c);
  const bool some_lost =
      std::any_of(queue_.begin(), queue_.end(), [](const InFlight& r) { return r.lost; });
  const bool calm = recovery_.phase == Phase::open || recovery_.phase == Phase::disorder;
  if (some_lost && calm) {
    enter_recovery();
  } else if (calm) {
    const bool doubts =
        recovery_.duplicate_acks > 0 ||
        std::any_of(queue_.begin(), queue_.end(), [](const InFlight& r) { return r.sacked; });
    recovery_.phase = doubts ? Phase::disorder : Phase::open;
  }
  if (recovery_.phase == Phase::recovery) {
    reduce_window(acked, progress);
  }
}

/// Without SACK, duplicate ACKs are all that is known of what arrived beyond a hole; what then is
/// acknowledged at once had been counted before.
void Endpoint::count_duplicates(Acked& acked, Progress progress) {
  if (progress == Progress::duplicate) {
    ++recovery_.duplicate_acks;
    acked.delivered += sack_ok_ ? 0U : 1U;
    return;
  }
  if (progress != Progress::advanced) {
    return;
  }
  const bool recovering = recovery_.phase == Phase::recovery && !sack_ok_;
  const std::uint32_t known = acked.segments > 0 ? acked.segments - 1 : 0;
  if (recovering && recovery_.duplicate_acks > known) {
    recovery_.duplicate_acks = static_cast<std::uint8_t>(recovery_.duplicate_acks - known);
  } else {
    recovery_.duplicate_acks = 0;
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
  const bool partial = recovery_.phase == Phase::recovery && progress == Progress::advanced;
  const bool threshold = progress == Progress::duplicate &&
                         recovery_.duplicate_acks == duplicate_threshold &&
                         recovery_.phase != Phase::recovery;
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
  const bool patient = recovery_.phase != Phase::recovery && recovery_.phase != Phase::loss &&
                       sacked < static_cast<std::uint32_t>(c.host.settings().tcp_reordering);
  const SimDuration tolerance =
      patient ? std::min(recovery_.min_rtt / 4, rto_.srtt() / 8) : SimDuration::zero();
  SimDuration wait{};
  for (InFlight& r : queue_) {
    const bool earlier = r.order < recovery_.rack_order;
    if (r.sacked || !earlier || (r.lost && !r.resent_in_flight)) {
      continue;
    }
    const SimDuration left = recovery_.rack_rtt + tolerance - (c.now - r.sent);
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

void Endpoint::enter_recovery() {
  recovery_.phase = Phase::recovery;
  recovery_.high = snd_.nxt;
  recovery_.prior_cwnd = congestion_.cwnd();
  recovery_.prr_delivered = 0;
  recovery_.prr_out = 0;
  recovery_.tlp_outstanding = false;
  congestion_.loss_detected();
}

/// Proportional rate reduction (RFC 6937, 3): the window glides to ssthresh.
void Endpoint::reduce_window(const Acked& acked, Progress progress) {
  const std::uint32_t pipe = in_flight();
  const std::uint32_t target = congestion_.ssthresh();
  recovery_.prr_delivered += acked.delivered;
  std::uint32_t send = 0;
  if (pipe > target) {
    const std::uint64_t share =
        (std::uint64_t{target} * recovery_.prr_delivered + recovery_.prior_cwnd - 1) /
        std::max(1U, recovery_.prior_cwnd);
    send = share > recovery_.prr_out ? static_cast<std::uint32_t>(share) - recovery_.prr_out : 0;
  } else {
    const std::uint32_t owed = recovery_.prr_delivered > recovery_.prr_out
                                   ? recovery_.prr_delivered - recovery_.prr_out
                                   : 0;
    send = std::max(owed, acked.delivered) + (progress == Progress::advanced ? 1 : 0);
    send = std::min(send, target - pipe);
  }
  // The first retransmission goes at once, and so does that of the next hole (RFC 6582, 3.2, 5).
  const bool hole = !sack_ok_ && progress == Progress::advanced;
  send = std::max(send, recovery_.prr_out == 0 || hole ? 1U : 0U);
  congestion_.set_cwnd(pipe + send);
}

void Endpoint::end_recovery() {
  congestion_.set_cwnd(congestion_.ssthresh());
  recovery_.phase = Phase::open;
  recovery_.first_retransmit = never;
  recovery_.duplicate_acks = 0;
}

/// After a timeout everything that is not SACKed counts as lost (RFC 5681, 3.1; RFC 6675, 5.1).
void Endpoint::enter_loss() {
  if (recovery_.phase == Phase::open || recovery_.phase == Phase::disorder ||
      at_or_after(snd_.una, recovery_.high) ||
      (recovery_.phase == Phase::loss && retransmits_ == 0)) {
    congestion_.loss_detected();
  }
  congestion_.collapse();
  for (InFlight& r : queue_) {
    r.lost = !r.sacked;
    r.resent_in_flight = false;
  }
  recovery_.phase = Phase::loss;
  recovery_.high = snd_.nxt;
  recovery_.duplicate_acks = 0;
  recovery_.tlp_outstanding = false;
}

/// Sends lost segments again, as many as the window lets out.
void Endpoint::resend_lost(Context& c) {
  const bool after_timeout = recovery_.phase == Phase::loss;
  if (recovery_.phase != Phase::recovery && !after_timeout) {
    return;
  }
  std::uint32_t out = in_flight();
  for (InFlight& r : queue_) {
    if (out >= congestion_.cwnd()) {
      break;
    }
    if (!r.lost || r.sacked) {
      continue;
    }
    retransmit(r, after_timeout ? SendReason::rto : SendReason::fast_retransmit, c);
    ++(after_timeout ? c.host.counters.TCPSlowStartRetrans : c.host.counters.TCPFastRetrans);
    ++out;
    ++recovery_.prr_out;
    if (recovery_.first_retransmit == never) {
      recovery_.first_retransmit = c.now;
    }
    if (&r == &queue_.front() && rtx_timer_ != RtxTimer::reorder) {
      set_rtx_timer(RtxTimer::rto, rto_.rto(), c);
    }
  }
}

/// Whether the probe repaired a loss (RFC 8985, 7.4). Only what is acknowledged beyond it, or an
/// ACK that brings nothing new, tells; until then no other probe is sent.
void Endpoint::process_tlp_ack(const Segment& seg, Progress progress) {
  if (!recovery_.tlp_outstanding || before(seg.ack, recovery_.tlp_end)) {
    return;
  }
  const bool came_twice =
      seg.options.sack_count > 0 && at_or_before(seg.options.sack[0].right, seg.ack);
  if (!recovery_.tlp_repeated || came_twice || progress == Progress::duplicate) {
    recovery_.tlp_outstanding = false;
  } else if (after(seg.ack, recovery_.tlp_end)) {
    recovery_.tlp_outstanding = false;
    congestion_.loss_detected();
    congestion_.set_cwnd(congestion_.ssthresh());
  }
}

}  // namespace lastack::tcp
