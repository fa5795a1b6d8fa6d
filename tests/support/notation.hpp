#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::test {

/// The notation of conversations, after packetdrill and tcpdump:
///
///     FLAGS SEQ[:END[(LEN)]] [ack N] [win N] [<OPTION, ...>]
///
///     S 0:0 win 65535 <mss 1460,sackOK,wscale 7,TS val 100 ecr 0>
///     P. 1:1001 ack 1          1000 octets of data
///     F. 1001 ack 1            the FIN stands at 1001; END counts data only
///     . 1 ack 1001 <sack 2001:3001>
///     R. @0 ack 1
///
/// FLAGS are of "FSRP." (P last but for the point), "-" for none. Numbers are relative to the
/// initial sequence number of the side they count; "@7" is absolute; "w" is the first number beyond
/// the window that the receiver announced last, "w-1" the last one in it. `win` is as on the wire,
/// not scaled.
///
/// In a line that arrives, what is left out takes a usual value (`win 65535`, a timestamp if they
/// were agreed upon). In a line that is expected, what is left out is not compared: `win`, the
/// options, and of a TS option `val` or `ecr`. `P` is demanded where it stands and allowed where it
/// does not.
struct Number {
  enum class Base : std::uint8_t { relative, absolute, window };
  Base base = Base::relative;
  std::int64_t offset = 0;
};

/// Options as a line names them: "TS" may leave its numbers open.
struct OptionList {
  tcp::Options options;
  struct Range {
    Number left;
    Number right;
  };
  std::array<Range, tcp::Options::max_sack_blocks> sack{};
  bool has_ts_val = false;
  bool has_ts_ecr = false;
};

struct Line {
  tcp::Flags flags;
  Number seq;
  std::uint32_t data = 0;
  std::optional<Number> ack;
  std::optional<std::uint16_t> win;
  std::optional<OptionList> options;
};

/// Where relative numbers count from.
struct Origins {
  tcp::Seq seq;          ///< the sender's initial sequence number
  tcp::Seq ack;          ///< the receiver's
  tcp::Seq window_edge;  ///< first number beyond the receiver's window
};

/// Throws std::invalid_argument, which names the part that is wrong.
Line parse_line(std::string_view text);

/// The segment of a line, without addresses; its window is `usual_win` if the line names none.
tcp::Segment to_segment(const Line& line, const Origins& origins, std::uint16_t usual_win);

/// Whether `seen` is what the line demands.
bool matches(const Line& wanted, const tcp::Segment& seen, const Origins& origins);

/// The segment in this notation, nothing left out.
std::string to_line(const tcp::Segment& segment, const Origins& origins);

}  // namespace lastack::test
