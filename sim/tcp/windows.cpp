#include "windows.hpp"

#include <algorithm>
#include <bit>

namespace lastack::tcp {

namespace {

constexpr std::uint8_t max_scale = 14;  // RFC 7323, 2.3

}  // namespace

std::uint32_t bound_to_half_window(std::uint32_t mss, std::uint32_t max_window) {
  constexpr std::uint32_t default_mss = 536;
  constexpr std::uint32_t smallest = 48;
  const std::uint32_t bound = max_window > default_mss ? max_window / 2 : max_window;
  return bound > 0 && mss > bound ? std::max(bound, smallest) : mss;
}

WindowOffer initial_window(const Host& host, std::uint32_t space, std::uint32_t mss,
                           Scaling scaling) {
  const Settings& settings = host.settings();
  WindowOffer offer;
  offer.window = host.profile.window_follows_traffic && space > mss ? space / mss * mss : space;
  if (scaling == Scaling::offered) {
    const std::uint32_t most = std::max({space, static_cast<std::uint32_t>(settings.tcp_rmem[2]),
                                         static_cast<std::uint32_t>(settings.rmem_max)});
    const int bits = std::bit_width(most) - 16;  // the window must fit 16 bits when shifted
    offer.scale = static_cast<std::uint8_t>(std::clamp(bits, 0, int{max_scale}));
  }
  offer.clamp = std::uint32_t{65535} << offer.scale;
  offer.window = std::min(offer.window, std::uint32_t{65535});  // a SYN's window is not scaled
  return offer;
}

}  // namespace lastack::tcp
