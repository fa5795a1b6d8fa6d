#include "lastack/compare/reason.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"
#include "rules.hpp"

namespace lastack::compare {

namespace {

/// What happens so close to each other may come in either order on a real machine.
constexpr Seconds instant{0.005};
/// So long a process or an ACK may take to come into its turn.
constexpr Seconds turn{0.01};

const SentSegment* segment_at(const History& history, std::optional<std::size_t> row) {
  return row ? &history.segments[*row] : nullptr;
}

bool only_acknowledges(const SentSegment& segment) {
  return segment.len == 0 && segment.flags.without(tcp::Flags::psh) == tcp::Flags::ack;
}

/// Whether the host sends this segment, too, and within an instant.
bool sends_soon(const History& history, const SentSegment& segment) {
  return std::any_of(
      history.segments.begin(), history.segments.end(), [&](const SentSegment& other) {
        return other.maker == SentSegment::Maker::host && other.from == segment.from &&
               alike(other, segment) && std::chrono::abs(other.at - segment.at) < instant;
      });
}

Reason of_segments(const SentSegment& left, const SentSegment& right, const History& left_side,
                   const History& right_side) {
  if (sends_soon(right_side, left) && sends_soon(left_side, right)) return Reason::same_instant;
  if (left.flags.has(tcp::Flags::rst) || right.flags.has(tcp::Flags::rst)) return Reason::reset;
  const bool close = std::chrono::abs(left.at - right.at) < turn;
  const bool opening = left.flags.has(tcp::Flags::syn) || right.flags.has(tcp::Flags::syn);
  if (close && !opening && (only_acknowledges(left) || only_acknowledges(right)))
    return Reason::burst;
  const bool text = left.len > 0 && right.len > 0 && left.len != right.len;
  if (text && alike(left.seq, right.seq)) return Reason::cut;
  return Reason::other;
}

Reason of_times(const Difference& first) {
  constexpr double steps = 2.2;  // as recordings of one kernel may differ (README.md)
  const Seconds apart = std::chrono::abs(*first.left_at - *first.right_at);
  return apart <= Seconds{0.03} + steps * wheel_step(first.at()) ? Reason::timer_step
                                                                 : Reason::timer;
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::same_instant: return "same-instant";
    case Reason::burst: return "burst";
    case Reason::cut: return "cut";
    case Reason::timer_step: return "timer-step";
    case Reason::timer: return "timer";
    case Reason::reset: return "reset";
    case Reason::silence: return "silence";
    case Reason::states: return "states";
    case Reason::calls: return "calls";
    case Reason::other: return "other";
  }
  LASTACK_UNREACHABLE("a reason that is none");
}

std::string_view meaning_of(Reason reason) {
  switch (reason) {
    case Reason::same_instant: return "the same segments at one instant, in another order";
    case Reason::burst: return "an ACK more or less, or of more or less of a burst";
    case Reason::cut: return "the same text in other pieces";
    case Reason::timer_step: return "the same segment, a step of the timer wheel apart";
    case Reason::timer: return "the same segment, at quite another time";
    case Reason::reset: return "an RST with another number, or instead of something else";
    case Reason::silence: return "one side sends nothing more";
    case Reason::states: return "a socket in another state";
    case Reason::calls: return "an application that is told something else";
    case Reason::other: return "another segment, or other options";
  }
  LASTACK_UNREACHABLE("a reason that is none");
}

bool is_race(Reason reason) { return reason <= Reason::timer_step; }

Reason reason_of(const Difference& first, const History& left, const History& right) {
  switch (first.aspect) {
    case Aspect::timing: return of_times(first);
    case Aspect::states: return Reason::states;
    case Aspect::calls: return Reason::calls;
    case Aspect::options:
    case Aspect::win:
    case Aspect::sack: return Reason::other;
    case Aspect::segments: break;
  }
  const SentSegment* theirs = segment_at(left, first.left_row);
  const SentSegment* ours = segment_at(right, first.right_row);
  if (theirs == nullptr || ours == nullptr) return Reason::silence;
  return of_segments(*theirs, *ours, left, right);
}

}  // namespace lastack::compare
