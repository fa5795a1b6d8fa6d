#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"

namespace lastack::compare {

/// Something that a host did: sent a segment, called, or changed a socket's state.
struct Deed {
  enum class Kind { segment, state, call };

  Seconds at{};
  Kind kind{};
  std::size_t row = 0;  ///< in the history's list of its kind
  std::string text;     ///< "S 0, dropped"; "SYN_SENT (40000)"; "connect: connected ok"
};

/// What a host did, in the order of time.
std::vector<Deed> deeds_of(const History& history, const std::string& host);

/// A line of two columns; what stands in one line is the same deed, or takes its place.
struct SideBySide {
  enum class Place { before, here, after };

  std::optional<Deed> left;
  std::optional<Deed> right;
  Place place = Place::before;

  /// Whether both sides did the same, whatever the time.
  bool same() const { return left && right && left->text == right->text; }
};

/// What the host of a difference did around it, at most `before` lines before and `after` lines
/// after. There is one line with Place::here, or none where the difference is no single deed's.
std::vector<SideBySide> around(const Difference& difference, const History& left,
                               const History& right, std::size_t before, std::size_t after);

}  // namespace lastack::compare
