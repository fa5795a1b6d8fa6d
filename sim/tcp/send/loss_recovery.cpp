#include "send/loss_recovery.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

/// Bits of tcp_recovery (kernel: Documentation/networking/ip-sysctl.rst).
constexpr std::int32_t rack_finds_losses = 1;
constexpr std::int32_t rack_tolerance_is_fixed = 2;
constexpr std::int32_t rack_is_always_patient = 4;

using Progress = Acked::Progress;

}  // namespace

constinit const LossRecovery::State LossRecovery::untouched{CongestionAlgorithm::reno};

LossRecovery::State& LossRecovery::state(const SendSequence& snd) {
  if (!state_) {
    state_ = std::make_unique<Kept>(CongestionAlgorithm{algorithm_});
    state_->congestion.begin_late(snd.iss() + 1, rack_.min_rtt());
  }
  return *state_;
}

OddChunks& LossRecovery::change_odd_chunks(const SendSequence& snd) {
  state(snd);
  if (!state_->odd_chunks) state_->odd_chunks = std::make_unique<OddChunks>();
  return *state_->odd_chunks;
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
void LossRecovery::resends(Again why, const Surroundings& s) {
  State& st = state(s.snd);
  ++st.resent;
  if (why == Again::probe || !st.may_undo) return;
  st.undo_retrans = static_cast<std::int16_t>(std::max<int>(st.undo_retrans, 0) + 1);
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
  acked.newest = std::max(acked.newest, record.order);
  if (rack_.delivered(record, which, now)) rack_advanced_ = true;
  // What arrived though it was never sent again distinguishes a spurious timeout from a loss.
  acked.original_arrived |= !record.retransmitted && at_or_before(record.end(), known().high);
}

void LossRecovery::came_twice(const SackBlock& block, std::uint32_t mss, RetransmissionQueue& queue,
                              const Surroundings& s, Acked& acked) {
  State& st = state(s.snd);
  if (!before(block.left, block.right)) return;
  const std::uint32_t octets = block.right - block.left;
  if (octets > s.snd.max_wnd()) return;
  const std::uint32_t segments = octets > mss ? (octets + mss - 1) / mss : 1;
  st.twice = static_cast<std::uint16_t>(st.twice + segments);
  if (st.twice > st.resent) return;
  acked.dsack = true;
  acked.dsack_of_probe = octets <= mss && st.probe.outstanding() && st.probe.end() == block.right;
  st.came_twice |= st.reordering_seen && !acked.dsack_of_probe;
  acked.delivered += segments;
  const auto superfluous = [&](std::uint32_t count, Seq end) {
    if (!st.may_undo || st.undo_retrans <= 0 || !after(end, st.undo_from)) return;
    st.undo_retrans =
        static_cast<std::int16_t>(std::max<int>(st.undo_retrans - static_cast<int>(count), 0));
  };
  if (at_or_before(block.right, acked.una_before)) superfluous(segments, block.right);
  queue.came_twice(block, [&](const InFlight& record) {
    superfluous(1, record.end());
    if (record.sacked) acked.came_late(record.seq);
  });
}

void LossRecovery::judge_probe(const Segment& seg, const Acked& acked,
                               const RetransmissionQueue& queue, const Surroundings& s) {
  State& st = *state_;
  if (st.probe.acknowledged(seg, acked) == TailLossProbe::Verdict::repaired_a_loss) {
    st.congestion.loss_detected();
    st.congestion.set_cwnd(st.congestion.ssthresh());
    if (calm()) st.high = s.snd.nxt();
    if (calm()) keep_open(queue, s);
  }
}

// --- Reordering (RFC 8985, 6.2, step 4) ---

/// tcp_reordering, or what it grew to.
std::uint32_t LossRecovery::reordering(const Surroundings& s) const {
  const std::uint32_t grown = known().reordering;
  return grown != 0 ? grown : static_cast<std::uint32_t>(s.settings.tcp_reordering);
}

/// What was sent only once arrived below something that had arrived before (Linux,
/// tcp_check_sack_reordering).
void LossRecovery::note_reordering(const Acked& acked, const RetransmissionQueue& queue,
                                   const Surroundings& s) {
  if (acked.late && s.sack == Sack::yes) saw_reordering(*acked.late, queue, s);
}

void LossRecovery::saw_reordering(Seq low, const RetransmissionQueue& queue,
                                  const Surroundings& s) {
  const Seq high = queue.highest_sacked(s.snd.una());
  if (!before(low, high)) return;
  State& st = state(s.snd);
  st.reordering_seen = true;
  const std::uint32_t distance = high - low;
  if (distance <= std::uint64_t{reordering(s)} * s.mss) return;
  const std::uint32_t segments = (distance + s.mss - 1) / s.mss;
  const auto most = static_cast<std::uint32_t>(std::min(s.settings.tcp_max_reordering, 0xffff));
  st.reordering = static_cast<std::uint16_t>(std::min(segments, most));
}

/// RACK waits longer where it was too hasty, for sixteen recoveries (Linux,
/// tcp_rack_update_reo_wnd); once in a round trip.
void LossRecovery::adapt_tolerance(const Acked& acked, const Surroundings& s) {
  constexpr std::uint8_t recoveries = 16;
  constexpr std::uint32_t patience_max = 0xff;
  if ((s.settings.tcp_recovery & rack_tolerance_is_fixed) != 0 || acked.newest == 0) return;
  State& st = *state_;
  if (acked.newest <= st.adapted_at) st.came_twice = false;
  if (st.came_twice) {
    st.patience = static_cast<std::uint8_t>(std::min(st.patience + 1U, patience_max));
    st.came_twice = false;
    st.adapted_at = rack_.order_of_last();
    st.patient_for = recoveries;
  } else if (st.patient_for == 0) {
    st.patience = 1;
  }
}

// --- What an ACK shows (Linux, tcp_fastretrans_alert) ---

LossRecovery::Verdict LossRecovery::acknowledged(Acked& acked, RetransmissionQueue& queue,
                                                 RetransmissionTimer& timer,
                                                 const Surroundings& s) {
  if (s.sack == Sack::no) eat_duplicates(acked, queue, s);
  if (state_) adapt_tolerance(acked, s);
  const Verdict verdict = looked_at(acked, queue, timer, s);
  if (phase() == Phase::recovery) reduce_window(acked, queue, s);
  return verdict;
}

LossRecovery::Verdict LossRecovery::looked_at(Acked& acked, RetransmissionQueue& queue,
                                              RetransmissionTimer& timer, const Surroundings& s) {
  Look l{acked, queue, timer, s, {}};
  if (is_dubious(acked)) look(l);
  return l.verdict;
}

/// Whether an ACK needs a closer look (Linux, tcp_ack_is_dubious).
bool LossRecovery::is_dubious(const Acked& acked) const {
  return phase() != Phase::open || acked.progress == Progress::duplicate ||
         acked.newly_sacked > 0 || acked.dsack;
}

void LossRecovery::look(Look& l) {
  if (l.acked.reneged && l.acked.progress == Progress::advanced) {
    l.verdict.reneged = true;
    return;
  }
  if (phase() == Phase::open) l.timer.repaired();
  if (phase() == Phase::recovery && at_or_after(l.s.snd.una(), known().high) &&
      leave_recovery(l) == Step::done) {
    return;
  }
  if (phase() == Phase::recovery) {
    if (look_in_recovery(l) == Step::done) return;
  } else if (phase() == Phase::loss) {
    if (look_in_loss(l) == Step::done) return;
    look_for_losses(l);
  } else {
    look_for_losses(l);
  }
  if (repairs() && l.verdict.first == Resend::nothing) l.verdict.first = Resend::lost;
}

/// All that was out when recovery began is acknowledged.
LossRecovery::Step LossRecovery::leave_recovery(Look& l) {
  forget_duplicates(l.s);
  if (try_undo_recovery(l)) return Step::done;
  State& st = *state_;
  // A reduction that was taken back stays so.
  if (st.may_undo || !l.s.profile.undoes_spurious_losses) {
    st.congestion.set_cwnd(st.congestion.ssthresh());
  }
  return Step::go_on;
}

LossRecovery::Step LossRecovery::look_in_recovery(Look& l) {
  if (l.acked.progress != Progress::advanced) {
    if (l.s.sack == Sack::no) count_duplicate(l.acked, l.queue, l.s);
  } else if (try_undo_partial(l) == Step::done) {
    return Step::done;
  }
  if (try_undo_dsack(l)) try_to_open(l);
  find_losses(l);
  if (phase() == Phase::recovery) return Step::go_on;
  if (l.queue.ever_lost() == 0) return Step::done;
  enter_recovery(l.queue, l.s);
  return Step::go_on;
}

/// `done`: the timeout's losses are still being repaired, and none of the copies is lost.
LossRecovery::Step LossRecovery::look_in_loss(Look& l) {
  process_loss(l);
  find_losses(l);
  return phase() == Phase::open || l.copies_lost ? Step::go_on : Step::done;
}

/// Nothing is being repaired, or not what was lost last.
void LossRecovery::look_for_losses(Look& l) {
  if (l.s.sack == Sack::no) {
    if (l.acked.progress == Progress::advanced) forget_duplicates(l.s);
    count_duplicate(l.acked, l.queue, l.s);
  }
  if (calm()) try_undo_dsack(l);
  find_losses(l);
  if (l.queue.ever_lost() == 0) {
    try_to_open(l);
  } else {
    enter_recovery(l.queue, l.s);
    l.verdict.first = Resend::lost;
  }
}

// --- Duplicate ACKs: without SACK, all that is known of what arrived beyond a hole ---

/// One of the segments that are acknowledged at once fills the hole; the others had been counted
/// (Linux, tcp_remove_reno_sacks).
void LossRecovery::eat_duplicates(Acked& acked, const RetransmissionQueue& queue,
                                  const Surroundings& s) {
  if (acked.segments == 0) return;
  if (known().duplicate_acks > 0) {
    State& st = *state_;
    if (acked.delivered > 0) {
      acked.delivered -= std::min<std::uint32_t>(st.duplicate_acks, acked.delivered - 1);
    }
    st.duplicate_acks = static_cast<std::uint16_t>(
        st.duplicate_acks - std::min<std::uint32_t>(st.duplicate_acks, acked.segments - 1));
  }
  bound_duplicates(acked.segments, queue, s);
}

void LossRecovery::count_duplicate(Acked& acked, const RetransmissionQueue& queue,
                                   const Surroundings& s) {
  if (acked.progress != Progress::duplicate) return;
  State& st = state(s.snd);
  const std::uint16_t counted = st.duplicate_acks;
  ++st.duplicate_acks;
  bound_duplicates(0, queue, s);
  if (st.duplicate_acks > counted) ++acked.delivered;
}

/// What is missing has not arrived: more duplicates than that mean reordering (Linux,
/// tcp_check_reno_reordering).
void LossRecovery::bound_duplicates(std::uint32_t more, const RetransmissionQueue& queue,
                                    const Surroundings& s) {
  if (known().duplicate_acks == 0) return;
  const auto out = static_cast<std::uint32_t>(queue.size());
  const std::uint32_t holes = std::min(std::max(queue.ever_lost(), 1U), out);
  State& st = *state_;
  if (st.duplicate_acks + holes <= out) return;
  st.duplicate_acks = static_cast<std::uint16_t>(out - holes);
  const auto most = static_cast<std::uint32_t>(std::min(s.settings.tcp_max_reordering, 0xffff));
  st.reordering = static_cast<std::uint16_t>(std::min(out + more, most));
  st.reordering_seen = true;
}

void LossRecovery::forget_duplicates(const Surroundings& s) {
  if (s.sack == Sack::no && known().duplicate_acks > 0) state_->duplicate_acks = 0;
}

void LossRecovery::grow(const Acked& acked, const RetransmissionTimer& timer,
                        const Surroundings& s) {
  const bool in_any_order = reordering(s) > static_cast<std::uint32_t>(s.settings.tcp_reordering);
  const bool moved = acked.segments > 0 || (in_any_order && acked.newly_sacked > 0);
  if (phase() == Phase::recovery || !moved) return;
  const WindowUse& use = known().use;
  const bool half_used = congestion().in_slow_start() && congestion().cwnd() < 2 * use.most_out();
  if (!use.limited() && !half_used) return;
  const SimDuration srtt = timer.has_sample() ? timer.srtt() : SimDuration::zero();
  state(s.snd).congestion.acknowledged(acked.delivered, s.now, srtt);
}

// --- After a timeout ---

/// Was the timeout spurious? If not, recovery ends when all that was out is acknowledged.
void LossRecovery::process_loss(Look& l) {
  State& st = *state_;
  const bool recovered = at_or_after(l.s.snd.una(), st.high);
  const bool advanced = l.acked.progress == Progress::advanced;
  if (advanced && try_undo_loss(l, false)) return;
  if (process_frto(l) == Step::done) return;
  if (recovered) {
    try_undo_recovery(l);
    return;
  }
  if (l.s.sack == Sack::no) {
    if (after(l.s.snd.nxt(), st.high) && l.acked.progress == Progress::duplicate) {
      count_duplicate(l.acked, l.queue, l.s);
    } else if (advanced) {
      forget_duplicates(l.s);
    }
  }
  l.verdict.first = Resend::lost;
}

/// F-RTO (RFC 5682, 3.1): the first ACK that brings something lets new data out instead of
/// repetitions; if then something arrives that was never sent again, the timeout was spurious.
LossRecovery::Step LossRecovery::process_frto(Look& l) {
  State& st = *state_;
  if (!st.frto) return Step::go_on;
  // Without SACK nobody knows whether the original or the copy moved the acknowledgment.
  const bool doubtful = l.s.sack == Sack::no && l.acked.repeated;
  if (l.acked.original_arrived && !doubtful && try_undo_loss(l, true)) return Step::done;
  if (after(l.s.snd.nxt(), st.high)) {
    const bool duplicate = l.acked.progress == Progress::duplicate && !l.acked.dsack;
    st.frto = l.acked.newly_sacked == 0 && !duplicate;
    return Step::go_on;
  }
  if (l.acked.progress != Progress::advanced || at_or_after(l.s.snd.una(), st.high)) {
    return Step::go_on;
  }
  st.high = l.s.snd.nxt();
  st.frto = l.s.new_data == NewData::may_leave;
  if (!st.frto) return Step::go_on;
  l.verdict.first = Resend::new_data_first;
  return Step::done;
}

// --- Undo: what was taken for a loss was late (RFC 4015; RFC 3708; Linux, tcp_try_undo_*) ---

/// Whether the ACK answers what was sent first. Where nothing went again yet, it must.
bool LossRecovery::was_delayed(const Look& l) const {
  if (l.timer.stuck_since() != never) return l.acked.echoes_original;
  return l.s.sack == Sack::yes || before(l.s.snd.una(), known().high);
}

bool LossRecovery::may_undo(const Look& l) const {
  return known().may_undo && (known().undo_retrans == 0 || was_delayed(l));
}

/// Without SACK, duplicates of what was sent again could seem to show a new loss: the state holds
/// until something above is acknowledged (RFC 2582; Linux, tcp_is_non_sack_preventing_reopen). Only
/// profiles that ask whether a loss was one do so.
bool LossRecovery::holds_without_sack(const Look& l) {
  return l.s.profile.undoes_spurious_losses && l.s.sack == Sack::no;
}

/// Recovery ends, undone or not; false: it holds.
bool LossRecovery::try_undo_recovery(Look& l) {
  State& st = *state_;
  if (may_undo(l)) {
    undo_reduction(l.queue, Losses::stay, l.s);
  } else if (st.patient_for > 0) {
    --st.patient_for;
  }
  if (holds_without_sack(l) && l.s.snd.una() == st.high) {
    if (!l.queue.repeats()) l.timer.repaired();
    return true;
  }
  st.phase = Phase::open;
  return false;
}

/// A hole is filled by what came late. While copies are on their way, nothing is decided.
LossRecovery::Step LossRecovery::try_undo_partial(Look& l) {
  if (!known().may_undo || !was_delayed(l)) return Step::go_on;
  if (l.s.sack == Sack::yes) saw_reordering(l.acked.una_before, l.queue, l.s);
  if (l.queue.resent() > 0) return Step::done;
  if (!l.queue.repeats()) l.timer.repaired();
  undo_reduction(l.queue, Losses::forget, l.s);
  keep_open(l.queue, l.s);
  return Step::go_on;
}

/// All that was sent again came twice.
bool LossRecovery::try_undo_dsack(Look& l) {
  constexpr std::uint8_t recoveries = 16;
  if (!known().may_undo || known().undo_retrans != 0) return false;
  State& st = *state_;
  if (st.patient_for < recoveries) ++st.patient_for;
  undo_reduction(l.queue, Losses::stay, l.s);
  return true;
}

bool LossRecovery::try_undo_loss(Look& l, bool by_frto) {
  if (!by_frto && !may_undo(l)) return false;
  undo_reduction(l.queue, Losses::forget, l.s);
  l.timer.progress();
  State& st = *state_;
  if (holds_without_sack(l) && l.s.snd.una() == st.high) {
    if (!l.queue.repeats()) l.timer.repaired();
    return true;
  }
  if (by_frto || l.s.sack == Sack::yes) st.phase = Phase::open;
  return true;
}

/// Nothing is lost.
void LossRecovery::try_to_open(Look& l) {
  if (!l.queue.repeats()) l.timer.repaired();
  keep_open(l.queue, l.s);
}

/// Nothing is lost; doubts remain while something is missing or went again.
void LossRecovery::keep_open(const RetransmissionQueue& queue, const Surroundings& s) {
  const bool doubts =
      known().duplicate_acks > 0 || queue.sacked() > 0 || queue.ever_lost() > 0 || queue.repeats();
  const Phase now = doubts ? Phase::disorder : Phase::open;
  if (now == phase()) return;
  State& st = state(s.snd);
  st.phase = now;
  st.high = s.snd.nxt();
}

void LossRecovery::undo_reduction(RetransmissionQueue& queue, Losses losses,
                                  const Surroundings& s) {
  if (losses == Losses::forget) queue.believe_none_lost();
  State& st = state(s.snd);
  st.congestion.undo();
  st.may_undo = false;
  st.frto = false;
  rack_advanced_ = true;  // what is lost is looked at anew
}

/// A reduction begins: retransmissions on their way may yet prove superfluous.
void LossRecovery::init_undo(const RetransmissionQueue& queue, const Surroundings& s) {
  State& st = state(s.snd);
  const std::uint32_t resent = queue.resent() + (st.probe.repeated_outstanding() ? 1U : 0U);
  st.may_undo = s.profile.undoes_spurious_losses;
  st.undo_from = s.snd.una();
  st.undo_retrans = resent == 0 ? std::int16_t{-1} : static_cast<std::int16_t>(resent);
}

// --- Finding losses ---

void LossRecovery::find_losses(Look& l) {
  const Surroundings& s = l.s;
  if (s.sack == Sack::no) {
    find_losses_without_sack(l);
  } else if (!s.profile.always_rack && (s.settings.tcp_recovery & rack_finds_losses) == 0) {
    l.acked.newly_lost += find_losses_by_count(l.queue, s);
  } else if (rack_advanced_) {
    rack_advanced_ = false;
    const Rack::Found found = find_losses_by_time(l.queue, l.timer, s);
    l.acked.newly_lost += found.losses;
    l.copies_lost |= found.losses_of_copies > 0;
    if (found.wait > SimDuration::zero()) l.verdict.reorder_wait = found.wait;
  }
}

/// Three duplicate ACKs (tcp_reordering), or in recovery a partial one (RFC 5681, 3.2; RFC 6582,
/// 3.2).
void LossRecovery::find_losses_without_sack(Look& l) const {
  if (l.queue.empty() || l.queue.front().ever_lost()) return;
  const bool recovering = phase() == Phase::recovery;
  const bool partial = recovering && l.acked.progress == Progress::advanced;
  const bool threshold = calm() && known().duplicate_acks >= reordering(l.s);
  if ((threshold || partial) && l.queue.lose(0)) ++l.acked.newly_lost;
}

/// RFC 6675, 4, IsLost: three SACKed segments above (tcp_reordering).
std::uint32_t LossRecovery::find_losses_by_count(RetransmissionQueue& queue,
                                                 const Surroundings& s) const {
  std::uint32_t sacked_above = 0;
  std::uint32_t found = 0;
  for (std::size_t i = queue.size(); i-- > 0;) {
    if (queue[i].sacked) {
      ++sacked_above;
    } else if (sacked_above >= reordering(s) && !queue[i].resent_in_flight) {
      found += queue.lose(i) ? 1U : 0U;
    }
  }
  return found;
}

/// RACK. Where nothing was ever late it is patient only until there are as many SACKs as duplicate
/// ACKs would have to be.
Rack::Found LossRecovery::find_losses_by_time(RetransmissionQueue& queue,
                                              const RetransmissionTimer& timer,
                                              const Surroundings& s) const {
  const bool few =
      queue.sacked() < reordering(s) || (s.settings.tcp_recovery & rack_is_always_patient) != 0;
  const bool patient = known().reordering_seen || (calm() && few);
  const SimDuration tolerance =
      patient ? rack_.reordering_window(timer.srtt(), known().patience) : SimDuration::zero();
  return rack_.detect(queue, tolerance, s.now);
}

// --- Recovery ---

void LossRecovery::enter_recovery(const RetransmissionQueue& queue, const Surroundings& s) {
  State& st = state(s.snd);
  st.phase = Phase::recovery;
  init_undo(queue, s);
  st.high = s.snd.nxt();
  st.prr.begin(st.congestion.cwnd());
  st.probe.cancel();
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

// --- Timeouts ---

void LossRecovery::timed_out(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                             const Surroundings& s) {
  State& st = state(s.snd);
  lose_all(queue, s);
  st.frto = s.settings.tcp_frto != 0 && (calm() || timer.retransmits() > 0);
  if (calm() || at_or_after(s.snd.una(), st.high) ||
      (st.phase == Phase::loss && timer.retransmits() == 0)) {
    st.congestion.loss_detected();
    init_undo(queue, s);
  }
  st.congestion.collapse(s.snd.nxt(), s.now);
  st.congestion.set_cwnd(in_flight(queue, s.sack) + 1);
  lower_reordering(queue, s);
  st.phase = Phase::loss;
  st.high = s.snd.nxt();
  st.probe.cancel();
}

/// All counts as lost, also what the peer said had arrived if it does not stand by that
/// (RFC 2018, 8). What was sent within the last round trip may still arrive (RFC 8985, 6.3).
void LossRecovery::lose_all(RetransmissionQueue& queue, const Surroundings& s) {
  const bool reneged = !queue.empty() && queue.front().sacked;
  if (reneged) queue.forget_sacks();
  state_->duplicate_acks = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const bool recent = s.sack == Sack::yes && i > 0 && s.now - queue[i].sent < rack_.rtt();
    if (!recent || reneged) queue.lose(i);
  }
}

/// A timeout in spite of many SACKs: less was reordered than it seemed (Linux, tcp_enter_loss).
void LossRecovery::lower_reordering(const RetransmissionQueue& queue, const Surroundings& s) {
  State& st = *state_;
  const auto set = static_cast<std::uint32_t>(s.settings.tcp_reordering);
  if (calm() && queue.sacked() >= set && st.reordering > set) st.reordering = 0;
}

bool LossRecovery::reorder_timeout(RetransmissionQueue& queue, const RetransmissionTimer& timer,
                                   const Surroundings& s) {
  const Rack::Found found = find_losses_by_time(queue, timer, s);
  if (found.losses == 0) return false;
  if (phase() != Phase::recovery) {
    enter_recovery(queue, s);
    Acked one;
    one.delivered = 1;
    one.newly_lost = found.losses;
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
