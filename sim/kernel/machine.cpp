#include "machine.hpp"

#include <ctime>

#include <sys/utsname.h>

#include "lastack/core/assert.hpp"

namespace lastack::kernel {

std::string kernel_release() {
  utsname name{};
  const int failed = uname(&name);
  LASTACK_ASSERT(failed == 0);
  const std::string release{static_cast<const char*>(name.release)};
  return release.substr(0, release.find('-'));
}

int kernel_hz() {
  constexpr long ns_per_s = 1'000'000'000;
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);  // this clock moves once a tick
  return tick.tv_nsec > 0 ? static_cast<int>((ns_per_s + tick.tv_nsec / 2) / tick.tv_nsec) : 0;
}

}  // namespace lastack::kernel
