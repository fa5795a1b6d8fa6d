#include "send/bursts.hpp"

#include <algorithm>

#include "host/host.hpp"

namespace lastack::tcp {

std::uint64_t pacing_rate(std::uint64_t window, std::uint32_t mss, SimDuration srtt,
                          Growth growth) {
  constexpr std::uint64_t slow_start_ratio = 200;  // tcp_pacing_ss_ratio, percent
  constexpr std::uint64_t avoidance_ratio = 120;   // tcp_pacing_ca_ratio
  constexpr std::uint64_t us_per_second_and_percent = 10'000;
  const std::uint64_t ratio = growth == Growth::slow_start ? slow_start_ratio : avoidance_ratio;
  const auto srtt_us = static_cast<std::uint64_t>(srtt / 1us);
  return window * mss * ratio * us_per_second_and_percent / std::max<std::uint64_t>(srtt_us, 1);
}

std::uint32_t burst_max(std::uint64_t rate, SimDuration min_rtt, std::uint32_t mss) {
  constexpr unsigned pacing_shift = 10;   // sk_pacing_shift
  constexpr unsigned round_trip_log = 9;  // tcp_tso_rtt_log
  constexpr std::uint32_t least = 2;      // tcp_min_tso_segs
  std::uint64_t octets = burst_octets_max;
  if (rate != 0) {
    const auto shift = static_cast<std::uint64_t>(min_rtt / 1us) >> round_trip_log;
    octets = (rate >> pacing_shift) + (shift < 32 ? burst_octets_max >> shift : 0);
  }
  const auto capped = static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, burst_octets_max));
  return std::max(capped / mss, least);
}

SimDuration ack_spacing(std::uint64_t rate) {
  constexpr SimDuration most = 1ms;
  if (rate == 0) return SimDuration::zero();
  return std::min<SimDuration>(
      most, std::chrono::microseconds{std::uint64_t{burst_octets_max} * 4 * 1'000'000 / rate});
}

std::uint32_t burst_end(std::uint32_t wanted, std::uint32_t most, std::uint32_t mss,
                        ShortOne short_one) {
  if (most <= wanted) return most;
  return short_one == ShortOne::waits ? wanted - wanted % mss : wanted;
}

std::uint32_t bound_to_half_window(std::uint32_t mss, std::uint32_t max_window,
                                   std::uint32_t options) {
  const std::uint32_t smallest = 48 - options;
  const std::uint32_t bound = max_window > default_mss ? max_window / 2 : max_window;
  return bound > 0 && mss > bound ? std::max(bound, smallest) : mss;
}

}  // namespace lastack::tcp
