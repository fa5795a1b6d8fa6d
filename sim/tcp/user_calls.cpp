// User calls on one connection (RFC 9293, 3.10.1 to 3.10.6), with the answers of Linux's sockets.

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

// --- OPEN (3.10.1) ---

void Endpoint::connect(SocketAddress local, SocketAddress remote, Seq iss, Context& c) {
  LASTACK_ASSERT(state_ == State::closed);
  set_ends(local, remote);
  connecting_ = true;
  snd_.begin(iss);
  buffer_.begin(iss + 1);
  begin_sending(iss, c);
  window_.offer_in_syn(receiving(c));
  ++c.host.counters.ActiveOpens;
  enter(State::syn_sent, StateReason::connect, c);
  send_syn(SendReason::syn, c);
  rtx_.retrying_since(c.now);  // the time budget of a SYN counts from the first one
  set_rtx_timer(RtxKind::rto, rtx_.rto(), c);
}

/// What every connection begins with whose first octet has this number.
void Endpoint::begin_sending(Seq first, Context& c) {
  nagle_.begin(first);
  rtx_ = RetransmissionTimer{c.host.grid.quantize(c.host.config.initial_rto)};
  rtx_.begin(first);
  recovery_ = LossRecovery{c.host.profile.congestion};
  ts_.begin(c.host.timestamp_offset(remote_address_));
}

/// A connection that a listener made: as the handshake left it.
void Endpoint::open_passive(const Negotiated& agreed, const SocketOptions* options, State from,
                            Context& c) {
  open(options, std::nullopt);
  listener_made_ = true;
  set_ends(agreed.local, agreed.remote);
  state_ = from;
  snd_.begin_after_handshake(agreed.iss);
  snd_.set_scale(agreed.send_scale);
  buffer_.begin(snd_.nxt());
  begin_sending(snd_.nxt(), c);
  received_.begin(agreed.irs);
  window_.begin(received_.nxt());
  window_.offered_in_synack(agreed.receive_window, agreed.receive_scale, receiving(c));
  scaling_ok_ = agreed.window_scaling;
  sack_ok_ = agreed.sack;
  if (agreed.timestamps) ts_.agree(agreed.ts_recent, agreed.ts_recent_at);
  limit_peer_mss(agreed.mss, c);
  if (agreed.rtt) {
    recovery_.round_trip(std::max<SimDuration>(*agreed.rtt, 1us));
    rtx_.sample_of_handshake(std::max<SimDuration>(*agreed.rtt, 1us), rto_limits(c));
  }
  if (agreed.synacks_lost) {
    recovery_.begin_after_losses(LossRecovery::FirstWindow::one_segment, sending(c));
  }
  if (from == State::established) {  // a two-way handshake knows no third segment
    connected_ = true;
    snd_.set_window(agreed.send_window, agreed.irs);
    window_.established(mss_now(c), receiving(c));
    grow_send_buffer(c);
  }
}

Error Endpoint::connect_result() {
  // What ended the connection before anybody asked counts more than that it was there.
  const bool ended = state_ == State::closed && error_ != Error::none;
  if (connected_ && !ended) return Error::none;
  if (connecting_ && state_ != State::closed) return Error::would_block;
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
  if (queue_.empty()) recovery_.resumes(rtx_.rto(), sending(c));
  SimTime try_again = never;
  const std::uint64_t taken = fill_send_buffer(bytes, try_again, c);
  if (taken == 0) {
    return {.error = bytes == 0 ? Error::none : Error::would_block, .try_again = try_again};
  }
  send_what_is_allowed(Nagle::Mode::on, c);
  return {.bytes = taken, .try_again = try_again};
}

// --- RECEIVE (3.10.3) ---

IoResult Endpoint::receive(std::uint64_t bytes_max, Context& c) {
  const std::uint32_t ready = octets_not_read();
  if (ready > 0 && connected_) {
    const auto taken = static_cast<std::uint32_t>(std::min<std::uint64_t>(ready, bytes_max));
    received_.taken(taken);
    octets_read(taken, c);
    after_read(c);
    return {.bytes = taken};
  }
  if (received_.fin_received() && c.host.profile.reads_after_end) return {.eof = true};
  if (error_ != Error::none) {
    const Error error = error_;
    error_ = Error::none;
    return {.error = error};
  }
  if (received_.fin_received() || read_closed_) {
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
      // Linux ends the attempt (inet_shutdown, TCP_SYN_SENT), which did not fail by itself.
      error_ = Error::connection_reset;
      read_closed_ = write_closed_ = true;
      done(StateReason::shutdown, c);
      return Error::none;
    }
    return Error::not_connected;
  }
  if (how != Stack::Direction::write) {
    read_closed_ = true;
    wake();
  }
  if (how == Stack::Direction::read || write_closed_) return Error::none;
  write_closed_ = true;
  const bool waits = state_ == State::syn_rcvd && c.host.profile.shutdown_waits_for_handshake;
  if (!waits) end_writing(c);
  return Error::none;
}

/// Nothing more will be written: a FIN follows what waits.
void Endpoint::end_writing(Context& c) {
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
    case State::time_wait: return;
  }
  buffer_.queue_fin();
  if (c.host.memory.under_pressure() && fin_joins_last_segment()) return;
  send_what_is_allowed(Nagle::Mode::off, c);
}

/// The wait inside close (Linux, sk_stream_wait_close): not for one who left data unread.
SimDuration Endpoint::linger(Context& c) {
  if (options_->linger_s <= 0 || state_ == State::closed || state_ == State::syn_sent ||
      (received_.unread() > 0 && c.host.profile.reset_on_unread)) {
    return SimDuration::zero();
  }
  if (!write_closed_ || !read_closed_) {
    shutdown(Stack::Direction::both, c);
  }
  if (state_ == State::syn_rcvd) end_writing(c);  // only shutdown waits for the handshake
  const bool closing =
      state_ == State::fin_wait_1 || state_ == State::closing || state_ == State::last_ack;
  return closing ? std::chrono::seconds{options_->linger_s} : SimDuration::zero();
}

bool Endpoint::leaves_data_unread(const Context& c) const {
  return state_ != State::closed && state_ != State::syn_sent && received_.unread() > 0 &&
         c.host.profile.reset_on_unread;
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
  if (leaves_data_unread(c)) {
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
  if (!write_closed_ || state_ == State::syn_rcvd) {  // only shutdown waits for the handshake
    write_closed_ = true;
    end_writing(c);
  }
  read_closed_ = true;
  orphan_ = true;
  if (state_ == State::closed) return;
  ++c.host.orphans;
  if (state_ == State::fin_wait_2) {
    fin_wait_2_as_orphan(StateReason::close, c);
  }
  if (state_ == State::closed || fate_ != Fate::lives) return;
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
  if (leaves_data_unread(c)) {
    close(c);  // Linux looks at unread data first
    return;
  }
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
    case State::time_wait: LASTACK_UNREACHABLE("a listener or a record is no endpoint");
  }
  LASTACK_ASSERT(!counted);
  orphan_ = true;
}

// --- Options ---

Error Endpoint::set_option(SocketOptionValue given, Context& c) {
  const auto [least, most] = socket_option_range(given.option);
  if (given.value < least || given.value > most) return Error::invalid_argument;
  const bool open = state_ != State::closed && state_ != State::syn_sent;
  if (given.option == SocketOption::tcp_maxseg && open) return Error::none;  // it comes too late
  const SocketOptions before = *options_;
  SocketOptions changed = before;
  changed.set(given, c.host);
  options_ = c.host.options.keep(changed);
  if (given.option == SocketOption::tcp_quickack) {
    acks_.set_quick_ack(given.value, c.host.settings().tcp_pingpong_thresh);
  }
  if (open) follow_option(given, before, c);
  return Error::none;
}

/// What a new value changes at once on an open connection; most are looked at when they matter.
void Endpoint::follow_option(SocketOptionValue given, const SocketOptions& before, Context& c) {
  switch (given.option) {
    case SocketOption::tcp_nodelay:
      if (given.value != 0) send_what_is_allowed(Nagle::Mode::off, c);
      break;
    case SocketOption::tcp_cork:
      if (given.value == 0) send_what_is_allowed(Nagle::Mode::on, c);
      break;
    case SocketOption::tcp_quickack:
      if (given.value != 0) acknowledge_quickly(c);
      break;
    case SocketOption::tcp_keepidle:
      if (options_->keep_alive) {  // time that passed already counts
        const SimDuration left = keep_rules(c).idle - keep_.silence(acks_.last_data(), c.now);
        set_keep_timer(KeepKind::keepalive, std::max(left, SimDuration{}), c);
      }
      break;
    case SocketOption::so_keepalive:
      if (options_->keep_alive && !before.keep_alive) {
        set_keep_timer(KeepKind::keepalive, keep_rules(c).idle, c);
      } else if (!options_->keep_alive && keep_.kind() == KeepKind::keepalive) {
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
    case SocketOption::so_linger: break;
    case SocketOption::so_sndbuf:
      grow_send_buffer(c);
      wake_sender(c);
      break;
    case SocketOption::so_rcvbuf: window_.resize(receiving(c)); break;
  }
}

/// TCP_QUICKACK is set: what is owed goes, but not while a small segment waits to be read (Linux,
/// __tcp_sock_set_quickack, tcp_cleanup_rbuf).
void Endpoint::acknowledge_quickly(Context& c) {
  if (state_ != State::established && state_ != State::close_wait) return;
  if (!acks_.owed()) return;
  if (received_.unread() > 0 && !window_.two_segments_since(received_.nxt())) return;
  send_ack(SendReason::ack, c);
}

}  // namespace lastack::tcp
