#pragma once

#include <cstdint>
#include <optional>

#include "lastack/core/time.hpp"

namespace lastack::tcp {

/// When timers fire. With the wheel this is Linux's: time counts in jiffies of 1/HZ, and a timer
/// fires at the next multiple of its level's granularity, which grows with the timeout
/// (kernel/time/timer.c, "Timer wheel": below 63 jiffies every jiffy, then every 8, 64, 512 …).
class TimerGrid {
 public:
  static constexpr std::int32_t usual_hz = 250;

  /// Fires exactly when due.
  static TimerGrid exact() { return TimerGrid{}; }
  /// `phase` is how much of the wheel's turn has passed when the run begins. Requires phase >= 0.
  /// Timers of one tick fire in an order, microseconds apart, that follows from `order`; 0: all at
  /// the tick itself. Requires hz in [1, 1000].
  static TimerGrid wheel(SimDuration phase, std::uint64_t order = 0, std::int32_t hz = usual_hz);

  /// When a timer set at `now` to run for `timeout` fires. Requires timeout >= 0.
  SimTime expiry(SimTime now, SimDuration timeout) const;
  /// The same for the `nth` timer of a kind of which one processor keeps all: of those of one tick
  /// the last one set fires first, as a list in the wheel grows at its head.
  SimTime expiry(SimTime now, SimDuration timeout, std::uint64_t nth) const;

  /// The unit of Linux's timers, 1/HZ; for an exact grid that of usual_hz.
  SimDuration jiffy() const { return jiffy_; }

  /// `d` in the unit that timeouts are kept in: whole jiffies, rounded up, with the wheel.
  SimDuration quantize(SimDuration d) const;

  /// The same for a duration that was measured: hosts take microseconds that are not modelled, so
  /// that a real one is never a whole number of jiffies.
  SimDuration quantize_measured(SimDuration d) const;

  /// The clock that timestamps of this resolution are taken from: the present jiffy's start with
  /// the wheel, else `now`.
  SimTime tick(SimTime now) const;

 private:
  TimerGrid() = default;
  std::int64_t ticks(SimTime at) const;
  SimTime start_of(std::int64_t tick) const;
  /// The tick at which it fires; nothing beyond the end of time.
  std::optional<std::int64_t> tick_of(SimTime now, SimDuration timeout) const;
  SimDuration lateness(std::uint64_t place_and_time, std::uint64_t most) const;

  bool wheel_ = false;
  SimDuration jiffy_{1'000'000'000 / usual_hz};
  SimDuration phase_{};
  std::uint64_t order_ = 0;
  std::int64_t last_tick_ = 0;  ///< that time reaches
};

}  // namespace lastack::tcp
