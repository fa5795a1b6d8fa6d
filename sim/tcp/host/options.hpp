#pragma once

#include <cstdint>
#include <deque>

#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {

struct Host;

/// Options of a socket, set by its application (tcp(7), socket(7)).
struct SocketOptions {
  std::int32_t user_timeout_ms = 0;
  std::int32_t defer_accept_s = 0;
  std::int32_t keep_idle_s = 0;  ///< 0: tcp_keepalive_time, and so on
  std::int32_t keep_interval_s = 0;
  std::int32_t rcvbuf = 0;  ///< bytes of memory (sk_rcvbuf); 0: never set, tcp_rmem rules
  std::int32_t sndbuf = 0;
  std::int32_t linger2_s = 0;  ///< 0: tcp_fin_timeout
  std::int32_t linger_s = -1;  ///< -1: off
  /// tcp_rto_min_us and tcp_rto_max_ms when the socket was made; a listener's are its connections'.
  std::int32_t rto_min_us = 0;
  std::int32_t rto_max_ms = 0;
  std::uint16_t max_seg = 0;
  std::uint8_t keep_count = 0;
  std::uint8_t syn_count = 0;
  std::int8_t quick_ack = -1;  ///< -1: never set
  bool no_delay : 1 = false;
  bool cork : 1 = false;
  bool keep_alive : 1 = false;
  bool reuse_address : 1 = true;

  /// Requires a value in the option's range.
  void set(SocketOptionValue option, const Host& host);

  friend bool operator==(const SocketOptions&, const SocketOptions&) = default;
};
inline const SocketOptions no_options{};

/// The different sets of options that a host's sockets have: as many as its applications ask for,
/// and each kept once.
class OptionSets {
 public:
  /// Valid as long as the host.
  const SocketOptions* keep(const SocketOptions& options);

 private:
  std::deque<SocketOptions> sets_;
};

}  // namespace lastack::tcp
