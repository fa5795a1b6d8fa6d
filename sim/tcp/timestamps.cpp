#include "timestamps.hpp"

namespace lastack::tcp {

namespace {

/// Whether TS.Recent says nothing any more: it is too old, or (Linux) was never a clock's.
bool is_void(Timestamp recent, SimTime recent_at, Paws rules, SimTime now) {
  if (rules == Paws::linux) {
    constexpr SimDuration wraps = 2147s;  // TCP_PAWS_WRAP, in whole seconds of the clock
    const auto second = [](SimTime t) { return t.time_since_epoch() / std::chrono::seconds{1}; };
    return recent == Timestamp{} || second(now) >= second(recent_at) + wraps / 1s;
  }
  constexpr SimDuration too_old = std::chrono::hours{24 * 24};  // 24 days (RFC 7323, 5.5)
  return now - recent_at >= too_old;
}

}  // namespace

bool paws_rejects(const Segment& seg, Timestamp recent, SimTime recent_at, Paws rules, SimTime now,
                  std::int32_t tolerance) {
  if (!seg.options.has_timestamps || recent - seg.options.ts_val <= tolerance) return false;
  constexpr SimDuration while_resets_are_asked = 60s;  // TCP_PAWS_MSL
  const bool excused = rules == Paws::rfc7323 || now - recent_at >= while_resets_are_asked;
  if (seg.flags.has(Flags::rst) && excused) return false;
  return !is_void(recent, recent_at, rules, now);
}

bool echoes_outside(const Segment& seg, Timestamp first, Timestamp last) {
  if (!seg.options.has_timestamps || seg.options.ts_ecr == Timestamp{}) return false;
  return older(seg.options.ts_ecr, first) || older(last, seg.options.ts_ecr);
}

void add_timestamps(Options& options, std::uint32_t offset, Timestamp recent, SimTime now) {
  options.has_timestamps = true;
  options.ts_val = timestamp_clock(now) + offset;
  options.ts_ecr = recent;
}

bool Timestamps::outdated(const Segment& seg, Paws rules, SimTime now) const {
  if (!used_ || seg.flags.has(Flags::rst)) return false;
  const std::int32_t tolerance = rules == Paws::linux ? 1 : 0;  // TCP_PAWS_WINDOW
  return paws_rejects(seg, recent_, recent_at_, rules, now, tolerance);
}

bool Timestamps::recently(const Segment& seg, SimDuration rto) const {
  return recent_ - seg.options.ts_val <= rto * 6 / 5 / 1ms;
}

void Timestamps::agree(Timestamp recent, SimTime now) {
  used_ = true;
  recent_ = recent;
  recent_at_ = now;
}

void Timestamps::note(const Segment& seg, Seq last_ack_sent, SimTime now) {
  if (!used_ || !seg.options.has_timestamps || after(seg.seq, last_ack_sent)) return;
  recent_ = seg.options.ts_val;
  recent_at_ = now;
}

void Timestamps::note_newer(const Segment& seg, Seq last_ack_sent, SimTime now) {
  if (used_ && !paws_rejects(seg, recent_, recent_at_, Paws::linux, now)) {
    note(seg, last_ack_sent, now);
  }
}

}  // namespace lastack::tcp
