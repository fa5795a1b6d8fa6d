#include "stop_flag.hpp"

#include <array>
#include <cstdint>
#include <poll.h>
#include <unistd.h>

#include <sys/eventfd.h>

namespace lastack::kernel {

StopFlag::StopFlag() : event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!event_.open()) throw_errno("eventfd");
}

void StopFlag::raise() {
  const std::uint64_t one = 1;
  // It can fail only when the counter is full, and then it is raised.
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

Waited StopFlag::wait(int fd, short events, SimTime until, const LabClock& clock) const {
  std::array<pollfd, 2> polled{{{event_.get(), POLLIN, 0}, {fd, events, 0}}};
  while (true) {
    const SimTime now = clock.now();
    const timespec left = timespec_of(until == never ? SimDuration::zero() : until - now);
    const int count =
        ppoll(polled.data(), polled.size(), until == never ? nullptr : &left, nullptr);
    if (count < 0) continue;  // a signal; nothing else can be wrong
    if (polled[0].revents != 0) return Waited::stopped;
    if (polled[1].revents != 0) return Waited::ready;
    if (until != never && clock.now() >= until) return Waited::time;
  }
}

}  // namespace lastack::kernel
