#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lastack/batch/interval.hpp"
#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// A number with its interval; absent where no run has a value, or too few have.
struct Measured {
  std::optional<double> value;
  std::optional<Interval> interval;
};

/// One metric under one value of an axis, against the baseline's.
struct Contrast {
  std::string metric;
  Measured here;
  Measured baseline;
  /// Of paired differences, run by run with the same random numbers; of a quantile, whose
  /// differences have no pairs, absent: its verdict is `within_noise` where the two intervals meet.
  std::optional<Interval> difference;
  Verdict verdict = Verdict::within_noise;
};

/// One value of the axis, all else equal.
struct Alternative {
  std::size_t value;                ///< index into the axis's values
  std::uint64_t pairs = 0;          ///< replications that both have
  std::vector<Contrast> contrasts;  ///< one for each metric
};

/// What the values of one axis come to where the other axes stand still.
struct ContrastGroup {
  std::string others;                     ///< "loss=0.05"; empty where there are no other axes
  std::vector<Alternative> alternatives;  ///< the baseline left out
};

/// What to compare.
struct ContrastQuery {
  std::size_t axis = 0;
  std::size_t baseline = 0;  ///< index into the axis's values
  /// Only combinations that have these: axis and index of the value.
  std::vector<std::pair<std::size_t, std::size_t>> where;
  std::vector<std::size_t> metrics;  ///< columns
  double confidence = 0.95;
};

/// Compares each value of an axis with the baseline, for each combination of the other axes.
///
/// Where every run has one connection at the most, a quantile such as connect_time.p99 is that of
/// all connections over the runs; where runs have more it is the mean of the runs' own.
std::vector<ContrastGroup> contrast(const Store& store, const ContrastQuery& query);

}  // namespace lastack::batch
