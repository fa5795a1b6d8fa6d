#include "receive/initial_window.hpp"

#include <algorithm>
#include <bit>

namespace lastack::tcp {

WindowOffer initial_window(const Host& host, std::uint32_t space, std::uint32_t mss,
                           Scaling scaling) {
  const Settings& settings = host.settings();
  WindowOffer offer;
  offer.window = host.profile.window_follows_traffic && space > mss ? space / mss * mss : space;
  if (scaling == Scaling::offered) {
    const std::uint32_t most = std::max({space, static_cast<std::uint32_t>(settings.tcp_rmem[2]),
                                         static_cast<std::uint32_t>(settings.rmem_max)});
    const int bits = std::bit_width(most) - 16;  // the window must fit 16 bits when shifted
    offer.scale = static_cast<std::uint8_t>(std::clamp(bits, 0, int{window_scale_max}));
  }
  offer.clamp = unscaled_window_max << offer.scale;
  offer.window = std::min(offer.window, unscaled_window_max);  // a SYN's window is not scaled
  return offer;
}

}  // namespace lastack::tcp
