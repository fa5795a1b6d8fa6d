#include "lastack/compare/nearest.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "lastack/core/assert.hpp"
#include "rules.hpp"

namespace lastack::compare {

namespace {

using SegmentsByHost = std::map<std::string, Segments>;

bool same_segments(const SegmentsByHost& left, const SegmentsByHost& right) {
  const auto same_host = [](const auto& a, const auto& b) {
    return a.first == b.first &&
           std::equal(a.second.begin(), a.second.end(), b.second.begin(), b.second.end(),
                      [](const auto* x, const auto* y) { return alike(*x, *y); });
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), same_host);
}

/// Whether the gap before a segment varies by more than two kernels' timers do.
bool is_uneven(Seconds shortest, Seconds longest) {
  return longest - shortest > Seconds{0.030} + 2.2 * wheel_step(longest);
}

/// Whether one of the host's segments comes at clearly different times, though in the same order.
/// Requires that the host sent the same segments in all recordings.
bool has_uneven_gaps(const std::vector<SegmentsByHost>& recordings, const std::string& host) {
  const std::size_t count = recordings.front().at(host).size();
  for (std::size_t n = 1; n < count; ++n) {
    std::vector<Seconds> gaps;
    for (const SegmentsByHost& sent : recordings) {
      const Segments& segments = sent.at(host);
      gaps.push_back(segments[n]->at - segments[n - 1]->at);
    }
    const auto [shortest, longest] = std::minmax_element(gaps.begin(), gaps.end());
    if (is_uneven(*shortest, *longest)) return true;
  }
  return false;
}

}  // namespace

bool is_steady(const std::vector<History>& recordings) {
  std::vector<SegmentsByHost> sent;
  for (const History& recording : recordings) sent.push_back(settled_segments(recording));
  for (const SegmentsByHost& other : sent) {
    if (!same_segments(sent.front(), other)) return false;
  }
  return sent.empty() ||
         std::none_of(sent.front().begin(), sent.front().end(),
                      [&](const auto& of) { return has_uneven_gaps(sent, of.first); });
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
