#include "lastack/core/random_stream.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include <Random123/philox.h>
#include <catch2/catch.hpp>

namespace lastack {
namespace {

using Philox = r123::Philox4x32;

/// The number of representable doubles from a to b. Requires both of one sign.
std::uint64_t ulps_between(double a, double b) {
  const auto x = std::bit_cast<std::uint64_t>(a);
  const auto y = std::bit_cast<std::uint64_t>(b);
  return x > y ? x - y : y - x;
}

struct Moments {
  double mean;
  double variance;
};

template <typename Draw> Moments moments(Draw draw) {
  constexpr int n = 200'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / n;
  return {mean, squares / n - mean * mean};
}

// The vectors are those of Random123's own tests (kat_vectors, philox4x32 with 10 rounds).
TEST_CASE("Philox: Random123 gives its published numbers here", "[core]") {
  CHECK(Philox{}({{0, 0, 0, 0}}, {{0, 0}}) ==
        Philox::ctr_type{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
  CHECK(Philox{}({{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, {{0xffffffff, 0xffffffff}}) ==
        Philox::ctr_type{{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
  CHECK(Philox{}({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, {{0xa4093822, 0x299f31d0}}) ==
        Philox::ctr_type{{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

TEST_CASE("RandomStream: seed is the key, the name is half of the counter", "[core]") {
  constexpr std::uint64_t seed = 0x1122334455667788;
  const std::uint64_t name = name_hash("link/client-server/loss");
  RandomStream stream{seed, "link/client-server/loss"};
  for (std::uint32_t block = 0; block < 3; ++block) {
    const auto want = Philox{}(
        {{block, 0, static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32)}},
        {{0x55667788, 0x11223344}});
    CHECK(stream.bits() == (std::uint64_t{want[1]} << 32 | want[0]));
    CHECK(stream.bits() == (std::uint64_t{want[3]} << 32 | want[2]));
  }
}

TEST_CASE("RandomStream: another name or seed gives other numbers", "[core]") {
  const std::uint64_t first = RandomStream{1, "link/a-b/loss"}.bits();
  CHECK(RandomStream{1, "link/a-b/loss"}.bits() == first);
  CHECK(RandomStream{1, "link/b-a/loss"}.bits() != first);
  CHECK(RandomStream{2, "link/a-b/loss"}.bits() != first);
  CHECK(RandomStream{std::uint64_t{1} << 32, "link/a-b/loss"}.bits() != first);
}

TEST_CASE("RandomStream: bernoulli draws one number whatever p", "[core]") {
  RandomStream never_hit{1, "x"};
  RandomStream always_hit{1, "x"};
  for (int i = 0; i < 1000; ++i) {
    REQUIRE_FALSE(never_hit.bernoulli(0));
    REQUIRE(always_hit.bernoulli(1));
  }
  CHECK(never_hit.bits() == always_hit.bits());
}

TEST_CASE("RandomStream: below reaches every number about equally often", "[core]") {
  RandomStream stream{1, "dice"};
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) ++seen[stream.below(6)];
  for (const int count : seen) CHECK(count == Approx(10'000).margin(400));  // 4 sigma
  CHECK(stream.below(1) == 0);
}

TEST_CASE("RandomStream: below favours none where the bound does not divide 2^64", "[core]") {
  // Two thirds of 2^64 times 3/2: without rejection the lower half would come twice as often.
  constexpr std::uint64_t bound = 0xc000'0000'0000'0000;
  RandomStream stream{1, "large"};
  int lower = 0;
  for (int i = 0; i < 60'000; ++i) {
    if (stream.below(bound) < bound / 2) ++lower;
  }
  CHECK(lower == Approx(30'000).margin(500));
}

TEST_CASE("RandomStream: variates have the mean and variance of their distribution", "[core]") {
  RandomStream stream{7, "moments"};
  const auto uniform = moments([&] { return stream.uniform(); });
  CHECK(uniform.mean == Approx(0.5).margin(0.003));
  CHECK(uniform.variance == Approx(1.0 / 12).margin(0.001));
  const auto normal = moments([&] { return stream.normal(); });
  CHECK(normal.mean == Approx(0).margin(0.01));
  CHECK(normal.variance == Approx(1).margin(0.015));
  const auto exponential = moments([&] { return stream.exponential(); });
  CHECK(exponential.mean == Approx(1).margin(0.01));
  CHECK(exponential.variance == Approx(1).margin(0.03));
}

TEST_CASE("RandomStream: a normal variate lies beyond two sigma 4.55 times in a hundred",
          "[core]") {
  RandomStream stream{7, "tails"};
  int beyond = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (std::abs(stream.normal()) > 2) ++beyond;
  }
  CHECK(beyond == Approx(4550).margin(270));  // 4 sigma
}

TEST_CASE("RandomStream: substreams depend on their index, not on what was drawn before",
          "[core]") {
  RandomStream stream{1, "connector/client-server:80/sleep"};
  const std::uint64_t own = RandomStream{stream}.bits();
  RandomStream early = stream.substream(5);
  stream.bits();
  RandomStream late = stream.substream(5);
  for (int i = 0; i < 10; ++i) CHECK(early.bits() == late.bits());
  std::array<std::uint64_t, 1000> firsts{};
  for (std::size_t i = 0; i < firsts.size(); ++i) firsts[i] = stream.substream(i).bits();
  std::sort(firsts.begin(), firsts.end());
  CHECK(std::adjacent_find(firsts.begin(), firsts.end()) == firsts.end());
  CHECK(std::find(firsts.begin(), firsts.end(), own) == firsts.end());
  RandomStream other{2, "connector/client-server:80/sleep"};
  CHECK(other.substream(5).bits() != stream.substream(5).bits());
}

TEST_CASE("RandomStream: the first numbers of neighbouring substreams are uniform", "[core]") {
  const RandomStream stream{1, "connector/client-server:80/sleep"};
  std::uint64_t next = 0;
  const Moments m = moments([&] { return stream.substream(next++).substream(3).uniform(); });
  CHECK(m.mean == Approx(0.5).margin(0.004));  // 6 standard deviations
  CHECK(m.variance == Approx(1.0 / 12).margin(0.002));
}

TEST_CASE("portable_log: within 2 ulp of the true logarithm", "[core]") {
  CHECK(portable_log(1) == 0);
  CHECK(ulps_between(portable_log(2), 0x1.62e42fefa39efp-1) <= 1);
  CHECK(ulps_between(portable_log(10), 0x1.26bb1bbb55516p1) <= 1);
  CHECK(ulps_between(portable_log(0x1p-1074), -0x1.74385446d71c3p9) <= 1);  // smallest double
  RandomStream stream{3, "log"};
  std::uint64_t worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = stream.uniform() * (i % 2 == 0 ? 1 : 1e6) + 0x1p-60;
    const auto truth = static_cast<double>(std::log(static_cast<long double>(x)));
    worst = std::max(worst, ulps_between(portable_log(x), truth));
  }
  CHECK(worst <= 2);
}

TEST_CASE("portable_exp: within 4 ulp of the true power", "[core]") {
  CHECK(portable_exp(0) == 1);
  CHECK(ulps_between(portable_exp(1), 0x1.5bf0a8b145769p1) <= 1);
  RandomStream stream{3, "exp"};
  std::uint64_t worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = 80 * stream.uniform() - 40;
    const auto truth = static_cast<double>(std::exp(static_cast<long double>(x)));
    worst = std::max(worst, ulps_between(portable_exp(x), truth));
  }
  CHECK(worst <= 4);
}

}  // namespace
}  // namespace lastack
