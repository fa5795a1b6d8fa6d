#pragma once

#include <cstdint>

/// The kinds of TCP options, as they stand on the wire (IANA, TCP Option Kind Numbers).
namespace lastack::tcp::option_kind {

inline constexpr std::uint8_t end = 0;             ///< RFC 9293, 3.1
inline constexpr std::uint8_t nop = 1;             ///< RFC 9293, 3.1
inline constexpr std::uint8_t mss = 2;             ///< RFC 9293, 3.7.1
inline constexpr std::uint8_t window_scale = 3;    ///< RFC 7323, 2
inline constexpr std::uint8_t sack_permitted = 4;  ///< RFC 2018, 2
inline constexpr std::uint8_t sack = 5;            ///< RFC 2018, 3
inline constexpr std::uint8_t timestamps = 8;      ///< RFC 7323, 3

}  // namespace lastack::tcp::option_kind
