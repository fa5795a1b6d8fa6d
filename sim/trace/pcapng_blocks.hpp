#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::trace {

/// One block of a pcapng file (draft-ietf-opsawg-pcapng, 3.1), little-endian.
class PcapngBlock {
 public:
  explicit PcapngBlock(std::uint32_t type);

  PcapngBlock& u16(std::uint32_t value);
  PcapngBlock& u32(std::uint32_t value);
  PcapngBlock& u64(std::uint64_t value);
  /// Bytes padded with zeros to a multiple of four.
  PcapngBlock& padded(std::string_view bytes, std::size_t zeros_behind = 0);
  PcapngBlock& option(std::uint16_t code, std::string_view value);

  /// The whole block, its length filled in.
  std::string finish();

 private:
  std::string bytes_;
};

std::string section_header(std::string_view application, std::string_view comment);

struct InterfaceInfo {
  std::string name;         ///< "client"
  std::string description;  ///< "client's end of its link to server"
  tcp::Address address{};
};
std::string interface_description(const InterfaceInfo& info, std::uint32_t snaplen);

/// Which name each address has.
std::string name_resolution(const std::vector<std::pair<tcp::Address, std::string>>& names);

enum class Direction : std::uint8_t { inbound = 1, outbound = 2 };

struct CapturedPacket {
  std::uint32_t interface = 0;
  SimTime at;
  Direction direction = Direction::inbound;
  std::uint64_t id = 0;
  std::string_view headers;
  std::uint32_t payload = 0;  ///< zeros that follow
  const std::vector<std::string>* comments = nullptr;
};
std::string enhanced_packet(const CapturedPacket& packet, std::uint32_t snaplen);

}  // namespace lastack::trace
