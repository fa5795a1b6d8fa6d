#include "lastack/compare/comparison.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

namespace {

std::set<std::string> hosts_of(const History& left, const History& right) {
  std::set<std::string> hosts;
  for (const History* history : {&left, &right}) {
    for (const SentSegment& segment : history->segments) hosts.insert(segment.from.host);
  }
  return hosts;
}

}  // namespace

std::string_view name_of(Aspect aspect) {
  switch (aspect) {
    case Aspect::segments: return "segments";
    case Aspect::timing: return "timing";
    case Aspect::options: return "options";
    case Aspect::states: return "states";
    case Aspect::calls: return "calls";
    case Aspect::win: return "win";
    case Aspect::sack: return "sack";
  }
  return "?";
}

Seconds Difference::at() const {
  if (left_at && right_at) return std::min(*left_at, *right_at);
  return left_at.value_or(right_at.value_or(Seconds{}));
}

std::string to_text(const Difference& difference, std::string_view left, std::string_view right) {
  return fmt::format("{}: {} {}, {} {}", difference.where, left, difference.left, right,
                     difference.right);
}

void Comparison::add(Difference difference) {
  differences_[static_cast<std::size_t>(difference.aspect)].push_back(std::move(difference));
}

Comparison::Verdict Comparison::verdict() const {
  Verdict verdict{};
  for (std::size_t i = 0; i < verdict.size(); ++i) verdict[i] = !of(verdict_aspects[i]).empty();
  return verdict;
}

const Difference* Comparison::first() const {
  const Difference* first = nullptr;
  for (const Aspect aspect : verdict_aspects) {
    for (const Difference& difference : of(aspect)) {
      if (first == nullptr || difference.at() < first->at()) first = &difference;
    }
  }
  return first;
}

bool nearer(const Comparison& left, const Comparison& right) {
  return left.verdict() < right.verdict();
}

Comparison compare(const History& left, const History& right, const Tolerance& tolerance) {
  Comparison result;
  std::map<std::string, Offsets> offsets;
  for (const std::string& host : hosts_of(left, right)) {
    offsets[host] = compare_segments(host, left, right, tolerance, result);
  }
  compare_states(left, right, tolerance, offsets, result);
  compare_calls(left, right, tolerance, offsets, result);
  return result;
}

}  // namespace lastack::compare
