#include "slot.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <sys/socket.h>
#include <sys/stat.h>
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

/// Where the numbers of this network namespace begin. Namespaces have numbers that follow each
/// other; these are spread.
unsigned first_number() {
  struct stat own {};
  if (stat("/proc/self/ns/net", &own) != 0) return 0;
  constexpr std::uint64_t golden = 0x9e37'79b9'7f4a'7c15;  // 2^64 / the golden ratio
  return static_cast<unsigned>((std::uint64_t{own.st_ino} * golden >> 32U) % Slot::count);
}

}  // namespace

Slot::Slot(const std::string& instances) {
  const unsigned first = first_number();
  for (unsigned i = 0; i < count; ++i) {
    number_ = (first + i) % count;
    if (take(instances)) return;
  }
  throw LabError{"too many labs at once"};
}

bool is_taken(unsigned number) { return !try_lock(number).open(); }

bool Slot::take(const std::string& instances) {
  lock_ = try_lock(number_);
  if (!lock_.open()) return false;
  if (instances.empty()) return true;
  if (auto claimed = TracingInstance::claim(instances, number_)) {
    instance_.emplace(std::move(*claimed));
    return true;
  }
  return false;
}

}  // namespace lastack::kernel
