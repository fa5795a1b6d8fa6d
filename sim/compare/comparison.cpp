#include "lastack/compare/comparison.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "rules.hpp"

namespace lastack::compare {

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
  LASTACK_UNREACHABLE("an aspect that is none");
}

Seconds Difference::at() const {
  if (left_at && right_at) return std::min(*left_at, *right_at);
  return left_at.value_or(right_at.value_or(Seconds{}));
}

std::string to_text(const Difference& difference, std::string_view left, std::string_view right) {
  return fmt::format("{}: {} {}; {} {}", difference.where, left, difference.left, right,
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

namespace {

/// How many rows a history has of what an aspect's differences point to.
std::size_t rows_of(const History& history, Aspect aspect) {
  switch (aspect) {
    case Aspect::segments:
    case Aspect::timing:
    case Aspect::options:
    case Aspect::win:
    case Aspect::sack: return history.segments.size();
    case Aspect::states: return history.socket_states().size();
    case Aspect::calls: return history.calls.size();
  }
  LASTACK_UNREACHABLE("an aspect that is none");
}

}  // namespace

void Comparison::check_invariants(const History& left, const History& right) const {
  for (std::size_t i = 0; i < aspect_count; ++i) {
    for (const Difference& difference : differences_[i]) {
      LASTACK_ASSERT(difference.aspect == static_cast<Aspect>(i));
      LASTACK_ASSERT(!difference.where.empty());
      LASTACK_ASSERT(difference.left_at || difference.right_at);
      if (difference.left_row) {
        LASTACK_ASSERT(*difference.left_row < rows_of(left, difference.aspect));
      }
      if (difference.right_row) {
        LASTACK_ASSERT(*difference.right_row < rows_of(right, difference.aspect));
      }
    }
  }
  LASTACK_ASSERT(agrees() == (first() == nullptr));
}

bool nearer(const Comparison& left, const Comparison& right) {
  return left.verdict() < right.verdict();
}

Comparison compare(const History& left, const History& right, const Tolerance& tolerance) {
  std::map<std::string, Segments> lefts = settled_segments(left);
  std::map<std::string, Segments> rights = settled_segments(right);
  for (const auto& [host, segments] : lefts) rights.try_emplace(host);

  Comparison result;
  const Task task{left, right, tolerance, result};
  OffsetsByHost offsets;
  for (const auto& [host, segments] : rights) {
    offsets[host] = compare_segments(task, host, lefts[host], segments);
  }
  compare_states(task, offsets);
  compare_calls(task, offsets);
  result.check_invariants(left, right);
  return result;
}

}  // namespace lastack::compare
