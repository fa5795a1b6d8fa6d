#pragma once

#include <vector>

#include "lastack/batch/store.hpp"
#include "lastack/run/summary.hpp"

namespace lastack::cli {

/// What the sweep of a complete store expects, judged by `batch::evaluate`. Those that failed say
/// what was wanted and seen as tables do: with units, and about how many runs would tell.
std::vector<run::ExpectationResult> sweep_expectations(const batch::Store& store);

}  // namespace lastack::cli
