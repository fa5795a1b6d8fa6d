#include "lastack/compare/history.hpp"

#include <set>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"

namespace lastack::compare {

std::string to_text(const RelativeSeq& seq) {
  if (seq.follows_none()) return seq.base;
  return seq.base.empty() ? std::to_string(seq.offset) : fmt::format("{}+{}", seq.base, seq.offset);
}

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::delivered: return "delivered";
    case Fate::dropped: return "dropped";
    case Fate::delayed: return "delayed";
    case Fate::duplicated: return "duplicated";
  }
  LASTACK_UNREACHABLE("a fate that is none");
}

std::string to_text(const SynOptions& options) {
  std::string text;
  const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
  if (options.mss) add(fmt::format("mss {}", *options.mss));
  if (options.window_scale) add(fmt::format("wscale {}", *options.window_scale));
  if (options.sack_permitted) add("sackOK");
  if (options.timestamps) add("timestamps");
  return text.empty() ? "none" : text;
}

std::string to_text(const SentSegment& segment) {
  std::string text = segment.flags == tcp::Flags::none ? "datagram" : segment.flags.text();
  RelativeSeq next = segment.seq;
  next.offset += segment.len;
  text += " " + to_text(segment.seq);
  if (segment.len > 0 && !next.follows_none()) text += ":" + to_text(next);
  if (segment.len > 0) text += fmt::format(" ({})", segment.len);
  if (segment.ack) text += " ack " + to_text(*segment.ack);
  if (segment.maker == SentSegment::Maker::forger) return "forged " + text;
  if (segment.fate != Fate::delivered) text += fmt::format(", {}", name_of(segment.fate));
  return text;
}

std::string to_text(const Call& call) {
  if (const auto* count = std::get_if<std::int64_t>(&call.result)) {
    return fmt::format("{} {}", call.call, *count);
  }
  if (const auto* word = std::get_if<std::string>(&call.result)) {
    return fmt::format("{} {}", call.call, *word);
  }
  return call.call;
}

void forget_needless_peers(History& history) {
  constexpr std::size_t pair = 2;
  std::set<std::string_view> hosts;
  for (const SentSegment& segment : history.segments) {
    hosts.insert(segment.from.host);
    if (!segment.from.peer.empty()) hosts.insert(segment.from.peer);
    if (hosts.size() > pair) return;
  }
  const auto forget = [](std::vector<StateChange>& changes) {
    for (StateChange& change : changes) change.socket.peer.clear();
  };
  for (SentSegment& segment : history.segments) segment.from.peer.clear();
  forget(history.states);
  if (history.table) forget(*history.table);
}

}  // namespace lastack::compare
