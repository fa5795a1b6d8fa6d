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

inline constexpr int wire_priority = 20;
inline constexpr int app_priority = 10;

}  // namespace lastack::kernel
