// User calls on one connection (RFC 9293, 3.10.1 to 3.10.6), with the answers of Linux's sockets.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"
#include "windows.hpp"

namespace lastack::tcp {

// --- OPEN (3.10.1) ---

void Endpoint::connect(SocketAddress local, SocketAddress remote, Seq iss, Context& c) {
  LASTACK_ASSERT(state_ == State::closed);
  local_ = local;
  remote_ = remote;
  connecting_ = true;
  snd_.iss = snd_.una = snd_.nxt = iss;
  snd_.queue_end = iss + 1;
  snd_.small_end = iss;
  rtt_turn_ = iss;
  ts_.offset = c.host.timestamp_offset(remote.address);
  rto_ = RtoEstimator{c.host.grid.quantize(c.host.config.initial_rto)};
  congestion_algorithm_ = c.host.profile.congestion;
  init_receive_window(c);
  ++c.host.counters.ActiveOpens;
  enter(State::syn_sent, StateReason::connect, c);
  send_syn(SendReason::syn, c);
  trips_.first_retransmit = c.now;  // the time budget of a SYN counts from the first one
  set_rtx_timer(RtxTimer::rto, rto_.rto(), c);
}

/// A connection that a listener made: as the handshake left it.
void Endpoint::open_passive(const Negotiated& agreed, const SocketOptions* options, State from,
                            Context& c) {
  open(options, std::nullopt);
  listener_made_ = true;
  local_ = agreed.local;
  remote_ = agreed.remote;
  state_ = from;
  snd_.iss = agreed.iss;
  snd_.una = snd_.nxt = snd_.queue_end = snd_.small_end = agreed.iss + 1;
  rtt_turn_ = snd_.nxt;
  rcv_.irs = agreed.irs;
  rcv_.nxt = rcv_.read = rcv_.window_at = agreed.irs + 1;
  rcv_.wnd = rcv_.grown = agreed.receive_window;
  rcv_.clamp = agreed.window_clamp;
  scaling_ok_ = agreed.window_scaling;
  snd_.scale = agreed.send_scale;
  rcv_.scale = agreed.receive_scale;
  sack_ok_ = agreed.sack;
  timestamps_ = agreed.timestamps;
  ts_.offset = c.host.timestamp_offset(remote_.address);
  ts_.recent = agreed.ts_recent;
  ts_.recent_at = agreed.ts_recent_at;
  has_recent_ = agreed.timestamps;
  peer_mss_ = std::min(agreed.mss, c.host.advertised_mss());
  if (options_->max_seg != 0) {
    peer_mss_ = std::min(peer_mss_, options_->max_seg);
  }
  rto_ = RtoEstimator{c.host.grid.quantize(c.host.config.initial_rto)};
  if (agreed.rtt) {
    rto_.sample(std::max<SimDuration>(*agreed.rtt, 1us), WindowTurn::same, c.host.rto_limits());
  }
  congestion_algorithm_ = c.host.profile.congestion;
  if (agreed.synack_retransmits > 1) {
    transfer().congestion.set_cwnd(1);  // RFC 5681, 3.1
  }
  if (from == State::established) {  // a two-way handshake knows no third segment
    connected_ = true;
    snd_.wnd = snd_.max_wnd = agreed.send_window;
    snd_.wl1 = agreed.irs;
    init_buffers(c);
  }
}

Error Endpoint::connect_result() {
  if (connected_) {
    return Error::none;
  }
  if (connecting_ && state_ != State::closed) {
    return Error::would_block;
  }
  connecting_ = false;
  const Error result = error_ == Error::none ? Error::not_connected : error_;
  error_ = Error::none;
  return result;
}

// --- SEND (3.10.2) ---

IoResult Endpoint::send(std::uint64_t bytes, Context& c) {
  if (error_ != Error::none) {
    const Error error = error_;
    error_ = Error::none;
    return {.error = error};
  }
  if (write_closed_ || state_ == State::closed) {
    return {.error = connected_ || write_closed_ ? Error::broken_pipe : Error::not_connected};
  }
  if (state_ == State::syn_sent || state_ == State::syn_rcvd) {
    return {.error = Error::would_block};
  }
  LASTACK_ASSERT(state_ == State::established || state_ == State::close_wait);
  const SimDuration idle = c.now - known().last_sent;
  if (queue_.empty() && known().last_sent != sim_start) {
    transfer().congestion.resume(idle, c.now);
  }
  if (queue_.empty() && c.host.settings().tcp_slow_start_after_idle != 0 && idle > rto_.rto() &&
      known().last_sent != sim_start) {
    transfer().congestion.restart_after_idle(idle, rto_.rto());
  }
  SimTime try_again = never;
  const std::uint64_t taken = fill_send_buffer(bytes, try_again, c);
  if (taken == 0) {
    return {.error = bytes == 0 ? Error::none : Error::would_block, .try_again = try_again};
  }
  send_what_is_allowed(Nagle::on, c);
  return {.bytes = taken, .try_again = try_again};
}

// --- RECEIVE (3.10.3) ---

IoResult Endpoint::receive(std::uint64_t bytes_max, Context& c) {
  const std::uint32_t ready = octets_not_read();
  if (ready > 0 && connected_) {
    const auto taken = static_cast<std::uint32_t>(std::min<std::uint64_t>(ready, bytes_max));
    rcv_.read += taken;
    octets_read(taken, c);
    after_read(c);
    return {.bytes = taken};
  }
  if (error_ != Error::none) {
    const Error error = error_;
    error_ = Error::none;
    return {.error = error};
  }
  if (rcv_.fin_received || read_closed_) {
    return {.eof = true};
  }
  if (state_ == State::closed) {
    return {.error = Error::not_connected};
  }
  return {.error = Error::would_block};
}

// --- CLOSE (3.10.4) ---

/// Closing for writing only is what RFC 9293 calls CLOSE; the application goes on reading.
Error Endpoint::shutdown(Stack::Direction how, Context& c) {
  if (state_ == State::closed || state_ == State::syn_sent) {
    if (state_ == State::syn_sent) {
      // Linux ends the attempt (inet_shutdown, TCP_SYN_SENT).
      fail(Error::connection_reset, StateReason::shutdown, c);
      return Error::none;
    }
    return Error::not_connected;
  }
  if (how != Stack::Direction::write) {
    read_closed_ = true;
    wake();
  }
  if (how == Stack::Direction::read || write_closed_) {
    return Error::none;
  }
  write_closed_ = true;
  switch (state_) {
    case State::syn_rcvd:
    case State::established: enter(State::fin_wait_1, StateReason::shutdown, c); break;
    case State::close_wait: enter(State::last_ack, StateReason::shutdown, c); break;
    case State::closed:
    case State::listen:
    case State::syn_sent:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::closing:
    case State::last_ack:
    case State::time_wait: return Error::none;
  }
  snd_.fin_queued = true;
  if (c.host.memory.under_pressure() && fin_joins_last_segment()) {
    return Error::none;
  }
  send_what_is_allowed(Nagle::off, c);
  return Error::none;
}

/// The wait inside close (Linux, sk_stream_wait_close): not for one who left data unread.
SimDuration Endpoint::linger(Context& c) {
  if (options_->linger_s <= 0 || state_ == State::closed || state_ == State::syn_sent ||
      (rcv_.unread() > 0 && c.host.profile.reset_on_unread)) {
    return SimDuration::zero();
  }
  if (!write_closed_ || !read_closed_) {
    shutdown(Stack::Direction::both, c);
  }
  const bool closing =
      state_ == State::fin_wait_1 || state_ == State::closing || state_ == State::last_ack;
  return closing ? std::chrono::seconds{options_->linger_s} : SimDuration::zero();
}

/// The application gives the socket up (Linux, tcp_close).
void Endpoint::close(Context& c) {
  if (state_ == State::closed) {
    orphan_ = true;
    return;
  }
  if (state_ == State::syn_sent) {
    error_ = Error::connection_aborted;
    done(StateReason::close, c);
    orphan_ = true;
    return;
  }
  if (rcv_.unread() > 0 && c.host.profile.reset_on_unread) {
    ++c.host.counters.TCPAbortOnClose;  // RFC 2525, 2.17: what was sent is lost, so say so
    send_reset(c);
    done(StateReason::close_with_unread_data, c);
    orphan_ = true;
    return;
  }
  if (options_->linger_s == 0) {
    abort(c);
    return;
  }
  if (!write_closed_) {
    shutdown(Stack::Direction::write, c);
  }
  read_closed_ = true;
  orphan_ = true;
  if (state_ == State::closed) {
    return;
  }
  ++c.host.orphans;
  if (state_ == State::fin_wait_2) {
    fin_wait_2_as_orphan(StateReason::close, c);
  }
  if (state_ == State::closed || fate_ != Fate::lives) {
    return;
  }
  const bool crowded = c.host.too_many_orphans(0);
  if (crowded || out_of_memory(c)) {
    ++c.host.counters.TCPAbortOnMemory;
    send_reset(c);
    done(crowded ? StateReason::too_many_orphans : StateReason::out_of_socket_memory, c);
  }
}

// --- ABORT (3.10.5) ---

void Endpoint::abort(Context& c) {
  const bool counted = orphan_;
  switch (state_) {
    case State::closed: break;
    case State::syn_sent: done(StateReason::abort, c); break;
    case State::syn_rcvd:
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::close_wait:
      ++c.host.counters.TCPAbortOnData;
      send_reset(c);
      done(StateReason::abort, c);
      break;
    case State::closing:
    case State::last_ack:
      // The FIN is on its way; only one that never left is replaced by RST (tcp_disconnect).
      if (unsent() > 0) {
        send_reset(c);
      }
      done(StateReason::abort, c);
      break;
    case State::listen:
    case State::time_wait: LASTACK_ASSERT(state_ == State::closed); break;
  }
  LASTACK_ASSERT(!counted);
  orphan_ = true;
}

// --- Options ---

Error Endpoint::set_option(SocketOptionValue given, Context& c) {
  const auto [least, most] = socket_option_range(given.option);
  if (given.value < least || given.value > most) {
    return Error::invalid_argument;
  }
  const bool kept_alive = options_->keep_alive;
  SocketOptions changed = *options_;
  changed.set(given);
  options_ = c.host.options.keep(changed);
  const bool open = state_ != State::closed && state_ != State::syn_sent;
  switch (given.option) {
    case SocketOption::tcp_nodelay:
    case SocketOption::tcp_cork:
      if (open) {
        send_what_is_allowed(given.option == SocketOption::tcp_nodelay ? Nagle::off : Nagle::on, c);
      }
      break;
    case SocketOption::tcp_quickack:
      ack_.pingpong = given.value == 0 ? 1 : 0;
      if (given.value != 0 && ack_.scheduled && open) {
        send_ack(SendReason::ack, c);
      }
      break;
    case SocketOption::tcp_keepidle:
      if (options_->keep_alive && open) {  // time that passed already counts
        const SimDuration left = keep_idle(c) - silent_for(c);
        set_keep_timer(KeepTimer::keepalive, std::max(left, SimDuration{}), c);
      }
      break;
    case SocketOption::so_keepalive:
      if (options_->keep_alive && open && !kept_alive) {
        set_keep_timer(KeepTimer::keepalive, keep_idle(c), c);
      } else if (!options_->keep_alive && keep_timer_ == KeepTimer::keepalive) {
        clear_keep_timer(c);
      }
      break;
    case SocketOption::tcp_user_timeout:
    case SocketOption::tcp_syncnt:
    case SocketOption::tcp_linger2:
    case SocketOption::tcp_defer_accept:
    case SocketOption::tcp_keepintvl:
    case SocketOption::tcp_keepcnt:
    case SocketOption::tcp_maxseg:
    case SocketOption::so_reuseaddr:
    case SocketOption::so_linger:
    case SocketOption::so_rcvbuf:
    case SocketOption::so_sndbuf: break;
  }
  return Error::none;
}

}  // namespace lastack::tcp
