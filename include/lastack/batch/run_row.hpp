#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lastack/core/time_distribution.hpp"

namespace lastack::batch {

/// What one run came to.
struct RunRow {
  std::uint64_t combination = 0;
  std::uint64_t replication = 0;
  std::uint64_t seed = 0;
  std::uint64_t identity = 0;                 ///< Plan::run_identity
  std::vector<std::optional<double>> values;  ///< one for each metric
  std::vector<std::uint64_t> trials;          ///< one for each that is a share (`shares_of`)
  std::vector<TimeDistribution> times;        ///< one for each family of times (`families_of`)
};

}  // namespace lastack::batch
