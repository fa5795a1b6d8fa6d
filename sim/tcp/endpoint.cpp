// States, timers and the end of a connection: what every event may need.

#include "endpoint.hpp"

#include <algorithm>
#include <memory>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

void Endpoint::open(const SocketOptions* options, std::optional<Seq> iss) {
  const Wakeup kept = wakeup;  // the scheduler may still hold an entry for this slot
  std::destroy_at(this);
  std::construct_at(this);
  wakeup = kept;
  options_ = options;
  iss_fixed_ = iss.has_value();
  snd_.iss = iss.value_or(Seq{});
}

/// The connection moves data, repairs a loss or has something rare to remember.
Transfer& Endpoint::transfer() {
  if (transfer_ == nullptr) {
    transfer_ = std::make_unique<Transfer>(congestion_algorithm_);
    transfer_->congestion.begin_late(snd_.iss + 1, trips_.min_rtt);
  }
  return *transfer_;
}

constinit const Transfer Endpoint::untouched{CongestionAlgorithm::reno};

void Endpoint::enter(State next, StateReason why, Context& c) {
  LASTACK_ASSERT(is_transition(state_, next));  // RFC 9293, Figure 5
  c.report_state(local_, remote_, state_, next, why);
  c.host.census.move(c.now, state_, next);
  state_ = next;  // the only assignment to state_ but the slot's own birth and end
}

/// The connection is no more (RFC 9293: "delete the TCB").
void Endpoint::done(StateReason why, Context& c) {
  clear_timers(c);
  enter(State::closed, why, c);
  fate_ = Fate::closed;
  if (orphan_) {
    --c.host.orphans;
  }
  queue_.clear();
  transfer_.reset();
  wake();
}

/// The connection ends with an error that the application's next call will see.
void Endpoint::fail(Error error, StateReason why, Context& c) {
  if (connecting_ || state_ == State::syn_sent || state_ == State::syn_rcvd) {
    ++c.host.counters.AttemptFails;
  } else if (state_ == State::established || state_ == State::close_wait) {
    ++c.host.counters.EstabResets;
  }
  error_ = error;
  read_closed_ = true;
  write_closed_ = true;
  done(why, c);
}

/// A small record takes over from the connection: TIME-WAIT, or (Linux) an orphan's FIN-WAIT-2.
void Endpoint::become_record(Fate fate, StateReason why, Context& c) {
  LASTACK_ASSERT(fate == Fate::to_time_wait || fate == Fate::to_fin_wait_2);
  clear_timers(c);
  if (fate == Fate::to_time_wait) {
    enter(State::time_wait, why, c);
  }
  fate_ = fate;
  if (orphan_) {
    --c.host.orphans;
  }
  queue_.clear();
  transfer_.reset();
  wake();
}

/// How long an orphan waits in FIN-WAIT-2 (Linux, tcp_fin_time): at least three and a half RTO.
SimDuration Endpoint::fin_wait_2_length(const Context& c) const {
  const std::int32_t seconds =
      options_->linger2_s != 0 ? options_->linger2_s : c.host.settings().tcp_fin_timeout;
  const SimDuration rto = std::min(rto_.rto(), SimDuration::max() / 4);
  return std::max<SimDuration>(std::chrono::seconds{seconds}, 4 * rto - rto / 2);
}

/// Nobody will read what comes: the wait for the peer's FIN gets an end.
void Endpoint::fin_wait_2_as_orphan(StateReason why, Context& c) {
  LASTACK_ASSERT(state_ == State::fin_wait_2 && orphan_);
  if (options_->linger2_s < 0) {
    ++c.host.counters.TCPAbortOnLinger;
    send_reset(c);
    done(why, c);
    return;
  }
  const SimDuration length = fin_wait_2_length(c);
  if (c.host.profile.orphan_fin_wait_2 == OrphanFinWait2::connection) {
    set_keep_timer(KeepTimer::fin_wait_2, length, c);
  } else if (length > c.host.time_wait_length()) {
    // The record's own timer takes no longer than TIME-WAIT; the rest is waited for beforehand.
    set_keep_timer(KeepTimer::fin_wait_2, length - c.host.time_wait_length(), c);
  } else {
    become_record(Fate::to_fin_wait_2, why, c);
  }
}

SimDuration Endpoint::record_lasts(const Context& c) const {
  if (fate_ == Fate::to_time_wait) return c.host.time_wait_length();
  const SimDuration longest = c.host.time_wait_length();
  const SimDuration length = fin_wait_2_length(c);
  return length > longest ? length - longest : length;
}

// --- Timers ---

void Endpoint::report_timer(Timer timer, TimerAction action, SimTime due, Context& c) {
  c.report_timer(local_, remote_, timer, action, due);
}

Timer Endpoint::name_of_rtx(RtxTimer kind) {
  return kind == RtxTimer::tlp ? Timer::tlp : Timer::rto;
}

void Endpoint::set_rtx_timer(RtxTimer kind, SimDuration timeout, Context& c) {
  if (rtx_timer_ != RtxTimer::none && name_of_rtx(rtx_timer_) != name_of_rtx(kind)) {
    clear_rtx_timer(c);
  }
  rtx_timer_ = kind;
  timeout = std::min<SimDuration>(timeout, c.host.rto_limits().max);
  rtx_due_ = c.host.grid.expiry(c.now, timeout);
  report_timer(name_of_rtx(kind), TimerAction::arm, rtx_due_, c);
}

void Endpoint::clear_rtx_timer(Context& c) {
  if (rtx_timer_ != RtxTimer::none) {
    report_timer(name_of_rtx(rtx_timer_), TimerAction::cancel, rtx_due_, c);
  }
  rtx_timer_ = RtxTimer::none;
  rtx_due_ = never;
}

void Endpoint::set_keep_timer(KeepTimer kind, SimDuration timeout, Context& c) {
  keep_timer_ = kind;
  keep_due_ = c.host.grid.expiry(c.now, timeout);
  report_timer(kind == KeepTimer::keepalive ? Timer::keepalive : Timer::fin_wait_2,
               TimerAction::arm, keep_due_, c);
}

void Endpoint::clear_keep_timer(Context& c) {
  if (keep_timer_ != KeepTimer::none) {
    report_timer(keep_timer_ == KeepTimer::keepalive ? Timer::keepalive : Timer::fin_wait_2,
                 TimerAction::cancel, keep_due_, c);
  }
  keep_timer_ = KeepTimer::none;
  keep_due_ = never;
}

void Endpoint::clear_timers(Context& c) {
  clear_rtx_timer(c);
  clear_keep_timer(c);
  if (ack_.due != never) {
    report_timer(Timer::delack, TimerAction::cancel, ack_.due, c);
    ack_.due = never;
  }
  if (compressed_until() != never) {
    report_timer(Timer::delack, TimerAction::cancel, compressed_until(), c);
    holes()->held_until = never;
  }
}

SocketSnapshot Endpoint::snapshot() const {
  SocketSnapshot row{};
  row.local = local_;
  row.remote = remote_;
  row.state = state_;
  row.recv_q = octets_not_read();
  row.send_q = snd_.end() - snd_.una;
  row.orphan = orphan_;
  row.retransmits = retransmits_;
  row.due = deadline();
  if (row.due == never) {
    return row;
  }
  if (row.due == rtx_due_) {
    row.timer = name_of_rtx(rtx_timer_);
  } else if (row.due == ack_.due || row.due == compressed_until()) {
    row.timer = Timer::delack;
  } else {
    row.timer = keep_timer_ == KeepTimer::keepalive ? Timer::keepalive : Timer::fin_wait_2;
  }
  return row;
}

}  // namespace lastack::tcp
