#include "lastack/tcp/rto_estimator.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

std::int32_t to_us(SimDuration d) {
  const std::int64_t us = d / std::chrono::microseconds{1};
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(us, 0, 0x0fff'ffff));
}

}  // namespace

void RtoEstimator::sample(SimDuration rtt, WindowTurn turn, const RtoLimits& limits) {
  LASTACK_ASSERT(rtt > SimDuration::zero());
  const std::int64_t rtt_us = std::max(1, to_us(rtt));
  if (limits.formula == RtoFormula::linux) {
    sample_linux(rtt_us, turn, limits);
  } else {
    sample_rfc6298(rtt_us);
  }
  rto_ = from_samples(limits);
}

/// RFC 6298, 2.2 and 2.3, in the integers of RFC 6298's appendix-like scaling: 8 x SRTT, 4 x
/// RTTVAR.
void RtoEstimator::sample_rfc6298(std::int64_t rtt_us) {
  if (!has_sample()) {
    srtt8_us_ = static_cast<std::int32_t>(rtt_us << 3);
    rttvar_us_ = static_cast<std::int32_t>(rtt_us << 1);
    return;
  }
  const std::int64_t error = rtt_us - (srtt8_us_ >> 3);
  rttvar_us_ += static_cast<std::int32_t>(std::abs(error) - (rttvar_us_ >> 2));
  srtt8_us_ = std::max(1, srtt8_us_ + static_cast<std::int32_t>(error));
}

/// Linux, net/ipv4/tcp_input.c, tcp_rtt_estimator: the deviation falls slowly, and never below the
/// minimum timeout, so that RTO = SRTT + at least tcp_rto_min.
void RtoEstimator::sample_linux(std::int64_t rtt_us, WindowTurn turn, const RtoLimits& limits) {
  const std::int32_t floor_us = to_us(limits.min);
  if (!has_sample()) {
    srtt8_us_ = static_cast<std::int32_t>(rtt_us << 3);
    mdev_us_ = static_cast<std::int32_t>(rtt_us << 1);
    rttvar_us_ = std::max(mdev_us_, floor_us);
    mdev_max_us_ = rttvar_us_;
    return;
  }
  auto error = static_cast<std::int32_t>(rtt_us - (srtt8_us_ >> 3));
  srtt8_us_ = std::max(1, srtt8_us_ + error);
  if (error < 0) {
    error = -error - (mdev_us_ >> 2);
    error = error > 0 ? error >> 3 : error;  // a shorter round trip must not widen the timeout fast
  } else {
    error -= mdev_us_ >> 2;
  }
  mdev_us_ += error;
  mdev_max_us_ = std::max(mdev_max_us_, mdev_us_);
  rttvar_us_ = std::max(rttvar_us_, mdev_max_us_);
  if (turn == WindowTurn::passed) {
    if (mdev_max_us_ < rttvar_us_) {
      rttvar_us_ -= (rttvar_us_ - mdev_max_us_) >> 2;
    }
    mdev_max_us_ = floor_us;
  }
}

SimDuration RtoEstimator::from_samples(const RtoLimits& limits) const {
  const SimDuration rto = std::chrono::microseconds{(srtt8_us_ >> 3) + rttvar_us_};
  if (limits.formula == RtoFormula::linux) {
    return std::min(limits.grid.quantize_measured(rto),
                    limits.max);  // the minimum is in the variance
  }
  return limits.bounded(limits.grid.quantize(rto));
}

void RtoEstimator::back_off(const RtoLimits& limits) { rto_ = doubled(rto_, limits.max); }

void RtoEstimator::restart(const RtoLimits& limits) {
  if (has_sample()) rto_ = limits.bounded(from_samples(limits));
}

void RtoEstimator::reset(SimDuration rto) { rto_ = rto; }

SimDuration time_of_retries(std::int32_t retries, SimDuration first, SimDuration most) {
  SimDuration total = first;
  SimDuration wait = first;
  for (std::int32_t i = 0; i < retries; ++i) {
    wait = doubled(wait, most);
    total = saturating_add(total, wait);
  }
  return total;
}

}  // namespace lastack::tcp
