#include "tally.hpp"

#include <numeric>

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

template <class Reason, std::size_t size>
void name(const std::array<std::uint64_t, size>& counts,
          std::map<std::string, std::uint64_t>& named) {
  for (std::size_t i = 0; i < size; ++i) {
    if (counts[i] != 0) named.emplace(name_of(static_cast<Reason>(i)), counts[i]);
  }
}

}  // namespace

std::map<std::string, std::uint64_t> DropCounts::by_name() const {
  std::map<std::string, std::uint64_t> named;
  name<trace::LossReason>(losses_, named);
  name<tcp::DiscardReason>(discards_, named);
  return named;
}

std::string_view name_of(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::rst: return "rst";
    case SegmentKind::synack: return "synack";
    case SegmentKind::syn: return "syn";
    case SegmentKind::fin: return "fin";
    case SegmentKind::data: return "data";
    case SegmentKind::ack: return "ack";
  }
  LASTACK_UNREACHABLE("a kind that is none");
}

SegmentKind kind_of(const tcp::Segment& segment) {
  using tcp::Flags;
  if (segment.flags.has(Flags::rst)) return SegmentKind::rst;
  if (segment.flags.has(Flags::syn)) {
    return segment.flags.has(Flags::ack) ? SegmentKind::synack : SegmentKind::syn;
  }
  if (segment.flags.has(Flags::fin)) return SegmentKind::fin;
  return segment.data > 0 ? SegmentKind::data : SegmentKind::ack;
}

void Tally::check_invariants() const {
  const auto sum = [](const auto& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  LASTACK_ASSERT(sum(by_kind) == segments_sent);
  LASTACK_ASSERT(sum(retransmitted) <= segments_sent);
  LASTACK_ASSERT(requests_ok <= requests);
  LASTACK_ASSERT(request_times.count() == requests_ok);
  LASTACK_ASSERT(connects_ok + sum(connect_errors) <= connects);  // the others are under way
}

}  // namespace lastack::run
