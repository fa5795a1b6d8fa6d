#pragma once

#include <algorithm>
#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/timer_grid.hpp"

namespace lastack::tcp {

/// Which formula turns samples into a timeout.
enum class RtoFormula : std::uint8_t {
  rfc6298,
  linux,  ///< RFC 6298 with a minimum on the variance instead of the timeout (tcp_rtt_estimator)
};

/// The bounds and unit of a host's retransmission timeouts.
struct RtoLimits {
  RtoFormula formula = RtoFormula::rfc6298;
  SimDuration min{};  ///< tcp_rto_min_us
  SimDuration max{};  ///< tcp_rto_max_ms
  TimerGrid grid = TimerGrid::exact();

  /// Not below the minimum, and not above the maximum, even where that is the lower of both.
  SimDuration bounded(SimDuration rto) const { return std::min(std::max(rto, min), max); }
};

/// Whether all that was in flight at the last turn of the window has been acknowledged.
enum class WindowTurn : std::uint8_t { same, passed };

/// Retransmission timeout from round-trip samples (RFC 6298), with exponential backoff.
class RtoEstimator {
 public:
  /// `initial` is the timeout before the first sample (RFC 6298, 2.1).
  explicit RtoEstimator(SimDuration initial) : rto_{initial} {}

  /// Requires rtt > 0, measured on a segment sent once, or by a timestamp (Karn's rule, RFC 6298,
  /// 3).
  void sample(SimDuration rtt, WindowTurn turn, const RtoLimits& limits);
  /// Doubles the timeout, up to the maximum (RFC 6298, 5.5).
  void back_off(const RtoLimits& limits);
  /// Forgets the backoff and starts from `rto` (a new connection after a handshake without sample).
  void reset(SimDuration rto);

  /// The timeout as it was before it was backed off, but for a profile's least one.
  void restart(const RtoLimits& limits);
  /// The timeout for the next segment, backed off (RFC 6298, 2 and 5.5).
  SimDuration rto() const { return rto_; }
  /// Whether a round trip was measured.
  bool has_sample() const { return srtt8_us_ != 0; }
  /// The smoothed round trip (RFC 6298, 2); zero before the first sample.
  SimDuration srtt() const { return std::chrono::microseconds{srtt8_us_ >> 3}; }

 private:
  SimDuration from_samples(const RtoLimits& limits) const;
  void sample_linux(std::int64_t rtt_us, WindowTurn turn, const RtoLimits& limits);
  void sample_rfc6298(std::int64_t rtt_us);

  SimDuration rto_;
  std::int32_t srtt8_us_ = 0;     ///< 8 x SRTT
  std::int32_t mdev_us_ = 0;      ///< 4 x mean deviation
  std::int32_t mdev_max_us_ = 0;  ///< largest of this window; linux only
  std::int32_t rttvar_us_ = 0;    ///< 4 x RTTVAR
};

/// The first of the waits that Linux turns a number of retries into time with, outside a handshake
/// (TCP_RTO_MIN in retransmits_timed_out).
inline constexpr SimDuration retry_budget_start = 200ms;

/// The time that `retries` retransmissions take which start from `first` and double up to `most`
/// (Linux, tcp_model_timeout).
SimDuration time_of_retries(std::int32_t retries, SimDuration first, SimDuration most);

}  // namespace lastack::tcp
