#pragma once

#include <cstdint>

#include "host/host.hpp"

namespace lastack::tcp {

/// What a SYN or SYN-ACK says of the receive window.
struct WindowOffer {
  std::uint32_t window = 0;  ///< octets, unscaled on the wire: at most 65535
  std::uint32_t clamp = 0;   ///< the most that may ever be offered
  std::uint8_t scale = 0;    ///< shift of later windows
};

enum class Scaling : std::uint8_t { none, offered };

/// Who says how large the receive buffer is.
enum class BufferSize : std::uint8_t {
  by_traffic,
  asked_for  ///< SO_RCVBUF: then Linux never offers more than it holds, and scales by that
};

/// The most that may ever be offered with this shift, octets (window_clamp).
std::uint32_t largest_offer(const Host& host, std::uint32_t space, BufferSize size,
                            std::uint8_t scale);

/// RFC 7323, 2, with Linux's choice of numbers (tcp_select_initial_window). `space` is the payload
/// that the buffer holds, `mss` that of the segments that we will receive.
WindowOffer initial_window(const Host& host, std::uint32_t space, BufferSize size,
                           std::uint32_t mss, Scaling scaling);

}  // namespace lastack::tcp
