#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lastack/core/named.hpp"

namespace lastack::tcp {

/// The connection states (RFC 9293, 3.3.2).
enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_rcvd,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};
constexpr State last_of(State /*of*/) { return State::time_wait; }
inline constexpr std::size_t state_count = count_of<State>;

/// "SYN_SENT" and the like.
std::string_view name_of(State state);

/// Whether `from` -> `to` is an arrow of RFC 9293, Figure 5, or a permitted departure that sim/tcp
/// documents (every state may go to CLOSED).
bool is_transition(State from, State to);

/// The retransmission timers and their kin, as traces name them.
enum class Timer : std::uint8_t {
  rto,         ///< retransmission (RFC 6298); zero-window probes too
  synack,      ///< the SYN-ACK of a request in the SYN queue
  tlp,         ///< tail-loss probe (RFC 8985, 7)
  delack,      ///< delayed acknowledgment (RFC 9293, 3.8.6.3)
  keepalive,   ///< RFC 9293, 3.8.4
  fin_wait_2,  ///< an orphan waits for the peer's FIN
  time_wait,   ///< 2 MSL (RFC 9293, 3.3.2)
  user,        ///< user timeout (RFC 5482)
};
constexpr Timer last_of(Timer /*of*/) { return Timer::user; }

/// "rto" and the like.
std::string_view name_of(Timer timer);

/// Why a segment was sent, for traces and for counting retransmissions by cause.
enum class SendReason : std::uint8_t {
  syn,              ///< first SYN of an active open
  synack,           ///< answer to a SYN
  ack,              ///< acknowledges at once
  delack,           ///< the delayed-acknowledgment timer fired
  data,             ///< new data
  fin,              ///< first FIN, with or without data
  reset,            ///< the connection is aborted, or the segment fits none
  rto,              ///< retransmission timeout
  tlp,              ///< tail-loss probe
  fast_retransmit,  ///< duplicate acknowledgments or SACK say it was lost (RFC 5681, RFC 6675)
  synack_timeout,   ///< SYN-ACK again, by its timer
  synack_repeat,    ///< SYN-ACK again, because the SYN came again
  syn_repeat,       ///< SYN again at once, because the answer to it was wrong
  dup_ack,          ///< an unacceptable or out-of-order segment is answered
  challenge,        ///< challenge ACK (RFC 5961)
  keepalive,        ///< keepalive probe
  window_probe,     ///< zero-window probe (RFC 9293, 3.8.6.1)
  window_update,    ///< the application made room
  time_wait,        ///< TIME-WAIT answers a segment
};
constexpr SendReason last_of(SendReason /*of*/) { return SendReason::time_wait; }

/// "rto" and the like.
std::string_view name_of(SendReason reason);
/// Whether it repeats octets that were sent before.
bool is_retransmission(SendReason reason);

/// Why an arriving segment was thrown away.
enum class DiscardReason : std::uint8_t {
  accept_queue,       ///< the accept queue is full
  syn_queue,          ///< the SYN queue is full, or kept for proven peers
  ack_of_unsent,      ///< it acknowledges what was never sent
  answer_limited,     ///< it repeats another within tcp_invalid_ratelimit
  challenged,         ///< it wants proof (RFC 5961), which a challenge ACK asks for
  defer_accept,       ///< TCP_DEFER_ACCEPT waits for data
  no_ack,             ///< it has no ACK where one must be
  no_socket,          ///< nobody is there
  no_syn,             ///< it is no SYN where one must be
  rst_in_listen,      ///< a RST at a listener
  rst_out_of_window,  ///< a RST outside the window
  rst_without_ack,    ///< a RST without ACK in SYN-SENT
  rst_wrong_ack,      ///< a RST in SYN-SENT that does not acknowledge the SYN
  silent,             ///< the host has no TCP: segments are only forged in its name
  socket_limit,       ///< the host has memory for no more sockets (StackConfig::sockets_max)
  socket_memory,      ///< there is no memory for it (tcp_mem)
  unacceptable,       ///< outside the window, or an old timestamp
};
constexpr DiscardReason last_of(DiscardReason /*of*/) { return DiscardReason::unacceptable; }

/// "accept_queue" and the like.
std::string_view name_of(DiscardReason reason);

/// How a call failed, by errno's names.
enum class Error : std::uint8_t {
  none,
  would_block,            ///< EAGAIN: nothing to do yet; a wake follows
  address_in_use,         ///< EADDRINUSE
  address_not_available,  ///< EADDRNOTAVAIL: no ephemeral port is free
  already_connected,      ///< EISCONN
  connection_aborted,     ///< ECONNABORTED
  connection_refused,     ///< ECONNREFUSED
  connection_reset,       ///< ECONNRESET
  host_unreachable,       ///< EHOSTUNREACH
  network_unreachable,    ///< ENETUNREACH
  invalid_argument,       ///< EINVAL
  not_connected,          ///< ENOTCONN
  broken_pipe,            ///< EPIPE
  timed_out,              ///< ETIMEDOUT
  bad_descriptor,         ///< EBADF
  no_buffer_space,        ///< ENOBUFS: the kernel has no memory for a socket
  too_many_files,         ///< EMFILE: the process has no descriptor left
  file_table_overflow,    ///< ENFILE: the host has none
  option_not_supported,   ///< ENOPROTOOPT
};
constexpr Error last_of(Error /*of*/) { return Error::option_not_supported; }

/// "ETIMEDOUT" and the like; "ok" for none.
std::string_view name_of(Error error);

}  // namespace lastack::tcp
