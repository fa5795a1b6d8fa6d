#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/store.hpp"

// A sweep's runs that are worth replaying.

namespace lastack::batch {

/// Which of a metric's values are better.
enum class Better : std::uint8_t { more, less, neither };
Better better_of(std::string_view metric);

/// A run that did badly by one metric.
struct WorstRun {
  double value = 0;  ///< of the metric
  std::uint64_t combination = 0;
  std::uint64_t replication = 0;
  std::uint64_t seed = 0;
};

/// For each metric the runs with the worst values, at most so many, the worst first: the smallest
/// where more is better, else the largest. A seed stands once, with its worst run.
std::vector<std::vector<WorstRun>> worst_runs(const Store& store, std::size_t most);

/// The scenario of a combination of a database. Throws StoreError where that is damaged.
scenario::Scenario scenario_of(const StoreInfo& info, std::uint64_t combination);

}  // namespace lastack::batch
