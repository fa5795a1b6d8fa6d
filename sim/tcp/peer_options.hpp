#pragma once

#include <algorithm>
#include <cstdint>

#include "host/host.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/settings.hpp"
#include "lastack/tcp/timestamp.hpp"

namespace lastack::tcp {

/// What the peer's SYN offers and the host's settings let us use (RFC 7323, RFC 2018).
struct PeerOptions {
  PeerOptions(const Options& peer, const Settings& settings)
      : timestamps{settings.tcp_timestamps != 0 && peer.has_timestamps},
        sack{settings.tcp_sack != 0 && peer.sack_permitted},
        window_scaling{settings.tcp_window_scaling != 0 && peer.has_window_scale},
        send_scale{window_scaling ? std::min(peer.window_scale, window_scale_max)
                                  : std::uint8_t{0}},
        ts_recent{timestamps ? peer.ts_val : Timestamp{}} {
    constexpr std::uint16_t largest = 65495;  // payload that fits an IPv4 packet
    const std::uint16_t offered = peer.mss != 0 ? peer.mss : default_mss;
    const auto least = static_cast<std::uint16_t>(settings.tcp_min_snd_mss);
    mss = std::min(std::max(offered, least), largest);
  }

  bool timestamps;
  bool sack;
  bool window_scaling;
  std::uint8_t send_scale;  ///< shift of the peer's windows
  Timestamp ts_recent;
  std::uint16_t mss;  ///< the peer's, octets
};

}  // namespace lastack::tcp
