#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/timestamp.hpp"

namespace lastack::scenario {

/// An absolute sequence number, or one relative to the initial one of the live connection.
struct SeqRef {
  bool relative = false;  ///< counted from ISS: `value` may be negative
  std::int64_t value = 0;
};

/// An absolute timestamp, or one relative to the newest that an end of the connection has sent.
struct StampRef {
  bool relative = false;  ///< counted from that timestamp: `value` may be negative
  std::int64_t value = 0;
};

/// Options of a forged segment; any of them may be forged on any segment, and more than once.
struct ForgedNop {};  ///< one octet that says nothing (RFC 9293, 3.1)
struct ForgedMss {
  std::uint16_t mss = 1;  ///< octets; from 1
};
struct ForgedSackPermitted {};
struct ForgedWindowScale {
  std::uint8_t shift = 0;  ///< above 14 too, which the receiver takes for 14 (RFC 7323, 2.3)
};
struct ForgedTimestamps {
  StampRef val;  ///< relative to what the end sent in whose name the segment is forged
  StampRef ecr;  ///< relative to what the end sent that gets the segment
};
struct ForgedSack {
  /// Left and right edges, relative to the ISS of the end that gets the segment.
  std::vector<std::pair<SeqRef, SeqRef>> blocks;
};
using ForgedOption = std::variant<ForgedNop, ForgedMss, ForgedSackPermitted, ForgedWindowScale,
                                  ForgedTimestamps, ForgedSack>;

/// Octets that a TCP header has for options (RFC 9293, 3.1).
inline constexpr std::size_t option_octets_max = 40;

/// Octets on the wire, without padding.
std::size_t octets_of(const ForgedOption& option);

/// What relative numbers of a forged segment count from.
struct ForgedBase {
  tcp::Seq peer_iss;    ///< of the end that gets it
  tcp::Timestamp own;   ///< newest TSval of the end in whose name it is forged; 0: it sent none
  tcp::Timestamp peer;  ///< newest TSval of the end that gets it; 0: it sent none
};

/// Each option by itself, in the order of the wire; a NOP is one without options.
using OptionsInOrder = std::vector<tcp::Options>;

/// Options with every number known.
OptionsInOrder resolve(const std::vector<ForgedOption>& options, const ForgedBase& base);

/// What a receiver reads: of an option that is there more than once, the last.
tcp::Options as_received(const OptionsInOrder& options);

}  // namespace lastack::scenario
