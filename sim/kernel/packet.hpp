#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lastack/tcp/segment.hpp"

namespace lastack::kernel {

using Bytes = std::vector<std::uint8_t>;

/// The TCP segment in an IPv4 packet. Nothing for other packets, fragments, and headers that are
/// cut short. Flags that Lastack does not model (URG, ECN) are left out.
std::optional<tcp::Segment> parse_packet(std::span<const std::uint8_t> packet);

/// The segment as an IPv4 packet with right checksums; its payload is `x`. Requires that payload
/// and headers fit into 65535 bytes.
Bytes forge_packet(const tcp::Segment& segment);
/// The same with these options, each of which has one or, for a NOP, none, in place of its own.
Bytes forge_packet(const tcp::Segment& segment, std::span<const tcp::Options> options);

/// The same packet with its sequence number raised by `seq_by`, and its acknowledgment and SACK
/// blocks by `ack_by`, modulo 2^32. Requires a packet that parse_packet takes.
Bytes renumbered(std::span<const std::uint8_t> packet, std::uint32_t seq_by, std::uint32_t ack_by);

/// The Internet checksum (RFC 1071) of the bytes, starting from a partial sum of 16-bit words.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

}  // namespace lastack::kernel
