#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lastack/batch/sample.hpp"
#include "lastack/batch/store.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/sweep.hpp"

namespace lastack::batch {

/// Of the intervals that reports show, where no `until` says more.
inline constexpr double usual_confidence = 0.95;
/// What intervals of a sweep are made with so that they hold with `confidence`: where `until`
/// looked again and again, with half the error (`StoppingRule`).
double look_confidence(const StoreInfo& info, double confidence);
/// Of the intervals that reports show of a sweep: usual, or what `until` says, allowing for its
/// looks.
double shown_confidence(const StoreInfo& info);

/// A figure of a combination, with the interval of `shown_confidence`.
Measured measured(const Store& store, std::uint64_t combination, const Figure& figure);

/// Holds what the sweep expects against complete results, each expectation for every combination
/// that its `where` means; `where` of a result says which.
///
/// An expectation with `against` holds where the paired interval lies within its bounds as a whole:
/// what cannot be told does not hold, and `seen` says how many runs would tell.
std::vector<run::ExpectationResult> evaluate(const Store& store);

/// "tcp_syn_retries=6 loss=0.05": each axis by the last part of its path where that is unique.
std::string settings_text(const scenario::Grid& grid, std::uint64_t combination);
/// A value of an axis as people write it: JSON, but texts without quotes.
std::string value_text(const std::string& json);
/// The axes' names as `settings_text` has them.
std::vector<std::string> short_names(const scenario::Grid& grid);

}  // namespace lastack::batch
