#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/batch/interval.hpp"
#include "lastack/core/random_stream.hpp"

namespace lastack::batch {
namespace {

std::vector<std::uint64_t> checkpoints_of(const StoppingRule& rule) {
  std::vector<std::uint64_t> all;
  std::uint64_t n = 0;
  while (const auto next = rule.next_checkpoint(n)) all.push_back(n = *next);
  return all;
}

TEST_CASE("StoppingRule: it looks at fixed numbers of runs, from min to max", "[batch]") {
  CHECK(checkpoints_of({0.95, 0.01, 100, 1000}) ==
        std::vector<std::uint64_t>{100, 150, 225, 338, 507, 761, 1000});
  CHECK(checkpoints_of({0.95, 0.01, 2, 10}) == std::vector<std::uint64_t>{2, 3, 5, 8, 10});
  CHECK(checkpoints_of({0.95, 0.01, 50, 50}) == std::vector<std::uint64_t>{50});
  const StoppingRule endless{0.95, 0.01, 100, std::uint64_t(-1)};
  CHECK(checkpoints_of(endless).back() == std::uint64_t(-1));
}

TEST_CASE("StoppingRule: runs beyond a checkpoint do not count before the next", "[batch]") {
  const StoppingRule rule{0.95, 0.01, 100, 1000};
  CHECK(rule.next_checkpoint(101) == 150U);
  CHECK(rule.next_checkpoint(150) == 225U);
  CHECK_FALSE(rule.next_checkpoint(1000));
  CHECK_FALSE(rule.last_checkpoint(99));
  CHECK(rule.last_checkpoint(100) == 100U);
  CHECK(rule.last_checkpoint(224) == 150U);
  CHECK(rule.last_checkpoint(5000) == 1000U);
}

TEST_CASE("StoppingRule: an interval that is narrow enough ends the runs", "[batch]") {
  const StoppingRule rule{0.95, 0.05, 100, 1000};
  CHECK(rule.enough({0.5, 0.6}));
  CHECK_FALSE(rule.enough({0.5, 0.61}));
}

// --- Coverage ---

/// Probabilities of consecutive numbers of successes, from `first` on.
struct Outcomes {
  std::int64_t first = 0;
  std::vector<double> probability;
};

/// Nine standard deviations around the mean hold all but 1e-18.
Outcomes binomial(std::int64_t n, double p) {
  const auto trials = static_cast<double>(n);
  const double reach = 9 * std::sqrt(trials * p * (1 - p)) + 10;
  Outcomes outcomes;
  outcomes.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(trials * p - reach));
  const auto last = std::min(n, static_cast<std::int64_t>(trials * p + reach));
  for (std::int64_t k = outcomes.first; k <= last; ++k) {
    const auto x = static_cast<double>(k);
    outcomes.probability.push_back(std::exp(std::lgamma(trials + 1) - std::lgamma(x + 1) -
                                            std::lgamma(trials - x + 1) + x * std::log(p) +
                                            (trials - x) * std::log1p(-p)));
  }
  return outcomes;
}

Outcomes sum(const Outcomes& a, const Outcomes& b) {
  Outcomes total{a.first + b.first,
                 std::vector<double>(a.probability.size() + b.probability.size() - 1)};
  for (std::size_t i = 0; i < a.probability.size(); ++i) {
    for (std::size_t j = 0; j < b.probability.size(); ++j) {
      total.probability[i + j] += a.probability[i] * b.probability[j];
    }
  }
  return total;
}

/// Follows all outcomes of runs that succeed or fail from look to look.
class StoppedRuns {
 public:
  StoppedRuns(const StoppingRule& rule, double look_confidence)
      : rule_{rule},
        look_confidence_{look_confidence} {}

  /// How often the interval at which they stop holds p.
  double coverage(double p) {
    double held = 0;
    Outcomes going_on{0, {1}};
    std::uint64_t done = 0;
    while (const auto next = rule_.next_checkpoint(done)) {
      going_on = sum(going_on, binomial(static_cast<std::int64_t>(*next - done), p));
      done = *next;
      held += stop(going_on, done, p);
      if (going_on.probability.empty()) break;
    }
    return held;
  }

 private:
  /// Takes those away that stop here; the probability of those among them that hold p.
  double stop(Outcomes& outcomes, std::uint64_t n, double p) {
    double held = 0;
    std::vector<double>& all = outcomes.probability;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Interval& interval = interval_of(outcomes.first + static_cast<std::int64_t>(i), n);
      if (!rule_.enough(interval) && rule_.next_checkpoint(n)) continue;
      held += interval.contains(p) ? all[i] : 0;
      all[i] = 0;
    }
    const auto possible = [](double probability) { return probability > 1e-16; };
    const auto first = std::find_if(all.begin(), all.end(), possible);
    outcomes.first += first - all.begin();
    all.erase(all.begin(), first);
    while (!all.empty() && !possible(all.back())) all.pop_back();
    return held;
  }

  const Interval& interval_of(std::int64_t successes, std::uint64_t n) {
    const auto [at, is_new] = known_.try_emplace({n, successes});
    if (is_new) {
      at->second = proportion_interval(static_cast<double>(successes), static_cast<double>(n),
                                       look_confidence_);
    }
    return at->second;
  }

  StoppingRule rule_;
  double look_confidence_;
  std::map<std::pair<std::uint64_t, std::int64_t>, Interval> known_;
};

/// From 0.001 to 0.5, each a tenth larger than the one before; by symmetry the rest as well.
double worst_coverage(const StoppingRule& rule, double look_confidence) {
  StoppedRuns runs{rule, look_confidence};
  double worst = 1;
  for (double p = 0.001; p < 0.5; p *= 1.1) worst = std::min(worst, runs.coverage(p));
  return std::min(worst, runs.coverage(0.5));
}

TEST_CASE("StoppingRule: the interval at which runs stop holds p as often as it says",
          "[batch][long]") {
  const double half_width = GENERATE(0.005, 0.01, 0.02, 0.03, 0.05);
  const double confidence = GENERATE(0.9, 0.95, 0.99);
  const StoppingRule rule{confidence, half_width, 100, 1'000'000};
  CAPTURE(half_width, confidence);
  CHECK(worst_coverage(rule, rule.look_confidence()) >= confidence);
}

TEST_CASE("StoppingRule: a small min and an early max do no harm", "[batch]") {
  const std::uint64_t min = GENERATE(2U, 10U, 30U);
  const StoppingRule rule{0.95, 0.03, min, 700};
  CHECK(worst_coverage(rule, rule.look_confidence()) >= 0.95);
}

TEST_CASE("StoppingRule: without spending error on looks the interval holds p too seldom",
          "[batch]") {
  const StoppingRule rule{0.95, 0.02, 100, 1'000'000};
  CHECK(worst_coverage(rule, rule.confidence()) < 0.945);
}

// --- Means ---

/// How often the stopped interval of connect times holds their mean, of 2,000 sweeps: the k-th SYN,
/// 2^k - 1 s late, is the first to arrive of at most seven.
double share_that_holds(const StoppingRule& rule, double loss) {
  double mean = 0;
  double probability = 1 - loss;
  for (int k = 0; k < 7; ++k, probability *= loss) mean += probability * ((1 << k) - 1);
  mean /= 1 - std::pow(loss, 7);
  RandomStream stream{7, "connect_time"};
  int held = 0;
  for (int sweep = 0; sweep < 2000; ++sweep) {
    Moments moments;
    Interval interval;
    while (const auto next = rule.next_checkpoint(moments.n())) {
      while (moments.n() < *next) {
        int k = 0;
        while (k < 7 && stream.bernoulli(loss)) ++k;
        if (k < 7) moments.add((1 << k) - 1);
      }
      interval = *mean_interval(moments, rule.look_confidence());
      if (rule.enough(interval, moments)) break;
    }
    held += interval.contains(mean) ? 1 : 0;
  }
  return held / 2000.0;
}

TEST_CASE("StoppingRule: means of skewed values stop late enough", "[batch]") {
  CHECK(share_that_holds({0.95, 0.1, 100, 1'000'000}, 0.02) > 0.94);
  CHECK(share_that_holds({0.95, 0.1, 100, 1'000'000}, 0.05) > 0.94);
  // Without waiting until they are settled it would be 0.86.
  const Moments settled_for_nobody;
  CHECK_FALSE(StoppingRule{0.95, 0.1, 100, 1000}.enough({0, 0}, settled_for_nobody));
}

}  // namespace
}  // namespace lastack::batch
