#include "history_builder.hpp"

#include <algorithm>
#include <tuple>

#include "lastack/core/assert.hpp"

namespace lastack::compare {

namespace {

/// Farther behind an ISN than this, a number belongs to none: no window is larger (RFC 7323, 2.3).
constexpr std::uint32_t offset_max = 1U << 30U;

constexpr const char* forged_name = "old";

Seconds seconds_of(SimTime at) {
  return Seconds{static_cast<double>(at.time_since_epoch().count()) / 1e9};
}

}  // namespace

void IsnBook::learn(const SocketName& end, std::uint32_t isn, SentSegment::Maker maker) {
  std::vector<Isn>& isns = known_[end];
  const auto is_this = [isn](const Isn& known) { return known.number == isn; };
  if (std::any_of(isns.begin(), isns.end(), is_this)) return;
  const auto is_real = [](const Isn& known) { return known.name != forged_name; };
  const auto real = std::count_if(isns.begin(), isns.end(), is_real);
  const bool forged = maker == SentSegment::Maker::forger;
  const std::string name = real == 0 ? "" : "#" + std::to_string(real + 1);
  isns.push_back({forged ? forged_name : name, isn});
}

RelativeSeq IsnBook::relative(const SocketName& end, std::uint32_t number) const {
  const RelativeSeq none{"abs", 0};
  const auto found = known_.find(end);
  if (found == known_.end()) return none;
  std::optional<RelativeSeq> nearest;
  for (const auto& [name, isn] : found->second) {
    const std::uint32_t offset = number - isn;  // modulo 2^32
    if (!nearest || std::tie(offset, name) < std::tie(nearest->offset, nearest->base)) {
      nearest = RelativeSeq{name, offset};
    }
  }
  return nearest && nearest->offset <= offset_max ? *nearest : none;
}

Seconds HistoryBuilder::next(SimTime at) {
  LASTACK_ASSERT(at >= last_);
  last_ = at;
  return seconds_of(at);
}

void HistoryBuilder::sent(SimTime at, const WireSegment& segment) {
  SentSegment row;
  row.at = next(at);
  row.from = segment.from;
  row.flags = segment.flags;
  row.len = segment.len;
  row.win = segment.win;
  row.options = segment.options;
  row.maker = segment.maker;
  if (segment.kind == WireSegment::Kind::datagram) {
    row.seq.offset = segment.seq;  // its number in the flow
  } else {
    if (segment.flags.has(tcp::Flags::syn) && !segment.relative) {
      isns_.learn(segment.from, segment.seq, segment.maker);
    }
    row.seq = isns_.relative(segment.from, segment.seq);
    if (segment.flags.has(tcp::Flags::ack)) row.ack = isns_.relative(segment.to, segment.ack);
    for (const auto& [left, right] : segment.sack) {
      row.sack.emplace_back(isns_.relative(segment.to, left), isns_.relative(segment.to, right));
    }
  }
  place_[segment.id] = history_.segments.size();
  history_.segments.push_back(std::move(row));
}

void HistoryBuilder::met(std::uint64_t id, Fate fate) {
  const auto found = place_.find(id);
  if (found == place_.end()) return;
  LASTACK_ASSERT(found->second < history_.segments.size());
  history_.segments[found->second].fate = fate;
}

void HistoryBuilder::entered(SimTime at, SocketName socket, tcp::State to) {
  history_.states.push_back({next(at), std::move(socket), to});
}

void HistoryBuilder::called(SimTime at, std::string host, std::string who, std::string call,
                            Call::Result result) {
  history_.calls.push_back(
      {next(at), std::move(host), std::move(who), std::move(call), std::move(result)});
}

}  // namespace lastack::compare
