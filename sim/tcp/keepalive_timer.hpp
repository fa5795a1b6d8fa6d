#pragma once

#include <algorithm>
#include <cstdint>

#include "lastack/core/assert.hpp"
#include "lastack/core/time.hpp"
#include "lastack/tcp/state.hpp"
#include "send/user_timeout.hpp"

namespace lastack::tcp {

/// Keepalive (RFC 9293, 3.8.4), and an orphan's wait in FIN-WAIT-2, which has the same timer as in
/// Linux (sk_timer): a connection that nobody owns is kept alive by nobody.
class KeepaliveTimer {
 public:
  enum class Kind : std::uint8_t { none, keepalive, fin_wait_2 };
  /// SO_KEEPALIVE's numbers: the socket's own, or else the host's.
  struct Rules {
    SimDuration idle;      ///< silence before the first probe (tcp_keepalive_time)
    SimDuration interval;  ///< between probes (tcp_keepalive_intvl)
    std::uint32_t count;   ///< probes (tcp_keepalive_probes)
    UserTimeout user_timeout;
  };
  struct Answer {
    enum class What : std::uint8_t { wait, probe, give_up };
    What what;
    SimDuration next;  ///< until the timer runs out again
  };

  // --- Questions ---

  Kind kind() const { return kind_; }
  SimTime due() const { return due_; }
  bool running() const { return kind_ != Kind::none; }
  Timer name() const { return kind_ == Kind::keepalive ? Timer::keepalive : Timer::fin_wait_2; }
  SimTime last_heard() const { return heard_; }  ///< an ACK came
  /// For how long the peer has been silent; `last_data` is when data came last.
  SimDuration silence(SimTime last_data, SimTime now) const {
    return now - std::max(last_data, heard_);
  }
  /// What is due after so long a silence, with so many probes unanswered.
  static Answer due_after(SimDuration silence, std::uint32_t unanswered, const Rules& rules);

  // --- Events ---

  void heard(SimTime now) { heard_ = now; }  ///< an ACK came (rcv_tstamp)
  void arm(Kind kind, SimTime due) {
    kind_ = kind;
    due_ = due;
  }
  /// It was cancelled, or it ran out.
  void stop() {
    kind_ = Kind::none;
    due_ = never;
  }

  /// Beyond the end of time it runs and never ends.
  void check_invariants() const { LASTACK_ASSERT(running() || due_ == never); }

 private:
  SimTime due_ = never;
  SimTime heard_ = sim_start;
  Kind kind_ = Kind::none;
};

}  // namespace lastack::tcp
