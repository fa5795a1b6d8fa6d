#include "receive/delayed_ack.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

// --- What came ---

void DelayedAck::quicken(std::uint32_t half_window) {
  constexpr std::uint32_t least = 2;
  const std::uint32_t wanted = std::min(half_window == 0 ? least : half_window, quick_acks_max);
  quick_ = std::max(quick_, static_cast<std::uint8_t>(wanted));
}

void DelayedAck::irregular(std::uint32_t half_window) {
  quicken(half_window);
  pingpong_ = 0;
  wait_ = shortest_wait;
  owe_at_once();
}

void DelayedAck::no_memory() {
  no_memory_ = true;
  owe_at_once();
}

void DelayedAck::data_arrived(SimTime now, SimDuration rto, std::uint32_t half_window) {
  owed_ = true;
  if (wait_ == SimDuration::zero()) {
    quicken(half_window);  // the peer's slow start needs every ACK
    wait_ = shortest_wait;
  } else {
    const SimDuration gap = now - last_data_;
    if (gap <= shortest_wait / 2) {
      wait_ = wait_ / 2 + shortest_wait / 2;
    } else if (gap < wait_) {
      wait_ = std::min(wait_ / 2 + gap, rto);
    } else if (gap > rto) {
      quicken(half_window);  // the peer was idle and starts anew
    }
  }
  last_data_ = now;
}

// --- What was sent ---

void DelayedAck::data_sent(SimTime now) {
  constexpr std::uint8_t most = 255;
  const bool answers = now - last_data_ < wait_;
  if (answers && pingpong_ < most) ++pingpong_;
}

DelayedAck::Cancelled DelayedAck::sent() {
  if (owed_ && quick_ > 0) {
    --quick_;
    if (quick_ == 0) wait_ = shortest_wait;
  }
  owed_ = now_ = short_ = short_again_ = no_memory_ = false;
  const Cancelled timers = cancel();
  if (compressed_) compressed_->held_back = 0;
  return timers;
}

// --- Decisions ---

bool DelayedAck::at_once(const Rules& rules) const {
  if (now_) return true;
  if (rules.policy == AckPolicy::at_once) return rules.quick_ack != 0;
  return quick_ > 0 && !both_ways(rules.pingpong_threshold);
}

DelayedAck::Answer DelayedAck::decide(const Received& came, const Rules& rules, SimTime now) {
  if (!owed_) return {};
  const bool missing = came.hole == Received::Hole::open;
  if (!came.two_segments && !at_once(rules)) {  // RFC 5681, 4.2: at least every second segment
    if (!missing) return delay(rules, now);
    if (const auto answer = compress(came, rules, now)) return *answer;
  }
  const bool repeats = missing || came.repeated == Received::Repeated::yes;
  return {Answer::When::now, repeats ? SendReason::dup_ack : SendReason::ack, never};
}

/// A hole is reported at once (RFC 5681, 4.2), as often as the peer's fast retransmit needs; then
/// one ACK waits for others. Nothing where this one does not wait.
std::optional<DelayedAck::Answer> DelayedAck::compress(const Received& came, const Rules& rules,
                                                       SimTime now) {
  constexpr std::uint8_t duplicate_threshold = 3;
  constexpr std::int64_t part = 20;  // of a round trip (Linux, __tcp_ack_snd_check)
  if (!came.sack || (compressed_ ? compressed_->held_back : 0) >= rules.compressed_max) {
    return std::nullopt;
  }
  if (!compressed_) compressed_ = std::make_unique<Compressed>();
  Compressed& held = *compressed_;
  if (held.hole_at != came.nxt) {
    held.hole_at = came.nxt;
    held.acks = 0;
  }
  if (held.acks < duplicate_threshold) {
    ++held.acks;
    return std::nullopt;
  }
  ++held.held_back;
  if (held.until != never) return Answer{};
  const SimDuration round_trip = rules.srtt ? std::min(came.round_trip, *rules.srtt)  //
                                            : came.round_trip;
  held.until = saturating_add(now, std::min(rules.compressed_wait, round_trip / part));
  return Answer{Answer::When::at, SendReason::dup_ack, held.until};
}

DelayedAck::Answer DelayedAck::delay(const Rules& rules, SimTime now) {
  SimDuration wait = wait_;
  if (rules.policy == AckPolicy::at_once) {
    wait = longest_wait;
  } else if (wait > shortest_wait) {
    constexpr SimDuration half_second = 500ms;  // RFC 9293, 3.8.6.3, MUST-40
    const bool may_ride = both_ways(rules.pingpong_threshold) || short_;
    SimDuration most = may_ride ? longest_wait : half_second;
    if (rules.srtt) most = std::min(most, std::max(*rules.srtt, shortest_wait));
    wait = std::min(wait, most);
  }
  wait = std::min(wait, rules.delayed_max);
  const SimTime due = rules.grid.expiry(now, wait);
  if (due_ != never) {
    if (due_ <= saturating_add(now, wait / 4)) return {Answer::When::now, SendReason::ack, never};
    if (due >= due_) return {};
  }
  due_ = due;
  return {Answer::When::at, SendReason::ack, due};
}

DelayedAck::Answer DelayedAck::wait_for_data(const Rules& rules, std::uint32_t half_window,
                                             SimTime now) {
  owed_ = true;
  quicken(half_window);
  pingpong_ = 0;
  wait_ = shortest_wait;
  due_ = rules.grid.expiry(now, longest_wait);
  return {Answer::When::at, SendReason::ack, due_};
}

// --- Timers ---

bool DelayedAck::delayed_timeout(const Rules& rules, SimDuration rto) {
  due_ = never;
  if (!owed_) return false;
  if (both_ways(rules.pingpong_threshold)) {
    pingpong_ = 0;  // nothing came to ride on
    wait_ = shortest_wait;
  } else {
    wait_ = doubled(wait_, rto);
  }
  return true;
}

void DelayedAck::compressed_timeout() {
  LASTACK_ASSERT(compressed_ != nullptr);
  compressed_->until = never;
  compressed_->held_back = 0;
}

DelayedAck::Cancelled DelayedAck::cancel() {
  const Cancelled timers{due_, compressed_until()};
  due_ = never;
  if (compressed_) compressed_->until = never;
  return timers;
}

void DelayedAck::check_invariants() const {
  LASTACK_ASSERT(owed_ || !no_memory_);  // a closed window is advertised by an ACK
  LASTACK_ASSERT(wait_ >= SimDuration::zero());
  LASTACK_ASSERT(short_ || !short_again_);
  LASTACK_ASSERT(!compressed_ || compressed_->until == never || compressed_->held_back > 0);
}

}  // namespace lastack::tcp
