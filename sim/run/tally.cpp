#include "tally.hpp"

namespace lastack::run {

std::string_view name_of(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::rst: return "rst";
    case SegmentKind::synack: return "synack";
    case SegmentKind::syn: return "syn";
    case SegmentKind::fin: return "fin";
    case SegmentKind::data: return "data";
    case SegmentKind::ack: return "ack";
  }
  return "";
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

}  // namespace lastack::run
