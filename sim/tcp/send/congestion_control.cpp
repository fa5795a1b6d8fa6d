#include "lastack/tcp/congestion_control.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

constexpr std::uint64_t beta = 717;        // 0.7, in 1/1024 (RFC 9438, 4.6)
constexpr std::uint64_t unit = 1024;       // fixed point, and parts of a second
constexpr std::uint64_t cube_scale = 410;  // C = 0.4 in 1/1024 (RFC 9438, 4.1)

std::uint64_t cube_root(std::uint64_t x) {
  std::uint64_t low = 0;
  std::uint64_t high = 2'600'000;  // its cube is just below 2^64
  while (low < high) {
    const std::uint64_t middle = (low + high + 1) / 2;
    if (middle * middle * middle <= x) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::uint64_t in_units(SimDuration d) {
  return static_cast<std::uint64_t>(d / std::chrono::microseconds{1}) * unit / 1'000'000;
}

}  // namespace

void CongestionControl::begin(Seq next, SimTime now) {
  round_start_ = last_ack_ = now;
  round_end_ = next;
  round_rtt_ = SimDuration::max();
  round_samples_ = 0;
}

void CongestionControl::begin_late(Seq next, SimDuration shortest) {
  begin(next, sim_start);
  min_rtt_ = shortest;
}

void CongestionControl::round_trip(SimDuration rtt, Seq una, Seq next, SimTime now,
                                   SimDuration ack_delay) {
  constexpr SimDuration settling = std::chrono::seconds{1};  // samples after a recovery mislead
  if (algorithm_ != CongestionAlgorithm::cubic || (epoch_ != never && now - epoch_ < settling)) {
    return;
  }
  if (min_rtt_ == SimDuration::zero() || rtt < min_rtt_) {
    min_rtt_ = rtt;
  }
  if (left_slow_start_ || !in_slow_start()) return;
  if (after(una, round_end_)) {
    begin(next, now);
  }
  slow_start_round(rtt, now, ack_delay);
}

/// Slow start ends when a train of ACKs lasts half a round trip, or the round trip grows.
void CongestionControl::slow_start_round(SimDuration rtt, SimTime now, SimDuration ack_delay) {
  constexpr std::uint32_t low_window = 16;  // hystart_low_window
  constexpr SimDuration close_together = std::chrono::milliseconds{2};
  constexpr std::uint8_t samples_wanted = 8;
  constexpr SimDuration least_growth = std::chrono::milliseconds{4};
  constexpr SimDuration most_growth = std::chrono::milliseconds{16};
  if (cwnd_ < low_window) return;
  bool ends = false;
  if (now - last_ack_ <= close_together) {
    last_ack_ = now;
    ends = now - round_start_ > (min_rtt_ + ack_delay) / 2;
  }
  round_rtt_ = std::min(round_rtt_, rtt);
  if (round_samples_ < samples_wanted) {
    ++round_samples_;
  } else {
    ends |= round_rtt_ > min_rtt_ + std::clamp(min_rtt_ / 8, least_growth, most_growth);
  }
  if (ends) {
    left_slow_start_ = true;
    ssthresh_ = cwnd_;
  }
}

void CongestionControl::acknowledged(std::uint32_t segments, SimTime now, SimDuration srtt) {
  if (in_slow_start()) {
    segments = slow_start(segments);
  }
  if (segments == 0) return;
  const std::uint32_t per =
      algorithm_ == CongestionAlgorithm::cubic ? cubic_count(segments, now, srtt) : cwnd_;
  additive_increase(per, segments);
}

/// RFC 5681, 3.1; returns the acknowledged segments left when ssthresh is reached.
std::uint32_t CongestionControl::slow_start(std::uint32_t segments) {
  const std::uint32_t grown = std::min(cwnd_ + segments, ssthresh_);
  const std::uint32_t left = segments - (grown - cwnd_);
  cwnd_ = grown;
  return left;
}

/// One segment more for every `per_segments` acknowledged ones.
void CongestionControl::additive_increase(std::uint32_t per_segments, std::uint32_t segments) {
  cwnd_count_ += segments;
  if (cwnd_count_ >= per_segments) {
    cwnd_ += cwnd_count_ / per_segments;
    cwnd_count_ %= per_segments;
  }
}

/// How many acknowledged segments the next growth takes (RFC 9438, 4.2 to 4.5).
std::uint32_t CongestionControl::cubic_count(std::uint32_t segments, SimTime now,
                                             SimDuration srtt) {
  if (epoch_ == never) {
    epoch_ = now;
    reno_window_ = cwnd_;
    reno_count_ = 0;
    origin_ = std::max(cwnd_, w_max_);
    // K^3 = (W_max - cwnd) / C, with K in 1/1024 s.
    k_ = static_cast<std::uint32_t>(
        cube_root((origin_ - cwnd_) * (unit * unit / cube_scale) * unit * unit));
  }
  const std::uint64_t t = in_units(now - epoch_) + in_units(srtt);
  const std::uint64_t distance = std::min<std::uint64_t>(t > k_ ? t - k_ : k_ - t, 1U << 20);
  const std::uint64_t rise =
      distance * distance / unit * distance / unit * cube_scale / unit / unit;
  const std::uint64_t target =
      t > k_ ? origin_ + rise : origin_ - std::min<std::uint64_t>(rise, origin_ - 1);
  std::uint64_t count = target > cwnd_ ? cwnd_ / (target - cwnd_) : 100ULL * cwnd_;
  // The Reno-friendly region (RFC 9438, 4.3).
  reno_count_ += segments;
  const std::uint32_t per = std::max(1U, static_cast<std::uint32_t>(cwnd_ * 15ULL / 8));
  while (reno_count_ >= per) {
    reno_count_ -= per;
    ++reno_window_;
  }
  if (reno_window_ > cwnd_) {
    count = std::min<std::uint64_t>(count, cwnd_ / (reno_window_ - cwnd_));
  }
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(count, 2));
}

void CongestionControl::loss_detected() {
  prior_cwnd_ = cwnd_;
  prior_ssthresh_ = std::max(ssthresh_, cwnd_ / 2 + cwnd_ / 4);  // Linux, tcp_current_ssthresh
  if (algorithm_ == CongestionAlgorithm::cubic) {
    epoch_ = never;
    // Fast convergence (RFC 9438, 4.7).
    w_max_ =
        cwnd_ < w_max_ ? static_cast<std::uint32_t>(cwnd_ * (unit + beta) / (2 * unit)) : cwnd_;
    ssthresh_ = std::max(2U, static_cast<std::uint32_t>(cwnd_ * beta / unit));
  } else {
    ssthresh_ = std::max(2U, cwnd_ / 2);
  }
  cwnd_count_ = 0;
}

void CongestionControl::collapse(Seq next, SimTime now) {
  cwnd_ = 1;
  cwnd_count_ = 0;
  if (algorithm_ == CongestionAlgorithm::cubic) {
    epoch_ = never;
    w_max_ = 0;
    min_rtt_ = SimDuration::zero();
    left_slow_start_ = false;
    begin(next, now);
  }
}

void CongestionControl::undo() {
  cwnd_ = std::max(cwnd_, prior_cwnd_);
  ssthresh_ = std::max(ssthresh_, prior_ssthresh_);
  prior_cwnd_ = 0;
}

void CongestionControl::resume(SimDuration idle, SimTime now) {
  if (epoch_ != never) {
    epoch_ = std::min(saturating_add(epoch_, idle), now);
  }
}

void CongestionControl::restart_after_idle(SimDuration idle, SimDuration rto) {
  LASTACK_ASSERT(rto > SimDuration::zero());
  const std::uint32_t restart = std::min(cwnd_, initial_window);
  ssthresh_ = std::max(ssthresh_, cwnd_ * 3 / 4);
  while (idle > rto && cwnd_ > restart) {
    idle -= rto;
    cwnd_ /= 2;
  }
  cwnd_ = std::max(cwnd_, restart);
  cwnd_count_ = 0;
}

}  // namespace lastack::tcp
