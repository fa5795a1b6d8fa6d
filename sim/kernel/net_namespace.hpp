#pragma once

#include <functional>

#include "fd.hpp"

namespace lastack::kernel {

/// A network namespace without a name: it lasts as long as somebody holds it, so the kernel takes
/// it away with the process. Loopback is up in it and IPv6 is off.
class NetNamespace {
 public:
  /// Throws LabError.
  NetNamespace();

  /// Moves the calling thread into it for good. Throws LabError.
  void enter() const;

  /// Does `work` in a thread inside and waits for it; what it throws comes out here.
  void inside(const std::function<void()>& work) const;

 private:
  Fd fd_;
};

/// Does `work` in a thread of its own and waits for it; what it throws comes out here.
void in_own_thread(const std::function<void()>& work);

}  // namespace lastack::kernel
