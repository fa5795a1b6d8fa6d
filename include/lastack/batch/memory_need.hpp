#pragma once

#include <cstdint>

#include "lastack/batch/plan.hpp"
#include "lastack/batch/tune.hpp"

namespace lastack::batch {

/// What runs take before their first event, in bytes, at the least.
struct MemoryNeed {
  std::uint64_t one = 0;       ///< the largest of them
  std::uint64_t together = 0;  ///< that one and those that run beside it
  unsigned jobs = 1;           ///< how many these are; at least 1
};

/// What a sweep's runs take on so many threads. The largest is looked for one setting at a time,
/// from the first combination on: larger numbers of hosts make a run larger whatever else is set.
MemoryNeed memory_need(const Plan& plan, unsigned threads);

/// The same of a search.
MemoryNeed memory_need(const TunePlan& plan, unsigned threads);

}  // namespace lastack::batch
