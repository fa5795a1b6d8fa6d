#pragma once

#include <cstdint>
#include <string>

#include "lastack/event/event.hpp"

namespace lastack::trace {

/// Whether a packet's bytes are as they were sent.
enum class Integrity : std::uint8_t { intact, corrupted };

/// A packet as bytes on the wire, from the IPv4 header on: TCP with its options as Linux lays them
/// out, or UDP. The IPv4 identification holds the low 16 bits of the packet's id.
struct PacketBytes {
  std::string headers;
  std::uint32_t payload = 0;  ///< zeros that follow
};

PacketBytes packet_bytes(const Send& packet, Integrity integrity);

}  // namespace lastack::trace
