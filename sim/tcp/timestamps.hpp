#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/timestamp.hpp"

namespace lastack::tcp {

/// The timestamp clock: milliseconds (RFC 7323, 4.1).
constexpr Timestamp timestamp_clock(SimTime now) {
  return Timestamp{
      static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::milliseconds{1})};
}

/// PAWS (RFC 7323, 5): the segment's timestamp is older than TS.Recent, which was noted at
/// `recent_at`, so it is an old duplicate. Requires that the connection uses timestamps.
/// Linux lets go of TS.Recent sooner and asks it of resets, too, for a minute (tcp_paws_reject).
/// A connection tolerates some ticks.
bool paws_rejects(const Segment& seg, Timestamp recent, SimTime recent_at, Paws rules, SimTime now,
                  std::int32_t tolerance = 0);

/// Whether the segment echoes a timestamp that is older than `first` or newer than `last`: no
/// answer to what was sent between them (Linux, tcp_check_req, tcp_rcv_synsent_state_process).
bool echoes_outside(const Segment& seg, Timestamp first, Timestamp last);

/// Puts the option into a segment: a clock that shows `offset` at the run's start, and TS.Recent.
void add_timestamps(Options& options, std::uint32_t offset, Timestamp recent, SimTime now);

/// One connection's timestamps option (RFC 7323, 3 to 5): our clock towards the peer, in
/// milliseconds, and TS.Recent, what the peer's showed last.
class Timestamps {
 public:
  // --- Questions ---

  bool used() const { return used_; }               ///< both ends have them
  Timestamp recent() const { return recent_; }      ///< TS.Recent
  SimTime recent_at() const { return recent_at_; }  ///< when it was noted
  Timestamp stamp(SimTime now) const { return timestamp_clock(now) + offset_; }  ///< TSval
  /// By PAWS an old duplicate.
  bool outdated(const Segment& seg, Paws rules, SimTime now) const;
  /// Whether a timestamp is no older than a peer's clock may show that ticks up to 1,200 times a
  /// second, `rto` ago (Linux, tcp_tsval_replay). Requires timestamps.
  bool recently(const Segment& seg, SimDuration rto) const;
  /// Whether the segment echoes one of our timestamps.
  bool echoed_by(const Segment& seg) const {
    return used_ && seg.options.has_timestamps && seg.options.ts_ecr != Timestamp{};
  }
  /// Whether the timestamp that it echoes was sent before `time`. Requires echoed_by(seg).
  bool echo_is_before(const Segment& seg, SimTime time) const {
    return older(seg.options.ts_ecr, stamp(time));
  }
  /// Whether it echoes exactly the timestamp of `time`.
  bool echoes(const Segment& seg, SimTime time) const {
    return used_ && seg.options.ts_ecr == stamp(time);
  }
  /// How long ago the timestamp that it echoes was sent, in milliseconds; negative where the clock
  /// never showed it. Requires echoed_by(seg).
  std::int32_t echo_age_ms(const Segment& seg, SimTime now) const {
    return stamp(now) - seg.options.ts_ecr;
  }
  /// Puts the option into a segment.
  void add_to(Options& options, SimTime now) const {
    add_timestamps(options, offset_, recent_, now);
  }

  // --- Events ---

  /// A connection towards a peer begins; `offset` is what the clock shows at the run's start.
  void begin(std::uint32_t offset) { offset_ = offset; }
  /// Both ends have them; the peer's SYN showed `recent`.
  void agree(Timestamp recent, SimTime now);
  void decline() { used_ = false; }
  /// An acceptable segment: TS.Recent follows those that reach back to the last ACK sent (RFC 7323,
  /// 4.3, (2)).
  void note(const Segment& seg, Seq last_ack_sent, SimTime now);
  /// The same, unless its timestamp is older after all (Linux, tcp_replace_ts_recent).
  void note_newer(const Segment& seg, Seq last_ack_sent, SimTime now);

 private:
  SimTime recent_at_ = sim_start;
  std::uint32_t offset_ = 0;
  Timestamp recent_;
  bool used_ = false;
};

}  // namespace lastack::tcp
