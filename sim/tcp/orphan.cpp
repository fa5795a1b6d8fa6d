// Connections that nobody owns any more, as Linux treats them: how long an orphan waits for the
// peer's FIN, how often it tries, and when it has to go for lack of room.

#include <algorithm>

#include "endpoint.hpp"
#include "host/time_wait.hpp"
#include "lastack/core/assert.hpp"
#include "receive/acceptability.hpp"

namespace lastack::tcp {

// --- FIN-WAIT-2 ---

/// How long an orphan waits in FIN-WAIT-2: tcp_fin_timeout or TCP_LINGER2, but at least three and a
/// half RTO (Linux, tcp_fin_time).
SimDuration Endpoint::fin_wait_2_length(const Context& c) const {
  const std::int32_t seconds =
      options_->linger2_s != 0 ? options_->linger2_s : c.host.settings().tcp_fin_timeout;
  const SimDuration rto = std::min(rtx_.rto(), SimDuration::max() / 4);
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
    set_keep_timer(KeepKind::fin_wait_2, length, c);
  } else if (length > c.host.time_wait_length()) {
    // The record's own timer takes no longer than TIME-WAIT; the rest is waited for beforehand.
    set_keep_timer(KeepKind::fin_wait_2, length - c.host.time_wait_length(), c);
  } else {
    become_record(Fate::to_fin_wait_2, why, c);
  }
}

void Endpoint::fin_wait_2_timeout(Context& c) {
  if (state_ != State::fin_wait_2) return;
  const SimDuration rest = fin_wait_2_length(c) - c.host.time_wait_length();
  if (c.host.profile.orphan_fin_wait_2 == OrphanFinWait2::record && rest > SimDuration::zero()) {
    become_record(Fate::to_fin_wait_2, StateReason::half_of_fin_timeout_passed, c);
    return;
  }
  done(StateReason::fin_wait_2_timeout, c);
}

SimDuration Endpoint::record_lasts(const Context& c) const {
  const SimDuration longest = c.host.time_wait_length();
  if (fate_ == Fate::to_time_wait) return longest;
  const SimDuration length = fin_wait_2_length(c);
  return length > longest ? length - longest : length;
}

// … and in the small record that may take its place.

/// The same answers as the full connection would give (Linux, tcp_timewait_state_process).
TimeWait::Verdict TimeWait::in_fin_wait_2(const Segment& seg, bool outdated, Context& c) {
  if (outdated || !acceptable_to_record(seg, rcv_nxt, rcv_wnd)) {
    answer_limited(seg, c);
    return Verdict::stays;
  }
  if (seg.flags.has(Flags::rst)) return reset(c);
  const bool syn = seg.flags.has(Flags::syn) && !before(seg.seq, rcv_nxt);
  const bool nothing_new =
      !seg.flags.has(Flags::ack) || !after(seg.end(), rcv_nxt) || seg.len() == 0;
  if (!syn && nothing_new) return Verdict::stays;
  if (syn || !seg.flags.has(Flags::fin) || seg.end() != rcv_nxt + 1) {
    c.send(reset_for(seg), SendReason::reset);  // nobody is left to read data
    return reset(c);
  }
  rcv_nxt = seg.end();
  note_timestamp(seg, c.now);
  report(TimerAction::cancel, c);
  c.report_state(c.host.at(local_port), remote(), State::fin_wait_2, State::time_wait,
                 StateReason::fin_arrives);
  c.host.census.move(c.now, State::fin_wait_2, State::time_wait);
  state = State::time_wait;
  arm(c.host.time_wait_length(), c);
  answer(SendReason::ack, c);
  return Verdict::stays;
}

/// The peer had not finished.
TimeWait::Verdict TimeWait::reset(Context& c) const {
  c.report(ConnectionReset{c.host.at(local_port), remote()});
  return Verdict::gone;
}

// --- Retries ---

/// What tcp_orphan_retries means: while the peer seems alive, 0 stands for what the profile says,
/// 8 in Linux's (tcp_orphan_retries).
std::int32_t Endpoint::orphan_retries(const Context& c) const {
  return orphan_retries(rtx_.rto(), c);
}

/// … where tries are `wait` apart: a peer seems alive while they are not as far apart as they can
/// be.
std::int32_t Endpoint::orphan_retries(SimDuration wait, const Context& c) const {
  const std::int32_t retries = c.host.settings().tcp_orphan_retries;
  const bool alive = wait < rto_limits(c).max;
  return retries == 0 && alive ? c.host.profile.orphan_retries_for_0 : retries;
}

/// A peer that may still be there learns that its connection is gone (Linux, tcp_write_timeout).
Endpoint::Farewell Endpoint::farewell(const Context& c) const {
  const bool alive = rtx_.rto() < rto_limits(c).max;
  const bool lost = !alive && retries_used_up(orphan_retries(c), UserTimeout{0}, c);
  return lost ? Farewell::silent : Farewell::reset;
}

// --- Room ---

/// An orphan is ended when there are too many, or too much memory is taken; sooner when its peer
/// has been silent for long (Linux, tcp_out_of_resources).
bool Endpoint::out_of_resources(Farewell wanted, Context& c) {
  constexpr SimDuration recently = 60s;  // TCP_TIMEWAIT_LEN
  const SimDuration since_sent = c.now - recovery_.last_sent();
  const bool silent = since_sent > 2 * rto_limits(c).max || wanted == Farewell::silent;
  const bool crowded = c.host.too_many_orphans(silent ? 1 : 0);
  if (!crowded && !out_of_memory(c)) return false;
  ++c.host.counters.TCPAbortOnMemory;
  const bool shut_out = snd_.wnd() == 0 && queue_.empty();
  if (wanted == Farewell::reset || since_sent <= recently || shut_out) send_reset(c);
  done(crowded ? StateReason::too_many_orphans : StateReason::out_of_socket_memory, c);
  return true;
}

/// An orphan with data to send when the host holds more than tcp_mem allows (Linux,
/// tcp_out_of_memory).
bool Endpoint::out_of_memory(const Context& c) const {
  return c.host.memory.pages() > c.host.settings().tcp_mem[2] &&
         bytes_to_send() > least_send_buffer;
}

}  // namespace lastack::tcp
