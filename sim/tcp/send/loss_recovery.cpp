#include "send/loss_recovery.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

/// Bits of tcp_recovery (kernel: Documentation/networking/ip-sysctl.rst).
constexpr std::int32_t rack_finds_losses = 1;
constexpr std::int32_t rack_is_always_patient = 4;

using Progress = Acked::Progress;

}  // namespace

constinit const LossRecovery::State LossRecovery::untouched{CongestionAlgorithm::reno};

LossRecovery::State& LossRecovery::state(const SendSequence& snd) {
  if (!state_) {
    state_ = std::make_unique<State>(algorithm_);
    state_->congestion.begin_late(snd.iss() + 1, rack_.min_rtt());
  }
  return *state_;
}

std::uint32_t LossRecovery::in_flight(const RetransmissionQueue& queue, Sack sack) const {
  const std::uint32_t count = queue.on_their_way();
  if (sack == Sack::yes) return count;
  return count - std::min<std::uint32_t>(count, known().duplicate_acks);
}

// --- Sending ---

void LossRecovery::new_segment_sent() {
  if (phase() == Phase::recovery) state_->prr.sent();
}

/// While a reduction may yet be undone, retransmissions are counted that may prove superfluous.
void LossRecovery::resends() {
  if (!known().may_undo) return;
  state_->undo_retrans = static_cast<std::int16_t>(std::max<int>(state_->undo_retrans, 0) + 1);
}

void LossRecovery::resumes(SimDuration rto, const Surroundings& s) {
  if (last_sent() == sim_start) return;
  const SimDuration idle = s.now - last_sent();
  state_->congestion.resume(idle, s.now);
  if (s.settings.tcp_slow_start_after_idle != 0 && idle > rto) {
    state_->congestion.restart_after_idle(idle, rto);
  }
}

// --- Acknowledgments ---

void LossRecovery::delivered(const InFlight& record, Rack::Copy which, SimTime now, Acked& acked) {
  ++acked.delivered;
  acked.rack_advanced |= rack_.delivered(record, which, now);
  // What arrived though it was never sent again distinguishes a spurious timeout from a loss.
  acked.original_arrived |= !record.retransmitted && at_or_before(record.end(), known().high);
}

void LossRecovery::superfluous() {
  if (known().undo_retrans > 0) --state_->undo_retrans;
}

void LossRecovery::judge_probe(const Segment& seg, const Acked& acked) {
  State& st = *state_;
  if (st.probe.acknowledged(seg, acked.progress) == TailLossProbe::Verdict::repaired_a_loss) {
    st.congestion.loss_detected();
    st.congestion.set_cwnd(st.congestion.ssthresh());
  }
}

LossRecovery::Verdict LossRecovery::acknowledged(Acked& acked, RetransmissionQueue& queue,
                                                 RetransmissionTimer& timer,
                                                 const Surroundings& s) {
  Verdict verdict;
  count_duplicates(acked, s);
  if (phase() == Phase::recovery) {
    process_recovery(acked, queue, timer, s);
  } else if (phase() == Phase::loss) {
    verdict.first = process_loss(acked, queue, timer, s);
  }
  const std::uint32_t lost_before = queue.lost();
  verdict.reorder_wait = find_losses(acked, queue, timer, s);
  const std::uint32_t lost = queue.lost();
  acked.newly_lost = lost - lost_before;
  if (calm()) settle_phase(lost, queue, s);
  if (phase() == Phase::recovery) reduce_window(acked, queue, s);
  return verdict;
}

/// Nothing is being repaired: a loss begins a recovery, signs of one are doubts.
void LossRecovery::settle_phase(std::uint32_t lost, const RetransmissionQueue& queue,
                                const Surroundings& s) {
  if (lost > 0) {
    enter_recovery(queue, s);
    return;
  }
  const bool doubts = known().duplicate_acks > 0 || queue.sacked() > 0;
  const Phase now = doubts ? Phase::disorder : Phase::open;
  if (now != phase()) state(s.snd).phase = now;
}

void LossRecovery::grow(const Acked& acked, const RetransmissionTimer& timer,
                        const Surroundings& s) {
  if (phase() == Phase::recovery || acked.segments == 0) return;
  const WindowUse& use = known().use;
  const bool half_used = congestion().in_slow_start() && congestion().cwnd() < 2 * use.most_out();
  if (!use.limited() && !half_used) return;
  const SimDuration srtt = timer.has_sample() ? timer.srtt() : SimDuration::zero();
  state(s.snd).congestion.acknowledged(acked.delivered, s.now, srtt);
}

/// Without SACK, duplicate ACKs are all that is known of what arrived beyond a hole; what then is
/// acknowledged at once had been counted before.
void LossRecovery::count_duplicates(Acked& acked, const Surroundings& s) {
  if (acked.progress == Progress::duplicate) {
    ++state(s.snd).duplicate_acks;
    acked.delivered += s.sack == Sack::yes ? 0U : 1U;
    return;
  }
  if (acked.progress != Progress::advanced || known().duplicate_acks == 0) return;
  State& st = state(s.snd);
  if (s.sack == Sack::no && acked.delivered > 0) {  // one fills the hole
    acked.delivered -= std::min<std::uint32_t>(st.duplicate_acks, acked.delivered - 1);
  }
  const bool recovering = st.phase == Phase::recovery && s.sack == Sack::no;
  const std::uint32_t counted = acked.segments > 0 ? acked.segments - 1 : 0;
  st.duplicate_acks = recovering && st.duplicate_acks > counted
                          ? static_cast<std::uint16_t>(st.duplicate_acks - counted)
                          : std::uint16_t{0};
}

/// Fast recovery: it ends when all that was out at its start is acknowledged, or turns out to have
/// been for nothing.
void LossRecovery::process_recovery(const Acked& acked, RetransmissionQueue& queue,
                                    RetransmissionTimer& timer, const Surroundings& s) {
  State& st = state(s.snd);
  if (at_or_after(s.snd.una(), st.high)) {
    const bool spurious = may_undo(acked);
    end_recovery(timer, s);
    if (spurious) undo_reduction(queue, s);
    return;
  }
  const bool filled_by_late_original =
      acked.progress == Progress::advanced && st.may_undo && acked.echoes_original;
  const bool all_superfluous = st.may_undo && st.undo_retrans == 0;
  if (filled_by_late_original || all_superfluous) {
    undo_reduction(queue, s);
    st.phase = Phase::disorder;
  }
}

/// After a timeout: was it spurious? If not, recovery ends when all that was out is acknowledged.
LossRecovery::Resend LossRecovery::process_loss(const Acked& acked, RetransmissionQueue& queue,
                                                RetransmissionTimer& timer, const Surroundings& s) {
  State& st = state(s.snd);
  const bool advanced = acked.progress == Progress::advanced;
  const bool all_repaired = at_or_after(s.snd.una(), st.high);
  // Without SACK nobody knows whether the original or the copy moved the acknowledgment.
  const bool doubtful = s.sack == Sack::no && acked.repeated;
  const bool by_frto = st.frto && acked.original_arrived && !doubtful;
  if ((advanced && may_undo(acked)) || by_frto) {
    undo_reduction(queue, s);
    timer.progress();
    if (by_frto || s.sack == Sack::yes) {
      st.phase = Phase::open;
      timer.repaired();
    }
    return Resend::lost;
  }
  if (process_frto(acked, s) == Resend::new_data_first) return Resend::new_data_first;
  if (all_repaired) {
    st.phase = Phase::open;
    timer.repaired();
  }
  return Resend::lost;
}

/// F-RTO (RFC 5682, 3.1): the first ACK that brings something lets new data out instead of
/// repetitions; if then something arrives that was never sent again, the timeout was spurious.
LossRecovery::Resend LossRecovery::process_frto(const Acked& acked, const Surroundings& s) {
  State& st = state(s.snd);
  if (!st.frto) return Resend::lost;
  if (after(s.snd.nxt(), st.high)) {
    st.frto = acked.newly_sacked == 0 && acked.progress != Progress::duplicate;
    return Resend::lost;
  }
  if (acked.progress != Progress::advanced || at_or_after(s.snd.una(), st.high)) {
    return Resend::lost;
  }
  st.high = s.snd.nxt();
  st.frto = s.new_data == NewData::may_leave;
  return st.frto ? Resend::new_data_first : Resend::lost;
}

// --- Undo: what was taken for a loss was late (RFC 4015; RFC 3708; Linux, tcp_undo_cwnd_reduction)

bool LossRecovery::may_undo(const Acked& acked) const {
  return known().may_undo && (known().undo_retrans == 0 || acked.echoes_original);
}

void LossRecovery::undo_reduction(RetransmissionQueue& queue, const Surroundings& s) {
  queue.believe_none_lost();
  State& st = state(s.snd);
  st.congestion.undo();
  st.may_undo = false;
  st.frto = false;
}

/// A reduction begins: retransmissions on their way may yet prove superfluous.
void LossRecovery::init_undo(const RetransmissionQueue& queue, const Surroundings& s) {
  const std::uint32_t resent = queue.resent();
  State& st = state(s.snd);
  st.may_undo = s.profile.undoes_spurious_losses;
  st.undo_retrans = resent == 0 ? std::int16_t{-1} : static_cast<std::int16_t>(resent);
}

// --- Finding losses ---

/// Returns how long until RACK knows more; 0: nothing is in doubt.
SimDuration LossRecovery::find_losses(const Acked& acked, RetransmissionQueue& queue,
                                      const RetransmissionTimer& timer, const Surroundings& s) {
  if (s.sack == Sack::no) {
    find_losses_without_sack(acked, queue, s);
  } else if (!s.profile.always_rack && (s.settings.tcp_recovery & rack_finds_losses) == 0) {
    find_losses_by_count(queue, s);
  } else if (acked.rack_advanced) {
    return find_losses_by_time(queue, timer, s).wait;
  }
  return SimDuration::zero();
}

/// Three duplicate ACKs (tcp_reordering), or in recovery a partial one (RFC 5681, 3.2; RFC 6582,
/// 3.2).
void LossRecovery::find_losses_without_sack(const Acked& acked, RetransmissionQueue& queue,
                                            const Surroundings& s) const {
  if (queue.empty() || queue.front().resent_in_flight) return;
  const bool recovering = phase() == Phase::recovery;
  const bool partial = recovering && acked.progress == Progress::advanced;
  const bool threshold = calm() && known().duplicate_acks >= s.settings.tcp_reordering;
  if (threshold || partial) queue.lose(0);
}

/// RFC 6675, 4, IsLost: three SACKed segments above (tcp_reordering).
void LossRecovery::find_losses_by_count(RetransmissionQueue& queue, const Surroundings& s) {
  std::int32_t sacked_above = 0;
  for (std::size_t i = queue.size(); i-- > 0;) {
    if (queue[i].sacked) {
      ++sacked_above;
    } else if (sacked_above >= s.settings.tcp_reordering && !queue[i].resent_in_flight) {
      queue.lose(i);
    }
  }
}

/// RACK. It is patient only until there are as many SACKs as duplicate ACKs would have to be.
Rack::Found LossRecovery::find_losses_by_time(RetransmissionQueue& queue,
                                              const RetransmissionTimer& timer,
                                              const Surroundings& s) const {
  const bool few = queue.sacked() < static_cast<std::uint32_t>(s.settings.tcp_reordering) ||
                   (s.settings.tcp_recovery & rack_is_always_patient) != 0;
  const bool patient = calm() && few;
  const SimDuration tolerance =
      patient ? rack_.reordering_window(timer.srtt()) : SimDuration::zero();
  return rack_.detect(queue, tolerance, s.now);
}

// --- Recovery ---

void LossRecovery::enter_recovery(const RetransmissionQueue& queue, const Surroundings& s) {
  State& st = state(s.snd);
  st.phase = Phase::recovery;
  init_undo(queue, s);
  st.high = s.snd.nxt();
  st.prr.begin(st.congestion.cwnd());
  st.probe.end();
  st.congestion.loss_detected();
}

void LossRecovery::reduce_window(const Acked& acked, const RetransmissionQueue& queue,
                                 const Surroundings& s) {
  if (acked.delivered == 0) return;
  using Repair = ProportionalRateReduction::Repair;
  State& st = state(s.snd);
  const std::uint32_t pipe = in_flight(queue, s.sack);
  const bool advanced = acked.progress == Progress::advanced;
  st.prr.delivered(acked.delivered);
  std::uint32_t may_send =
      st.prr.allowance(pipe, st.congestion.ssthresh(), acked.delivered,
                       advanced && acked.newly_lost == 0 ? Repair::goes_well : Repair::none);
  // The first retransmission goes at once, and so does that of the next hole (RFC 6582, 3.2, 5).
  if (st.prr.nothing_sent() || (s.sack == Sack::no && advanced)) may_send = std::max(may_send, 1U);
  st.congestion.set_cwnd(pipe + may_send);
}

void LossRecovery::end_recovery(RetransmissionTimer& timer, const Surroundings& s) {
  State& st = state(s.snd);
  st.congestion.set_cwnd(st.congestion.ssthresh());
  st.phase = Phase::open;
  st.duplicate_acks = 0;
  timer.repaired();
}

// --- Timeouts ---

void LossRecovery::timed_out(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                             const Surroundings& s) {
  State& st = state(s.snd);
  st.frto = s.settings.tcp_frto != 0 && (calm() || timer.retransmits() > 0);
  if (calm() || at_or_after(s.snd.una(), st.high) ||
      (st.phase == Phase::loss && timer.retransmits() == 0)) {
    st.congestion.loss_detected();
    init_undo(queue, s);
  }
  st.congestion.collapse(s.snd.nxt(), s.now);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    // What was sent within the last round trip may still arrive (RFC 8985, 6.3).
    const bool recent = s.sack == Sack::yes && i > 0 && s.now - queue[i].sent < rack_.rtt();
    if (queue[i].sacked) {
      queue.forget_resent(i);
    } else if (!recent) {
      queue.lose(i);
    }
  }
  st.phase = Phase::loss;
  st.high = s.snd.nxt();
  st.duplicate_acks = 0;
  st.probe.end();
}

bool LossRecovery::reorder_timeout(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                                   SimDuration& wait, const Surroundings& s) {
  const Rack::Found found = find_losses_by_time(queue, timer, s);
  wait = found.wait;
  if (found.losses == 0) return false;
  if (phase() != Phase::recovery) {
    enter_recovery(queue, s);
    Acked one;
    one.delivered = 1;
    reduce_window(one, queue, s);
  }
  return true;
}

// --- The handshake ---

void LossRecovery::begin_after_losses(FirstWindow window, const Surroundings& s) {
  State& st = state(s.snd);
  st.congestion = CongestionControl{algorithm_};
  if (window == FirstWindow::one_segment) st.congestion.set_cwnd(1);
  st.phase = Phase::open;
}

void LossRecovery::check_invariants(const SendSequence& snd) const {
  LASTACK_ASSERT(congestion().cwnd() > 0);
  LASTACK_ASSERT(calm() || at_or_before(known().high, snd.nxt()));
  LASTACK_ASSERT(known().undo_retrans >= -1);
}

}  // namespace lastack::tcp
