#include "lastack/batch/interval.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/core/random_stream.hpp"

namespace lastack::batch {
namespace {

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

TEST_CASE("Moments: mean and variance of numbers far from zero", "[batch]") {
  const Moments moments = moments_of({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  CHECK(moments.n() == 4);
  CHECK(moments.mean() == 1e9 + 10);
  CHECK(moments.variance() == Approx(30).epsilon(1e-12));
  CHECK(moments_of({5}).variance() == 0);
}

TEST_CASE("proportion_interval: the figures of tables", "[batch]") {
  // Clopper and Pearson at 95 %: 0 of 10, 1 of 10, 5 of 10, 10 of 10.
  CHECK(proportion_interval(0, 10, 0.95).low == 0);
  CHECK(proportion_interval(0, 10, 0.95).high == Approx(0.3085).margin(5e-5));
  CHECK(proportion_interval(1, 10, 0.95).low == Approx(0.0025).margin(5e-5));
  CHECK(proportion_interval(1, 10, 0.95).high == Approx(0.4450).margin(5e-5));
  CHECK(proportion_interval(5, 10, 0.95).low == Approx(0.1871).margin(5e-5));
  CHECK(proportion_interval(10, 10, 0.95).low == Approx(0.6915).margin(5e-5));
  CHECK(proportion_interval(10, 10, 0.95).high == 1);
}

TEST_CASE("proportion_interval: near 0 and 1, and for numbers of any size", "[batch]") {
  // Nothing in n: 1 - (1 - confidence)/2 to the 1/n, about 3.69/n.
  CHECK(proportion_interval(0, 1e6, 0.95).high == Approx(3.6889e-6).epsilon(1e-3));
  const Interval low = proportion_interval(3, 1e6, 0.95);
  const Interval high = proportion_interval(1e6 - 3, 1e6, 0.95);
  CHECK(low.low > 0);
  CHECK(high.high < 1);
  CHECK(low.low == Approx(1 - high.high).epsilon(1e-6));
  CHECK(low.high == Approx(1 - high.low).epsilon(1e-6));
  CHECK(proportion_interval(0, 0, 0.95) == Interval{0, 1});
}

TEST_CASE("proportion_interval: fractions lie between their neighbours", "[batch]") {
  const Interval below = proportion_interval(2, 50, 0.95);
  const Interval between = proportion_interval(2.4, 50, 0.95);
  const Interval above = proportion_interval(3, 50, 0.95);
  CHECK(below.low < between.low);
  CHECK(between.low < above.low);
  CHECK(below.high < between.high);
  CHECK(between.high < above.high);
  CHECK(proportion_interval(1e-9, 50, 0.95).low >= 0);
  CHECK(proportion_interval(50 - 1e-9, 50, 0.95).high <= 1);
}

TEST_CASE("mean_interval: Student's t", "[batch]") {
  // Two values: t with one degree of freedom is 12.706 at 95 %.
  const auto two = mean_interval(moments_of({1, 3}), 0.95);
  REQUIRE(two);
  CHECK(two->low == Approx(2 - 12.7062).margin(1e-4));
  CHECK(two->high == Approx(2 + 12.7062).margin(1e-4));
  CHECK_FALSE(mean_interval(moments_of({1}), 0.95));
  CHECK_FALSE(mean_interval(Moments{}, 0.95));
  CHECK(mean_interval(moments_of({4, 4, 4}), 0.95) == Interval{4, 4});
}

TEST_CASE("Moments: skewness", "[batch]") {
  CHECK(moments_of({3}).skewness() == 0);
  CHECK(moments_of({2, 2, 2}).skewness() == 0);
  CHECK(moments_of({1, 2, 3}).skewness() == Approx(0).margin(1e-12));
  // 0, 0, 0, 1: (1 - 2p) / sqrt(p (1 - p)) with p = 1/4
  CHECK(moments_of({0, 0, 0, 1}).skewness() == Approx(0.5 / std::sqrt(0.1875)));
  CHECK(moments_of({1, 0, 0, 0}).skewness() == Approx(0.5 / std::sqrt(0.1875)));
  CHECK(moments_of({-5, -5, -5, -9}).skewness() == Approx(-0.5 / std::sqrt(0.1875)));
}

TEST_CASE("mean_is_settled: the more skewed, the more values it takes", "[batch]") {
  const auto with_rare = [](int n, int rare) {
    Moments moments;
    for (int i = 0; i < n; ++i) moments.add(i % (n / rare) == 0 ? 3.0 : 0.02);
    return mean_is_settled(moments);
  };
  CHECK_FALSE(with_rare(100, 1));
  CHECK_FALSE(with_rare(1000, 20));
  CHECK(with_rare(1000, 40));
  CHECK(with_rare(100, 50));
  const auto alike = [](int n) {
    Moments moments;
    for (int i = 0; i < n; ++i) moments.add(0.1);
    return mean_is_settled(moments);
  };
  CHECK_FALSE(alike(999));
  CHECK(alike(1000));
  CHECK_FALSE(mean_is_settled(Moments{}));
}

TEST_CASE("share_interval: shares of 0 and 1 are trials", "[batch]") {
  const int n = GENERATE(1, 2, 7, 100, 3001);
  const int ones = GENERATE_COPY(0, 1, n / 3, n - 1, n);
  Moments shares;
  // Mixed, so that the running mean takes many values on the way.
  for (int i = 0; i < n; ++i) shares.add((i * 37 + 11) % n < ones && n % 37 != 0 ? 1 : 0);
  const Interval plain = proportion_interval(ones, n, 0.95);
  const auto interval = share_interval(shares, 0.95);
  REQUIRE(interval);
  CAPTURE(n, ones);
  CHECK(interval->low == Approx(plain.low).margin(1e-12));
  CHECK(interval->high == Approx(plain.high).margin(1e-12));
}

TEST_CASE("share_interval: runs of many independent connections are as good as their connections",
          "[batch]") {
  RandomStream stream{1, "shares"};
  Moments shares;
  double hits = 0;
  for (int run = 0; run < 400; ++run) {
    int ok = 0;
    for (int connection = 0; connection < 50; ++connection) ok += stream.bernoulli(0.9) ? 1 : 0;
    hits += ok;
    shares.add(ok / 50.0);
  }
  const auto interval = share_interval(shares, 0.95);
  REQUIRE(interval);
  const double pooled = proportion_interval(hits, 400 * 50, 0.95).half_width();
  CHECK(interval->half_width() == Approx(pooled).epsilon(0.1));
}

TEST_CASE("share_interval: runs in which all or nothing succeeds are one trial each", "[batch]") {
  Moments shares;
  for (int run = 0; run < 100; ++run) shares.add(run % 10 == 0 ? 0.01 : 0.99);
  const auto interval = share_interval(shares, 0.95);
  REQUIRE(interval);
  CHECK(interval->half_width() > 0.9 * proportion_interval(89.2, 100, 0.95).half_width());
}

TEST_CASE("share_interval: runs all alike are one trial each", "[batch]") {
  Moments shares;
  for (int run = 0; run < 30; ++run) shares.add(0.7);
  const auto interval = share_interval(shares, 0.95);
  REQUIRE(interval);
  CHECK(interval->half_width() == Approx(proportion_interval(21, 30, 0.95).half_width()));
  CHECK_FALSE(share_interval(Moments{}, 0.95));
}

/// The values at the ranks, as far as there are such.
Bounded quantile_interval(std::span<const double> sorted, double q, double confidence) {
  const Ranks ranks = quantile_ranks(sorted.size(), q, confidence);
  Bounded interval;
  if (ranks.low > 0) interval.low = sorted[ranks.low - 1];
  if (ranks.high <= sorted.size()) interval.high = sorted[ranks.high - 1];
  return interval;
}

TEST_CASE("quantile_ranks: between which values it lies", "[batch]") {
  std::vector<double> values;
  for (int i = 1; i <= 1000; ++i) values.push_back(i);
  // Tables: the median of 10 lies between the 2nd and the 9th value with 97.9 %.
  const std::vector<double> ten(values.begin(), values.begin() + 10);
  const Bounded median = quantile_interval(ten, 0.5, 0.95);
  CHECK(median.low == 2.0);
  CHECK(median.high == 9.0);
  const Bounded p90 = quantile_interval(values, 0.9, 0.95);
  CHECK(p90.low == Approx(881).margin(1.5));
  CHECK(p90.high == Approx(919).margin(1.5));
}

TEST_CASE("quantile_ranks: a sample too small gives no bound", "[batch]") {
  const std::vector<double> values(368, 1.0);
  const auto part = [&](std::size_t n) { return std::span{values}.first(n); };
  CHECK_FALSE(quantile_interval({}, 0.99, 0.95).low);
  CHECK_FALSE(quantile_interval({}, 0.99, 0.95).high);
  // 0.99^367 > 2.5 % >= 0.99^368
  CHECK_FALSE(quantile_interval(part(367), 0.99, 0.95).high);
  CHECK(quantile_interval(part(368), 0.99, 0.95).high);
  CHECK(quantile_interval(part(100), 0.99, 0.95).low);
  CHECK_FALSE(quantile_interval(part(5), 0.5, 0.95).low);  // 2 x 0.5^5 > 5 %
  CHECK(quantile_interval(part(6), 0.5, 0.95).low);
}

TEST_CASE("quantile_ranks: holds the quantile as often as it says", "[batch]") {
  RandomStream stream{2, "quantiles"};
  int held = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> values(200);
    for (double& value : values) value = stream.uniform();
    std::sort(values.begin(), values.end());
    const Bounded interval = quantile_interval(values, 0.9, 0.95);
    held += interval.low <= 0.9 && 0.9 <= interval.high ? 1 : 0;
  }
  CHECK(held >= 1900);
  CHECK(held <= 1960);  // conservative only by what whole numbers cost
}

}  // namespace
}  // namespace lastack::batch
