#include "host/options.hpp"

#include <algorithm>

namespace lastack::tcp {

void SocketOptions::set(SocketOptionValue given) {
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
    case SocketOption::so_rcvbuf: rcvbuf = value; break;
    case SocketOption::so_sndbuf: sndbuf = value; break;
  }
}

const SocketOptions* OptionSets::keep(const SocketOptions& options) {
  const auto known = std::find(sets_.begin(), sets_.end(), options);
  return known != sets_.end() ? &*known : &sets_.emplace_back(options);
}

}  // namespace lastack::tcp
