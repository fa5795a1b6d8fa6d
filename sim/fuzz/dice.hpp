#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "lastack/core/assert.hpp"
#include "lastack/core/random_stream.hpp"
#include "lastack/core/time.hpp"

namespace lastack::fuzz {

/// Choices of a grammar. Everything comes from one stream, by integers alone.
class Dice {
 public:
  explicit Dice(const RandomStream& stream) : stream_{stream} {}

  bool chance(unsigned percent) { return stream_.below(100) < percent; }
  /// Uniform, both ends included. Requires low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// The same, but each order of magnitude (of two) is as likely as any other.
  std::int64_t scaled(std::int64_t low, std::int64_t high);
  /// One of these. Requires one at least.
  template <class T> T one_of(std::initializer_list<T> choices) {
    LASTACK_ASSERT(choices.size() > 0);
    return *(choices.begin() + stream_.below(choices.size()));
  }
  /// A place in a list of so many. Requires one at least.
  std::size_t place(std::size_t count) { return stream_.below(count); }
  /// A duration as scenarios write it: "137ms". In whole milliseconds, small ones as likely as
  /// large ones.
  std::string duration(SimDuration low, SimDuration high);

 private:
  RandomStream stream_;
};

}  // namespace lastack::fuzz
