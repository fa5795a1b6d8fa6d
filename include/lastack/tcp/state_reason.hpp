#pragma once

#include <cstdint>
#include <string_view>

namespace lastack::tcp {

/// Why a connection changed its state, for traces and for people.
enum class StateReason : std::uint8_t {
  // The application called (RFC 9293, 3.9.1).
  connect,
  listen,
  shutdown,
  close,
  close_with_unread_data,  ///< which is lost, as an RST tells the peer (RFC 2525, 2.17)
  abort,
  listener_closed,  ///< before the handshake was complete

  // A segment arrived (RFC 9293, 3.10.7).
  syn_arrives,
  syn_ack_arrives,
  ack_arrives,
  cookie_arrives,  ///< an ACK that proves a SYN cookie (RFC 4987, 3.6)
  fin_arrives,
  rst_arrives,
  fin_acknowledged,
  syn_in_window,
  data_after_close,  ///< nobody is left to read it
  ended_early,       ///< a segment ends TIME-WAIT (RFC 1337)
  new_connection,    ///< takes over the pair of ports

  // A timer fired (RFC 9293, 3.10.8).
  retries_used_up,
  keepalive_unanswered,
  window_probes_unanswered,
  half_of_fin_timeout_passed,  ///< a small record waits in the endpoint's place for the rest
  fin_wait_2_timeout,
  timeout,  ///< of TIME-WAIT, or of a record in FIN-WAIT-2

  // The host had too much of something.
  accept_queue_full,
  no_memory_for_socket,  ///< it has as many sockets as it has memory for (StackConfig::sockets_max)
  too_many_orphans,      ///< tcp_max_orphans
  out_of_socket_memory,  ///< tcp_mem
  too_many_in_time_wait,  ///< tcp_max_tw_buckets

  reboot,  ///< the host forgot all its sockets

  // Of a kernel, which does not say why: who saw it.
  tracepoint,
  sock_diag,
};
constexpr StateReason last_of(StateReason /*of*/) { return StateReason::sock_diag; }

/// "syn arrives" and the like.
std::string_view name_of(StateReason reason);

}  // namespace lastack::tcp
