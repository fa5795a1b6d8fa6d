#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"

namespace lastack::tcp {

/// When timers fire. With the wheel this is Linux's: time counts in jiffies of 1/HZ, and a timer
/// fires at the next multiple of its level's granularity, which grows with the timeout
/// (kernel/time/timer.c, "Timer wheel": below 63 jiffies every jiffy, then every 8, 64, 512 …).
class TimerGrid {
 public:
  static constexpr std::int64_t hz = 250;
  static constexpr SimDuration jiffy = SimDuration{1'000'000'000 / hz};

  /// Fires exactly when due.
  static TimerGrid exact() { return TimerGrid{}; }
  /// `phase` is how much of the wheel's turn has passed when the run begins. Requires phase >= 0.
  static TimerGrid wheel(SimDuration phase);

  /// When a timer set at `now` to run for `timeout` fires. Requires timeout >= 0.
  SimTime expiry(SimTime now, SimDuration timeout) const;

  /// `d` in the unit that timeouts are kept in: whole jiffies, rounded up, with the wheel.
  SimDuration quantize(SimDuration d) const;

  /// The clock that timestamps of this resolution are taken from: the present jiffy's start with
  /// the wheel, else `now`.
  SimTime tick(SimTime now) const;

 private:
  TimerGrid() = default;

  bool wheel_ = false;
  SimDuration phase_{};
};

}  // namespace lastack::tcp
