#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lastack/batch/sample.hpp"
#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// One figure under one value of an axis, against the baseline's.
struct Contrast {
  std::string metric;
  Measured here;
  Measured baseline;
  Difference difference;  ///< run by run with the same random numbers
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
  bool dead = false;  ///< no connect succeeds, with any value; no where connect_ok was not kept
};

/// What to compare.
struct ContrastQuery {
  std::size_t axis = 0;
  std::size_t baseline = 0;  ///< index into the axis's values
  /// Only combinations that have these: axis and index of the value.
  std::vector<std::pair<std::size_t, std::size_t>> where;
  std::vector<Figure> figures;
  double confidence = 0.95;  ///< that intervals have; those of a sweep with `until` allow for looks
};

/// Compares each value of an axis with the baseline, for each combination of the other axes.
std::vector<ContrastGroup> contrast(const Store& store, const ContrastQuery& query);

}  // namespace lastack::batch
