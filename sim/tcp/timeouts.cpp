// Timeouts (RFC 9293, 3.10.8; RFC 6298, 5; RFC 8985, 7; keepalive, RFC 9293, 3.8.4).

#include <algorithm>

#include "endpoint.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

void Endpoint::timeout(Context& c) {
  if (rtx_.due() <= c.now) rtx_timeout(c);
  if (acks_.delayed_until() <= c.now) delack_timeout(c);
  if (acks_.compressed_until() <= c.now) compressed_timeout(c);
  if (keep_.due() <= c.now) keep_timeout(c);
}

void Endpoint::rtx_timeout(Context& c) {
  const RtxKind kind = rtx_.kind();
  report_timer(rtx_.name(), TimerAction::fire, rtx_.due(), c);
  rtx_.stop();
  switch (kind) {
    case RtxKind::none: break;
    case RtxKind::rto: retransmission_timeout(c); break;
    case RtxKind::tlp: tail_loss_probe(c); break;
    case RtxKind::probe: probe_timeout(c); break;
    case RtxKind::reorder: reorder_timeout(c); break;
  }
}

void Endpoint::delack_timeout(Context& c) {
  report_timer(Timer::delack, TimerAction::fire, acks_.delayed_until(), c);
  if (!acks_.delayed_timeout(ack_rules(c), rtx_.rto())) return;
  ++c.host.counters.DelayedACKs;
  send_ack(SendReason::delack, c);
}

void Endpoint::compressed_timeout(Context& c) {
  report_timer(Timer::delack, TimerAction::fire, acks_.compressed_until(), c);
  acks_.compressed_timeout();
  send_ack(SendReason::dup_ack, c);
}

void Endpoint::keep_timeout(Context& c) {
  const KeepKind kind = keep_.kind();
  report_timer(keep_.name(), TimerAction::fire, keep_.due(), c);
  keep_.stop();
  switch (kind) {
    case KeepKind::none: break;
    case KeepKind::keepalive: keepalive_timeout(c); break;
    case KeepKind::fin_wait_2: fin_wait_2_timeout(c); break;
  }
}

// --- RETRANSMISSION TIMEOUT ---

/// RFC 6298, 5.4 to 5.6, but the first retries of a SYN do not back off (tcp_syn_linear_timeouts).
void Endpoint::retransmission_timeout(Context& c) {
  if (queue_.empty()) return;
  const bool asks_for_window = window_taken_back(c);
  if (!asks_for_window) ++c.host.counters.TCPTimeouts;
  if (asks_for_window ? gave_up_window(c) : gave_up(c)) return;
  recovery_.timed_out(queue_, rtx_, sending(c));
  if (!asks_for_window) {
    const bool counted = c.host.profile.retry_budget == RetryBudget::count;
    rtx_.retrying_since(counted ? queue_.front().sent : c.now);
    rtx_.timed_out();
  }
  retransmit(0, syn_again_soon_ ? SendReason::syn_repeat : SendReason::rto, c);
  rtx_.retrying_since(c.now);
  syn_again_soon_ = false;
  back_off(c);
  const SimDuration wait = user_timeout().clamp(rtx_.rto(), rtx_.stuck_since(), c.now, c.host.grid);
  set_rtx_timer(RtxKind::rto, wait, c);
}

/// A SYN's first waits do not double, nor do those of a connection that has little in flight
/// (tcp_syn_linear_timeouts; tcp_thin_linear_timeouts).
void Endpoint::back_off(Context& c) {
  constexpr std::uint32_t few = 4;                 // segments (Linux, tcp_stream_is_thin)
  constexpr std::uint32_t linear_retries_max = 6;  // TCP_THIN_LINEAR_RETRIES
  const Settings& settings = c.host.settings();
  const bool linear_syn = state_ == State::syn_sent && static_cast<std::int32_t>(rtx_.timeouts()) <=
                                                           settings.tcp_syn_linear_timeouts;
  const bool thin = settings.tcp_thin_linear_timeouts != 0 && state_ == State::established &&
                    queue_.size() < few && rtx_.retransmits() <= linear_retries_max &&
                    recovery_.congestion().ssthresh() < CongestionControl::no_threshold;
  if (thin) {
    rtx_.restart(rto_limits(c));
  } else if (!linear_syn) {
    rtx_.back_off(rto_limits(c));
  }
}

/// Whether the peer closed its window over what is in flight, so that what goes again is a probe
/// (Linux, tcp_retransmit_timer).
bool Endpoint::window_taken_back(const Context& c) const {
  return c.host.profile.repacks_retransmissions && snd_.wnd() == 0 && !orphan_ &&
         state_ != State::syn_sent && state_ != State::syn_rcvd;
}

/// … and whether that has gone on for too long, so that the connection is gone: as long as the peer
/// answers, it may last (Linux, tcp_rtx_probe0_timed_out).
bool Endpoint::gave_up_window(Context& c) {
  if (!asks_for_window_too_long(c)) return false;
  fail(Error::timed_out, StateReason::window_probes_unanswered, c);
  return true;
}

bool Endpoint::asks_for_window_too_long(const Context& c) const {
  const SimTime since = rtx_.stuck_since() != never ? rtx_.stuck_since() : queue_.front().sent;
  const SimDuration asked = UserTimeout::between_stamps(since, c.now);
  SimDuration longest = 2 * rto_limits(c).max;
  if (user_timeout().set()) {
    if (asked > user_timeout().limit()) return true;
    longest = std::min(longest, user_timeout().limit());
  }
  return c.now - keep_.last_heard() > longest && asked > longest;
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
      used_up = static_cast<std::int32_t>(rtx_.retransmits()) >= retries + linear ||
                retries_used_up(retries, user_timeout(), c);
      break;
    }
    case State::established:
    case State::fin_wait_1:
    case State::close_wait:
    case State::closing:
    case State::last_ack:
      if (orphan_ && out_of_resources(farewell(c), c)) return true;
      used_up =
          retries_used_up(orphan_ ? orphan_retries(c) : settings.tcp_retries2, user_timeout(), c);
      break;
    case State::closed:
    case State::listen:
    case State::fin_wait_2:
    case State::time_wait: LASTACK_UNREACHABLE("nothing is retransmitted in this state");
  }
  if (!used_up) return false;
  if (state_ == State::syn_rcvd && c.host.profile.request_expiry == RequestExpiry::reset) {
    c.send(blank(Flags::rst, snd_.nxt()), SendReason::reset);
  }
  ++c.host.counters.TCPAbortOnTimeout;
  fail(Error::timed_out, StateReason::retries_used_up, c);
  return true;
}

bool Endpoint::retries_used_up(std::int32_t retries, UserTimeout limit, const Context& c) const {
  const bool opening = state_ == State::syn_sent || state_ == State::syn_rcvd;
  return rtx_.used_up({.counted_by = c.host.profile.retry_budget,
                       .retries = retries,
                       .first = opening ? c.host.config.initial_rto : retry_budget_start,
                       .most = rto_limits(c).max,
                       .user_timeout = limit},
                      c.now);
}

// --- Tail-loss probe (RFC 8985, 7.3) ---

void Endpoint::tail_loss_probe(Context& c) {
  if (queue_.empty()) return;
  bool probes = !recovery_.probe().outstanding();
  if (probes) {
    using What = TailLossProbe::What;
    What what = What::new_data;
    if (unsent() == 0 || !send_as_probe(c)) {
      what = What::repetition;
      const bool cuts = c.host.profile.repacks_retransmissions;
      const std::size_t last = cuts ? queue_.cut_off_last(mss_now(c)) : queue_.size() - 1;
      probes = retransmit(last, SendReason::tlp, c);
    }
    if (probes) {
      recovery_.probe_sent(what, sending(c));
      ++c.host.counters.TCPLossProbes;
    }
  }
  // A probe gives the RTO a full wait from now; without one it goes on where it was.
  const SimDuration left = probes ? rtx_.rto() : std::max<SimDuration>(rto_left(c), 1us);
  set_rtx_timer(RtxKind::rto, left, c);
}

/// RACK's reordering tolerance has passed (RFC 8985, 6.3).
void Endpoint::reorder_timeout(Context& c) {
  if (queue_.empty()) return;
  if (recovery_.reorder_timeout(queue_, rtx_, sending(c))) resend_lost(c);
  set_rtx_timer(RtxKind::rto, std::max<SimDuration>(rto_left(c), 1us), c);
}

// --- Zero-window probes (RFC 9293, 3.8.6.1) ---

void Endpoint::probe_timeout(Context& c) {
  if (!queue_.empty() || unsent() == 0) {
    probes_out_ = 0;
    probing_.end();
    return;
  }
  probing_.begin(c.now);
  if (probing_.outlasts(user_timeout(), c.now) || probes_used_up(c)) {
    ++c.host.counters.TCPAbortOnTimeout;
    fail(Error::timed_out, StateReason::window_probes_unanswered, c);
    return;
  }
  if (orphan_ && out_of_resources(Farewell::reset, c)) return;
  if (const std::uint32_t room = snd_.window_left(); room > 0) {
    send_piece(room, c);  // a part of the next segment fits
    probing_.end();
    return;
  }
  send_probe(SendReason::window_probe, c);
  ++probes_out_;
  probing_.sent(c.host.settings().tcp_retries2);
  set_probe_timer(c);
}

/// Probes that are answered do not count, but nobody waits for ever behind an orphan's: not once
/// they are as far apart as they can be (Linux, tcp_probe_timer).
bool Endpoint::probes_used_up(const Context& c) const {
  if (!orphan_) return probes_out_ >= c.host.settings().tcp_retries2;
  const SimDuration longest = rto_limits(c).max;
  const SimDuration wait = probing_.interval(rtx_.rto(), {}, longest);
  const std::int32_t most = orphan_retries(wait, c);
  const bool for_long = wait == longest && probing_.doublings() >= most;
  return probes_out_ >= most || (for_long && c.host.profile.bounds_probes_of_orphans);
}

// --- Keepalive (RFC 9293, 3.8.4) ---

void Endpoint::keepalive_timeout(Context& c) {
  if (!options_->keep_alive || state_ == State::syn_sent) return;
  const KeepaliveTimer::Rules rules = keep_rules(c);
  if (!queue_.empty() || unsent() > 0) {  // retransmission looks after it
    set_keep_timer(KeepKind::keepalive, rules.idle, c);
    return;
  }
  using What = KeepaliveTimer::Answer::What;
  const auto answer =
      KeepaliveTimer::due_after(keep_.silence(acks_.last_data(), c.now), probes_out_, rules);
  switch (answer.what) {
    case What::wait: break;
    case What::probe:
      send_probe(SendReason::keepalive, c);
      ++c.host.counters.TCPKeepAlive;
      ++probes_out_;
      break;
    case What::give_up:
      if (c.host.profile.reset_on_keepalive_failure) send_reset(c);
      fail(Error::timed_out, StateReason::keepalive_unanswered, c);
      return;
  }
  set_keep_timer(KeepKind::keepalive, answer.next, c);
}

}  // namespace lastack::tcp
