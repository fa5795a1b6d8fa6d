// IPv4 packets read and forged.
#include "kernel/packet.hpp"

#include <catch2/catch.hpp>

using namespace lastack;
using kernel::Bytes;
using kernel::forge_packet;
using kernel::parse_packet;

namespace {

tcp::Segment segment_with_all_options() {
  tcp::Segment segment;
  segment.src = {tcp::Address{0x0a000001}, 40000};
  segment.dst = {tcp::Address{0x0a000002}, 80};
  segment.seq = tcp::Seq{0xfffffff0};
  segment.ack = tcp::Seq{7};
  segment.wnd = 64240;
  segment.flags = tcp::Flags::psh | tcp::Flags::ack;
  segment.data = 5;
  segment.options.has_timestamps = true;
  segment.options.ts_val = tcp::Timestamp{0x01020304};
  segment.options.ts_ecr = tcp::Timestamp{9};
  segment.options.sack_count = 2;
  segment.options.sack[0] = {tcp::Seq{100}, tcp::Seq{200}};
  segment.options.sack[1] = {tcp::Seq{0xffffff00}, tcp::Seq{16}};
  return segment;
}

tcp::Segment syn() {
  tcp::Segment segment;
  segment.src = {tcp::Address{0xc0a80001}, 1};
  segment.dst = {tcp::Address{0xc0a80002}, 65535};
  segment.flags = tcp::Flags::syn;
  segment.options.mss = 1460;
  segment.options.has_window_scale = true;
  segment.options.window_scale = 10;
  segment.options.sack_permitted = true;
  return segment;
}

void check_same(const tcp::Segment& a, const tcp::Segment& b) {
  CHECK(a.src == b.src);
  CHECK(a.dst == b.dst);
  CHECK(a.seq == b.seq);
  CHECK(a.ack == b.ack);
  CHECK(a.wnd == b.wnd);
  CHECK(a.flags == b.flags);
  CHECK(a.data == b.data);
  CHECK(a.options.mss == b.options.mss);
  CHECK(a.options.has_window_scale == b.options.has_window_scale);
  CHECK(a.options.window_scale == b.options.window_scale);
  CHECK(a.options.sack_permitted == b.options.sack_permitted);
  CHECK(a.options.has_timestamps == b.options.has_timestamps);
  CHECK(a.options.ts_val == b.options.ts_val);
  CHECK(a.options.ts_ecr == b.options.ts_ecr);
  CHECK(a.options.sack_count == b.options.sack_count);
  CHECK(a.options.sack == b.options.sack);
}

/// A SYN whose options are these bytes, padded with zeros.
Bytes syn_with_options(Bytes options) {
  options.resize((options.size() + 3) / 4 * 4);
  tcp::Segment plain;
  plain.flags = tcp::Flags::syn;
  Bytes packet = forge_packet(plain);
  packet.insert(packet.end(), options.begin(), options.end());
  packet[3] = static_cast<std::uint8_t>(packet.size());
  packet[32] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4U);
  return packet;
}

}  // namespace

TEST_CASE("a forged packet reads back as the segment it was made of", "[kernel]") {
  for (const tcp::Segment& segment : {segment_with_all_options(), syn(), tcp::Segment{}}) {
    const auto read = parse_packet(forge_packet(segment));
    REQUIRE(read);
    check_same(*read, segment);
  }
}

TEST_CASE("a forged packet has right checksums, with an odd payload too", "[kernel]") {
  for (const std::uint32_t payload : {0U, 1U, 2U, 1459U}) {
    tcp::Segment segment = segment_with_all_options();
    segment.data = payload;
    const Bytes packet = forge_packet(segment);
    const std::span<const std::uint8_t> bytes{packet};
    CHECK(kernel::internet_checksum(bytes.first(20)) == 0);
    // The pseudo header: addresses, protocol, length of the TCP part.
    const auto tcp_part = bytes.subspan(20);
    const std::uint32_t pseudo =
        0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 6 + static_cast<std::uint32_t>(tcp_part.size());
    CHECK(kernel::internet_checksum(tcp_part, pseudo) == 0);
  }
}

TEST_CASE("the checksum is that of RFC 1071's example", "[kernel]") {
  const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  CHECK(kernel::internet_checksum(bytes) == static_cast<std::uint16_t>(~0xddf2U));
}

TEST_CASE("a packet that is cut short anywhere is no segment", "[kernel]") {
  const Bytes packet = forge_packet(segment_with_all_options());
  for (std::size_t length = 0; length < packet.size(); ++length) {
    CHECK_FALSE(parse_packet(std::span{packet}.first(length)));
  }
}

TEST_CASE("other protocols, IPv6 and fragments are no segments", "[kernel]") {
  const Bytes good = forge_packet(syn());
  Bytes udp = good;
  udp[9] = 17;
  Bytes version_6 = good;
  version_6[0] = 0x65;
  Bytes first_fragment = good;
  first_fragment[6] = 0x20;
  Bytes later_fragment = good;
  later_fragment[7] = 1;
  Bytes short_header = good;
  short_header[32] = 0x40;  // a TCP header of 16 bytes
  for (const Bytes& packet : {udp, version_6, first_fragment, later_fragment, short_header}) {
    CHECK_FALSE(parse_packet(packet));
  }
  REQUIRE(parse_packet(good));
}

TEST_CASE("URG and ECN bits are left out, and padding of the link layer is no payload",
          "[kernel]") {
  Bytes packet = forge_packet(syn());
  packet[33] |= 0xe0;  // URG, ECE, CWR
  packet.insert(packet.end(), 6, 0);
  const auto read = parse_packet(packet);
  REQUIRE(read);
  CHECK(read->flags == tcp::Flags::syn);
  CHECK(read->data == 0);
}

TEST_CASE("options of a wrong length are passed over, and broken lists end there", "[kernel]") {
  // An MSS of three bytes, an unknown option, then a right MSS.
  auto read = parse_packet(syn_with_options({2, 3, 9, 254, 4, 1, 1, 2, 4, 5, 0xb4}));
  REQUIRE(read);
  CHECK(read->options.mss == 1460);
  // A length of 0 would never end.
  read = parse_packet(syn_with_options({254, 0, 2, 4, 5, 0xb4, 1, 1}));
  REQUIRE(read);
  CHECK(read->options.mss == 0);
  // A length that reaches past the header.
  read = parse_packet(syn_with_options({1, 1, 1, 8, 40}));
  REQUIRE(read);
  CHECK_FALSE(read->options.has_timestamps);
  // A kind without a length at the very end.
  read = parse_packet(syn_with_options({1, 1, 1, 8}));
  REQUIRE(read);
  CHECK_FALSE(read->options.has_timestamps);
}
