#include "lastack/tcp/state.hpp"

#include <array>
#include <cstdint>

namespace lastack::tcp {

// Each function lists every enumerator and has no default, so that the compiler finds a forgotten
// one; what follows a switch is never reached.

std::string_view name_of(State state) {
  switch (state) {
    case State::closed: return "CLOSED";
    case State::listen: return "LISTEN";
    case State::syn_sent: return "SYN_SENT";
    case State::syn_rcvd: return "SYN_RCVD";
    case State::established: return "ESTABLISHED";
    case State::fin_wait_1: return "FIN_WAIT_1";
    case State::fin_wait_2: return "FIN_WAIT_2";
    case State::close_wait: return "CLOSE_WAIT";
    case State::closing: return "CLOSING";
    case State::last_ack: return "LAST_ACK";
    case State::time_wait: return "TIME_WAIT";
  }
  return "?";
}

namespace {

constexpr bool may_follow(State from, State to) {
  if (to == State::closed) return from != State::closed;
  switch (from) {
    case State::closed:
      // A SYN makes its request or connection beside the listener, which stays in LISTEN; a cookie
      // brings one into being when the third segment comes, a two-way handshake with the first.
      return to == State::listen || to == State::syn_sent || to == State::syn_rcvd ||
             to == State::established;
    case State::listen: return to == State::syn_rcvd || to == State::syn_sent;
    case State::syn_sent: return to == State::syn_rcvd || to == State::established;
    case State::syn_rcvd:
      // RFC 9293, 3.10.7.4, eighth: a FIN may come with or right behind the third segment.
      return to == State::established || to == State::fin_wait_1 || to == State::close_wait;
    case State::established: return to == State::fin_wait_1 || to == State::close_wait;
    case State::fin_wait_1:
      return to == State::fin_wait_2 || to == State::closing || to == State::time_wait;
    case State::fin_wait_2: return to == State::time_wait;
    case State::close_wait: return to == State::last_ack;
    case State::closing: return to == State::time_wait;
    case State::last_ack: return false;
    case State::time_wait: return to == State::syn_rcvd;  // RFC 9293, MAY-2
  }
  return false;
}

/// By state, a bit for each that may follow.
constexpr auto followers = [] {
  std::array<std::uint16_t, state_count> bits{};
  for (unsigned from = 0; from < state_count; ++from) {
    for (unsigned to = 0; to < state_count; ++to) {
      if (may_follow(State{static_cast<std::uint8_t>(from)},
                     State{static_cast<std::uint8_t>(to)})) {
        bits[from] = static_cast<std::uint16_t>(bits[from] | 1U << to);
      }
    }
  }
  return bits;
}();

}  // namespace

bool is_transition(State from, State to) {
  return (followers[static_cast<std::size_t>(from)] >> static_cast<unsigned>(to) & 1U) != 0;
}

std::string_view name_of(Timer timer) {
  switch (timer) {
    case Timer::rto: return "rto";
    case Timer::synack: return "synack";
    case Timer::tlp: return "tlp";
    case Timer::delack: return "delack";
    case Timer::keepalive: return "keepalive";
    case Timer::fin_wait_2: return "fin_wait_2";
    case Timer::time_wait: return "time_wait";
    case Timer::user: return "user";
  }
  return "?";
}

std::string_view name_of(SendReason reason) {
  switch (reason) {
    case SendReason::syn: return "syn";
    case SendReason::synack: return "synack";
    case SendReason::ack: return "ack";
    case SendReason::delack: return "delack";
    case SendReason::data: return "data";
    case SendReason::fin: return "fin";
    case SendReason::reset: return "reset";
    case SendReason::rto: return "rto";
    case SendReason::tlp: return "tlp";
    case SendReason::fast_retransmit: return "fast_retransmit";
    case SendReason::synack_timeout: return "synack_timeout";
    case SendReason::synack_repeat: return "synack_repeat";
    case SendReason::syn_repeat: return "syn_repeat";
    case SendReason::dup_ack: return "dup_ack";
    case SendReason::challenge: return "challenge";
    case SendReason::keepalive: return "keepalive";
    case SendReason::window_probe: return "window_probe";
    case SendReason::window_update: return "window_update";
    case SendReason::time_wait: return "time_wait";
  }
  return "?";
}

std::string_view name_of(DiscardReason reason) {
  switch (reason) {
    case DiscardReason::accept_queue: return "accept_queue";
    case DiscardReason::syn_queue: return "syn_queue";
    case DiscardReason::ack_of_unsent: return "ack_of_unsent";
    case DiscardReason::answer_limited: return "answer_limited";
    case DiscardReason::challenged: return "challenged";
    case DiscardReason::defer_accept: return "defer_accept";
    case DiscardReason::no_ack: return "no_ack";
    case DiscardReason::no_socket: return "no_socket";
    case DiscardReason::no_syn: return "no_syn";
    case DiscardReason::rst_in_listen: return "rst_in_listen";
    case DiscardReason::rst_out_of_window: return "rst_out_of_window";
    case DiscardReason::rst_without_ack: return "rst_without_ack";
    case DiscardReason::rst_wrong_ack: return "rst_wrong_ack";
    case DiscardReason::silent: return "silent";
    case DiscardReason::socket_limit: return "socket_limit";
    case DiscardReason::socket_memory: return "socket_memory";
    case DiscardReason::unacceptable: return "unacceptable";
  }
  return "?";
}

bool is_retransmission(SendReason reason) {
  switch (reason) {
    case SendReason::rto:
    case SendReason::tlp:
    case SendReason::fast_retransmit:
    case SendReason::synack_timeout:
    case SendReason::synack_repeat:
    case SendReason::syn_repeat: return true;
    case SendReason::syn:
    case SendReason::synack:
    case SendReason::ack:
    case SendReason::delack:
    case SendReason::data:
    case SendReason::fin:
    case SendReason::reset:
    case SendReason::dup_ack:
    case SendReason::challenge:
    case SendReason::keepalive:
    case SendReason::window_probe:
    case SendReason::window_update:
    case SendReason::time_wait: return false;
  }
  return false;
}

std::string_view name_of(Error error) {
  switch (error) {
    case Error::none: return "ok";
    case Error::would_block: return "EAGAIN";
    case Error::address_in_use: return "EADDRINUSE";
    case Error::address_not_available: return "EADDRNOTAVAIL";
    case Error::already_connected: return "EISCONN";
    case Error::connection_aborted: return "ECONNABORTED";
    case Error::connection_refused: return "ECONNREFUSED";
    case Error::connection_reset: return "ECONNRESET";
    case Error::host_unreachable: return "EHOSTUNREACH";
    case Error::network_unreachable: return "ENETUNREACH";
    case Error::invalid_argument: return "EINVAL";
    case Error::not_connected: return "ENOTCONN";
    case Error::broken_pipe: return "EPIPE";
    case Error::timed_out: return "ETIMEDOUT";
    case Error::bad_descriptor: return "EBADF";
    case Error::no_buffer_space: return "ENOBUFS";
    case Error::too_many_files: return "EMFILE";
    case Error::file_table_overflow: return "ENFILE";
    case Error::option_not_supported: return "ENOPROTOOPT";
  }
  return "?";
}

}  // namespace lastack::tcp
