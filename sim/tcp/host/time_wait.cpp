#include "host/time_wait.hpp"

#include <algorithm>

#include "receive/acceptability.hpp"

namespace lastack::tcp {

TimeWait time_wait_from(const Endpoint& endpoint, State state) {
  TimeWait tw;
  tw.local_port = endpoint.local().port;
  tw.remote_address = endpoint.remote().address;
  tw.remote_port = endpoint.remote().port;
  tw.state = state;
  tw.iss = endpoint.snd().iss();
  tw.snd_nxt = endpoint.snd().nxt();
  tw.rcv_nxt = endpoint.received().nxt();
  tw.rcv_wnd = endpoint.window().left(endpoint.received().nxt());
  tw.rcv_scale = endpoint.window().scale();
  tw.timestamps = endpoint.timestamps().used();
  tw.ts_recent = endpoint.timestamps().recent();
  tw.ts_recent_at = endpoint.timestamps().recent_at();
  return tw;
}

SocketSnapshot TimeWait::snapshot(const Host& host) const {
  SocketSnapshot row{};
  row.local = host.at(local_port);
  row.remote = remote();
  row.state = state;
  row.orphan = true;
  row.timer = timer();
  row.due = wakeup.due;
  return row;
}

Timer TimeWait::timer() const {
  return state == State::fin_wait_2 ? Timer::fin_wait_2 : Timer::time_wait;
}

void TimeWait::arm(SimDuration length, Context& c) {
  wakeup.due = c.host.grid.expiry(c.now, length);
  report(TimerAction::arm, c);
}

void TimeWait::report(TimerAction action, Context& c) const {
  c.report_timer(c.host.at(local_port), remote(), timer(), action, wakeup.due);
}

TimeWait::Verdict TimeWait::segment_arrives(const Segment& seg, Context& c) {
  const bool outdated =
      timestamps && paws_rejects(seg, ts_recent, ts_recent_at, c.host.profile.paws, c.now);
  return state == State::fin_wait_2 ? in_fin_wait_2(seg, outdated, c)
                                    : in_time_wait(seg, outdated, c);
}

TimeWait::Verdict TimeWait::in_time_wait(const Segment& seg, bool outdated, Context& c) {
  const bool linux_rules = c.host.profile.time_wait_restart == TimeWaitRestart::on_any_ack;
  if (outdated && c.host.profile.paws == Paws::linux) ++c.host.counters.PAWSEstab;
  if (seg.flags.has(Flags::rst)) return outdated ? Verdict::stays : reset_in_time_wait(seg, c);
  if (linux_rules && !outdated && seg.seq == rcv_nxt && seg.len() == 0) {
    arm(c.host.time_wait_length(), c);
    note_timestamp(seg, c.now);
    return Verdict::stays;
  }
  const bool fresh_stamp =
      timestamps && seg.options.has_timestamps && older(ts_recent, seg.options.ts_val);
  // A SYN that is surely new reopens the connection (RFC 9293, 3.10.7.4, fourth, and RFC 6191).
  if (seg.flags.has(Flags::syn) && !seg.flags.has(Flags::ack) && !outdated &&
      (after(seg.seq, rcv_nxt) || fresh_stamp)) {
    return Verdict::new_syn;
  }
  if (linux_rules ? outdated || seg.flags.has(Flags::ack)
                  : seg.flags.has(Flags::fin) && seg.flags.has(Flags::ack)) {
    arm(c.host.time_wait_length(), c);  // RFC 9293, 3.10.7.4, eighth
  }
  if (!linux_rules && calls_for_no_answer(seg)) return Verdict::stays;
  answer_limited(seg, c);
  return Verdict::stays;
}

/// A new SYN that nobody listens for: it is answered like any segment of the old connection (Linux,
/// tcp_v4_rcv).
void TimeWait::syn_without_listener(Context& c) { answer(SendReason::time_wait, c); }

/// What RFC 9293, 3.10.7.4, drops in silence: an acceptable segment without SYN that has no ACK
/// (fifth), and one that says nothing. What is not acceptable is answered before that (first).
bool TimeWait::calls_for_no_answer(const Segment& seg) const {
  if (seg.len() == 0 && seg.seq == rcv_nxt) return true;
  return acceptable(seg, rcv_nxt, rcv_wnd) && !seg.flags.has(Flags::ack) &&
         !seg.flags.has(Flags::syn);
}

/// RFC 1337: with the setting, nothing ends TIME-WAIT early.
TimeWait::Verdict TimeWait::reset_in_time_wait(const Segment& seg, Context& c) {
  const Profile& profile = c.host.profile;
  const bool exact = seg.seq == rcv_nxt;
  const bool fits = exact || in_window(seg.seq, rcv_nxt, rcv_wnd);
  if (exact || (fits && profile.blind_attacks == BlindAttacks::rfc793)) {
    return c.host.settings().tcp_rfc1337 == 0 ? Verdict::gone : Verdict::stays;
  }
  if (fits && profile.time_wait_restart == TimeWaitRestart::on_fin) {
    answer(SendReason::challenge, c);  // RFC 5961, 3.2
  }
  return Verdict::stays;
}

void TimeWait::note_timestamp(const Segment& seg, SimTime now) {
  if (timestamps && seg.options.has_timestamps) {
    ts_recent = seg.options.ts_val;
    ts_recent_at = now;
  }
}

/// Answers to what may be part of an ACK loop are rationed (tcp_invalid_ratelimit).
void TimeWait::answer_limited(const Segment& seg, Context& c) {
  if (!c.host.invalid_answer_limited(seg, c.now, pair())) answer(SendReason::time_wait, c);
}

void TimeWait::answer(SendReason why, Context& c) {
  Segment seg;
  seg.src = c.host.at(local_port);
  seg.dst = remote();
  seg.flags = Flags::ack;
  seg.seq = snd_nxt;
  seg.ack = rcv_nxt;
  seg.wnd = static_cast<std::uint16_t>(std::min(rcv_wnd >> rcv_scale, unscaled_window_max));
  if (timestamps) {
    add_timestamps(seg.options, c.host.timestamp_offset(remote_address), ts_recent, c.now);
  }
  c.send(seg, why);
}

}  // namespace lastack::tcp
