#pragma once

#include <string>
#include <vector>

#include "lastack/batch/contrast.hpp"
#include "lastack/batch/store.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// A difference in words: "failures 4.1 % → 0.3 %", "99th percentile of connect 3.1 s → 7.2 s",
/// "socket-seconds in FIN_WAIT_1 3.064 → 7.128", "SYNs sent × 3.4".
std::string effect_in_words(const batch::Contrast& contrast);

/// A comparison for people: for each combination of the other settings each value's effects in
/// words, what is within noise, and a table of the figures behind it.
std::string comparison_text(const batch::Store& store, const batch::ContrastQuery& query,
                            const std::vector<batch::ContrastGroup>& groups, int columns,
                            const Paint& paint);

}  // namespace lastack::cli
