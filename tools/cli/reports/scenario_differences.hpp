#pragma once

#include <string>
#include <vector>

#include "lastack/batch/gate.hpp"
#include "lastack/batch/store.hpp"

namespace lastack::cli {

/// The values in which two JSON texts differ: "/links/0/delay is "11ms", was "10ms"".
std::vector<std::string> json_differences(const std::string& before, const std::string& now);

/// `Counterparts::differences`; where they say that a scenario or what a condition sets is another,
/// with the first values that differ.
std::vector<std::string> named_differences(const batch::Counterparts& same,
                                           const batch::Store& before, const batch::Store& now);

}  // namespace lastack::cli
