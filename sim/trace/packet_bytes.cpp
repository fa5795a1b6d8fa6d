#include "packet_bytes.hpp"

#include <algorithm>
#include <string_view>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/option_kind.hpp"

namespace lastack::trace {

namespace {

namespace option_kind = tcp::option_kind;

constexpr std::uint32_t ip_header_bytes = 20;
constexpr std::uint32_t tcp_header_bytes = 20;
constexpr std::uint32_t udp_header_bytes = 8;
constexpr std::uint32_t ip_total_max = 65535;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t time_to_live = 64;

/// Numbers in network byte order.
class Bytes {
 public:
  void u8(std::uint32_t value) { text_ += static_cast<char>(value & 0xffU); }
  void u16(std::uint32_t value) {
    u8(value >> 8U);
    u8(value);
  }
  void u32(std::uint32_t value) {
    u16(value >> 16U);
    u16(value);
  }
  void put_u16(std::size_t at, std::uint32_t value) {
    text_[at] = static_cast<char>(value >> 8U & 0xffU);
    text_[at + 1] = static_cast<char>(value & 0xffU);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// The sum of 16-bit words of RFC 1071, not folded yet. Requires an even number of bytes.
std::uint64_t sum_of_words(std::string_view bytes) {
  LASTACK_ASSERT(bytes.size() % 2 == 0);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = static_cast<unsigned char>(bytes[i + 1]);
    sum += static_cast<std::uint64_t>(high) << 8U | low;
  }
  return sum;
}

std::uint32_t checksum(std::uint64_t sum) {
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >> 16U);
  }
  return static_cast<std::uint32_t>(~sum & 0xffff);
}

/// What TCP's and UDP's checksums cover besides their own bytes (RFC 9293, 3.1).
std::uint64_t pseudo_header_sum(const tcp::Segment& segment, std::uint8_t protocol,
                                std::uint32_t length) {
  const auto src = static_cast<std::uint32_t>(segment.src.address);
  const auto dst = static_cast<std::uint32_t>(segment.dst.address);
  return std::uint64_t{src >> 16U} + (src & 0xffffU) + (dst >> 16U) + (dst & 0xffffU) + protocol +
         length;
}

std::string ip_header(const Send& packet, std::uint8_t protocol, std::uint32_t total) {
  constexpr std::uint32_t version_4_five_words = 0x45;
  constexpr std::uint32_t dont_fragment = 0x4000;
  constexpr std::size_t checksum_at = 10;
  Bytes out;
  out.u8(version_4_five_words);
  out.u8(0);
  out.u16(total);
  out.u16(static_cast<std::uint32_t>(packet.id & 0xffffU));
  out.u16(dont_fragment);
  out.u8(time_to_live);
  out.u8(protocol);
  out.u16(0);
  out.u32(static_cast<std::uint32_t>(packet.segment.src.address));
  out.u32(static_cast<std::uint32_t>(packet.segment.dst.address));
  out.put_u16(checksum_at, checksum(sum_of_words(out.text())));
  return out.text();
}

void put_nops(Bytes& out, int count) {
  for (int i = 0; i < count; ++i) {
    out.u8(option_kind::nop);
  }
}

void put_timestamps(Bytes& out, const tcp::Options& options) {
  out.u8(option_kind::timestamps);
  out.u8(10);
  out.u32(options.ts_val.raw());
  out.u32(options.ts_ecr.raw());
}

void put_sack_permitted(Bytes& out) {
  out.u8(option_kind::sack_permitted);
  out.u8(2);
}

void put_sack(Bytes& out, const tcp::Options& options) {
  out.u8(option_kind::sack);
  out.u8(2U + 8U * options.sack_count);
  for (std::size_t i = 0; i < options.sack_count; ++i) {
    out.u32(options.sack[i].left.raw());
    out.u32(options.sack[i].right.raw());
  }
}

constexpr std::uint32_t option_bytes_max = 40;  // RFC 9293, 3.1

/// Forged options, which nobody arranged, may be more than fit with NOPs between them.
bool is_crowded(const tcp::Options& options) { return options.wire_size() > option_bytes_max; }

/// What the options take in the header.
std::uint32_t option_bytes(const tcp::Options& options) {
  return std::min(options.wire_size(), option_bytes_max);
}

/// In the order of Linux's tcp_options_write: each group is padded to a multiple of four by NOPs in
/// front; SACK-permitted takes the place of the timestamps' two NOPs. Where they are crowded all
/// NOPs are at the end.
void put_options(Bytes& out, const tcp::Options& options) {
  const auto pad = [&](int count) { put_nops(out, is_crowded(options) ? 0 : count); };
  const std::size_t start = out.text().size();
  if (options.mss != 0) {
    out.u8(option_kind::mss);
    out.u8(4);
    out.u16(options.mss);
  }
  if (options.sack_permitted) {
    pad(options.has_timestamps ? 0 : 2);
    put_sack_permitted(out);
  }
  if (options.has_timestamps) {
    pad(options.sack_permitted ? 0 : 2);
    put_timestamps(out, options);
  }
  if (options.has_window_scale) {
    pad(1);
    out.u8(option_kind::window_scale);
    out.u8(3);
    out.u8(options.window_scale);
  }
  if (options.sack_count > 0) {
    pad(2);
    put_sack(out, options);
  }
  while (is_crowded(options) && out.text().size() < start + option_bytes_max) put_nops(out, 1);
}

/// Requires that the options fit into a TCP header, 40 bytes.
std::string tcp_header(const tcp::Segment& segment, std::uint32_t payload, Integrity integrity) {
  constexpr std::size_t checksum_at = 16;
  const std::uint32_t header = tcp_header_bytes + option_bytes(segment.options);
  Bytes out;
  out.u16(segment.src.port);
  out.u16(segment.dst.port);
  out.u32(segment.seq.raw());
  out.u32(segment.flags.has(tcp::Flags::ack) ? segment.ack.raw() : 0);
  out.u8(header / 4 << 4U);
  out.u8(segment.flags.bits());
  out.u16(segment.wnd);
  out.u16(0);  // checksum
  out.u16(0);  // urgent pointer: not modelled
  put_options(out, segment.options);
  LASTACK_ASSERT(out.text().size() == header);
  std::uint32_t sum = checksum(pseudo_header_sum(segment, protocol_tcp, header + payload) +
                               sum_of_words(out.text()));
  if (integrity == Integrity::corrupted) {
    sum ^= 0x0100U;  // one wrong bit always shows in a one's complement sum
  }
  out.put_u16(checksum_at, sum);
  return out.text();
}

std::string udp_header(const tcp::Segment& datagram, std::uint32_t payload, Integrity integrity) {
  constexpr std::size_t checksum_at = 6;
  const std::uint32_t length = udp_header_bytes + payload;
  Bytes out;
  out.u16(datagram.src.port);
  out.u16(datagram.dst.port);
  out.u16(length);
  out.u16(0);  // checksum
  std::uint32_t sum =
      checksum(pseudo_header_sum(datagram, protocol_udp, length) + sum_of_words(out.text()));
  if (integrity == Integrity::corrupted) {
    sum ^= 0x0100U;
  }
  out.put_u16(checksum_at, sum == 0 ? 0xffffU : sum);  // RFC 768: 0 would mean no checksum
  return out.text();
}

}  // namespace

PacketBytes packet_bytes(const Send& packet, Integrity integrity) {
  const bool is_tcp = packet.protocol == Protocol::tcp;
  const std::uint32_t transport =
      is_tcp ? tcp_header_bytes + option_bytes(packet.segment.options) : udp_header_bytes;
  const std::uint32_t headers = ip_header_bytes + transport;
  const std::uint32_t payload = std::min(packet.segment.data, ip_total_max - headers);
  PacketBytes out;
  out.payload = payload;
  out.headers = ip_header(packet, is_tcp ? protocol_tcp : protocol_udp, headers + payload);
  out.headers += is_tcp ? tcp_header(packet.segment, payload, integrity)
                        : udp_header(packet.segment, payload, integrity);
  return out;
}

}  // namespace lastack::trace
