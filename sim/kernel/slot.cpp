#include "slot.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include <sys/socket.h>
#include <sys/un.h>

#include "lastack/kernel/lab.hpp"

namespace lastack::kernel {

namespace {

/// A socket with an abstract name is the lock: one process can bind it, and it leaves no file.
/// Not open where another has it.
Fd try_lock(unsigned number) {
  Fd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!fd.open()) throw_errno("cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "lastack-kernel-" + std::to_string(number);
  std::copy(name.begin(), name.end(), address.sun_path + 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return fd;
  if (errno != EADDRINUSE) throw_errno("cannot bind " + name);
  return {};
}

}  // namespace

Slot::Slot() {
  for (number_ = 0; number_ < count; ++number_) {
    lock_ = try_lock(number_);
    if (lock_.open()) return;
  }
  throw LabError{"too many labs at once"};
}

bool is_taken(unsigned number) { return !try_lock(number).open(); }

}  // namespace lastack::kernel
