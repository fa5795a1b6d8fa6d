#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/interval.hpp"
#include "lastack/batch/store.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/sweep.hpp"

namespace lastack::batch {

/// What the runs of one combination say of a metric: the mean of those that have a value.
struct Estimate {
  std::uint64_t runs = 0;  ///< with a value
  std::optional<double> mean;
  std::optional<Interval> interval;  ///< of the mean; absent where there are too few
  bool settled = false;              ///< whether that is to be trusted (`mean_is_settled`)
};

/// Of the intervals that reports show, where no `until` says more.
inline constexpr double usual_confidence = 0.95;
/// Of the intervals that reports show of a sweep: usual, or what `until` says, allowing for its
/// looks.
double shown_confidence(const StoreInfo& info);

/// Shares, such as connect_ok, have the interval of a proportion, everything else that of a mean.
Estimate estimate(std::string_view metric, const std::vector<std::optional<double>>& values,
                  double confidence);

/// All replications of a combination that are there.
Estimate estimate(const Store& store, std::uint64_t combination, std::size_t metric,
                  double confidence);
/// With `shown_confidence`.
Estimate estimate(const Store& store, std::uint64_t combination, std::size_t metric);

/// Holds what the sweep expects against complete results, each expectation for every combination
/// that its `where` means; `where` of a result says which.
std::vector<run::ExpectationResult> evaluate(const Store& store);

/// "tcp_syn_retries=6 loss=0.05": each axis by the last part of its path where that is unique.
std::string settings_text(const scenario::Grid& grid, std::uint64_t combination);
/// A value of an axis as people write it: JSON, but texts without quotes.
std::string value_text(const std::string& json);
/// The axes' names as `settings_text` has them.
std::vector<std::string> short_names(const scenario::Grid& grid);

}  // namespace lastack::batch
