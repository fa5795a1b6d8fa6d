// Timeouts (RFC 9293, 3.10.8; RFC 6298, 5; RFC 8985, 7; keepalive, RFC 9293, 3.8.4).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

/// Linux compares times by their millisecond stamps.
SimDuration between_stamps(SimTime from, SimTime to) {
  constexpr auto ms = std::chrono::milliseconds{1};
  return ms * (to.time_since_epoch() / ms - from.time_since_epoch() / ms);
}

}  // namespace

void Endpoint::timeout(Context& c) {
  if (rtx_due_ <= c.now) {
    rtx_timeout(c);
  }
  if (ack_.due <= c.now) {
    delack_timeout(c);
  }
  if (compressed_until() <= c.now) {
    release_compressed_ack(c);
  }
  if (keep_due_ <= c.now) {
    keep_timeout(c);
  }
}

void Endpoint::rtx_timeout(Context& c) {
  const RtxTimer kind = rtx_timer_;
  report_timer(name_of_rtx(kind), TimerAction::fire, rtx_due_, c);
  rtx_timer_ = RtxTimer::none;
  rtx_due_ = never;
  switch (kind) {
    case RtxTimer::none: break;
    case RtxTimer::rto: retransmission_timeout(c); break;
    case RtxTimer::tlp: tail_loss_probe(c); break;
    case RtxTimer::probe: probe_timeout(c); break;
    case RtxTimer::reorder: reorder_timeout(c); break;
  }
}

// --- RETRANSMISSION TIMEOUT ---

void Endpoint::retransmission_timeout(Context& c) {
  if (queue_.empty()) {
    return;
  }
  ++c.host.counters.TCPTimeouts;
  if (gave_up(c)) {
    return;
  }
  enter_loss(c);
  if (trips_.first_retransmit == never) {
    const bool counted = c.host.profile.retry_budget == RetryBudget::count;
    trips_.first_retransmit = counted ? queue_.front().sent : c.now;
  }
  ++retransmits_;
  ++syn_timeouts_;
  retransmit(queue_.front(), syn_again_soon_ ? SendReason::syn_repeat : SendReason::rto, c);
  syn_again_soon_ = false;
  const bool linear =
      state_ == State::syn_sent && syn_timeouts_ <= c.host.settings().tcp_syn_linear_timeouts;
  if (!linear) {
    rto_.back_off(c.host.rto_limits());
  }
  set_rtx_timer(RtxTimer::rto, clamp_to_user_timeout(rto_.rto(), trips_.first_retransmit, c), c);
}

/// Whether the retries are used up (RFC 9293, 3.8.3); then the connection is gone.
bool Endpoint::gave_up(Context& c) {
  const Settings& settings = c.host.settings();
  bool used_up = false;
  switch (state_) {
    case State::syn_sent:
    case State::syn_rcvd: {
      const std::int32_t retries =
          options_->syn_count != 0 ? options_->syn_count : settings.tcp_syn_retries;
      const std::int32_t linear = state_ == State::syn_sent ? settings.tcp_syn_linear_timeouts : 0;
      used_up = retransmits_ >= retries + linear || retries_used_up(retries, user_timeout(), c);
      break;
    }
    case State::established:
    case State::fin_wait_1:
    case State::close_wait:
    case State::closing:
    case State::last_ack:
      if (orphan_ && out_of_resources(farewell(c), c)) {
        return true;
      }
      used_up =
          retries_used_up(orphan_ ? orphan_retries(c) : settings.tcp_retries2, user_timeout(), c);
      break;
    case State::closed:
    case State::listen:
    case State::fin_wait_2:
    case State::time_wait: LASTACK_ASSERT(state_ == State::established); break;
  }
  if (!used_up) {
    return false;
  }
  if (state_ == State::syn_rcvd && c.host.profile.request_expiry == RequestExpiry::reset) {
    c.send(blank(Flags::rst, snd_.nxt), SendReason::reset);
  }
  ++c.host.counters.TCPAbortOnTimeout;
  fail(Error::timed_out, StateReason::retries_used_up, c);
  return true;
}

/// A setting of n retries means n retransmissions, or (Linux, retransmits_timed_out) as much time
/// as n would take that started from the minimum timeout.
bool Endpoint::retries_used_up(std::int32_t retries, SimDuration user_timeout,
                               const Context& c) const {
  const bool counted = c.host.profile.retry_budget == RetryBudget::count;
  if (counted && user_timeout == SimDuration::zero()) {
    return retransmits_ >= retries;
  }
  if (retransmits_ == 0) {
    return false;
  }
  SimDuration budget = user_timeout;
  if (budget == SimDuration::zero()) {
    const bool opening = state_ == State::syn_sent || state_ == State::syn_rcvd;
    const SimDuration first = opening ? c.host.config.initial_rto : retry_budget_start;
    budget = time_of_retries(retries, first, c.host.rto_limits().max);
  }
  return between_stamps(trips_.first_retransmit, c.now) >= budget;
}

std::int32_t Endpoint::orphan_retries(const Context& c) const {
  const std::int32_t retries = c.host.settings().tcp_orphan_retries;
  const bool alive = rto_.rto() < c.host.rto_limits().max;
  return retries == 0 && alive ? c.host.profile.orphan_retries_for_0 : retries;
}

/// A peer that may still be there is told that its connection is gone (Linux, tcp_write_timeout).
Endpoint::Farewell Endpoint::farewell(const Context& c) const {
  const bool alive = rto_.rto() < c.host.rto_limits().max;
  const bool lost = !alive && retries_used_up(orphan_retries(c), SimDuration::zero(), c);
  return lost ? Farewell::silent : Farewell::reset;
}

/// An orphan is ended when there are too many, or too much memory is taken; sooner when its peer
/// has been silent for long (Linux, tcp_out_of_resources).
bool Endpoint::out_of_resources(Farewell wanted, Context& c) {
  constexpr SimDuration recently = 60s;  // TCP_TIMEWAIT_LEN
  const SimDuration since_sent = c.now - known().last_sent;
  const bool silent = since_sent > 2 * c.host.rto_limits().max || wanted == Farewell::silent;
  const bool crowded = c.host.too_many_orphans(silent ? 1 : 0);
  if (!crowded && !out_of_memory(c)) {
    return false;
  }
  ++c.host.counters.TCPAbortOnMemory;
  const bool shut_out = snd_.wnd == 0 && queue_.empty();
  if (wanted == Farewell::reset || since_sent <= recently || shut_out) {
    send_reset(c);
  }
  done(crowded ? StateReason::too_many_orphans : StateReason::out_of_socket_memory, c);
  return true;
}

/// The last wait ends with the user timeout (RFC 5482; Linux, tcp_clamp_rto_to_user_timeout).
SimDuration Endpoint::clamp_to_user_timeout(SimDuration timeout, SimTime since,
                                            const Context& c) const {
  if (options_->user_timeout_ms == 0 || since == never) {
    return timeout;
  }
  const SimDuration left = user_timeout() - between_stamps(since, c.now);
  return std::clamp<SimDuration>(left, c.host.grid.jiffy(), std::max(timeout, c.host.grid.jiffy()));
}

// --- Tail-loss probe (RFC 8985, 7.3) ---

void Endpoint::tail_loss_probe(Context& c) {
  bool probed = false;
  if (!recovery().tlp_outstanding && !queue_.empty()) {
    transfer().recovery.tlp_repeated = false;
    if (unsent() > 0 && send_as_probe(c)) {
      probed = true;
    } else {
      retransmit(queue_.back(), SendReason::tlp, c);
      transfer().recovery.tlp_repeated = true;
      probed = true;
    }
    transfer().recovery.tlp_outstanding = true;
    transfer().recovery.tlp_end = snd_.nxt;
    ++c.host.counters.TCPLossProbes;
  }
  if (queue_.empty()) {
    return;
  }
  // A probe gives the RTO a full wait from now; without one it goes on where it was.
  const SimDuration left = probed ? rto_.rto() : std::max<SimDuration>(rto_left(c), 1us);
  set_rtx_timer(RtxTimer::rto, left, c);
}

/// RACK's reordering tolerance has passed (RFC 8985, 6.3).
void Endpoint::reorder_timeout(Context& c) {
  const std::uint32_t lost_before = count_lost();
  find_losses_by_time(c);
  if (count_lost() > lost_before) {
    if (recovery().phase != RecoveryState::Phase::recovery) {
      enter_recovery(c);
      Acked one;
      one.delivered = 1;
      reduce_window(one, Progress::none);
    }
    resend_lost(c);
  }
  if (rtx_timer_ == RtxTimer::none) {
    restart_rtx_timer(c);
  }
}

// --- Zero-window probes (RFC 9293, 3.8.6.1) ---

void Endpoint::end_probing() {
  if (known().probing_since != never) {
    transfer().probing_since = never;
  }
}

void Endpoint::probe_timeout(Context& c) {
  if (!queue_.empty() || unsent() == 0) {
    probes_out_ = 0;
    end_probing();
    return;
  }
  if (known().probing_since == never) {
    transfer().probing_since = c.now;
  }
  const bool user_says_enough = options_->user_timeout_ms != 0 && known().probing_since != c.now &&
                                between_stamps(known().probing_since, c.now) >= user_timeout();
  const std::int32_t most = orphan_ ? orphan_retries(c) : c.host.settings().tcp_retries2;
  if (user_says_enough || probes_out_ >= most) {
    ++c.host.counters.TCPAbortOnTimeout;
    fail(Error::timed_out, StateReason::window_probes_unanswered, c);
    return;
  }
  if (orphan_ && out_of_resources(Farewell::reset, c)) {
    return;
  }
  const std::uint32_t room = snd_.window_end() - snd_.nxt;
  if (after(snd_.window_end(), snd_.nxt) && room > 0) {
    send_piece(room, c);  // a part of the next segment fits
    end_probing();
    return;
  }
  send_probe(SendReason::window_probe, c);
  ++probes_out_;
  if (probe_backoff_ < c.host.settings().tcp_retries2) {
    ++probe_backoff_;
  }
  set_rtx_timer(RtxTimer::probe, clamp_to_user_timeout(probe_interval(c), known().probing_since, c),
                c);
}

// --- Keepalive and FIN-WAIT-2 ---

void Endpoint::keep_timeout(Context& c) {
  const KeepTimer kind = keep_timer_;
  report_timer(kind == KeepTimer::keepalive ? Timer::keepalive : Timer::fin_wait_2,
               TimerAction::fire, keep_due_, c);
  keep_timer_ = KeepTimer::none;
  keep_due_ = never;
  if (kind == KeepTimer::keepalive) {
    keepalive_timeout(c);
    return;
  }
  if (state_ != State::fin_wait_2) {
    return;
  }
  const SimDuration rest = fin_wait_2_length(c) - c.host.time_wait_length();
  if (c.host.profile.orphan_fin_wait_2 == OrphanFinWait2::record && rest > SimDuration::zero()) {
    become_record(Fate::to_fin_wait_2, StateReason::half_of_fin_timeout_passed, c);
    return;
  }
  done(StateReason::fin_wait_2_timeout, c);
}

/// Since when nothing came from the peer.
SimDuration Endpoint::silent_for(const Context& c) const {
  return c.now - std::max(ack_.last_data, last_ack_seen_);
}

void Endpoint::keepalive_timeout(Context& c) {
  if (!options_->keep_alive || state_ == State::syn_sent) {
    return;
  }
  if (!queue_.empty() || unsent() > 0) {  // retransmission looks after it
    set_keep_timer(KeepTimer::keepalive, keep_idle(c), c);
    return;
  }
  const SimDuration silent = silent_for(c);
  if (silent < keep_idle(c)) {
    set_keep_timer(KeepTimer::keepalive, keep_idle(c) - silent, c);
    return;
  }
  const bool enough = options_->user_timeout_ms != 0 ? silent >= user_timeout() && probes_out_ > 0
                                                     : probes_out_ >= keep_count(c);
  if (enough) {
    if (c.host.profile.reset_on_keepalive_failure) {
      send_reset(c);
    }
    fail(Error::timed_out, StateReason::keepalive_unanswered, c);
    return;
  }
  send_probe(SendReason::keepalive, c);
  ++c.host.counters.TCPKeepAlive;
  ++probes_out_;
  set_keep_timer(KeepTimer::keepalive, keep_interval(c), c);
}

SimDuration Endpoint::keep_idle(const Context& c) const {
  return std::chrono::seconds{options_->keep_idle_s != 0 ? options_->keep_idle_s
                                                         : c.host.settings().tcp_keepalive_time};
}

SimDuration Endpoint::keep_interval(const Context& c) const {
  return std::chrono::seconds{options_->keep_interval_s != 0
                                  ? options_->keep_interval_s
                                  : c.host.settings().tcp_keepalive_intvl};
}

std::uint32_t Endpoint::keep_count(const Context& c) const {
  return options_->keep_count != 0
             ? options_->keep_count
             : static_cast<std::uint32_t>(c.host.settings().tcp_keepalive_probes);
}

}  // namespace lastack::tcp
