#pragma once

#include <string>

#include "fd.hpp"

namespace lastack::kernel {

/// A number that no other lab of this machine has at the same time, from which addresses follow:
/// tracepoints report all namespaces, and only addresses show whose they are. The kernel gives the
/// number back when the process ends, however it ends.
class Slot {
 public:
  /// The lowest that is free. Throws LabError.
  Slot();

  unsigned number() const { return number_; }

  static constexpr unsigned count = 32'000;

 private:
  Fd lock_;
  unsigned number_ = 0;
};

/// Whether a lab has the number now.
bool is_taken(unsigned number);

}  // namespace lastack::kernel
