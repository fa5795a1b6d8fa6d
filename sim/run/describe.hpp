#pragma once

#include <string>

#include "lastack/core/time.hpp"
#include "lastack/event/event.hpp"

namespace lastack::run {

/// To the last digit: "1.03 s", "250 us", "63.000000001 s".
std::string exact(SimDuration duration);
/// For reading: four significant digits, "20.1 ms", "1.034 s", "2 min 3 s".
std::string rounded(SimDuration duration);
std::string rounded_seconds(double seconds);

/// "trace line 17 at 1.03 s: send S client:40000 > server:80". Requires what was recorded under
/// `names`.
std::string describe(const trace::Event& event, const trace::Names& names);

}  // namespace lastack::run
