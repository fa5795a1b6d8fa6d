#pragma once

#include <cstdint>
#include <vector>

#include "lastack/batch/interval.hpp"

namespace lastack::batch {

/// So many connections of one block of runs that have the same value.
struct BlockedValue {
  double value = 0;
  std::uint64_t count = 0;
  std::uint32_t block = 0;
};

/// The interval of the difference of two quantiles, here - factor x baseline, of connections that
/// are paired by their runs: by drawing blocks of runs again and again, the same on both sides
/// (percentile bootstrap; Efron and Tibshirani 1993, 13; by blocks, so that connections of one run
/// stay together). The draws are the same each time.
///
/// Requires values in ascending order, none of them empty; blocks below `blocks`; and a tail,
/// (1 - confidence) / 2, of at least `bootstrap_tail_min`.
Interval quantile_difference(const std::vector<BlockedValue>& here,
                             const std::vector<BlockedValue>& baseline, std::uint32_t blocks,
                             std::uint32_t per_mille, double factor, double confidence);

inline constexpr double bootstrap_tail_min = 0.01;
/// More runs than these share blocks.
inline constexpr std::uint32_t bootstrap_blocks_max = 1000;

}  // namespace lastack::batch
