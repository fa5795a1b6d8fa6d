#include "lastack/tcp/timer_grid.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"
#include "lastack/core/random_stream.hpp"

namespace lastack::tcp {

namespace {

constexpr int level_shift = 3;                  // LVL_CLK_SHIFT: eight times coarser a level
constexpr std::int64_t first_level_end = 63;    // LVL_SIZE - 1 jiffies
constexpr int last_level = 8;                   // LVL_DEPTH - 1 at HZ > 100
constexpr std::uint64_t lateness_max = 30'000;  // ns

/// How many bits of the expiry time a timer of so many jiffies loses.
int shift_of(std::int64_t jiffies) {
  int level = 0;
  while (level < last_level && jiffies >= first_level_end << (level * level_shift)) {
    ++level;
  }
  return level * level_shift;
}

}  // namespace

TimerGrid TimerGrid::wheel(SimDuration phase, std::uint64_t order, std::int32_t hz) {
  LASTACK_ASSERT(phase >= SimDuration::zero() && hz > 0 && hz <= 1000);
  TimerGrid grid;
  grid.wheel_ = true;
  grid.phase_ = phase;
  grid.order_ = order;
  grid.jiffy_ = SimDuration{1'000'000'000 / hz};
  grid.last_tick_ = grid.ticks(never);
  return grid;
}

std::optional<std::int64_t> TimerGrid::tick_of(SimTime now, SimDuration timeout) const {
  const std::int64_t present = ticks(now);
  const std::int64_t wanted = saturating_add(timeout, jiffy_ - SimDuration{1}) / jiffy_;
  const int shift = shift_of(wanted);
  // calc_index: one granule is added so that a timer never fires early.
  const std::int64_t granules = ((present + wanted) >> shift) + 1;
  const std::int64_t fires = granules << shift;
  return fires > last_tick_ ? std::nullopt : std::optional{fires};
}

SimTime TimerGrid::expiry(SimTime now, SimDuration timeout) const {
  if (!wheel_) return saturating_add(now, timeout);
  const auto tick = tick_of(now, timeout);
  if (!tick) return never;
  const auto place_and_time = static_cast<std::uint64_t>(now.time_since_epoch().count()) ^
                              (static_cast<std::uint64_t>(*tick) << 40);
  return saturating_add(std::max(now, start_of(*tick)), lateness(place_and_time, lateness_max));
}

SimTime TimerGrid::expiry(SimTime now, SimDuration timeout, std::uint64_t nth) const {
  if (!wheel_) return saturating_add(now, timeout);
  const auto tick = tick_of(now, timeout);
  if (!tick) return never;
  constexpr std::uint64_t in_line = lateness_max / 2;  // ns, one each
  const SimDuration turn{order_ == 0 ? 0 : static_cast<std::int64_t>(in_line - 1 - nth % in_line)};
  const SimDuration late = lateness(static_cast<std::uint64_t>(*tick) << 40, in_line) + turn;
  return saturating_add(std::max(now, start_of(*tick)), late);
}

// Near the end of time the sum of time and phase leaves SimTime's range, but not that of an
// unsigned number.

/// How many ticks have passed.
std::int64_t TimerGrid::ticks(SimTime at) const {
  const auto since = static_cast<std::uint64_t>(at.time_since_epoch().count());
  const auto phase = static_cast<std::uint64_t>(phase_.count());
  return static_cast<std::int64_t>((since + phase) / static_cast<std::uint64_t>(jiffy_.count()));
}

/// When so many ticks have passed. Requires tick <= ticks(never).
SimTime TimerGrid::start_of(std::int64_t tick) const {
  const auto since = static_cast<std::uint64_t>(tick) * static_cast<std::uint64_t>(jiffy_.count());
  return SimTime{
      SimDuration{static_cast<std::int64_t>(since - static_cast<std::uint64_t>(phase_.count()))}};
}

/// How long after the tick a timer's turn comes: timers live on several processors, whose
/// interrupts do not come at the same microsecond.
SimDuration TimerGrid::lateness(std::uint64_t place_and_time, std::uint64_t most) const {
  if (order_ == 0) return SimDuration::zero();
  return SimDuration{static_cast<std::int64_t>(mixed(order_ ^ place_and_time) % most)};
}

SimDuration TimerGrid::quantize(SimDuration d) const {
  if (!wheel_) return d;
  return saturating_add(d, jiffy_ - SimDuration{1}) / jiffy_ * jiffy_;
}

SimDuration TimerGrid::quantize_measured(SimDuration d) const {
  return wheel_ ? quantize(saturating_add(d, SimDuration{1})) : d;
}

SimTime TimerGrid::tick(SimTime now) const {
  if (!wheel_) return now;
  return start_of(ticks(now));
}

}  // namespace lastack::tcp
