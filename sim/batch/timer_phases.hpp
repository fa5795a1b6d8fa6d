#pragma once

#include <cstdint>

#include "lastack/tcp/timer_grid.hpp"

namespace lastack::batch {

/// How many phases of the timers' grid stand for all: a prime, so that steps of this part of the
/// span move every level of the grid.
inline constexpr std::int64_t timer_phases = 251;

/// A host's grid in one of these phases, which the seed chooses.
inline tcp::TimerGrid grid_at(tcp::TimerMode mode, std::int32_t hz, std::int64_t phase) {
  constexpr std::int64_t span_jiffies = 32768;  // sim/tcp/host/host.cpp
  if (mode == tcp::TimerMode::exact) return tcp::TimerGrid::exact();
  const SimDuration span{span_jiffies * 1'000'000'000 / hz};
  const SimDuration shift = span / timer_phases * phase + span / (2 * timer_phases);
  return tcp::TimerGrid::wheel(shift, 0, hz);
}

}  // namespace lastack::batch
