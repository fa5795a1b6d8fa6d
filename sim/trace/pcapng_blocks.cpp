#include "pcapng_blocks.hpp"

#include <algorithm>

namespace lastack::trace {

namespace {

// Block types (draft-ietf-opsawg-pcapng, 4).
constexpr std::uint32_t block_section_header = 0x0a0d'0d0a;
constexpr std::uint32_t block_interface = 1;
constexpr std::uint32_t block_names = 4;
constexpr std::uint32_t block_packet = 6;

constexpr std::uint32_t byte_order_magic = 0x1a2b'3c4d;
constexpr std::uint32_t link_type_raw_ip = 101;  // LINKTYPE_RAW: begins with the IP header
constexpr std::size_t comment_max = 65535;

// Option codes (3.5, 4.1 to 4.3).
constexpr std::uint16_t opt_end = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_description = 3;
constexpr std::uint16_t if_ipv4addr = 4;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;
constexpr std::uint16_t epb_packetid = 5;
constexpr std::uint16_t nrb_record_ipv4 = 1;

std::size_t padding(std::size_t size) { return (4 - size % 4) % 4; }

std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(value & 0xffU);
    value >>= 8U;
  }
  return out;
}

/// In network byte order, as addresses stand in options and records.
std::string address_bytes(tcp::Address address) {
  const auto raw = static_cast<std::uint32_t>(address);
  std::string out = little_endian(raw, 4);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

PcapngBlock::PcapngBlock(std::uint32_t type) {
  u32(type);
  u32(0);  // the length, known at the end
}

PcapngBlock& PcapngBlock::u16(std::uint32_t value) {
  bytes_ += little_endian(value, 2);
  return *this;
}

PcapngBlock& PcapngBlock::u32(std::uint32_t value) {
  bytes_ += little_endian(value, 4);
  return *this;
}

PcapngBlock& PcapngBlock::u64(std::uint64_t value) {
  bytes_ += little_endian(value, 8);
  return *this;
}

PcapngBlock& PcapngBlock::padded(std::string_view bytes, std::size_t zeros_behind) {
  bytes_ += bytes;
  bytes_.append(zeros_behind + padding(bytes.size() + zeros_behind), '\0');
  return *this;
}

PcapngBlock& PcapngBlock::option(std::uint16_t code, std::string_view value) {
  value = value.substr(0, comment_max);
  u16(code);
  u16(static_cast<std::uint32_t>(value.size()));
  return padded(value);
}

std::string PcapngBlock::finish() {
  const std::string length = little_endian(bytes_.size() + 4, 4);
  bytes_.replace(4, 4, length);
  return bytes_ + length;
}

std::string section_header(std::string_view application, std::string_view comment) {
  PcapngBlock block{block_section_header};
  block.u32(byte_order_magic).u16(1).u16(0);
  block.u64(~std::uint64_t{0});  // the section's length is not given
  if (!comment.empty()) {
    block.option(opt_comment, comment);
  }
  return block.option(shb_userappl, application).option(opt_end, "").finish();
}

std::string interface_description(const InterfaceInfo& info, std::uint32_t snaplen) {
  constexpr std::string_view nanoseconds{"\x09", 1};  // 10^-9 s
  const std::string host_mask(4, '\xff');
  return PcapngBlock{block_interface}
      .u16(link_type_raw_ip)
      .u16(0)
      .u32(snaplen)
      .option(if_name, info.name)
      .option(if_description, info.description)
      .option(if_ipv4addr, address_bytes(info.address) + host_mask)
      .option(if_tsresol, nanoseconds)
      .option(opt_end, "")
      .finish();
}

std::string name_resolution(const std::vector<std::pair<tcp::Address, std::string>>& names) {
  PcapngBlock block{block_names};
  for (const auto& [address, name] : names) {
    block.option(nrb_record_ipv4, address_bytes(address) + name + '\0');
  }
  return block.u16(0).u16(0).finish();
}

std::string enhanced_packet(const CapturedPacket& packet, std::uint32_t snaplen) {
  const std::size_t original = packet.headers.size() + packet.payload;
  const std::size_t captured = std::min<std::size_t>(original, snaplen);
  const std::string_view headers = packet.headers.substr(0, captured);
  const auto time = static_cast<std::uint64_t>(packet.at.time_since_epoch().count());
  PcapngBlock block{block_packet};
  block.u32(packet.interface)
      .u32(static_cast<std::uint32_t>(time >> 32U))
      .u32(static_cast<std::uint32_t>(time & 0xffff'ffffU))
      .u32(static_cast<std::uint32_t>(captured))
      .u32(static_cast<std::uint32_t>(original))
      .padded(headers, captured - headers.size());
  for (const std::string& comment : *packet.comments) {
    block.option(opt_comment, comment);
  }
  return block.option(epb_flags, little_endian(static_cast<std::uint64_t>(packet.direction), 4))
      .option(epb_packetid, little_endian(packet.id, 8))
      .option(opt_end, "")
      .finish();
}

}  // namespace lastack::trace
