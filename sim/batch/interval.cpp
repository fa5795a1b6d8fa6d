#include "lastack/batch/interval.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "lastack/core/assert.hpp"
#include "lastack/core/random_stream.hpp"

namespace lastack::batch {

namespace {

/// What may go wrong on each side.
double tail_of(double confidence) {
  LASTACK_ASSERT(confidence > 0 && confidence < 1);
  return (1 - confidence) / 2;
}

/// A count that is whole but for rounding becomes whole.
double without_rounding(double count) {
  const double whole = std::round(count);
  return std::abs(count - whole) <= 1e-9 * std::max(1.0, whole) ? whole : count;
}

/// P(at most k of n), each with probability q. Requires k < n.
double at_most(std::uint64_t k, std::uint64_t n, double q) {
  const boost::math::binomial_distribution<double> hits{static_cast<double>(n), q};
  return boost::math::cdf(hits, static_cast<double>(k));
}

/// How many k in [0, n) there are, from 0 on, for which `holds` is true. Requires that it never
/// turns true again.
template <typename Predicate> std::uint64_t count_while(std::uint64_t n, Predicate holds) {
  std::uint64_t low = 0;
  std::uint64_t high = n;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

void Interval::check_invariants(double mean) const {
  LASTACK_ASSERT(low <= high);
  LASTACK_ASSERT(contains(mean));
}

void Moments::add(double value) {
  LASTACK_ASSERT(std::isfinite(value));
  ++n_;
  const auto n = static_cast<double>(n_);
  const double from_old = value - mean_;
  const double step = from_old / n;
  mean_ += step;
  const double term = from_old * (value - mean_);
  m3_ += step * (term * (n - 2) - 3 * m2_);
  m2_ += term;
}

double Moments::skewness() const {
  if (m2_ <= 0) return 0;
  return std::sqrt(static_cast<double>(n_)) * m3_ / (m2_ * std::sqrt(m2_));
}

double Moments::variance() const { return n_ < 2 ? 0 : m2_ / static_cast<double>(n_ - 1); }

Interval proportion_interval(double successes, double trials, double confidence) {
  LASTACK_ASSERT(successes >= 0 && successes <= trials);
  const double tail = tail_of(confidence);
  const double failures = trials - successes;
  Interval interval{0, 1};
  if (successes > 0) {
    interval.low = boost::math::quantile(
        boost::math::beta_distribution<double>{successes, failures + 1}, tail);
  }
  if (failures > 0) {
    interval.high = boost::math::quantile(boost::math::complement(
        boost::math::beta_distribution<double>{successes + 1, failures}, tail));
  }
  if (trials > 0) interval.check_invariants(successes / trials);
  return interval;
}

std::optional<Interval> mean_interval(const Moments& moments, double confidence) {
  const double tail = tail_of(confidence);
  if (moments.n() < 2) return std::nullopt;
  const auto n = static_cast<double>(moments.n());
  const boost::math::students_t_distribution<double> t{n - 1};
  const double reach =
      boost::math::quantile(boost::math::complement(t, tail)) * std::sqrt(moments.variance() / n);
  const Interval interval{moments.mean() - reach, moments.mean() + reach};
  interval.check_invariants(moments.mean());
  return interval;
}

std::optional<Interval> skewed_mean_interval(const Moments& moments, double confidence) {
  if (moments.n() < skewed_values_min || moments.m2() <= 0) return std::nullopt;
  const auto n = static_cast<double>(moments.n());
  const double reach = std::sqrt((1 / tail_of(confidence) - 1) * moments.variance() / n);
  return Interval{moments.mean() - reach, moments.mean() + reach};
}

double least_mean(std::span<const double> sorted, double confidence) {
  LASTACK_ASSERT(std::is_sorted(sorted.begin(), sorted.end()));
  if (sorted.empty()) return 0;
  LASTACK_ASSERT(sorted.front() >= 0);
  const auto n = static_cast<double>(sorted.size());
  const double above = std::sqrt(portable_log(1 / (1 - confidence)) / (2 * n));
  double mean = 0;
  double before = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double beyond = 1 - static_cast<double>(i) / n - above;  // how likely so much, at least
    if (beyond <= 0) break;
    mean += beyond * (sorted[i] - before);
    before = sorted[i];
  }
  return mean;
}

bool mean_is_settled(const Moments& moments) {
  constexpr std::uint64_t enough_alike = 1000;
  if (moments.m2() <= 0) return moments.n() >= enough_alike;
  const double skewness = moments.skewness();
  return static_cast<double>(moments.n()) > 25 * skewness * skewness;
}

std::optional<Interval> share_interval(const Moments& shares, double confidence) {
  if (shares.n() == 0) return std::nullopt;
  const auto n = static_cast<double>(shares.n());
  // The variance over n instead of n - 1: with it shares of 0 and 1 count as one trial each.
  return share_interval(std::clamp(shares.mean(), 0.0, 1.0), n, shares.m2() / n / n, confidence);
}

Interval share_interval(double mean, double trials_min, double variance_of_mean,
                        double confidence) {
  LASTACK_ASSERT(trials_min > 0);
  const double of_coin = mean * (1 - mean);
  // Rounding leaves a trace of spread in shares that are all alike.
  const bool alike = variance_of_mean <= 1e-24 || of_coin <= 0;
  const double trials =
      alike ? trials_min : std::max(trials_min, without_rounding(of_coin / variance_of_mean));
  return proportion_interval(std::min(without_rounding(mean * trials), trials), trials, confidence);
}

Ranks quantile_ranks(std::uint64_t n, double q, double confidence) {
  LASTACK_ASSERT(q > 0 && q < 1);
  const double tail = tail_of(confidence);
  // Value number k, from 0, is above the quantile when at most k values are below it.
  const std::uint64_t sure_below =
      count_while(n, [&](std::uint64_t k) { return at_most(k, n, q) <= tail; });
  // It is below when more than k are.
  const std::uint64_t not_sure_above =
      count_while(n, [&](std::uint64_t k) { return 1 - at_most(k, n, q) > tail; });
  return {sure_below, not_sure_above + 1};
}

std::uint64_t values_for_bounds(double q, double confidence) {
  LASTACK_ASSERT(q >= 0.5 && q < 1);
  return static_cast<std::uint64_t>(std::ceil(portable_log(tail_of(confidence)) / portable_log(q)));
}

std::optional<std::uint64_t> runs_needed(std::uint64_t runs, double to_bound, double to_limit) {
  constexpr double most = 1e12;
  if (to_limit == 0) return std::nullopt;
  const double ratio = to_bound / to_limit;
  const double needed = std::ceil(static_cast<double>(runs) * ratio * ratio);
  if (!(needed < most)) return std::nullopt;
  return static_cast<std::uint64_t>(needed);
}

Bounded difference_of(const Bounded& a, const Bounded& b, double correlation) {
  LASTACK_ASSERT(correlation >= -1 && correlation <= 1);
  const auto together = [correlation](double of_a, double of_b) {
    return std::sqrt(std::max(0.0, of_a * of_a + of_b * of_b - 2 * correlation * of_a * of_b));
  };
  Bounded result{a.value - b.value, std::nullopt, std::nullopt};
  if (a.low && b.high) result.low = result.value - together(a.value - *a.low, *b.high - b.value);
  if (a.high && b.low) result.high = result.value + together(*a.high - a.value, b.value - *b.low);
  return result;
}

StoppingRule::StoppingRule(double confidence, double half_width, std::uint64_t min,
                           std::uint64_t max)
    : confidence_{confidence},
      half_width_{half_width},
      min_{min},
      max_{max} {
  LASTACK_ASSERT(confidence > 0 && confidence < 1);
  LASTACK_ASSERT(half_width > 0);
  LASTACK_ASSERT(min >= 2 && min <= max);
}

/// Half as many again, rounded up.
std::uint64_t StoppingRule::after(std::uint64_t checkpoint) const {
  const std::uint64_t step = checkpoint / 2 + checkpoint % 2;
  return checkpoint >= max_ - std::min(step, max_) ? max_ : checkpoint + step;
}

std::optional<std::uint64_t> StoppingRule::next_checkpoint(std::uint64_t n) const {
  if (n >= max_) return std::nullopt;
  std::uint64_t checkpoint = min_;
  while (checkpoint <= n) checkpoint = after(checkpoint);
  LASTACK_ASSERT(checkpoint > n);
  LASTACK_ASSERT(checkpoint <= max_);
  return checkpoint;
}

std::optional<std::uint64_t> StoppingRule::last_checkpoint(std::uint64_t n) const {
  if (n < min_) return std::nullopt;
  std::uint64_t checkpoint = min_;
  while (checkpoint < max_ && after(checkpoint) <= n) checkpoint = after(checkpoint);
  return checkpoint;
}

bool StoppingRule::enough(const Interval& interval) const {
  return interval.half_width() <= half_width_;
}

}  // namespace lastack::batch
