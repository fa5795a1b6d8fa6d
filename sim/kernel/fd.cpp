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

std::string advice_for(const std::string& problem, const std::string& advice) {
  return problem.ends_with(std::strerror(EMFILE))
             ? "a lab needs about 20 descriptors and two for each connection: raise "
               "`ulimit -n`"
             : advice;
}

void throw_no_thread(const std::system_error& error) {
  throw LabError{"cannot start a thread: " + error.code().message() +
                 " (each connection needs two; raise `ulimit -u` and `ulimit -v`)"};
}

std::string errno_name(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

}  // namespace lastack::kernel
