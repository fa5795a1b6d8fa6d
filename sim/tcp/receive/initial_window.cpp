#include "receive/initial_window.hpp"

#include <algorithm>
#include <bit>

namespace lastack::tcp {

namespace {

constexpr std::uint32_t largest_window = unscaled_window_max << window_scale_max;
constexpr std::uint32_t signed_window_max = 32767;  // MAX_TCP_WINDOW

/// The shift by which a window of so many octets fits 16 bits.
std::uint8_t scale_for(std::uint32_t octets) {
  const int bits = std::bit_width(octets) - 16;
  return static_cast<std::uint8_t>(std::clamp(bits, 0, int{window_scale_max}));
}

/// As large as a window can be said, or as the application wants it to be at most.
std::uint32_t bound_of(const Host& host, std::uint32_t space, BufferSize size) {
  const bool bounded = size == BufferSize::asked_for && host.profile.window_follows_traffic;
  return bounded ? std::min(space, largest_window) : largest_window;
}

}  // namespace

std::uint32_t largest_offer(const Host& host, std::uint32_t space, BufferSize size,
                            std::uint8_t scale) {
  return std::min(unscaled_window_max << scale, bound_of(host, space, size));
}

WindowOffer initial_window(const Host& host, std::uint32_t space, BufferSize size,
                           std::uint32_t mss, Scaling scaling) {
  const Settings& settings = host.settings();
  WindowOffer offer;
  offer.window = host.profile.window_follows_traffic && space > mss ? space / mss * mss : space;
  if (settings.tcp_workaround_signed_windows != 0) {
    offer.window = std::min(offer.window, signed_window_max);
  }
  if (scaling == Scaling::offered) {
    const std::uint32_t wanted = std::max({space, static_cast<std::uint32_t>(settings.tcp_rmem[2]),
                                           static_cast<std::uint32_t>(settings.rmem_max)});
    offer.scale = scale_for(std::min(wanted, bound_of(host, space, size)));
  }
  offer.clamp = largest_offer(host, space, size, offer.scale);
  offer.window = std::min(offer.window, unscaled_window_max);  // a SYN's window is not scaled
  return offer;
}

}  // namespace lastack::tcp
