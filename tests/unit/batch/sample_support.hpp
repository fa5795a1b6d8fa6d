#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lastack/batch/sample.hpp"

namespace lastack::batch {

/// The columns of what these tests sample: a share, a family of times, a number.
inline const std::vector<std::string> sampled_columns{"connect_ok", "connect_time.mean",
                                                      "syn_sent"};

inline Figure figure(const char* name) { return find_figure(sampled_columns, name).value(); }

/// A run with so many connects of which some succeed after these times.
inline RunRow row_of(std::uint64_t connects, const std::vector<double>& seconds,
                     double number = 0) {
  std::vector<SimDuration> times;
  for (const double each : seconds) {
    times.emplace_back(static_cast<std::int64_t>(each * 1e9 + 0.5));
  }
  RunRow row;
  const double share =
      connects == 0 ? 0 : static_cast<double>(seconds.size()) / static_cast<double>(connects);
  row.values = {connects == 0 ? std::nullopt : std::optional{share}, std::nullopt, number};
  row.trials = {connects};
  row.times = {TimeDistribution{times}};
  return row;
}

inline Sample sample_of(const char* name, const std::vector<RunRow>& rows) {
  Sample sample{figure(name)};
  for (std::size_t i = 0; i < rows.size(); ++i) sample.set(i, rows[i]);
  return sample;
}

}  // namespace lastack::batch
