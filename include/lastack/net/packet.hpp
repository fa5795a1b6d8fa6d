#pragma once

#include <cstdint>

#include "lastack/event/event.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::net {

/// A host or router of the run: hosts come first, then routers.
using NodeIndex = std::uint32_t;
/// One direction of a link: 2i leads from end a of link i to its end b, 2i + 1 back.
using ChannelIndex = std::uint32_t;
/// Where a Network keeps a packet that is on its way.
using PacketIndex = std::uint32_t;

/// What crosses links: a TCP segment or a datagram. Payload is counted, not stored.
struct Packet {
  std::uint64_t id = 0;
  std::uint64_t cause = 0;  ///< number of the trace event that sent it; 0 where there is no trace
  NodeIndex from = 0;       ///< host
  NodeIndex to = 0;         ///< host
  trace::Protocol protocol = trace::Protocol::tcp;
  bool corrupted = false;  ///< the receiver's checksum will catch it
  /// So many packets of the instant in which it arrives followed from one another before it.
  std::uint32_t chain = 0;
  tcp::Segment segment;  ///< of a datagram ends and payload count

  /// Bytes on the wire, IPv4 header included.
  std::uint32_t wire_size() const {
    constexpr std::uint32_t ip_and_udp = 28;
    return protocol == trace::Protocol::tcp ? segment.wire_size() : ip_and_udp + segment.data;
  }
};

}  // namespace lastack::net
