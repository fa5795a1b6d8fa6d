#pragma once

#include <cstdint>

namespace lastack::run {

/// How often a run checks its invariants: after every event while a check looks at little, and with
/// many sockets so rarely that the checks together look at some hundred objects for each event. It
/// counts events and objects, so that the same run checks at the same events on every machine.
class CheckPace {
 public:
  /// Sockets, packets, scheduled events and so on that may be looked at for each event.
  static constexpr std::uint64_t objects_per_event = 256;

  /// One more event happened. True: it is time for a check.
  bool event_happened() {
    credit_ += objects_per_event;
    return credit_ >= cost_;
  }
  /// A check was made, which looked at so many objects.
  void checked(std::uint64_t objects) {
    ++checks_;
    cost_ = objects;
    credit_ = 0;
  }
  std::uint64_t checks() const { return checks_; }

 private:
  std::uint64_t checks_ = 0;
  std::uint64_t credit_ = 0;
  std::uint64_t cost_ = 0;  ///< of the last check
};

}  // namespace lastack::run
