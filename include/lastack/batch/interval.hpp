#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace lastack::batch {

/// A confidence interval: where the true value of what was sampled lies, both ends included.
struct Interval {
  double low = 0;
  double high = 0;

  /// Half the distance between the ends, in the unit of the values.
  double half_width() const { return (high - low) / 2; }
  /// Asserts what is always true of the interval of a mean.
  void check_invariants(double mean) const;
  /// Whether the value lies inside; both ends count.
  bool contains(double value) const { return low <= value && value <= high; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Number, mean, spread and skewness of values that come one by one (Welford 1962; Terriberry 2007
/// for the third moment). The result depends on the order in the last bits, so always feed them in
/// the order of replications.
class Moments {
 public:
  /// Takes the next value. Requires a finite one.
  void add(double value);

  /// How many values were added.
  std::uint64_t n() const { return n_; }
  double mean() const { return mean_; }  ///< 0 without values
  double m2() const { return m2_; }      ///< the sum of squared deviations from the mean
  double skewness() const;               ///< of the sample; 0 where all values are alike
  double variance() const;  ///< of the sample, over n - 1; 0 with fewer than two values

 private:
  std::uint64_t n_ = 0;
  double mean_ = 0;
  double m2_ = 0;
  double m3_ = 0;  ///< the sum of cubed deviations
};

// Every `confidence` below is two-sided, in (0, 1): 0.95. All values must be finite.

/// Of a proportion (Clopper and Pearson 1934): inverts the binomial test, so that its coverage is
/// never below `confidence`, near 0 and 1 and for few trials too. `successes` may be a fraction, as
/// the effective numbers of `share_interval` are. Without trials it is [0, 1].
/// Requires 0 <= successes <= trials.
Interval proportion_interval(double successes, double trials, double confidence);

/// Of a mean (Student's t): exact for normal values, and good for others when there are many.
/// Nothing with fewer than two values, which say nothing of their spread. Where all are alike its
/// width is 0. See `mean_is_settled` for how many values are many.
std::optional<Interval> mean_interval(const Moments& moments, double confidence);

/// Of a mean of skewed values (Cantelli 1928, of either side): no distribution of this variance has
/// a mean further off. At 95 % it is 3.2 times as wide as `mean_interval`. Nothing with fewer than
/// `skewed_values_min` values, of which the variance is hardly known, or where all are alike.
std::optional<Interval> skewed_mean_interval(const Moments& moments, double confidence);
inline constexpr std::uint64_t skewed_values_min = 30;

/// The least mean, with one-sided confidence, of whatever values above 0 these were drawn from,
/// however skewed: the mean under the highest distribution function that agrees with them (Anderson
/// 1969, with the bound of Dvoretzky, Kiefer and Wolfowitz in Massart's form). Requires values in
/// ascending order, none below 0; of none it is 0.
double least_mean(std::span<const double> sorted, double confidence);

/// Whether there are values enough for `mean_interval` to hold the mean about as often as it says,
/// by Cochran's rule (Sampling Techniques, 1977, 2.15): more than 25 times the square of the
/// skewness. Times of connections are skewed: few SYNs are lost, and these cost seconds. With 2 %
/// loss the interval of 100 values at 95 % holds the mean of connect_time in 86 % of cases. Values
/// that are all alike settle nothing before there are a thousand, as some that differ may yet come.
bool mean_is_settled(const Moments& moments);

/// Of the mean of shares, one of each run: connect_ok of runs with many connections. Connections of
/// one run have more in common than those of two (the same phase of the timers, the same queue), so
/// the connections are not the trials. The runs are, and count for as many trials as their spread
/// says: p(1-p) divided by the variance of the mean, put into Clopper and Pearson's interval
/// (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of
/// positive counts estimated from survey data"). Runs that are all alike say nothing of their
/// spread; each then counts as one trial, which is never too many, as no share spreads more than
/// a coin of the same mean. For shares that are all 0 or 1 this is `proportion_interval`.
/// Nothing without values. Requires values in [0, 1].
std::optional<Interval> share_interval(const Moments& shares, double confidence);

/// The same from what it takes of the shares: their mean, how many independent trials they are at
/// least, and the variance of the mean. Requires 0 <= mean <= 1, trials_min > 0.
Interval share_interval(double mean, double trials_min, double variance_of_mean, double confidence);

/// Which of n sorted values, from 1, bound a quantile: 0 or n + 1 where the sample is too small to
/// give a bound.
struct Ranks {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};
/// Of the quantile q of what the values were drawn from, whatever its distribution: how many of n
/// values lie below it is binomial, which says between which two of the sorted values it lies
/// (David and Nagaraja, "Order Statistics", 7.1). Each side errs with at most half of
/// 1 - confidence. A 95 % upper bound of the 99th percentile takes 368 values. Requires 0 < q < 1.
Ranks quantile_ranks(std::uint64_t n, double q, double confidence);

/// The fewest values that give `quantile_ranks` an upper bound of a quantile above the median.
/// Requires 0.5 <= q < 1.
std::uint64_t values_for_bounds(double q, double confidence);

/// About how many runs it takes, where `runs` gave an interval of which one bound lies this far
/// from the value, until that bound is nearer than `limit`, whose distance from the value is given
/// too: the width goes with the square root of the number. Nothing where the value is at the limit.
std::optional<std::uint64_t> runs_needed(std::uint64_t runs, double to_bound, double to_limit);

/// An estimate and the bounds of its interval, which may be absent.
struct Bounded {
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
};
/// The interval of a - b from those of both and the correlation of the two, in [-1, 1]: the
/// distances to the bounds are added as standard errors are (MOVER; Zou and Donner 2008).
Bounded difference_of(const Bounded& a, const Bounded& b, double correlation);

/// How the values of one setting compare with the baseline's.
enum class Verdict : std::uint8_t { lower, within_noise, higher };

/// Runs until an interval is narrow enough: `"until": {"half_width", "confidence"}` of a sweep.
///
/// It looks at fixed numbers of runs only: `min`, then each time half as many again, rounded up, to
/// `max`. These depend on nothing but the rule, so that the number of runs is the same whatever the
/// threads, shards and resumes.
///
/// To look again and again and stop when the interval pleases costs coverage: Clopper and Pearson's
/// interval at 95 %, looked at from 100 runs on, holds the true value in 93.2 % of cases only (at
/// p = 0.039 and half width 0.02). So intervals are made with half the error, look_confidence(),
/// and then hold it at least as often as `confidence` says. That is no estimate: the unit test
/// follows all outcomes from look to look, for p from 0.001 to 0.5 and half widths from 0.005 to
/// 0.05. The lowest coverage at a confidence of 0.95 and a min of 100 is 96.2 %. The price is 1.3
/// times the runs.
class StoppingRule {
 public:
  /// Requires 0 < confidence < 1, half_width > 0, 2 <= min <= max.
  StoppingRule(double confidence, double half_width, std::uint64_t min, std::uint64_t max);

  /// The probability with which the final interval holds the true value, in (0, 1).
  double confidence() const { return confidence_; }
  /// What intervals are to be made with, at every look and for the final figure, which then has
  /// confidence().
  double look_confidence() const { return look_confidence(confidence_); }
  /// The same of any rule, for a final confidence in (0, 1).
  static double look_confidence(double confidence) { return 1 - (1 - confidence) / 2; }

  /// The next number of runs to look at, with n done; nothing from `max` on.
  std::optional<std::uint64_t> next_checkpoint(std::uint64_t n) const;
  /// The largest checkpoint that n runs reach; nothing below `min`. Runs beyond it, which a shard
  /// or a chunk may have done, must not count.
  std::optional<std::uint64_t> last_checkpoint(std::uint64_t n) const;

  /// Whether this interval, made with look_confidence(), ends the runs.
  bool enough(const Interval& interval) const;
  /// The same for the mean of values that are no shares, which has to be settled as well. Measured
  /// on connect_time with half widths of 0.02 to 0.2 s, 4,000 times each: the final interval at 95
  /// % then holds the mean in 96 to 98 % of cases at 1 to 5 % loss, and in 91 to 97 % at 20 %.
  bool enough(const Interval& interval, const Moments& moments) const {
    return enough(interval) && mean_is_settled(moments);
  }

 private:
  std::uint64_t after(std::uint64_t checkpoint) const;

  double confidence_;
  double half_width_;
  std::uint64_t min_;
  std::uint64_t max_;
};

}  // namespace lastack::batch
