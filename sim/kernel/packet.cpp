#include "packet.hpp"

#include "lastack/core/assert.hpp"
#include "lastack/tcp/option_kind.hpp"

namespace lastack::kernel {

namespace {

namespace option_kind = tcp::option_kind;

using Span = std::span<const std::uint8_t>;

constexpr std::size_t ip_header_min = 20;
constexpr std::size_t tcp_header_min = 20;
constexpr std::size_t packet_max = 65535;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t modelled_flags = 0x1f;  // FIN, SYN, RST, PSH, ACK
constexpr std::uint8_t time_to_live = 64;

std::uint16_t get16(Span bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

std::uint32_t get32(Span bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2);
}

void put8(Bytes& out, std::uint32_t value) { out.push_back(static_cast<std::uint8_t>(value)); }
void put16(Bytes& out, std::uint32_t value) {
  put8(out, value >> 8U);
  put8(out, value);
}
void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value);
}

void set16(Bytes& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

void add32(Bytes& out, std::size_t at, std::uint32_t more) {
  const std::uint32_t value = get32(out, at) + more;
  set16(out, at, static_cast<std::uint16_t>(value >> 16U));
  set16(out, at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}

void parse_sack(Span body, tcp::Options& options) {
  options.sack_count = 0;
  for (std::size_t i = 0; i + 8 <= body.size(); i += 8) {
    if (options.sack_count == tcp::Options::max_sack_blocks) return;
    options.sack[options.sack_count++] = {tcp::Seq{get32(body, i)}, tcp::Seq{get32(body, i + 4)}};
  }
}

/// Options of a wrong length are passed over, as receivers do.
void parse_option(std::uint8_t kind, Span body, tcp::Options& options) {
  if (kind == option_kind::mss && body.size() == 2) {
    options.mss = get16(body, 0);
  } else if (kind == option_kind::window_scale && body.size() == 1) {
    options.has_window_scale = true;
    options.window_scale = body[0];
  } else if (kind == option_kind::sack_permitted && body.empty()) {
    options.sack_permitted = true;
  } else if (kind == option_kind::sack) {
    parse_sack(body, options);
  } else if (kind == option_kind::timestamps && body.size() == 8) {
    options.has_timestamps = true;
    options.ts_val = tcp::Timestamp{get32(body, 0)};
    options.ts_ecr = tcp::Timestamp{get32(body, 4)};
  }
}

/// Calls `take` with each option's kind and the places of its body, from and up to.
template <class Take> void for_each_option(Span bytes, const Take& take) {
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] != option_kind::end) {
    if (bytes[at] == option_kind::nop) {
      ++at;
      continue;
    }
    if (at + 1 >= bytes.size()) break;
    const std::size_t length = bytes[at + 1];
    if (length < 2 || at + length > bytes.size()) break;
    take(bytes[at], at + 2, at + length);
    at += length;
  }
}

tcp::Options parse_options(Span bytes) {
  tcp::Options options;
  for_each_option(bytes, [&](std::uint8_t kind, std::size_t first, std::size_t last) {
    parse_option(kind, bytes.subspan(first, last - first), options);
  });
  return options;
}

std::optional<tcp::Segment> parse_segment(Span tcp_bytes) {
  if (tcp_bytes.size() < tcp_header_min) return std::nullopt;
  const std::size_t header = std::size_t{tcp_bytes[12]} / 16 * 4;
  if (header < tcp_header_min || header > tcp_bytes.size()) return std::nullopt;
  tcp::Segment segment;
  segment.src.port = get16(tcp_bytes, 0);
  segment.dst.port = get16(tcp_bytes, 2);
  segment.seq = tcp::Seq{get32(tcp_bytes, 4)};
  segment.ack = tcp::Seq{get32(tcp_bytes, 8)};
  segment.flags = tcp::Flags{static_cast<std::uint8_t>(tcp_bytes[13] & modelled_flags)};
  segment.wnd = get16(tcp_bytes, 14);
  segment.data = static_cast<std::uint32_t>(tcp_bytes.size() - header);
  segment.options = parse_options(tcp_bytes.subspan(tcp_header_min, header - tcp_header_min));
  return segment;
}

void put_option(Bytes& out, const tcp::Options& options) {
  if (options.mss != 0) {
    put16(out, option_kind::mss << 8U | 4U);
    put16(out, options.mss);
  }
  if (options.sack_permitted) put16(out, option_kind::sack_permitted << 8U | 2U);
  if (options.has_timestamps) {
    put16(out, option_kind::timestamps << 8U | 10U);
    put32(out, options.ts_val.raw());
    put32(out, options.ts_ecr.raw());
  }
  if (options.has_window_scale) {
    put16(out, option_kind::window_scale << 8U | 3U);
    put8(out, options.window_scale);
  }
  if (options.sack_count > 0) {
    put16(out, option_kind::sack << 8U | (2U + 8U * options.sack_count));
    for (std::size_t i = 0; i < options.sack_count; ++i) {
      put32(out, options.sack[i].left.raw());
      put32(out, options.sack[i].right.raw());
    }
  }
}

/// One option after the other; one that is none is a NOP, and so is what fills up the last word.
void put_options(Bytes& out, std::span<const tcp::Options> options) {
  const std::size_t start = out.size();
  for (const tcp::Options& one : options) {
    if (one.wire_size() == 0) put8(out, option_kind::nop);
    put_option(out, one);
  }
  while ((out.size() - start) % 4 != 0) put8(out, option_kind::nop);
}

void put_ip_header(Bytes& out, const tcp::Segment& segment) {
  put16(out, 0x4500);  // version 4, five words
  put16(out, 0);       // length, set below
  put16(out, 1);       // identification
  put16(out, 0);       // not a fragment
  put16(out, std::uint32_t{time_to_live} << 8U | protocol_tcp);
  put16(out, 0);  // checksum, set below
  put32(out, static_cast<std::uint32_t>(segment.src.address));
  put32(out, static_cast<std::uint32_t>(segment.dst.address));
}

void put_tcp_header(Bytes& out, const tcp::Segment& segment,
                    std::span<const tcp::Options> options) {
  const std::size_t start = out.size();
  put16(out, segment.src.port);
  put16(out, segment.dst.port);
  put32(out, segment.seq.raw());
  put32(out, segment.ack.raw());
  put16(out, segment.flags.bits());
  put16(out, segment.wnd);
  put16(out, 0);  // checksum, set below
  put16(out, 0);  // urgent pointer
  put_options(out, options);
  out[start + 12] = static_cast<std::uint8_t>((out.size() - start) / 4 << 4U);
}

/// Sum of the pseudo header's words (RFC 9293, 3.1).
std::uint32_t pseudo_sum(const tcp::Segment& segment, std::size_t tcp_length) {
  std::uint32_t sum = protocol_tcp + static_cast<std::uint32_t>(tcp_length);
  for (const tcp::Address address : {segment.src.address, segment.dst.address}) {
    const auto raw = static_cast<std::uint32_t>(address);
    sum += (raw >> 16U) + (raw & 0xffffU);
  }
  return sum;
}

}  // namespace

std::uint16_t internet_checksum(Span bytes, std::uint32_t sum) {
  std::uint64_t total = sum;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) total += get16(bytes, i);
  if (bytes.size() % 2 != 0) total += std::uint64_t{bytes.back()} << 8U;
  while (total > 0xffff) total = (total >> 16U) + (total & 0xffffU);
  return static_cast<std::uint16_t>(~total & 0xffffU);
}

std::optional<tcp::Segment> parse_packet(Span packet) {
  if (packet.size() < ip_header_min || packet[0] >> 4U != 4) return std::nullopt;
  const std::size_t header = std::size_t{packet[0] & 15U} * 4;
  const std::size_t total = get16(packet, 2);
  const bool fragment = (get16(packet, 6) & 0x3fffU) != 0;  // more to come, or not the first
  if (header < ip_header_min || total < header || total > packet.size()) return std::nullopt;
  if (fragment || packet[9] != protocol_tcp) return std::nullopt;
  auto segment = parse_segment(packet.subspan(header, total - header));
  if (!segment) return std::nullopt;
  segment->src.address = tcp::Address{get32(packet, 12)};
  segment->dst.address = tcp::Address{get32(packet, 16)};
  return segment;
}

Bytes forge_packet(const tcp::Segment& segment) {
  if (segment.options.wire_size() == 0) return forge_packet(segment, {});
  return forge_packet(segment, {&segment.options, 1});
}

Bytes renumbered(std::span<const std::uint8_t> packet, std::uint32_t seq_by, std::uint32_t ack_by) {
  Bytes out{packet.begin(), packet.end()};
  const std::size_t tcp_at = std::size_t{packet[0] & 15U} * 4;
  const std::size_t header = std::size_t{packet[tcp_at + 12]} / 16 * 4;
  add32(out, tcp_at + 4, seq_by);
  if ((packet[tcp_at + 13] & tcp::Flags{tcp::Flags::ack}.bits()) != 0)
    add32(out, tcp_at + 8, ack_by);
  const std::size_t options_at = tcp_at + tcp_header_min;
  for_each_option(packet.subspan(options_at, header - tcp_header_min),
                  [&](std::uint8_t kind, std::size_t first, std::size_t last) {
                    if (kind != option_kind::sack) return;
                    for (std::size_t at = first; at + 4 <= last; at += 4) {
                      add32(out, options_at + at, ack_by);
                    }
                  });
  tcp::Segment ends;
  ends.src.address = tcp::Address{get32(packet, 12)};
  ends.dst.address = tcp::Address{get32(packet, 16)};
  set16(out, tcp_at + 16, 0);
  const Span tcp_part = Span{out}.subspan(tcp_at);
  set16(out, tcp_at + 16, internet_checksum(tcp_part, pseudo_sum(ends, tcp_part.size())));
  return out;
}

Bytes forge_packet(const tcp::Segment& segment, std::span<const tcp::Options> options) {
  Bytes out;
  put_ip_header(out, segment);
  put_tcp_header(out, segment, options);
  out.insert(out.end(), segment.data, std::uint8_t{'x'});
  LASTACK_ASSERT(out.size() <= packet_max);
  set16(out, 2, static_cast<std::uint16_t>(out.size()));
  set16(out, 10, internet_checksum(Span{out}.first(ip_header_min)));
  const Span tcp_part = Span{out}.subspan(ip_header_min);
  set16(out, ip_header_min + 16, internet_checksum(tcp_part, pseudo_sum(segment, tcp_part.size())));
  return out;
}

}  // namespace lastack::kernel
