#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"
#include "lastack/compare/tolerance.hpp"

namespace lastack::compare {

/// How far apart in time a host's segments were in two histories. Being apart is not counted twice:
/// what follows a late segment is late by as much, until a step at a fixed time takes that back. So
/// a distance is new only if it is near none of those that the host has shown before, 0 included.
class Offsets {
 public:
  /// How far `offset` is from the nearest that was shown before.
  Seconds beyond(Seconds offset) const;
  void add(Seconds left_at, Seconds offset);
  /// When the left history's last segment was sent, at `at` or before; 0 if there was none.
  Seconds last_segment_before(Seconds at) const;

 private:
  std::set<Seconds> shown_{Seconds{0}};
  std::set<Seconds> left_times_;
};
using OffsetsByHost = std::map<std::string, Offsets>;

using Segments = std::vector<const SentSegment*>;

/// What each host itself sent, without what only a race between two processors adds: a bare ACK
/// that is followed within 5 ms by a FIN with the same numbers counts as that FIN alone. A host in
/// whose name segments were only forged has none.
std::map<std::string, Segments> settled_segments(const History& history);

/// Whether two numbers mean the same; those that follow no ISN cannot be distinguished.
bool alike(const RelativeSeq& left, const RelativeSeq& right);
/// Whether two segments are the same but for time, options and window.
bool alike(const SentSegment& left, const SentSegment& right);

/// What is compared, and where the differences go.
struct Task {
  const History& left;
  const History& right;
  const Tolerance& tolerance;
  Comparison& result;

  /// Whether what happened at a time on one side alone may have come on the other when the run was
  /// over, as far apart as is allowed.
  bool may_be_cut_off(Seconds at, Seconds allowed) const {
    const Seconds end =
        std::min(left.stopped.value_or(Seconds::max()), right.stopped.value_or(Seconds::max()));
    return at + allowed >= end;
  }
};

/// Segments, timing, options, windows and SACK blocks of one host, of which it sent these.
Offsets compare_segments(const Task& task, const std::string& host, const Segments& lefts,
                         const Segments& rights);
/// States of all sockets.
void compare_states(const Task& task, const OffsetsByHost& offsets);
/// Calls of all applications.
void compare_calls(const Task& task, const OffsetsByHost& offsets);

/// Says in `difference` what differs: a row of each history's list, or null where there
/// is none.
template <class Row>
void point_to(const std::vector<Row>& lefts, const Row* left, const std::vector<Row>& rights,
              const Row* right, Difference& difference) {
  if (left != nullptr) {
    difference.left_at = left->at;
    difference.left_row = static_cast<std::size_t>(left - lefts.data());
  }
  if (right != nullptr) {
    difference.right_at = right->at;
    difference.right_row = static_cast<std::size_t>(right - rights.data());
  }
}

/// "2.000 s apart, where 42 ms are allowed".
std::string apart_text(Seconds offset, Seconds allowed);
/// "at 1.037 s".
std::string at_text(Seconds at);
/// "1st", "2nd", "23rd".
std::string ordinal(std::size_t number);

}  // namespace lastack::compare
