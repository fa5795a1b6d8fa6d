#include "timestamps.hpp"

namespace lastack::tcp {

bool paws_rejects(const Segment& seg, Timestamp recent, SimTime recent_at, SimTime now) {
  if (!seg.options.has_timestamps || seg.flags.has(Flags::rst)) return false;
  constexpr SimDuration too_old = std::chrono::hours{24 * 24};  // 24 days (RFC 7323, 5.5)
  return older(seg.options.ts_val, recent) && now - recent_at < too_old;
}

void add_timestamps(Options& options, std::uint32_t offset, Timestamp recent, SimTime now) {
  options.has_timestamps = true;
  options.ts_val = timestamp_clock(now) + offset;
  options.ts_ecr = recent;
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

}  // namespace lastack::tcp
