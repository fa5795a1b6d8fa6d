#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/metrics.hpp"

namespace lastack::batch {

/// What is asked of a combination of settings, which has many runs, each with many connections.
///
/// | name | what it is |
/// |---|---|
/// | `connect_ok` | share of all connects in all runs |
/// | `connect_time.p99`, `.max` … | of all connections of all runs together |
/// | `connect_time`, `connect_time.mean` | the mean over all connections |
/// | `syn_sent` | what is one number a run: the mean over runs |
/// | `syn_sent.p99`, `peak.SYN_RCVD.max` … | the same: its quantile over runs |
struct Figure {
  /// What it is a figure of.
  enum class Of : std::uint8_t {
    share,   ///< index: which of `shares_of` the columns
    times,   ///< index: which of `families_of` the columns
    number,  ///< index: a column
  };
  std::string name;  ///< in full: "connect_time.mean"
  Of of = Of::number;
  std::size_t index = 0;
  std::size_t column = 0;  ///< of a share or a number
  Statistic statistic = Statistic::mean;

  /// Whether it is a mean or a share, and not one of the sorted values.
  bool is_mean() const { return statistic == Statistic::mean; }
};

/// The columns that are shares: a run has a number of trials for each.
std::vector<std::string> shares_of(const std::vector<std::string>& columns);
/// "connect_time" and the like, where the columns have at least one of its statistics: a run has a
/// distribution for each.
std::vector<std::string> families_of(const std::vector<std::string>& columns);

/// Whether a column is one host's part of a time in a state of which the sum over all hosts is
/// among the columns, too.
bool is_part_of_sum(std::string_view column, const std::vector<std::string>& columns);

/// What a name means where these columns were kept; nothing where they say nothing of it.
std::optional<Figure> find_figure(const std::vector<std::string>& columns, std::string_view name);

}  // namespace lastack::batch
