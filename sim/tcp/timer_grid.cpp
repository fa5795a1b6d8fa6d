#include "lastack/tcp/timer_grid.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

constexpr int level_shift = 3;                // LVL_CLK_SHIFT: eight times coarser a level
constexpr std::int64_t first_level_end = 63;  // LVL_SIZE - 1 jiffies
constexpr int last_level = 8;                 // LVL_DEPTH - 1 at HZ > 100

/// How many bits of the expiry time a timer of so many jiffies loses.
int shift_of(std::int64_t jiffies) {
  int level = 0;
  while (level < last_level && jiffies >= first_level_end << (level * level_shift)) {
    ++level;
  }
  return level * level_shift;
}

}  // namespace

TimerGrid TimerGrid::wheel(SimDuration phase) {
  LASTACK_ASSERT(phase >= SimDuration::zero());
  TimerGrid grid;
  grid.wheel_ = true;
  grid.phase_ = phase;
  return grid;
}

SimTime TimerGrid::expiry(SimTime now, SimDuration timeout) const {
  if (!wheel_) {
    return saturating_add(now, timeout);
  }
  const std::int64_t present = (now.time_since_epoch() + phase_) / jiffy;
  const std::int64_t wanted = quantize(timeout) / jiffy;
  const int shift = shift_of(wanted);
  // calc_index: one granule is added so that a timer never fires early.
  const std::int64_t granules = ((present + wanted) >> shift) + 1;
  const std::int64_t fires = granules << shift;
  return std::max(now, SimTime{fires * jiffy - phase_});
}

SimDuration TimerGrid::quantize(SimDuration d) const {
  if (!wheel_) {
    return d;
  }
  return (d + jiffy - SimDuration{1}) / jiffy * jiffy;
}

SimTime TimerGrid::tick(SimTime now) const {
  if (!wheel_) {
    return now;
  }
  return SimTime{(now.time_since_epoch() + phase_) / jiffy * jiffy - phase_};
}

}  // namespace lastack::tcp
