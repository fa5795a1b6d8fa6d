#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/timestamp.hpp"

namespace lastack::tcp {

/// An IPv4 address in host byte order.
enum class Address : std::uint32_t {};
using Port = std::uint16_t;

/// One end of a connection.
struct SocketAddress {
  Address address{};
  Port port = 0;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

/// The control bits of a segment (RFC 9293, 3.1). ECN and URG are not modelled.
class Flags {
 public:
  static const Flags none, fin, syn, rst, psh, ack;

  constexpr Flags() = default;
  /// From the control bits as they stand in the header (RFC 9293, 3.1).
  constexpr explicit Flags(std::uint8_t bits) : bits_{bits} {}

  /// From tcpdump's notation, letters of "FSRP." in any order; nothing for other letters.
  static std::optional<Flags> parse(std::string_view text);
  /// In tcpdump's notation and order: "S.", "FP.", "R".
  std::string text() const;

  constexpr std::uint8_t bits() const { return bits_; }  ///< as in the TCP header
  /// Whether all bits of `f` are set.
  constexpr bool has(Flags f) const { return (bits_ & f.bits_) != 0; }
  /// The same with the bits of `f` cleared.
  constexpr Flags without(Flags f) const {
    return Flags{static_cast<std::uint8_t>(bits_ & ~f.bits_)};
  }

  friend constexpr Flags operator|(Flags a, Flags b) {
    return Flags{static_cast<std::uint8_t>(a.bits_ | b.bits_)};
  }
  friend constexpr bool operator==(Flags, Flags) = default;

 private:
  std::uint8_t bits_ = 0;
};

inline constexpr Flags Flags::none{0x00};
inline constexpr Flags Flags::fin{0x01};
inline constexpr Flags Flags::syn{0x02};
inline constexpr Flags Flags::rst{0x04};
inline constexpr Flags Flags::psh{0x08};
inline constexpr Flags Flags::ack{0x10};

/// Octets [left, right) that arrived out of order (RFC 2018, 3).
struct SackBlock {
  Seq left;
  Seq right;

  friend bool operator==(const SackBlock&, const SackBlock&) = default;
};

/// The options of a segment. An absent one costs nothing on the wire.
struct Options {
  static constexpr std::size_t max_sack_blocks = 4;

  std::uint16_t mss = 0;          ///< RFC 9293, 3.7.1; 0: absent
  std::uint8_t window_scale = 0;  ///< RFC 7323, 2; a shift of 0 to 14
  bool has_window_scale = false;
  bool sack_permitted = false;  ///< RFC 2018, 2
  bool has_timestamps = false;  ///< RFC 7323, 3
  std::uint8_t sack_count = 0;  ///< used entries of `sack`
  Timestamp ts_val;
  Timestamp ts_ecr;  ///< 0: none to echo
  std::array<SackBlock, max_sack_blocks> sack{};

  /// Octets in the TCP header as Linux lays them out: each option takes whole words.
  std::uint32_t wire_size() const {
    std::uint32_t octets = mss != 0 ? 4U : 0U;
    octets += has_timestamps ? 12U : 0U;  // with SACK-permitted or two NOPs beside it
    octets += sack_permitted && !has_timestamps ? 4U : 0U;
    octets += has_window_scale ? 4U : 0U;
    octets += sack_count > 0 ? 4U + 8U * sack_count : 0U;
    return octets;
  }
};

/// A TCP segment as plain data. Payload is counted, not stored.
struct Segment {
  SocketAddress src;
  SocketAddress dst;
  Seq seq;
  Seq ack;                ///< meaningful where flags has ack
  std::uint16_t wnd = 0;  ///< as on the wire: not scaled
  Flags flags;
  std::uint32_t data = 0;  ///< octets of payload
  Options options;

  /// SEG.LEN: SYN and FIN count (RFC 9293, 3.4).
  std::uint32_t len() const {
    return data + (flags.has(Flags::syn) ? 1U : 0U) + (flags.has(Flags::fin) ? 1U : 0U);
  }
  /// The sequence number of its text, which follows a SYN.
  Seq text() const { return seq + (flags.has(Flags::syn) ? 1U : 0U); }
  /// The sequence number after the segment's last octet.
  Seq end() const { return seq + len(); }
  /// Bytes on the wire, IPv4 header included.
  std::uint32_t wire_size() const { return 40 + options.wire_size() + data; }
};

}  // namespace lastack::tcp
