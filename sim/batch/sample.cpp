#include "lastack/batch/sample.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "lastack/core/assert.hpp"
#include "quantile_bootstrap.hpp"

namespace lastack::batch {

namespace {

using Step = Sample::Step;
using Term = Sample::Term;

bool ascends(const Step& a, const Step& b) { return a.value < b.value; }

/// How many connections the steps are of.
std::uint64_t count_of(std::span<const Step> steps) {
  std::uint64_t count = 0;
  for (const Step& step : steps) count += step.count;
  return count;
}

/// The value with a rank, from 1, among ascending steps. Requires that there is one.
double value_at(std::span<const Step> steps, std::uint64_t rank) {
  for (const Step& step : steps) {
    if (step.count >= rank) return step.value;
    rank -= step.count;
  }
  return steps.back().value;
}

// --- Means and shares ---

/// The sums over runs, and how far each run lies from the whole.
struct Whole {
  double sum = 0;
  double weight = 0;
  double squares = 0;      ///< of the weights
  std::uint64_t runs = 0;  ///< that say something
  bool even = true;        ///< whether these all have the same weight

  double value() const { return sum / weight; }
  /// How many runs of equal weight would vary as little (Kish 1965).
  double runs_worth() const { return weight * weight / squares; }
  /// What a run among `count` adds to the value, as a value that deviates from 0.
  double deviation(const Term& term, std::uint64_t count) const {
    return (term.sum - value() * term.weight) / weight * static_cast<double>(count);
  }
};

Whole whole_of(std::span<const Term> terms) {
  Whole whole;
  double weight = 0;
  for (const Term& term : terms) {
    if (term.weight <= 0) continue;
    if (whole.runs++ == 0) weight = term.weight;
    whole.even = whole.even && term.weight == weight;
    whole.sum += term.sum;
    whole.weight += term.weight;
    whole.squares += term.weight * term.weight;
  }
  return whole;
}

/// The runs' own values where all have the same weight; else values that vary as what each adds.
Moments moments_of(std::span<const Term> terms, const Whole& whole) {
  Moments moments;
  for (const Term& term : terms) {
    if (!whole.even) {
      moments.add(whole.value() + whole.deviation(term, terms.size()));
    } else if (term.weight > 0) {
      moments.add(term.sum / term.weight);
    }
  }
  return moments;
}

/// Whether a number a run says whether something happened: it is 0 or 1, and 0 at least once.
bool is_event(std::span<const Term> terms) {
  bool some_zero = false;
  for (const Term& term : terms) {
    if (term.weight <= 0) continue;
    if (term.weight != 1 || (term.sum != 0 && term.sum != 1)) return false;
    some_zero = some_zero || term.sum == 0;
  }
  return some_zero;
}

Measured measured_mean(std::span<const Term> terms, double confidence) {
  const Whole whole = whole_of(terms);
  Measured result;
  result.runs = whole.runs;
  if (whole.runs == 0) return result;
  const Moments moments = moments_of(terms, whole);
  result.of = static_cast<std::uint64_t>(whole.weight);
  result.value = moments.mean();
  result.settled = mean_is_settled(moments);
  if (const auto interval = mean_interval(moments, confidence)) {
    result.low = interval->low;
    result.high = interval->high;
  }
  return result;
}

Measured measured_share(std::span<const Term> terms, double confidence) {
  const Whole whole = whole_of(terms);
  Measured result;
  result.runs = whole.runs;
  if (whole.runs == 0) return result;
  const Moments moments = moments_of(terms, whole);
  const auto n = static_cast<double>(moments.n());
  const double share = std::clamp(whole.value(), 0.0, 1.0);
  // Runs may be more alike than chance makes them; that does not make more trials of them.
  const double variance = std::max(moments.m2() / n / n, share * (1 - share) / whole.weight);
  Interval interval = share_interval(share, whole.runs_worth(), variance, confidence);
  if ((share == 0 || share == 1) && whole.weight > 1) {  // no less certain than with one failure
    const Interval one =
        proportion_interval(share == 0 ? 1 : whole.weight - 1, whole.weight, confidence);
    interval.low = share == 1 ? std::max(interval.low, one.low) : 0;
    interval.high = share == 0 ? std::min(interval.high, one.high) : 1;
  }
  result.of = static_cast<std::uint64_t>(whole.weight);
  result.value = share;
  result.low = interval.low;
  result.high = interval.high;
  result.settled = true;
  return result;
}

// --- Quantiles ---

/// All values of all runs, sorted.
struct Pool {
  std::vector<Step> steps;
  std::uint64_t count = 0;
  std::uint64_t runs = 0;  ///< that have a value
};

Pool pool_of(const Sample& sample, std::uint64_t end) {
  Pool pool;
  for (std::uint64_t run = 0; run < end; ++run) {
    const std::span<const Step> steps = sample.steps(run);
    if (steps.empty()) continue;
    ++pool.runs;
    pool.steps.insert(pool.steps.end(), steps.begin(), steps.end());
  }
  std::sort(pool.steps.begin(), pool.steps.end(), ascends);
  pool.count = count_of(pool.steps);
  return pool;
}

/// How many of the values are no greater.
std::uint64_t count_up_to(double bound, std::span<const Step> steps) {
  std::uint64_t count = 0;
  for (const Step& step : steps) {
    if (step.value > bound) break;
    count += step.count;
  }
  return count;
}

/// Which of a run's connections lie at or below a value: a share of which the whole is known.
std::vector<Term> terms_below(const Sample& sample, std::uint64_t end, double bound) {
  std::vector<Term> terms(end);
  for (std::uint64_t run = 0; run < end; ++run) {
    const std::span<const Step> steps = sample.steps(run);
    terms[run].weight = static_cast<double>(count_of(steps));
    terms[run].sum = static_cast<double>(count_up_to(bound, steps));
  }
  return terms;
}

/// Of how many independent connections the pool tells as much as it does. Requires a value in it.
double worth_of(const Sample& sample, std::uint64_t end, const Pool& pool, double quantile,
                double confidence) {
  if (pool.count == pool.runs) return static_cast<double>(pool.count);
  const std::vector<Term> terms = terms_below(sample, end, quantile);
  const Whole whole = whole_of(terms);
  const double below = whole.value();
  double squares = 0;
  for (const Term& term : terms) {
    const double far = term.sum - below * term.weight;
    squares += far * far;
  }
  const auto runs = static_cast<double>(pool.runs);
  const double variance = runs / (runs - 1) * squares / (whole.weight * whole.weight);
  const double least = whole.runs_worth();
  const double of_coin = below * (1 - below);
  if (variance <= 0 || of_coin <= 0) return least;
  // The spread is itself known from so many runs only (Korn and Graubard 1998).
  const double tail = (1 - confidence) / 2;
  const double z = boost::math::quantile(
      boost::math::complement(boost::math::normal_distribution<double>{}, tail));
  const double t = boost::math::quantile(
      boost::math::complement(boost::math::students_t_distribution<double>{runs - 1}, tail));
  const double worth = of_coin / variance * (z / t) * (z / t);
  return std::clamp(worth, std::min(least, whole.weight), whole.weight);
}

Measured measured_quantile(const Sample& sample, std::uint64_t end, double confidence) {
  const Statistic statistic = sample.figure().statistic;
  const Pool pool = pool_of(sample, end);
  Measured result;
  result.runs = pool.runs;
  result.of = pool.count;
  if (pool.count == 0) return result;
  result.value = value_at(pool.steps, nearest_rank(per_mille(statistic), pool.count));
  if (statistic == Statistic::max || (pool.runs < 2 && pool.count > 1)) return result;
  const double worth = worth_of(sample, end, pool, *result.value, confidence);
  const auto n = static_cast<std::uint64_t>(std::max(1.0, worth));
  const double q = static_cast<double>(per_mille(statistic)) / 1000;
  const Ranks ranks = quantile_ranks(n, q, confidence);
  // Each of the n stands for as many that follow each other.
  const double each = static_cast<double>(pool.count) / static_cast<double>(n);
  if (ranks.low > 0) {
    const double before = static_cast<double>(ranks.low - 1) * each;
    result.low = value_at(pool.steps, static_cast<std::uint64_t>(before) + 1);
  }
  if (ranks.high <= n) {
    const double up_to = std::ceil(static_cast<double>(ranks.high) * each);
    result.high = value_at(pool.steps, static_cast<std::uint64_t>(up_to));
  }
  result.settled = result.low && result.high;
  return result;
}

// --- Two against each other ---

/// The correlation of what runs with the same seed add to two means; 0 where one does not vary.
double correlation_of(std::span<const Term> here, std::span<const Term> baseline) {
  const Whole of_here = whole_of(here);
  const Whole of_baseline = whole_of(baseline);
  if (of_here.runs == 0 || of_baseline.runs == 0) return 0;
  double products = 0;
  double squares_here = 0;
  double squares_baseline = 0;
  for (std::size_t run = 0; run < here.size(); ++run) {
    const double a = of_here.deviation(here[run], here.size());
    const double b = of_baseline.deviation(baseline[run], baseline.size());
    products += a * b;
    squares_here += a * a;
    squares_baseline += b * b;
  }
  const double scale = std::sqrt(squares_here) * std::sqrt(squares_baseline);
  return scale > 0 ? std::clamp(products / scale, -1.0, 1.0) : 0;
}

Bounded times(const Measured& measured, double factor) {
  const auto scaled = [factor](const std::optional<double>& bound) {
    return bound ? std::optional{*bound * factor} : std::nullopt;
  };
  Bounded result{*measured.value * factor, scaled(measured.low), scaled(measured.high)};
  if (factor < 0) std::swap(result.low, result.high);
  return result;
}

}  // namespace

std::optional<Interval> Measured::interval() const {
  if (!low || !high) return std::nullopt;
  return Interval{*low, *high};
}

Difference Difference::negated() const {
  const auto minus = [](const std::optional<double>& number) {
    return number ? std::optional{-*number} : std::nullopt;
  };
  const auto turned = [](Verdict of) {
    if (of == Verdict::within_noise) return of;
    return of == Verdict::higher ? Verdict::lower : Verdict::higher;
  };
  Difference result = *this;
  result.value = minus(value);
  result.low = minus(high);
  result.high = minus(low);
  result.in_every_pair = minus(in_every_pair);
  result.all_pairs = turned(all_pairs);
  result.verdict = turned(verdict);
  return result;
}

namespace {

/// The fewest that chance makes fall to one side no oftener than the confidence allows.
std::uint64_t fewest_pairs(double confidence) {
  std::uint64_t pairs = 1;  // of fair coins n fall alike once in 2^(n - 1) times
  for (double chance = 1; chance > 1 - confidence; chance /= 2) ++pairs;
  return pairs;
}

}  // namespace

std::optional<std::uint64_t> pairs_needed(const Difference& seen, double limit) {
  if (!seen.value) return std::nullopt;
  if (seen.in_every_pair && !seen.enough_pairs()) return seen.pairs_that_tell;
  if (seen.pairs_for_bounds) return seen.pairs_for_bounds;
  const std::optional<double>& bound = *seen.value > limit ? seen.low : seen.high;
  if (!bound) return seen.pairs < 2 ? std::optional{skewed_values_min} : std::nullopt;
  const auto needed = runs_needed(seen.pairs, *bound - *seen.value, limit - *seen.value);
  if (!needed || seen.settled) return needed;
  return std::max(*needed, skewed_values_min);
}

Shown at_most(const Difference& difference, double limit) {
  const bool sure = difference.settled || (difference.in_every_pair && difference.enough_pairs());
  const Verdict pairs = limit == 0 ? difference.all_pairs : Verdict::within_noise;
  if ((sure && difference.high && *difference.high <= limit) || pairs == Verdict::lower) {
    return Shown::yes;
  }
  if ((sure && difference.low && *difference.low > limit) || pairs == Verdict::higher) {
    return Shown::no;
  }
  return Shown::cannot_tell;
}

void Sample::set(std::uint64_t replication, const RunRow& row) {
  if (figure_.of == Figure::Of::times) {
    const TimeDistribution& times = row.times[figure_.index];
    if (figure_.is_mean()) {
      if (replication >= terms_.size()) terms_.resize(replication + 1);
      terms_[replication] = {times.sum(), static_cast<double>(times.count())};
      return;
    }
    std::vector<Step> steps;
    for (const auto& [number, bin] : times.bins()) {
      steps.push_back({to_seconds(bin.longest), bin.count});
    }
    set_steps(replication, steps);
    return;
  }
  const std::optional<double>& value = row.values[figure_.column];
  if (!figure_.is_mean()) {
    set_steps(replication, value ? std::vector<Step>{{*value, 1}} : std::vector<Step>{});
    return;
  }
  if (replication >= terms_.size()) terms_.resize(replication + 1);
  const bool share = figure_.of == Figure::Of::share;
  const double weight = share ? static_cast<double>(row.trials[figure_.index]) : 1;
  // A share's sum is a whole number of successes.
  if (value) terms_[replication] = {share ? std::round(*value * weight) : *value, weight};
}

void Sample::set_steps(std::uint64_t replication, const std::vector<Step>& steps) {
  LASTACK_ASSERT(std::is_sorted(steps.begin(), steps.end(), ascends));
  if (replication >= parts_.size()) parts_.resize(replication + 1);
  parts_[replication] = {steps_.size(), steps.size()};
  steps_.insert(steps_.end(), steps.begin(), steps.end());
}

std::span<const Step> Sample::steps(std::uint64_t replication) const {
  const Part& part = parts_[replication];
  LASTACK_ASSERT(part.first + part.size <= steps_.size());
  return std::span{steps_}.subspan(part.first, part.size);
}

std::uint64_t Sample::end() const { return figure_.is_mean() ? terms_.size() : parts_.size(); }

Measured Sample::measure(double confidence, std::uint64_t last) const {
  const std::uint64_t runs = std::min(last, end());
  if (!figure_.is_mean()) return measured_quantile(*this, runs, confidence);
  const std::span<const Term> terms{terms_.data(), runs};
  const bool number = figure_.of == Figure::Of::number;
  return figure_.of == Figure::Of::share || (number && is_event(terms))
             ? measured_share(terms, confidence)
             : measured_mean(terms, confidence);
}

std::optional<double> Sample::least_mean(double confidence, std::uint64_t last) const {
  if (!figure_.is_mean()) return std::nullopt;
  const std::span<const Term> terms{terms_.data(), std::min(last, end())};
  if (!whole_of(terms).even) return std::nullopt;
  std::vector<double> values;
  for (const Term& term : terms) {
    if (term.weight <= 0) continue;
    if (term.sum < 0) return std::nullopt;
    values.push_back(term.sum / term.weight);
  }
  std::sort(values.begin(), values.end());
  return batch::least_mean(values, confidence);
}

namespace {

/// The runs that two samples have in common, pair by pair.
class Pairs {
 public:
  Pairs(const Sample& here, const Sample& baseline, double confidence, double factor,
        std::uint64_t end)
      : here_{here},
        baseline_{baseline},
        confidence_{confidence},
        factor_{factor},
        end_{std::min({end, here.end(), baseline.end()})} {}

  Difference difference() const {
    Difference result;
    result.pairs_that_tell = fewest_pairs(confidence_);
    look_at_pairs(result);
    const Measured here = here_.measure(confidence_, end_);
    const Measured baseline = baseline_.measure(confidence_, end_);
    if (here.value && baseline.value) {
      result.value = *here.value - factor_ * *baseline.value;
      find_interval(result, here, baseline);
    }
    judge(result);
    return result;
  }

 private:
  /// Whether both are shares, or say of each run whether something happened.
  bool is_share() const {
    if (here_.figure().of == Figure::Of::number) {
      return is_event(terms(here_)) && is_event(terms(baseline_));
    }
    return here_.figure().of == Figure::Of::share;
  }
  std::span<const Term> terms(const Sample& sample) const { return {sample.terms().data(), end_}; }

  /// What a run says by itself.
  static std::optional<double> own_value(const Sample& sample, std::uint64_t run) {
    if (sample.figure().is_mean()) {
      const Term& term = sample.terms()[run];
      return term.weight > 0 ? std::optional{term.sum / term.weight} : std::nullopt;
    }
    const std::span<const Step> steps = sample.steps(run);
    const std::uint64_t count = count_of(steps);
    if (count == 0) return std::nullopt;
    return value_at(steps, nearest_rank(per_mille(sample.figure().statistic), count));
  }

  /// Equal but for the rounding of what are whole nanoseconds.
  static bool is_alike(double a, double b) {
    constexpr double half_a_nanosecond = 5e-10;
    constexpr double of_the_value = 1e-14;
    return std::abs(a - b) <= half_a_nanosecond + of_the_value * std::abs(a);
  }

  void look_at_pairs(Difference& result) const {
    bool alike = true;
    bool all_higher = true;
    bool all_lower = true;
    std::uint64_t apart = 0;
    double first = 0;
    for (std::uint64_t run = 0; run < end_; ++run) {
      const auto here = own_value(here_, run);
      const auto baseline = own_value(baseline_, run);
      if (!here && !baseline) continue;
      if (!here || !baseline) {
        alike = all_higher = all_lower = false;
        continue;
      }
      const double differs = *here - factor_ * *baseline;
      if (result.pairs++ == 0) first = differs;
      alike = alike && is_alike(differs, first);
      // A mean moves though some pairs do not; a quantile may stay where it is.
      if (here_.figure().is_mean() && is_alike(differs, 0)) continue;
      ++apart;
      all_higher = all_higher && differs > 0;
      all_lower = all_lower && differs < 0;
    }
    constexpr std::uint64_t pairs_min = 2;
    if (result.pairs < pairs_min) return;
    if (alike) result.in_every_pair = first;
    if (apart == 0 || (!alike && apart < result.pairs_that_tell)) return;
    if (all_higher) result.all_pairs = Verdict::higher;
    if (all_lower) result.all_pairs = Verdict::lower;
  }

  void find_interval(Difference& result, const Measured& here, const Measured& baseline) const {
    if (!here_.figure().is_mean()) {
      of_quantiles(result, here, baseline);
    } else if (is_share()) {
      of_shares(result, here, baseline);
    } else {
      of_means(result);
    }
  }

  void of_means(Difference& result) const {
    const Moments moments = paired_moments();
    result.settled = mean_is_settled(moments);
    auto interval = mean_interval(moments, confidence_);
    if (!interval) return;
    if (const auto wide = skewed_mean_interval(moments, confidence_); wide && !result.settled) {
      interval = wide;
      result.settled = true;
    }
    result.value = moments.mean();
    result.low = result.in_every_pair ? *result.in_every_pair : interval->low;
    result.high = result.in_every_pair ? *result.in_every_pair : interval->high;
  }

  /// The differences of the runs where all have the same weight; else what each adds to that of the
  /// whole.
  Moments paired_moments() const {
    const std::span<const Term> here = terms(here_);
    const std::span<const Term> baseline = terms(baseline_);
    const Whole of_here = whole_of(here);
    const Whole of_baseline = whole_of(baseline);
    bool even = of_here.even && of_baseline.even;
    for (std::uint64_t run = 0; run < end_; ++run) {
      even = even && (here[run].weight > 0) == (baseline[run].weight > 0);
    }
    const double middle = of_here.value() - factor_ * of_baseline.value();
    Moments moments;
    for (std::uint64_t run = 0; run < end_; ++run) {
      if (!even) {
        moments.add(middle + of_here.deviation(here[run], end_) -
                    factor_ * of_baseline.deviation(baseline[run], end_));
      } else if (here[run].weight > 0) {
        moments.add(here[run].sum / here[run].weight -
                    factor_ * (baseline[run].sum / baseline[run].weight));
      }
    }
    return moments;
  }

  void take(const Bounded& bounded, Difference& result) const {
    result.low = bounded.low;
    result.high = bounded.high;
    result.settled = bounded.low && bounded.high;
  }

  void of_shares(Difference& result, const Measured& here, const Measured& baseline) const {
    if (const auto changed = changed_pairs()) {
      const auto n = static_cast<double>(result.pairs);
      const auto share = [&](double count) {
        const Interval interval = proportion_interval(count, n, confidence_);
        return Bounded{count / n, interval.low, interval.high};
      };
      take(difference_of(share(changed->first), share(changed->second), 0), result);
    } else {
      take(difference_of(times(here, 1), times(baseline, factor_),
                         correlation_of(terms(here_), terms(baseline_))),
           result);
    }
  }

  /// Where each run has one trial on both sides: in how many it succeeds here only, and there only.
  std::optional<std::pair<double, double>> changed_pairs() const {
    if (factor_ != 1) return std::nullopt;
    std::pair<double, double> changed{0, 0};
    for (std::uint64_t run = 0; run < end_; ++run) {
      const Term& here = here_.terms()[run];
      const Term& baseline = baseline_.terms()[run];
      if (here.weight != baseline.weight || here.weight > 1) return std::nullopt;
      if (here.sum > baseline.sum) ++changed.first;
      if (here.sum < baseline.sum) ++changed.second;
    }
    return changed;
  }

  void of_quantiles(Difference& result, const Measured& here, const Measured& baseline) const {
    const bool one_each = here.of == here.runs && baseline.of == baseline.runs;
    if (result.in_every_pair && one_each) {  // the one distribution is the other, shifted
      result.low = result.high = result.value = result.in_every_pair;
      result.settled = true;
      return;
    }
    if (here_.figure().statistic == Statistic::max) return;
    const std::vector<Term> below_here = terms_below(here_, end_, *here.value);
    const std::vector<Term> below_baseline = terms_below(baseline_, end_, *baseline.value);
    Bounded seen = difference_of(times(here, 1), times(baseline, factor_),
                                 correlation_of(below_here, below_baseline));
    // Both together where the draws can tell; a bound that is missing stays so.
    if ((1 - confidence_) / 2 >= bootstrap_tail_min) {
      const Interval drawn = drawn_interval();
      if (seen.low) seen.low = std::min(drawn.low, seen.value);
      if (seen.high) seen.high = std::max(drawn.high, seen.value);
    }
    take(seen, result);
    if (!result.settled) result.pairs_for_bounds = pairs_for_bounds(here, baseline);
  }

  /// About how many, where runs have as many connections as here.
  std::optional<std::uint64_t> pairs_for_bounds(const Measured& here,
                                                const Measured& baseline) const {
    const double q = static_cast<double>(per_mille(here_.figure().statistic)) / 1000;
    const auto values = static_cast<double>(values_for_bounds(q, confidence_));
    const double each =
        std::min(static_cast<double>(here.of) / static_cast<double>(here.runs),
                 static_cast<double>(baseline.of) / static_cast<double>(baseline.runs));
    return static_cast<std::uint64_t>(std::ceil(values / each));
  }

  Interval drawn_interval() const {
    const auto blocks =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(end_, bootstrap_blocks_max));
    return quantile_difference(blocked(here_, blocks), blocked(baseline_, blocks), blocks,
                               per_mille(here_.figure().statistic), factor_, confidence_);
  }

  std::vector<BlockedValue> blocked(const Sample& sample, std::uint32_t blocks) const {
    std::vector<BlockedValue> values;
    for (std::uint64_t run = 0; run < end_; ++run) {
      for (const auto& [value, count] : sample.steps(run)) {
        values.push_back({value, count, static_cast<std::uint32_t>(run % blocks)});
      }
    }
    std::sort(values.begin(), values.end(),
              [](const auto& a, const auto& b) { return a.value < b.value; });
    return values;
  }

  /// The interval decides where it can be trusted; `look_at_pairs` has looked at the pairs.
  static void judge(Difference& result) {
    result.verdict = result.all_pairs;
    if (!result.settled) return;
    if (result.low && *result.low > 0) result.verdict = Verdict::higher;
    if (result.high && *result.high < 0) result.verdict = Verdict::lower;
  }

  const Sample& here_;
  const Sample& baseline_;
  double confidence_;
  double factor_;
  std::uint64_t end_;
};

}  // namespace

Difference difference(const Sample& here, const Sample& baseline, double confidence, double factor,
                      std::uint64_t end) {
  return Pairs{here, baseline, confidence, factor, end}.difference();
}

}  // namespace lastack::batch
