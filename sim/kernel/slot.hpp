#pragma once

#include <optional>
#include <string>

#include "fd.hpp"
#include "tracing_instance.hpp"

namespace lastack::kernel {

/// A number that no other lab has at the same time, from which addresses follow: tracepoints report
/// all namespaces, and only addresses show whose they are. The kernel gives the number back when
/// the process ends, however it ends.
///
/// Two locks say that a number is taken: the name of a socket, which labs of one network namespace
/// share, and the tracing instance of that number, which is the machine's. Labs that may not trace
/// have the first alone, so each namespace begins at a number of its own.
class Slot {
 public:
  /// `instances` is tracefs' folder of them; empty: there is none. Throws LabError.
  explicit Slot(const std::string& instances);

  unsigned number() const { return number_; }
  /// Where this lab may trace; nothing where there is no tracefs.
  const std::optional<TracingInstance>& instance() const { return instance_; }

  static constexpr unsigned count = 32'000;

 private:
  bool take(const std::string& instances);

  Fd lock_;
  std::optional<TracingInstance> instance_;
  unsigned number_ = 0;
};

/// Whether a lab of this network namespace has the number now.
bool is_taken(unsigned number);

}  // namespace lastack::kernel
