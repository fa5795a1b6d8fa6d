#include "stop_time.hpp"

#include <algorithm>

namespace lastack::fuzz {

namespace {

/// How long the kernel may still do something of its own accord.
constexpr SimDuration afterwards = 1500ms;
constexpr SimDuration step = 10ms;

/// How much earlier or later than in the simulator something may happen at a time: some
/// milliseconds, and a step of the kernel's timer wheel.
SimDuration margin_at(SimDuration since_start) {
  if (since_start < 2s) return 80ms;
  return since_start < 16s ? 350ms : 2200ms;
}

SimDuration distance(const std::vector<SimTime>& times, SimTime at) {
  const auto after = std::lower_bound(times.begin(), times.end(), at);
  SimDuration nearest = SimDuration::max();
  if (after != times.end()) nearest = *after - at;
  if (after != times.begin()) nearest = std::min(nearest, at - *std::prev(after));
  return nearest;
}

}  // namespace

SimTime stop_time(const std::vector<SimTime>& times, SimDuration patience) {
  const SimTime latest = sim_start + patience;
  const auto beyond = std::upper_bound(times.begin(), times.end(), latest);
  const SimTime last = beyond == times.begin() ? sim_start : *std::prev(beyond);
  const SimTime wish = std::min(latest, SimTime{std::chrono::floor<std::chrono::milliseconds>(
                                            (last + afterwards).time_since_epoch())});
  SimTime best = wish;
  for (SimTime at = wish; at > sim_start + (wish - sim_start) / 2; at -= step) {
    const SimDuration free = distance(times, at);
    if (free >= margin_at(at - sim_start)) return at;
    if (free > distance(times, best)) best = at;
  }
  return best;
}

}  // namespace lastack::fuzz
