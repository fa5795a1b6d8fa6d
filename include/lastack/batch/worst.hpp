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
/// where more is better, else the largest.
std::vector<std::vector<WorstRun>> worst_runs(const Store& store, std::size_t most);

/// A shell's command that runs `lastack COMMAND` with the scenario, seed and settings of a run,
/// then `more`. A scenario that stood in the sweep is first read out of the database.
std::string replay_command(const Store& store, const WorstRun& run, std::string_view command,
                           std::string_view more = "");

}  // namespace lastack::batch
