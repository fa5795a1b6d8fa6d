#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"

namespace lastack::compare {

/// Whether all recordings of a scenario agree: every host sent the same segments, and
/// none of them at clearly different times. Otherwise two timers race in it, and go either way.
bool is_steady(const std::vector<History>& recordings);

/// How a history differs from the recording that it agrees with best.
struct Nearest {
  Comparison comparison;
  std::size_t recording = 0;  ///< its place, from 0
};

/// The first of the recordings that are nearest to `history`. Requires one at least.
Nearest nearest(const std::vector<History>& recordings, const History& history,
                const Tolerance& tolerance = Tolerance::of_kernel_timers());

}  // namespace lastack::compare
