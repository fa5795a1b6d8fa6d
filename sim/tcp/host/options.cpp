#include "host/options.hpp"

#include <algorithm>

#include "host/host.hpp"

namespace lastack::tcp {

namespace {

/// Bytes of memory that SO_RCVBUF asks for: Linux doubles the value, for what segments take beside
/// their payload (socket(7)).
std::int32_t receive_memory(std::int32_t asked, const Host& host) {
  if (!host.profile.window_follows_traffic) return asked;
  constexpr std::int32_t least = 2304;  // SOCK_MIN_RCVBUF
  return std::max(2 * std::min({asked, host.settings().rmem_max, INT32_MAX / 2}), least);
}

}  // namespace

void SocketOptions::set(SocketOptionValue given, const Host& host) {
  const std::int32_t value = given.value;
  switch (given.option) {
    case SocketOption::tcp_user_timeout: user_timeout_ms = value; break;
    case SocketOption::tcp_syncnt: syn_count = static_cast<std::uint8_t>(value); break;
    case SocketOption::tcp_linger2: linger2_s = value; break;
    case SocketOption::tcp_defer_accept: defer_accept_s = value; break;
    case SocketOption::tcp_keepidle: keep_idle_s = value; break;
    case SocketOption::tcp_keepintvl: keep_interval_s = value; break;
    case SocketOption::tcp_keepcnt: keep_count = static_cast<std::uint8_t>(value); break;
    case SocketOption::tcp_nodelay: no_delay = value != 0; break;
    case SocketOption::tcp_quickack: quick_ack = value != 0 ? 1 : 0; break;
    case SocketOption::tcp_cork: cork = value != 0; break;
    case SocketOption::tcp_maxseg: max_seg = static_cast<std::uint16_t>(value); break;
    case SocketOption::so_keepalive: keep_alive = value != 0; break;
    case SocketOption::so_reuseaddr: reuse_address = value != 0; break;
    case SocketOption::so_linger: linger_s = value; break;
    case SocketOption::so_rcvbuf: rcvbuf = receive_memory(value, host); break;
    case SocketOption::so_sndbuf: sndbuf = std::max(value, 1); break;  // 0: never set
  }
}

const SocketOptions* OptionSets::keep(const SocketOptions& options) {
  const auto known = std::find(sets_.begin(), sets_.end(), options);
  return known != sets_.end() ? &*known : &sets_.emplace_back(options);
}

}  // namespace lastack::tcp
