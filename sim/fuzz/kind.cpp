#include "lastack/fuzz/kind.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"

namespace lastack::fuzz {

namespace {

using compare::Aspect;
using compare::Call;
using compare::Difference;
using compare::History;
using compare::Seconds;
using compare::SentSegment;
using compare::SocketName;

constexpr std::string_view nothing = "nothing";

const SentSegment* segment_at(const History& history, std::optional<std::size_t> row) {
  return row ? &history.segments[*row] : nullptr;
}

/// "opener" for the end that sent the first SYN without ACK of a connection, "accepter" for the
/// other.
std::string_view role_of(const History& history, const SocketName& socket) {
  for (const SentSegment& segment : history.segments) {
    const bool syn = segment.flags.without(tcp::Flags::psh) == tcp::Flags::syn;
    if (!syn || segment.maker == SentSegment::Maker::forger) continue;
    if (segment.from == socket) return "opener";
    const bool other = segment.from.local == socket.remote && segment.from.remote == socket.local &&
                       (socket.peer.empty() || segment.from.host == socket.peer);
    if (other) return "accepter";
  }
  return "nobody's";
}

/// The state of a connection at a time, the events of that time aside.
std::string_view state_before(const History& history, const SocketName& socket, Seconds at) {
  std::optional<tcp::State> state;
  for (const compare::StateChange& change : history.states) {
    if (change.at >= at) break;
    if (change.socket == socket) state = change.to;
  }
  return tcp::name_of(state.value_or(tcp::State::closed));
}

std::string segment_text(const SentSegment* segment) {
  if (segment == nullptr) return std::string{nothing};
  const std::string flags = segment->flags.without(tcp::Flags::psh).text();
  return flags + (segment->len > 0 ? " with data" : "");
}

/// What is not the same, where flags and the presence of data are.
std::string what_else(const SentSegment* left, const SentSegment* right) {
  if (left == nullptr || right == nullptr || segment_text(left) != segment_text(right)) return "";
  std::string text;
  const auto add = [&](bool same, std::string_view word) {
    if (!same) text += (text.empty() ? " (other " : ", ") + std::string{word};
  };
  add(left->seq == right->seq, "sequence number");
  add(left->ack == right->ack, "acknowledgment");
  add(left->len == right->len, "length");
  add(left->fate == right->fate, "fate");
  return text.empty() ? text : text + ")";
}

/// Which options are not the same: "mss, wscale".
std::string other_options(const compare::SynOptions& left, const compare::SynOptions& right) {
  std::string text;
  const auto add = [&](bool same, std::string_view word) {
    if (!same) text += (text.empty() ? "" : ", ") + std::string{word};
  };
  add(left.mss == right.mss, "mss");
  add(left.window_scale == right.window_scale, "wscale");
  add(left.sack_permitted == right.sack_permitted, "sackOK");
  add(left.timestamps == right.timestamps, "timestamps");
  return text;
}

std::string kind_of_segment(const Difference& difference, const History& left, const History& right,
                            const Sides& sides) {
  const SentSegment* ours = segment_at(right, difference.right_row);
  const SentSegment* theirs = segment_at(left, difference.left_row);
  const SentSegment& either = ours != nullptr ? *ours : *theirs;
  const std::string where = fmt::format("{} in {}", role_of(right, either.from),
                                        state_before(right, either.from, either.at));
  switch (difference.aspect) {
    case Aspect::timing: {
      const bool later = *difference.right_at > *difference.left_at;
      return fmt::format("{}: {}: {} {}", where, segment_text(ours), sides.right,
                         later ? "later" : "earlier");
    }
    case Aspect::options:
      return fmt::format("{}: {}: {}", where, segment_text(ours),
                         other_options(theirs->options, ours->options));
    default: break;
  }
  return fmt::format("{}: {} {}; {} {}{}", where, sides.left, segment_text(theirs), sides.right,
                     segment_text(ours), what_else(theirs, ours));
}

std::string call_text(const History& history, std::optional<std::size_t> row) {
  if (!row) return std::string{nothing};
  const Call& call = history.calls[*row];
  if (std::holds_alternative<std::monostate>(call.result)) return call.call;
  if (const auto* word = std::get_if<std::string>(&call.result)) return call.call + " " + *word;
  return call.call + (std::get<std::int64_t>(call.result) == 0 ? " 0" : " n");
}

std::string kind_of_call(const Difference& difference, const History& left, const History& right,
                         const Sides& sides) {
  const std::size_t row = difference.right_row ? *difference.right_row : *difference.left_row;
  const Call& call = (difference.right_row ? right : left).calls[row];
  const std::string who = call.who.substr(0, call.who.find('#'));
  const std::string theirs = call_text(left, difference.left_row);
  const std::string ours = call_text(right, difference.right_row);
  const bool numbers_only = theirs == ours && difference.note.empty();
  if (numbers_only) return fmt::format("{}: {} with another number", who, ours);
  if (theirs == ours) return fmt::format("{}: {} at another time", who, ours);
  return fmt::format("{}: {} {}; {} {}", who, sides.left, theirs, sides.right, ours);
}

}  // namespace

std::string kind_of(const compare::Comparison& comparison, const History& left,
                    const History& right, const Sides& sides) {
  const Difference* first = comparison.first();
  LASTACK_ASSERT(first != nullptr);
  const auto with_aspect = [&](const std::string& text) {
    return fmt::format("{}: {}", compare::name_of(first->aspect), text);
  };
  switch (first->aspect) {
    case Aspect::segments:
    case Aspect::timing:
    case Aspect::options:
    case Aspect::win:
    case Aspect::sack: return with_aspect(kind_of_segment(*first, left, right, sides));
    case Aspect::calls: return with_aspect(kind_of_call(*first, left, right, sides));
    case Aspect::states: break;
  }
  const auto word = [](const std::string& text) { return text.substr(0, text.find(" at ")); };
  return with_aspect(
      fmt::format("{} {}; {} {}", sides.left, word(first->left), sides.right, word(first->right)));
}

}  // namespace lastack::fuzz
