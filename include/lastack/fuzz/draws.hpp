#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lastack::fuzz {

/// A scenario that was drawn.
struct Draft {
  std::uint64_t number = 0;        ///< from 1
  std::string name;                ///< "fuzz-7-12": seed and number
  std::vector<std::size_t> areas;  ///< of which it has something; places in area_infos()
  std::string json;                ///< the scenario file
};

/// Draws scenarios, one after the other: the nth of a seed is always the same one.
///
/// Each can be loaded, is one that a lab does not refuse, and ends while nothing happens. Half of
/// them are drawn anew, the others are changed from earlier ones that led somewhere new: somewhere
/// is what the simulator's own run of a scenario shows (features.hpp), so no kernel has a say. Of a
/// few candidates the one that leads to most that is new is taken.
class Draws {
 public:
  /// `areas` are places in area_infos(); one at least.
  Draws(std::uint64_t seed, std::vector<std::size_t> areas);
  ~Draws();

  /// The next one.
  Draft next();
  /// How many different features its scenarios have shown so far.
  std::size_t features() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::fuzz
