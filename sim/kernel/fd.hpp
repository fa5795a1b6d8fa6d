#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace lastack::kernel {

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// "connect: Connection refused" from errno as it is now.
std::string with_errno(const std::string& what);
/// Throws LabError with that.
[[noreturn]] void throw_errno(const std::string& what);

/// What to do about a problem: raise the limit of this process that was met, or else `advice`.
std::string advice_for(const std::string& problem, const std::string& advice);
/// The system gives no thread. Throws LabError, which says so.
[[noreturn]] void throw_no_thread(const std::system_error& error);

/// "ECONNREFUSED" and the like.
std::string errno_name(int error);

}  // namespace lastack::kernel
