#include "send/retransmission_timer.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

bool RetransmissionTimer::used_up(const Budget& budget, SimTime now) const {
  const bool counted = budget.counted_by == RetryBudget::count;
  if (counted && !budget.user_timeout.set()) {
    return static_cast<std::int32_t>(retransmits_) >= budget.retries;
  }
  if (retransmits_ == 0) return false;
  if (budget.user_timeout.set()) return budget.user_timeout.passed(stuck_since_, now);
  return UserTimeout::between_stamps(stuck_since_, now) >=
         time_of_retries(budget.retries, budget.first, budget.most);
}

void RetransmissionTimer::sample(SimDuration rtt, Seq una, Seq nxt, const RtoLimits& limits) {
  const bool passed = after(una, window_turn_) || !estimator_.has_sample();
  estimator_.sample(rtt, passed ? WindowTurn::passed : WindowTurn::same, limits);
  if (passed) window_turn_ = nxt;
}

void RetransmissionTimer::check_invariants() const {
  LASTACK_ASSERT(running() || due_ == never);  // beyond the end of time it runs and never ends
  LASTACK_ASSERT(rto() > SimDuration::zero());
  LASTACK_ASSERT(retransmits_ <= timeouts_);
}

}  // namespace lastack::tcp
