#pragma once

#include <string>

#include "lastack/core/time.hpp"

namespace lastack::trace {

/// A duration for people, in the unit that suits it and at most three decimals: "250 us", "10 ms",
/// "1.02 s", "120 s".
std::string duration_text(SimDuration duration);

/// Seconds with a fixed number of decimals (0 to 9), cut off, not rounded: "1.034".
std::string seconds_text(SimTime at, int decimals);

}  // namespace lastack::trace
