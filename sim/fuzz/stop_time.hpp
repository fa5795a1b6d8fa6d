#pragma once

#include <vector>

#include "lastack/core/time.hpp"

namespace lastack::fuzz {

/// When a run that showed something at these times (ascending) is to be stopped: some time after
/// the last of them, or near `patience` where that comes first, and so that little happens around
/// it. What happens just then would be in one run and not in the other. In whole milliseconds.
SimTime stop_time(const std::vector<SimTime>& times, SimDuration patience);

}  // namespace lastack::fuzz
