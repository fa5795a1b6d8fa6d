#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"

namespace lastack::tcp {

// How Linux hands segments down together (segmentation offload; net/ipv4/tcp_output.c).

/// Octets of a burst at the most (GSO_LEGACY_MAX_SIZE less room for headers).
inline constexpr std::uint32_t burst_octets_max = 65'215;

/// Octets a second that the window amounts to, with room to grow (Linux, tcp_update_pacing_rate).
/// `window` is in segments; requires srtt > 0. Nothing is paced by it: it sizes bursts.
enum class Growth : std::uint8_t { slow_start, avoidance };
std::uint64_t pacing_rate(std::uint64_t window, std::uint32_t mss, SimDuration srtt, Growth growth);

/// Segments that leave together at the most (Linux, tcp_tso_autosize): what the connection sends in
/// a millisecond, more on a short path. `rate` in octets a second; 0: not known.
std::uint32_t burst_max(std::uint64_t rate, SimDuration min_rtt, std::uint32_t mss);

/// By how much bursts may space ACKs apart (Linux, hystart_ack_delay).
SimDuration ack_spacing(std::uint64_t rate);

/// Where a burst of `wanted` octets ends of which `most` may leave: a short segment at its end goes
/// along unless Nagle's rule holds it back (Linux, tcp_mss_split_point).
enum class ShortOne : std::uint8_t { goes, waits };
std::uint32_t burst_end(std::uint32_t wanted, std::uint32_t most, std::uint32_t mss,
                        ShortOne short_one);

/// The largest segment worth sending into a window that was never larger than `max_window`: half of
/// it, unless it is tiny (Linux, tcp_bound_to_half_wnd). `options` octets are in every segment.
std::uint32_t bound_to_half_window(std::uint32_t mss, std::uint32_t max_window,
                                   std::uint32_t options);

}  // namespace lastack::tcp
