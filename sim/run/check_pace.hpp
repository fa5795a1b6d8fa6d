#pragma once

#include <cstdint>

namespace lastack::run {

/// How often a run checks its invariants: after each of its first events while a check looks at
/// little, and with many sockets or many events so rarely that the checks together look at one
/// object for each event. It counts events and objects, so that the same run checks at the same
/// events on every machine.
class CheckPace {
 public:
  /// A check that looks at so many sockets, packets, scheduled events and so on is little.
  static constexpr std::uint64_t little = 256;
  /// So many checks at most follow every event.
  static constexpr std::uint64_t first = 50'000;
  /// Of one that looks at more, or comes later, each event pays for so many.
  static constexpr std::uint64_t objects_per_event = 1;

  /// One more event happened. True: it is time for a check.
  bool event_happened() {
    credit_ += objects_per_event;
    const bool each = cost_ <= little && checks_ < first;
    return each || credit_ >= cost_;
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
