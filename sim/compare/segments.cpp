#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

namespace {

/// So soon after an acknowledgment its FIN follows when both were due at once.
constexpr Seconds race_max{0.005};

bool is_bare_ack(const SentSegment& segment) {
  return segment.flags.without(tcp::Flags::psh) == tcp::Flags::ack && segment.len == 0 &&
         segment.fate == Fate::delivered;
}

/// Whether `ack` is the same acknowledgment as the FIN right after it carries.
bool is_swallowed_by(const SentSegment& ack, const SentSegment& fin) {
  return is_bare_ack(ack) && fin.flags.has(tcp::Flags::fin) && ack.seq == fin.seq &&
         ack.ack == fin.ack && fin.at - ack.at < race_max;
}

bool alike(const std::optional<RelativeSeq>& left, const std::optional<RelativeSeq>& right) {
  return left.has_value() == right.has_value() && (!left || compare::alike(*left, *right));
}

std::string sack_text(const std::vector<RelativeBlock>& blocks) {
  std::string text;
  for (const auto& [left, right] : blocks) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", to_text(left), to_text(right));
  }
  return text.empty() ? "none" : text;
}

std::string win_text(const std::optional<std::uint32_t>& win) {
  return win ? std::to_string(*win) : "none";
}

/// What is shown of a segment where it is missing or another on the other side.
std::string shown(const SentSegment* segment) {
  if (segment == nullptr) return "nothing more";
  return to_text(*segment) + " " + at_text(segment->at);
}

/// In what two segments differ, in words.
std::string what_differs(const SentSegment& left, const SentSegment& right) {
  const tcp::Flags left_flags = left.flags.without(tcp::Flags::psh);
  const tcp::Flags right_flags = right.flags.without(tcp::Flags::psh);
  std::vector<std::string_view> words;
  if (left_flags != right_flags) words.push_back("flags");
  if (!alike(left.seq, right.seq)) words.push_back("sequence number");
  if (!alike(left.ack, right.ack)) words.push_back("acknowledgment");
  if (left.len != right.len) words.push_back("length");
  if (left.fate != right.fate) words.push_back("fate");
  return fmt::format("other {}", fmt::join(words, ", "));
}

/// The nth segment (from 0) of one host on both sides; null where there is none.
struct SegmentPair {
  const Task& task;
  const std::string& host;
  std::size_t n;
  const SentSegment* left;
  const SentSegment* right;

  Difference difference(Aspect aspect, std::string_view predicate) const {
    Difference difference;
    difference.aspect = aspect;
    difference.host = host;
    difference.where = fmt::format("{} #{}", host, n + 1);
    difference.what = fmt::format("{}'s {} segment {}", host, ordinal(n + 1), predicate);
    point_to(task.left.segments, left, task.right.segments, right, difference);
    return difference;
  }
};

/// The segment is missing on one side, or another one.
Difference parting(const SegmentPair& pair) {
  const bool both = pair.left != nullptr && pair.right != nullptr;
  Difference difference =
      pair.difference(Aspect::segments, both ? "is not the same" : "is there on one side only");
  difference.left = shown(pair.left);
  difference.right = shown(pair.right);
  if (both) difference.note = what_differs(*pair.left, *pair.right);
  return difference;
}

/// The segments of both sides go apart here, and what follows is not compared.
void part(const SegmentPair& pair, const Segments& lefts, const Segments& rights) {
  Agreement& agreement = pair.task.result.agreement(pair.host);
  agreement.left_rest = lefts.size() - std::min(lefts.size(), pair.n + 1);
  agreement.right_rest = rights.size() - std::min(rights.size(), pair.n + 1);
  pair.task.result.add(parting(pair));
}

/// What does not make another segment of it: options, window, SACK blocks.
void compare_contents(const SegmentPair& pair) {
  const auto add = [&](Aspect aspect, std::string_view predicate, std::string left,
                       std::string right) {
    Difference difference = pair.difference(aspect, predicate);
    difference.left = std::move(left);
    difference.right = std::move(right);
    pair.task.result.add(std::move(difference));
  };
  const SentSegment& left = *pair.left;
  const SentSegment& right = *pair.right;
  if (left.flags.has(tcp::Flags::syn) && left.options != right.options) {
    add(Aspect::options, "has other options", to_text(left.options), to_text(right.options));
  }
  if (left.win != right.win) {
    add(Aspect::win, "has another window", win_text(left.win), win_text(right.win));
  }
  if (left.sack != right.sack) {
    add(Aspect::sack, "has other SACK blocks", sack_text(left.sack), sack_text(right.sack));
  }
}

/// How long a segment came after the one before, or after the start.
Seconds gap_before(const Segments& segments, std::size_t n) {
  return n == 0 ? segments[n]->at : segments[n]->at - segments[n - 1]->at;
}

void compare_times(const SegmentPair& pair, Seconds left_gap, Seconds right_gap, Offsets& offsets) {
  const Seconds offset = pair.left->at - pair.right->at;
  const Seconds allowed = pair.task.tolerance.for_segment(std::max(left_gap, right_gap));
  if (offsets.beyond(offset) > allowed) {
    Difference difference = pair.difference(Aspect::timing, "comes at another time");
    const auto text = [&](const SentSegment& segment, Seconds gap) {
      return fmt::format("{} {}, {} after {}", to_text(segment), at_text(segment.at),
                         duration_text(gap), pair.n == 0 ? "the start" : "the one before");
    };
    difference.left = text(*pair.left, left_gap);
    difference.right = text(*pair.right, right_gap);
    difference.note = apart_text(offset, allowed);
    pair.task.result.add(std::move(difference));
  }
  offsets.add(pair.left->at, offset);
}

}  // namespace

Seconds Offsets::beyond(Seconds offset) const {
  const auto above = shown_.lower_bound(offset);
  Seconds nearest = Seconds::max();
  if (above != shown_.end()) nearest = std::chrono::abs(offset - *above);
  if (above != shown_.begin()) {
    nearest = std::min(nearest, std::chrono::abs(offset - *std::prev(above)));
  }
  return nearest;
}

void Offsets::add(Seconds left_at, Seconds offset) {
  shown_.insert(offset);
  left_times_.insert(left_at);
}

Seconds Offsets::last_segment_before(Seconds at) const {
  const auto after = left_times_.upper_bound(at);
  return after == left_times_.begin() ? Seconds{0} : *std::prev(after);
}

std::map<std::string, Segments> settled_segments(const History& history) {
  std::map<std::string, Segments> by_host;
  for (const SentSegment& segment : history.segments) {
    Segments& settled = by_host[segment.from.host];
    if (segment.maker == SentSegment::Maker::forger) continue;
    if (!settled.empty() && is_swallowed_by(*settled.back(), segment)) settled.pop_back();
    settled.push_back(&segment);
  }
  return by_host;
}

bool alike(const RelativeSeq& left, const RelativeSeq& right) {
  if (left == right || (left.follows_none() && right.follows_none())) return true;
  // So far from an ISN a number belongs to an earlier connection: how far it is tells when that
  // began, and the clock of ISNs moves on by 15,625 a millisecond (RFC 9293, 3.4.1; Linux, 64 ns).
  constexpr std::uint32_t far = 1U << 20;
  constexpr std::uint32_t late = 4 * 15'625;  // as late as a lab may be
  if (left.base != right.base || left.offset < far || right.offset < far) return false;
  return std::max(left.offset, right.offset) - std::min(left.offset, right.offset) <= late;
}

bool alike(const SentSegment& left, const SentSegment& right) {
  return left.flags.without(tcp::Flags::psh) == right.flags.without(tcp::Flags::psh) &&
         alike(left.seq, right.seq) && alike(left.ack, right.ack) && left.len == right.len &&
         left.fate == right.fate;
}

/// Segment by segment in order, until the first that is not the same on both sides: what follows
/// that cannot be matched.
Offsets compare_segments(const Task& task, const std::string& host, const Segments& lefts,
                         const Segments& rights) {
  Offsets offsets;
  for (std::size_t n = 0; n < std::max(lefts.size(), rights.size()); ++n) {
    const SegmentPair pair{task, host, n, n < lefts.size() ? lefts[n] : nullptr,
                           n < rights.size() ? rights[n] : nullptr};
    if (pair.left == nullptr || pair.right == nullptr) {
      const Segments& longer = pair.left == nullptr ? rights : lefts;
      const Seconds allowed = task.tolerance.for_segment(gap_before(longer, n));
      if (!task.may_be_cut_off(longer[n]->at, allowed)) part(pair, lefts, rights);
      break;
    }
    if (!alike(*pair.left, *pair.right)) {
      part(pair, lefts, rights);
      break;
    }
    ++task.result.agreement(host).segments;
    compare_contents(pair);
    compare_times(pair, gap_before(lefts, n), gap_before(rights, n), offsets);
  }
  return offsets;
}

}  // namespace lastack::compare
