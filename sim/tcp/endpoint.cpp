// States, timers and the end of a connection: what every event may need.

#include "endpoint.hpp"

#include <algorithm>
#include <memory>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

static_assert(sizeof(Endpoint) <= 368, "a host may have a million connections");

void Endpoint::open(const SocketOptions* options, std::optional<Seq> iss) {
  const Wakeup kept = wakeup_;  // the scheduler may still hold an entry for this slot
  std::destroy_at(this);
  std::construct_at(this);
  wakeup_ = kept;
  options_ = options;
  iss_fixed_ = iss.has_value();
  snd_.choose(iss.value_or(Seq{}));
}

void Endpoint::set_ends(SocketAddress local, SocketAddress remote) {
  local_address_ = local.address;
  local_port_ = local.port;
  remote_address_ = remote.address;
  remote_port_ = remote.port;
}

void Endpoint::enter(State next, StateReason why, Context& c) {
  LASTACK_ASSERT(is_transition(state_, next));  // RFC 9293, Figure 5
  if (c.reports()) c.report_state(local(), remote(), state_, next, why);
  c.host.census.move(c.now, state_, next);
  state_ = next;  // the only assignment to state_ but the slot's own birth and end
}

/// Whether an RST ends it: one that arrived, or the segment that it has just sent.
bool Endpoint::ends_by_reset(StateReason why, const Context& c) const {
  if (why == StateReason::rst_arrives) return true;
  const auto* last = c.out.effects.empty() ? nullptr : std::get_if<Sent>(&c.out.effects.back());
  return last != nullptr && last->segment.flags.has(Flags::rst) && last->segment.src == local() &&
         last->segment.dst == remote();
}

/// The connection is no more (RFC 9293: "delete the TCB").
void Endpoint::done(StateReason why, Context& c) {
  const bool open_both_ways = state_ == State::established || state_ == State::close_wait;
  if (open_both_ways) ++c.host.counters.EstabResets;  // RFC 4022; tcp_set_state
  const bool unfinished =
      open_both_ways || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
  if (unfinished && connected_ && ends_by_reset(why, c)) {
    c.report(ConnectionReset{local(), remote()});
  }
  clear_timers(c);
  enter(State::closed, why, c);
  fate_ = Fate::closed;
  give_back(c);
}

/// The connection ends with an error that the application's next call will see.
void Endpoint::fail(Error error, StateReason why, Context& c) {
  if (connecting_ || state_ == State::syn_sent || state_ == State::syn_rcvd) {
    ++c.host.counters.AttemptFails;
  }
  error_ = error;
  read_closed_ = true;
  write_closed_ = true;
  done(why, c);
  if (connected_ && !orphan_) c.report(ConnectionFailed{local(), remote()});
}

/// A small record takes over from the connection: TIME-WAIT, or (Linux) an orphan's FIN-WAIT-2.
void Endpoint::become_record(Fate fate, StateReason why, Context& c) {
  LASTACK_ASSERT(fate == Fate::to_time_wait || fate == Fate::to_fin_wait_2);
  clear_timers(c);
  if (fate == Fate::to_time_wait) enter(State::time_wait, why, c);
  fate_ = fate;
  give_back(c);
}

/// What only a living connection needs.
void Endpoint::give_back(Context& c) {
  if (orphan_) --c.host.orphans;
  c.host.forget_answers(pair());
  queue_.clear();
  recovery_.clear();
  received_.clear();
  window_.release();
  acks_.no_hole();
  wake();
}

// --- What the parts ask of their surroundings ---

ReceiveWindow::Surroundings Endpoint::receiving(const Context& c) const {
  using Stamps = ReceiveWindow::Stamps;
  return {.host = c.host,
          .options = *options_,
          .stamps = ts_.used() ? Stamps::yes : Stamps::no,
          .read = received_.read(),
          .now = c.now};
}

LossRecovery::Surroundings Endpoint::sending(const Context& c) const {
  using NewData = LossRecovery::NewData;
  const bool may_leave = unsent() > 0 && after(snd_.window_end(), snd_.nxt());
  return {.settings = c.host.settings(),
          .profile = c.host.profile,
          .snd = snd_,
          .sack = sack(),
          .new_data = may_leave ? NewData::may_leave : NewData::none,
          .mss = recovery_.phase() == LossRecovery::Phase::open ? 0 : mss_now(c),
          .now = c.now};
}

/// As they were set when the socket was made (Linux, tcp_init_sock).
RtoLimits Endpoint::rto_limits(const Context& c) const {
  return c.host.rto_limits(options_->rto_min_us, options_->rto_max_ms);
}

/// A delayed ACK comes a jiffy before the peer's least RTO, were it ours (Linux, tcp_delack_max).
SimDuration Endpoint::delayed_ack_max(const Context& c) const {
  if (c.host.profile.acks != AckPolicy::quick_ack) return DelayedAck::longest_wait;
  const SimDuration jiffy = c.host.grid.jiffy();
  const SimDuration least_rto = std::chrono::microseconds{options_->rto_min_us};
  const auto jiffies = std::max<std::int64_t>((least_rto + jiffy - SimDuration{1}) / jiffy, 2) - 1;
  return std::min(jiffies * jiffy, DelayedAck::longest_wait);
}

DelayedAck::Rules Endpoint::ack_rules(const Context& c) const {
  const Settings& settings = c.host.settings();
  return {.policy = c.host.profile.acks,
          .quick_ack = options_->quick_ack,
          .pingpong_threshold = settings.tcp_pingpong_thresh,
          .compressed_max = settings.tcp_comp_sack_nr,
          .compressed_wait = std::chrono::nanoseconds{settings.tcp_comp_sack_delay_ns},
          .delayed_max = delayed_ack_max(c),
          .srtt = rtx_.has_sample() ? std::optional{rtx_.srtt()} : std::nullopt,
          .grid = c.host.grid};
}

KeepaliveTimer::Rules Endpoint::keep_rules(const Context& c) const {
  const Settings& settings = c.host.settings();
  const auto own_or = [](std::int32_t own, std::int32_t host) { return own != 0 ? own : host; };
  const std::chrono::seconds interval{
      own_or(options_->keep_interval_s, settings.tcp_keepalive_intvl)};
  constexpr SimDuration tick = 1ms;  // an interval of 0 still takes one, of the fastest clock
  return {.idle = std::chrono::seconds{own_or(options_->keep_idle_s, settings.tcp_keepalive_time)},
          .interval = std::max<SimDuration>(interval, tick),
          .count = static_cast<std::uint32_t>(
              own_or(options_->keep_count, settings.tcp_keepalive_probes)),
          .user_timeout = user_timeout()};
}

// --- Timers ---

void Endpoint::report_timer(Timer timer, TimerAction action, SimTime due, Context& c) {
  if (c.reports()) c.report_timer(local(), remote(), timer, action, due);
}

void Endpoint::report_cancelled(const DelayedAck::Cancelled& timers, Context& c) {
  if (timers.delayed != never) report_timer(Timer::delack, TimerAction::cancel, timers.delayed, c);
  if (timers.compressed != never) {
    report_timer(Timer::delack, TimerAction::cancel, timers.compressed, c);
  }
}

void Endpoint::set_rtx_timer(RtxKind kind, SimDuration timeout, Context& c) {
  if (rtx_.running() && rtx_.name() != RetransmissionTimer::name_of(kind)) clear_rtx_timer(c);
  timeout = std::min<SimDuration>(timeout, rto_limits(c).max);
  rtx_.arm(kind, c.host.grid.expiry(c.now, timeout, ++c.host.rtx_timers_set));
  report_timer(rtx_.name(), TimerAction::arm, rtx_.due(), c);
}

void Endpoint::clear_rtx_timer(Context& c) {
  if (rtx_.running()) report_timer(rtx_.name(), TimerAction::cancel, rtx_.due(), c);
  rtx_.stop();
}

void Endpoint::set_keep_timer(KeepKind kind, SimDuration timeout, Context& c) {
  keep_.arm(kind, c.host.grid.expiry(c.now, timeout));
  report_timer(keep_.name(), TimerAction::arm, keep_.due(), c);
}

void Endpoint::clear_keep_timer(Context& c) {
  if (keep_.running()) report_timer(keep_.name(), TimerAction::cancel, keep_.due(), c);
  keep_.stop();
}

void Endpoint::clear_timers(Context& c) {
  clear_rtx_timer(c);
  clear_keep_timer(c);
  report_cancelled(acks_.cancel(), c);
}

SocketSnapshot Endpoint::snapshot() const {
  SocketSnapshot row{};
  row.local = local();
  row.remote = remote();
  row.state = state_;
  row.recv_q = octets_not_read();
  row.send_q = buffer_.fin_end() - snd_.una();
  row.orphan = orphan_;
  row.retransmits = rtx_.retransmits();
  row.due = deadline();
  if (row.due == never) return row;
  row.timer = row.due == rtx_.due()    ? rtx_.name()
              : row.due == acks_.due() ? Timer::delack
                                       : keep_.name();
  return row;
}

void Endpoint::check_invariants() const {
  rtx_.check_invariants();
  keep_.check_invariants();
  acks_.check_invariants();
  window_.check_invariants();
  if (state_ == State::closed || fate_ != Fate::lives) {
    LASTACK_ASSERT(deadline() == never);
    LASTACK_ASSERT(queue_.empty());
    return;
  }
  snd_.check_invariants();
  buffer_.check_invariants(snd_.nxt());
  queue_.check_invariants(snd_.una(), snd_.nxt());
  recovery_.check_invariants(snd_);
  if (state_ != State::syn_sent) received_.check_invariants();
  // Everything that was sent and is not acknowledged can be sent again.
  LASTACK_ASSERT(!queue_.empty() || snd_.una() == snd_.nxt());
  // Something that waits for an ACK is watched by a timer.
  LASTACK_ASSERT(queue_.empty() || rtx_.running());
  // CLOSE in SYN-RECEIVED leads past ESTABLISHED, but never to what only a peer's FIN leads to.
  LASTACK_ASSERT(connected_ || state_ != State::established);
  LASTACK_ASSERT(connected_ || (state_ != State::close_wait && state_ != State::last_ack));
}

}  // namespace lastack::tcp
