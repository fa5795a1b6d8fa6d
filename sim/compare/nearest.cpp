#include "lastack/compare/nearest.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lastack/core/assert.hpp"
#include "rules.hpp"

namespace lastack::compare {

namespace {

using Segments = std::vector<const SentSegment*>;

std::set<std::string> hosts_of(const History& history) {
  std::set<std::string> hosts;
  for (const SentSegment& segment : history.segments) hosts.insert(segment.from.host);
  return hosts;
}

bool same_segments(const History& left, const History& right) {
  const std::set<std::string> hosts = hosts_of(left);
  if (hosts != hosts_of(right)) return false;
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    const Segments lefts = settled_segments(left, host);
    const Segments rights = settled_segments(right, host);
    return std::equal(lefts.begin(), lefts.end(), rights.begin(), rights.end(),
                      [](const auto* a, const auto* b) { return alike(*a, *b); });
  });
}

/// Whether the gap before a segment varies by more than two kernels' timers do.
bool is_uneven(Seconds shortest, Seconds longest) {
  return longest - shortest > Seconds{0.030} + 2.2 * wheel_step(longest);
}

/// Whether one of the host's segments comes at clearly different times, though in the same order.
bool has_uneven_gaps(const std::vector<History>& recordings, const std::string& host) {
  std::vector<Segments> sent;
  for (const History& recording : recordings) sent.push_back(settled_segments(recording, host));
  const auto shorter = [](const Segments& a, const Segments& b) { return a.size() < b.size(); };
  const std::size_t common = std::min_element(sent.begin(), sent.end(), shorter)->size();
  for (std::size_t n = 1; n < common; ++n) {
    std::vector<Seconds> gaps;
    for (const Segments& segments : sent) gaps.push_back(segments[n]->at - segments[n - 1]->at);
    const auto [shortest, longest] = std::minmax_element(gaps.begin(), gaps.end());
    if (is_uneven(*shortest, *longest)) return true;
  }
  return false;
}

}  // namespace

bool is_steady(const std::vector<History>& recordings) {
  if (recordings.empty()) return true;
  const History& first = recordings.front();
  const bool same = std::all_of(recordings.begin(), recordings.end(),
                                [&](const History& other) { return same_segments(first, other); });
  if (!same) return false;
  const std::set<std::string> hosts = hosts_of(first);
  return std::none_of(hosts.begin(), hosts.end(),
                      [&](const std::string& host) { return has_uneven_gaps(recordings, host); });
}

Nearest nearest(const std::vector<History>& recordings, const History& history,
                const Tolerance& tolerance) {
  LASTACK_ASSERT(!recordings.empty());
  Nearest best{compare(recordings.front(), history, tolerance), 0};
  for (std::size_t i = 1; i < recordings.size() && !best.comparison.agrees(); ++i) {
    Comparison comparison = compare(recordings[i], history, tolerance);
    if (nearer(comparison, best.comparison)) best = {std::move(comparison), i};
  }
  return best;
}

}  // namespace lastack::compare
