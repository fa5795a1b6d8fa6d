#include "timestamps.hpp"

namespace lastack::tcp {

bool Timestamps::outdated(const Segment& seg, SimTime now) const {
  if (!used_ || !seg.options.has_timestamps || seg.flags.has(Flags::rst)) return false;
  constexpr SimDuration too_old = std::chrono::hours{24 * 24};  // RFC 7323, 5.5
  const auto age = static_cast<std::int32_t>(recent_ - seg.options.ts_val);
  return age > 0 && now - recent_at_ < too_old;
}

bool Timestamps::echo_is_before(const Segment& seg, SimTime time) const {
  return static_cast<std::int32_t>(seg.options.ts_ecr - stamp(time)) < 0;
}

void Timestamps::add_to(Options& options, SimTime now) const {
  options.has_timestamps = true;
  options.ts_val = stamp(now);
  options.ts_ecr = recent_;
}

void Timestamps::agree(std::uint32_t recent, SimTime now) {
  used_ = true;
  recent_ = recent;
  recent_at_ = now;
}

void Timestamps::note(const Segment& seg, Seq last_ack_sent, SimTime now) {
  if (!used_ || !seg.options.has_timestamps || after(seg.seq, last_ack_sent)) return;
  recent_ = seg.options.ts_val;
  recent_at_ = now;
}

}  // namespace lastack::tcp
