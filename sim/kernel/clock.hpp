#pragma once

#include <cstdint>
#include <ctime>

#include "lastack/core/time.hpp"

namespace lastack::kernel {

/// CLOCK_MONOTONIC, which tracefs can stamp with as well.
std::int64_t monotonic_ns();

/// The scenario's time: zero is a moment of the monotonic clock.
class LabClock {
 public:
  LabClock() = default;
  explicit LabClock(std::int64_t start_ns) : start_ns_{start_ns} {}

  SimTime at(std::int64_t ns) const { return sim_start + SimDuration{ns - start_ns_}; }
  SimTime now() const { return at(monotonic_ns()); }

 private:
  std::int64_t start_ns_ = 0;
};

/// For ppoll; nothing below zero.
timespec timespec_of(SimDuration duration);

/// What a thread of the lab needs to be punctual.
enum class Punctuality {
  real_time,   ///< SCHED_FIFO
  best_effort  ///< not allowed; the shortest timer slack must do
};
/// Gives the calling thread the best it can get. Higher priorities go first.
Punctuality be_punctual(int priority);

/// Keeps the calling thread, and those it starts from now on, on one processor. A lab's wire and
/// applications share one, so that an application that a segment wakes goes on when the wire has
/// delivered all that is due: on two, it would race with the next segment.
/// `number` picks the processor: different numbers spread over all there are.
void stay_on_one_processor(unsigned number);

inline constexpr int wire_priority = 20;
inline constexpr int app_priority = 10;

}  // namespace lastack::kernel
