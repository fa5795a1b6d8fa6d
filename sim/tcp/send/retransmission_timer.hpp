#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/rto_estimator.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/state.hpp"
#include "send/user_timeout.hpp"

namespace lastack::tcp {

/// What is added to waits that must not end early (Linux, TCP_TIMEOUT_MIN_US).
inline constexpr SimDuration timer_margin = 2ms;

/// The retransmission timer (RFC 6298, 5) with the estimate behind it, and what else takes turns on
/// it as in Linux: a tail-loss probe and RACK's tolerance before the timeout, probes of a closed
/// window when nothing is in flight (icsk_retransmit_timer, icsk_pending). It also counts for how
/// long nothing has got through, which is what retries are measured by.
class RetransmissionTimer {
 public:
  enum class Kind : std::uint8_t {
    none,
    rto,
    tlp,      ///< RFC 8985, 7.2
    probe,    ///< of a closed window (RFC 9293, 3.8.6.1)
    reorder,  ///< RFC 8985, 6.3
  };
  /// How long a connection may go on retrying (RFC 9293, 3.8.3).
  struct Budget {
    RetryBudget counted_by;
    std::int32_t retries;
    SimDuration first;  ///< the wait that the time of n retries begins with
    SimDuration most;   ///< the longest wait
    UserTimeout user_timeout;
  };

  explicit RetransmissionTimer(SimDuration initial) : estimator_{initial} {}

  // --- Questions ---

  Kind kind() const { return kind_; }
  SimTime due() const { return due_; }
  bool running() const { return kind_ != Kind::none; }
  static Timer name_of(Kind kind) { return kind == Kind::tlp ? Timer::tlp : Timer::rto; }
  Timer name() const { return name_of(kind_); }

  SimDuration rto() const { return estimator_.rto(); }
  SimDuration srtt() const { return estimator_.srtt(); }
  bool has_sample() const { return estimator_.has_sample(); }

  std::uint32_t retransmits() const { return retransmits_; }  ///< timeouts in a row
  std::uint32_t timeouts() const { return timeouts_; }        ///< all so far
  SimTime stuck_since() const { return stuck_since_; }        ///< `never` if all gets through
  /// Whether a setting of n retries is used up: n retransmissions, or (Linux,
  /// retransmits_timed_out) as much time as n would take that started from the minimum timeout.
  bool used_up(const Budget& budget, SimTime now) const;
  /// What is left of the timeout for a segment sent then.
  SimDuration left(SimTime sent, SimTime now) const { return sent + rto() - now; }

  // --- The timer ---

  void arm(Kind kind, SimTime due) {
    kind_ = kind;
    due_ = due;
  }
  /// It was cancelled, or it ran out.
  void stop() {
    kind_ = Kind::none;
    due_ = never;
  }

  // --- What gets through ---

  /// A connection begins to retry, or repeats something: retries count from the first time.
  void retrying_since(SimTime now) {
    if (stuck_since_ == never) stuck_since_ = now;
  }
  /// The retransmission timeout passed.
  void timed_out() {
    ++retransmits_;
    ++timeouts_;
  }
  void back_off(const RtoLimits& limits) { estimator_.back_off(limits); }
  /// The timeout is what the round trips say, as if it had never passed.
  void restart(const RtoLimits& limits) { estimator_.restart(limits); }
  /// An ACK moved SND.UNA, or showed the timeout to be spurious: retries count anew.
  void progress() { retransmits_ = 0; }
  /// Nothing is being repaired any more.
  void repaired() { stuck_since_ = never; }

  // --- The estimate ---

  void begin(Seq first) { window_turn_ = first; }
  /// A round trip that an ACK up to `una` shows. Requires rtt > 0 and Karn's rule (RFC 6298, 3).
  void sample(SimDuration rtt, Seq una, Seq nxt, const RtoLimits& limits);
  /// The same of a SYN-ACK, before data.
  void sample_of_handshake(SimDuration rtt, const RtoLimits& limits) {
    estimator_.sample(rtt, WindowTurn::same, limits);
  }
  /// A handshake without a sample leaves this RTO (RFC 6298, 5.7).
  void reset(SimDuration rto) { estimator_.reset(rto); }

  void check_invariants() const;

 private:
  RtoEstimator estimator_;
  SimTime due_ = never;
  SimTime stuck_since_ = never;    ///< retrans_stamp
  Seq window_turn_;                ///< a sample that acknowledges beyond starts a new window
  std::uint16_t retransmits_ = 0;  ///< icsk_retransmits
  std::uint16_t timeouts_ = 0;     ///< total_rto
  Kind kind_ = Kind::none;
};

}  // namespace lastack::tcp
