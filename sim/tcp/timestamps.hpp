#pragma once

#include <cstdint>
#include <optional>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// One connection's timestamps option (RFC 7323, 3 to 5): our clock towards the peer, in
/// milliseconds, and TS.Recent, what the peer's showed last.
class Timestamps {
 public:
  // --- Questions ---

  bool used() const { return used_; }                                      ///< both ends have them
  std::uint32_t recent() const { return recent_; }                         ///< TS.Recent
  SimTime recent_at() const { return recent_at_; }                         ///< when it was noted
  std::uint32_t stamp(SimTime now) const { return clock(now) + offset_; }  ///< TSval
  /// PAWS (RFC 7323, 5): the segment's timestamp is older than TS.Recent, so it is an old
  /// duplicate.
  bool outdated(const Segment& seg, SimTime now) const;
  /// Whether the segment echoes one of our timestamps.
  bool echoed_by(const Segment& seg) const {
    return used_ && seg.options.has_timestamps && seg.options.ts_ecr != 0;
  }
  /// Whether the timestamp that it echoes was sent before `time`. Requires echoed_by(seg).
  bool echo_is_before(const Segment& seg, SimTime time) const;
  /// Whether it echoes exactly the timestamp of `time`.
  bool echoes(const Segment& seg, SimTime time) const {
    return used_ && seg.options.ts_ecr == stamp(time);
  }
  /// How long ago the timestamp that it echoes was sent, in milliseconds; negative where the clock
  /// never showed it. Requires echoed_by(seg).
  std::int32_t echo_age_ms(const Segment& seg, SimTime now) const {
    return static_cast<std::int32_t>(stamp(now) - seg.options.ts_ecr);
  }
  /// Puts the option into a segment.
  void add_to(Options& options, SimTime now) const;

  // --- Events ---

  /// A connection towards a peer begins; `offset` is what the clock shows at the run's start.
  void begin(std::uint32_t offset) { offset_ = offset; }
  /// Both ends have them; the peer's SYN showed `recent`.
  void agree(std::uint32_t recent, SimTime now);
  void decline() { used_ = false; }
  /// An acceptable segment: TS.Recent follows those that reach back to the last ACK sent (RFC 7323,
  /// 4.3, (2)).
  void note(const Segment& seg, Seq last_ack_sent, SimTime now);

 private:
  /// The timestamp clock: milliseconds (RFC 7323, 4.1).
  static std::uint32_t clock(SimTime now) {
    return static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::milliseconds{1});
  }

  SimTime recent_at_ = sim_start;
  std::uint32_t offset_ = 0;
  std::uint32_t recent_ = 0;
  bool used_ = false;
};

}  // namespace lastack::tcp
