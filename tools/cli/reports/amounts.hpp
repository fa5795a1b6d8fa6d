#pragma once

#include <string>
#include <string_view>

#include "lastack/batch/sample.hpp"

namespace lastack::cli {

// Values of metrics as a person reads them: with the metric's unit, and never with an exponent.

/// "99.12 %", "20 ms", "10.7 s", "10,730 socket-s", "1,234,000".
std::string amount(std::string_view metric, double value);
/// The same with a sign, for differences; of a share in percentage points: "+1.2 points".
std::string signed_amount(std::string_view metric, double value);

/// "at least 99 %", "at most 500 ms", "1 s to 2 s".
std::string bounds_text(std::string_view metric, const scenario::Bounds& bounds);

// The same with every digit that counts, for limits as their author wrote them: "99.995 %".
std::string exact_amount(std::string_view metric, double value);
std::string exact_bounds_text(std::string_view metric, const scenario::Bounds& bounds);

/// "2.07 s (1.05 to 3.05)": the interval as it is. With one bound "(at least 1.05)"; "-" for
/// nothing.
std::string measured_text(std::string_view metric, const batch::Measured& measured);

}  // namespace lastack::cli
