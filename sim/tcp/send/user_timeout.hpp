#pragma once

#include <algorithm>

#include "lastack/core/time.hpp"
#include "lastack/tcp/timer_grid.hpp"

namespace lastack::tcp {

/// TCP_USER_TIMEOUT (RFC 5482): how long nothing may get through before the connection ends. 0 for
/// never. Linux compares times by their millisecond stamps.
class UserTimeout {
 public:
  explicit UserTimeout(std::int32_t ms) : limit_{std::chrono::milliseconds{ms}} {}

  bool set() const { return limit_ != SimDuration::zero(); }
  SimDuration limit() const { return limit_; }
  bool passed(SimTime since, SimTime now) const { return between_stamps(since, now) >= limit_; }
  /// The last wait ends with the user timeout (Linux, tcp_clamp_rto_to_user_timeout).
  SimDuration clamp(SimDuration timeout, SimTime since, SimTime now, const TimerGrid& grid) const {
    if (!set() || since == never) return timeout;
    const SimDuration left = limit_ - between_stamps(since, now);
    return std::clamp<SimDuration>(left, grid.jiffy(), std::max(timeout, grid.jiffy()));
  }

  static SimDuration between_stamps(SimTime from, SimTime to) {
    constexpr auto ms = std::chrono::milliseconds{1};
    return ms * (to.time_since_epoch() / ms - from.time_since_epoch() / ms);
  }

 private:
  SimDuration limit_;
};

}  // namespace lastack::tcp
