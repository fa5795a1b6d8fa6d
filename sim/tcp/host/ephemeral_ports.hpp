#pragma once

#include <cstdint>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::tcp {

/// The ports that a socket may get by itself, both ends included.
struct PortRange {
  Port low = 0;
  Port high = 0;  ///< not below `low`

  std::uint32_t size() const { return std::uint32_t{high} - low + 1; }
  /// A search goes by twos. Where the number of ports is odd it leaves one of them out, one at an
  /// end of the range, by where it began (Linux).
  bool leaves_one_out() const { return size() > 1 && size() % 2 == 1; }
};

/// Linux's choice of a local port (RFC 6056, 3.3.4; __inet_hash_connect, inet_csk_find_open_port).
/// For `connect` a hash of the peer's address and port, another every ten seconds, says where in
/// the range the search begins, together with a table of offsets that each choice moves on. Ports
/// of the range's own parity come first, the others when none of these is left; for `bind` it is
/// the other way round. Chance is the host's secret, so that a seed always chooses the same.
class EphemeralPorts {
 public:
  /// Which ports of the range are searched: those of its own parity, those of the other.
  enum class Parities : std::uint8_t { both, other_only };

  explicit EphemeralPorts(std::uint64_t secret) : secret_{secret} {}

  /// How many times the hash of a peer has changed.
  static std::uint64_t period(SimTime now) {
    constexpr auto shuffle_period = std::chrono::seconds{10};  // EPHEMERAL_PORT_SHUFFLE_PERIOD
    return static_cast<std::uint64_t>(now.time_since_epoch() / shuffle_period);
  }

  /// For `connect`: the first port in this order that `is_free(port)`; nothing where none is.
  /// `other_only`: the range's own parity is known to have none.
  template <typename IsFree>
  std::optional<Port> for_peer(SimTime now, SocketAddress remote, PortRange range,
                               Parities searched, IsFree is_free) {
    const Start start = start_of(now, remote);
    const std::uint32_t steps = even_size(range);
    const std::uint32_t first = (start.offset % steps) & ~1U;
    const std::uint32_t parity_of_first = searched == Parities::other_only ? 1 : 0;
    for (std::uint32_t parity = parity_of_first; parity < parities(range); ++parity) {
      for (std::uint32_t step = 0; step < steps; step += 2) {
        const Port port = place(range, first + parity + step);
        if (!is_free(port)) continue;
        move_on(start, step);
        return port;
      }
    }
    return std::nullopt;
  }

  /// For `bind`: any port that `is_free(port)`; nothing where none is. With SO_REUSEADDR the lower
  /// half of the range is searched first.
  template <typename IsFree>
  std::optional<Port> for_anyone(PortRange range, bool reuse, IsFree is_free) {
    constexpr std::uint32_t least_to_halve = 4;
    if (!reuse || range.size() < least_to_halve) return among(range, is_free);
    const auto half = static_cast<Port>(range.low + (range.size() / 4 * 2));
    const auto lower = among({range.low, static_cast<Port>(half - 1)}, is_free);
    return lower ? lower : among({half, range.high}, is_free);
  }

 private:
  struct Start {
    std::uint16_t place = 0;  ///< in the table
    std::uint32_t offset = 0;
  };

  static std::uint32_t even_size(PortRange range) {
    return range.size() > 1 ? range.size() & ~1U : 1;
  }
  static std::uint32_t parities(PortRange range) { return range.size() > 1 ? 2 : 1; }
  static Port place(PortRange range, std::uint32_t offset) {
    const std::uint32_t at = range.low + offset;
    return static_cast<Port>(at > range.high ? at - even_size(range) : at);
  }
  template <typename IsFree> std::optional<Port> among(PortRange range, IsFree is_free) {
    const std::uint32_t steps = even_size(range);
    const std::uint32_t first = static_cast<std::uint32_t>(chance() % steps) & ~1U;
    for (std::uint32_t parity = parities(range); parity-- > 0;) {
      for (std::uint32_t step = 0; step < steps; step += 2) {
        const Port port = place(range, first + parity + step);
        if (is_free(port)) return port;
      }
    }
    return std::nullopt;
  }
  Start start_of(SimTime now, SocketAddress remote);
  void move_on(Start start, std::uint32_t step);
  std::uint64_t chance();

  std::uint64_t secret_;
  std::uint64_t choices_ = 0;
  boost::unordered_flat_map<std::uint16_t, std::uint32_t> offsets_;  ///< table_perturb
};

}  // namespace lastack::tcp
