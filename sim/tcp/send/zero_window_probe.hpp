#pragma once

#include <algorithm>
#include <cstdint>

#include "lastack/core/time.hpp"
#include "send/user_timeout.hpp"

namespace lastack::tcp {

/// Probes of a window that the peer keeps closed (RFC 9293, 3.8.6.1; Linux, tcp_probe_timer): how
/// far apart, and since when.
class ZeroWindowProbe {
 public:
  SimTime since() const { return since_; }  ///< the first one; `never` while none is needed
  /// The wait before the next one: it doubles with each that is sent, between the least and the
  /// longest retransmission timeout.
  SimDuration interval(SimDuration rto, SimDuration least, SimDuration most) const {
    return doubled(std::max(rto, least), backoff_, most);
  }
  std::int32_t doublings() const { return backoff_; }  ///< of the wait
  /// TCP_USER_TIMEOUT has passed since the first one.
  bool outlasts(const UserTimeout& limit, SimTime now) const {
    return limit.set() && since_ != now && limit.passed(since_, now);
  }

  void begin(SimTime now) {
    if (since_ == never) since_ = now;
  }
  /// One was sent; the wait doubles so often at the most (tcp_retries2).
  void sent(std::int32_t most) {
    if (backoff_ < most) ++backoff_;
  }
  /// The probing is over, or was answered.
  void end() { since_ = never; }
  /// The window opened.
  void opened() {
    backoff_ = 0;
    since_ = never;
  }

 private:
  SimTime since_ = never;     ///< icsk_probes_tstamp
  std::uint8_t backoff_ = 0;  ///< icsk_backoff
};

}  // namespace lastack::tcp
