#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lastack/core/time.hpp"

namespace lastack::scenario {

/// Stretches of time, numbered in their order: which is the first around another?
class TimeWindows {
 public:
  struct Window {
    SimTime after;
    SimTime until;
  };

  /// n log n in how many there are.
  explicit TimeWindows(const std::vector<Window>& windows);

  /// The number of the first that begins no later and ends no earlier; nothing where there is none.
  std::optional<std::size_t> first_around(const Window& window) const;

 private:
  /// One that begins so, and the latest end of those of its block that begin no later.
  struct Entry {
    SimTime after;
    SimTime latest_end;
  };
  /// Sorted by `after`.
  using Block = std::vector<Entry>;

  static Block join(const Block& a, const Block& b);
  static bool has_around(const Block& block, const Window& window);

  /// Blocks of one window each, of two neighbours each, of four, and last of all.
  std::vector<std::vector<Block>> levels_;
};

}  // namespace lastack::scenario
