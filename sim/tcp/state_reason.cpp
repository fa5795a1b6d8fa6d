#include "lastack/tcp/state_reason.hpp"

namespace lastack::tcp {

// The table of names: it lists every enumerator and has no default, so that the compiler finds a
// forgotten one.
std::string_view name_of(StateReason reason) {
  switch (reason) {
    case StateReason::connect: return "connect";
    case StateReason::listen: return "listen";
    case StateReason::shutdown: return "shutdown";
    case StateReason::close: return "close";
    case StateReason::close_with_unread_data: return "close with unread data";
    case StateReason::abort: return "abort";
    case StateReason::listener_closed: return "listener closed";
    case StateReason::syn_arrives: return "syn arrives";
    case StateReason::syn_ack_arrives: return "syn-ack arrives";
    case StateReason::ack_arrives: return "ack arrives";
    case StateReason::cookie_arrives: return "cookie arrives";
    case StateReason::fin_arrives: return "fin arrives";
    case StateReason::rst_arrives: return "rst arrives";
    case StateReason::fin_acknowledged: return "fin acknowledged";
    case StateReason::syn_in_window: return "syn in the window";
    case StateReason::data_after_close: return "data after close";
    case StateReason::ended_early: return "ended early";
    case StateReason::new_connection: return "new connection";
    case StateReason::retries_used_up: return "retries used up";
    case StateReason::keepalive_unanswered: return "keepalive unanswered";
    case StateReason::window_probes_unanswered: return "window probes unanswered";
    case StateReason::half_of_fin_timeout_passed: return "half of tcp_fin_timeout passed";
    case StateReason::fin_wait_2_timeout: return "fin_wait_2 timeout";
    case StateReason::timeout: return "timeout";
    case StateReason::accept_queue_full: return "accept queue full";
    case StateReason::no_memory_for_socket: return "no memory for a socket";
    case StateReason::too_many_orphans: return "too many orphans";
    case StateReason::out_of_socket_memory: return "out of socket memory";
    case StateReason::too_many_in_time_wait: return "too many in time_wait";
    case StateReason::reboot: return "reboot";
    case StateReason::tracepoint: return "tracepoint";
    case StateReason::sock_diag: return "sock_diag";
  }
  return "?";
}

}  // namespace lastack::tcp
