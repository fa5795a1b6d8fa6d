#include "clock.hpp"

#include <algorithm>
#include <pthread.h>
#include <sched.h>

#include <sys/prctl.h>

namespace lastack::kernel {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

/// The sanitizers' own locks spin, which would never end where the holder has a lower priority.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool spins = true;
#else
constexpr bool spins = false;
#endif

}  // namespace

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * ns_per_s + now.tv_nsec;
}

timespec timespec_of(SimDuration duration) {
  const std::int64_t ns = std::max<std::int64_t>(duration.count(), 0);
  return {static_cast<std::time_t>(ns / ns_per_s), static_cast<long>(ns % ns_per_s)};
}

Punctuality be_punctual(int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (!spins && pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0) {
    return Punctuality::real_time;
  }
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  return Punctuality::best_effort;
}

void stay_on_one_processor(unsigned number) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const auto count = static_cast<unsigned>(CPU_COUNT(&allowed));
  if (count == 0) return;
  unsigned skip = number % count;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || skip-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);  // without it the lab is only less alike in each run
    return;
  }
}

}  // namespace lastack::kernel
