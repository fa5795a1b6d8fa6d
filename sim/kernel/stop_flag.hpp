#pragma once

#include <atomic>

#include "clock.hpp"
#include "fd.hpp"

namespace lastack::kernel {

enum class Waited { ready, time, stopped };

/// A flag that ends every wait of a run's threads at once.
class StopFlag {
 public:
  StopFlag();  ///< throws LabError

  void raise();

  /// Waits until `fd` is ready for `events` (poll's), `until` has come, or the flag is raised,
  /// which goes before the others. Without a descriptor (-1) it waits for the time alone.
  Waited wait(int fd, short events, SimTime until, const LabClock& clock) const;

 private:
  Fd event_;
};

}  // namespace lastack::kernel
