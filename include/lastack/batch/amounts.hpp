#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lastack/batch/sample.hpp"

namespace lastack::batch {

// Values of metrics as a person reads them: with the metric's unit, and never with an exponent.

/// "99.12 %", "20 ms", "10.7 s", "10,730 socket-s", "1,234,000".
std::string amount(std::string_view metric, double value);
/// The same with a sign, for differences; of a share in percentage points: "+1.2 points".
std::string signed_amount(std::string_view metric, double value);

/// "135.3 to 964 ms", "4.064 socket-s": a difference from one size to another in one unit, a single
/// number where both read the same. Requires 0 <= least <= most.
std::string difference_range(std::string_view metric, double least, double most);
/// "+2 ms (+1.9 to +2.1)": a difference and its interval in one unit.
std::string difference_amount(std::string_view metric, double value, std::optional<double> low,
                              std::optional<double> high);

/// "at least 99 %", "at most 500 ms", "1 s to 2 s".
std::string bounds_text(std::string_view metric, const scenario::Bounds& bounds);

// The same with every digit that counts, for limits as their author wrote them: "99.995 %".
std::string exact_amount(std::string_view metric, double value);
std::string exact_bounds_text(std::string_view metric, const scenario::Bounds& bounds);

/// "2.07 s (1.05 to 3.05)": the interval as it is. With one bound "(at least 1.05)"; "-" for
/// nothing.
std::string measured_text(std::string_view metric, const Measured& measured);

}  // namespace lastack::batch
