#pragma once

#include "lastack/core/time.hpp"

namespace lastack {

/// One deadline that may be moved or cancelled at any time in O(1). It belongs to whoever waits,
/// who sets `due` and then lets the Scheduler `follow` it (see there). Apart from it, so that those
/// who only wait need not know who wakes them.
struct Wakeup {
  SimTime due = never;     ///< when it is to happen; `never` while it is not armed
  SimTime queued = never;  ///< time of the queue entry that will bring it up

  /// Whether a deadline is set.
  bool armed() const { return due != never; }
  /// Whether `follow` has anything to do: an entry that comes up earlier will do.
  bool needs_entry() const { return due < queued; }
};

}  // namespace lastack
