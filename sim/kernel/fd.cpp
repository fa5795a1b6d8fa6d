#include "fd.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "lastack/kernel/lab.hpp"

namespace lastack::kernel {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

std::string with_errno(const std::string& what) { return what + ": " + std::strerror(errno); }

void throw_errno(const std::string& what) { throw LabError{with_errno(what)}; }

std::string errno_name(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

}  // namespace lastack::kernel
