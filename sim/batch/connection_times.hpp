#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lastack/batch/contrast.hpp"
#include "lastack/batch/store.hpp"

// Quantiles over all connections of a combination, where every run has one at the most.

namespace lastack::batch {

/// "connect_time.p99" is the quantile 0.99 of connect_time.
struct Quantile {
  std::string family;
  double q;
};
std::optional<Quantile> quantile_of(const std::string& metric);

/// The times of all connections, ascending; nothing where a run has several, or where the mean and
/// the maximum of each run are not both there to show it.
std::optional<std::vector<double>> times_of_single_connections(const Store& store,
                                                               const std::string& family,
                                                               std::uint64_t combination);

/// The quantile by nearest rank, with its interval. Requires q in (0, 1).
Measured quantile_measured(double q, std::span<const double> ascending, double confidence);

}  // namespace lastack::batch
