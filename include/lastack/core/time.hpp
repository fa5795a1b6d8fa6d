#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace lastack {

using namespace std::chrono_literals;

/// How long: integer nanoseconds. Write 40ms, not 40.
using SimDuration = std::chrono::duration<std::int64_t, std::nano>;

/// A tag without now(): only the Scheduler knows the time.
struct SimClock {
  using rep = SimDuration::rep;
  using period = SimDuration::period;
  using duration = SimDuration;
  using time_point = std::chrono::time_point<SimClock, SimDuration>;
  static constexpr bool is_steady = true;
};

/// When, since the run began. Reaches 292 years.
using SimTime = SimClock::time_point;

/// The start of every run.
inline constexpr SimTime sim_start{};
/// Later than anything that happens; a deadline that never comes.
inline constexpr SimTime never = SimTime::max();

/// `at + by`, or `never` where the sum would pass the end of representable time.
/// Requires by >= 0.
constexpr SimTime saturating_add(SimTime at, SimDuration by) {
  std::int64_t sum = 0;
  const bool beyond = __builtin_add_overflow(at.time_since_epoch().count(), by.count(), &sum);
  return beyond ? never : SimTime{SimDuration{sum}};
}

/// The sum of two durations, or the longest where it would pass that. Requires both >= 0.
constexpr SimDuration saturating_add(SimDuration a, SimDuration b) {
  return b > SimDuration::max() - a ? SimDuration::max() : a + b;
}

/// Twice `d`, but at most `most`. Requires d >= 0.
constexpr SimDuration doubled(SimDuration d, SimDuration most) {
  return d > most / 2 ? most : 2 * d;
}

/// `d` doubled so many times, but at most `most`. Requires d >= 0.
constexpr SimDuration doubled(SimDuration d, std::uint32_t times, SimDuration most) {
  for (std::uint32_t i = 0; i < times && d < most; ++i) d = doubled(d, most);
  return d < most ? d : most;
}

/// Seconds as a real number, for reports only (never for decisions in a simulation).
constexpr double to_seconds(SimDuration d) { return static_cast<double>(d.count()) / 1e9; }

}  // namespace lastack
