#include "lastack/core/time_distribution.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/core/random_stream.hpp"

namespace lastack {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<SimDuration>;

/// Between a nanosecond and some hours, as many of each size.
Times times_of_all_sizes(std::size_t count, std::uint64_t seed) {
  RandomStream chance{seed, "times"};
  Times times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = static_cast<unsigned>(chance.uniform() * 44);
    times.emplace_back(
        static_cast<std::int64_t>(chance.uniform() * double(std::uint64_t{1} << bits)));
  }
  return times;
}

TEST_CASE("time distribution: of nothing there is nothing to say", "[core]") {
  const TimeDistribution none;
  CHECK(none.count() == 0);
  CHECK_FALSE(none.mean());
  CHECK_FALSE(none.quantile(500));
  CHECK(TimeDistribution::from_bytes(none.bytes()) == none);
}

TEST_CASE("time distribution: times that differ by more than a thousandth stay apart", "[core]") {
  const TimeDistribution times{Times{1s, 1002ms, 3s}};
  CHECK(times.quantile(334) == 1.002);
  CHECK(times.quantile(333) == 1.0);
  CHECK(times.quantile(1000) == 3.0);
}

TEST_CASE("time distribution: a time that all connections took comes back as it was", "[core]") {
  const TimeDistribution times{Times(1000, 1'020'000'001ns)};
  CHECK(times.quantile(1) == 1.020000001);
  CHECK(times.quantile(1000) == 1.020000001);
  CHECK(times.mean() == 1.020000001);
}

TEST_CASE(
    "time distribution: quantiles are at most a thousandth above the exact ones, mean and "
    "maximum are exact",
    "[core]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Times all = times_of_all_sizes(5000, seed);
    const TimeDistribution times{all};
    std::sort(all.begin(), all.end());
    for (std::uint32_t q = 1; q < 1000; q += 7) {
      const std::size_t rank = (q * all.size() + 999) / 1000;
      const double exact = to_seconds(all[rank - 1]);
      REQUIRE(times.quantile(q).value() >= exact);
      REQUIRE(times.quantile(q).value() <= exact * 1.001);
    }
    CHECK(times.quantile(1000) == to_seconds(all.back()));
    std::int64_t sum_ns = 0;
    for (const SimDuration time : all) sum_ns += time.count();
    CHECK(times.mean() == double(sum_ns) / (double(all.size()) * 1e9));
  }
}

TEST_CASE("time distribution: merged in any order it has the same bytes", "[core]") {
  const TimeDistribution a{times_of_all_sizes(500, 1)};
  const TimeDistribution b{times_of_all_sizes(300, 2)};
  const TimeDistribution c{times_of_all_sizes(1, 3)};
  TimeDistribution forth = a;
  forth.merge(b);
  forth.merge(c);
  TimeDistribution back = c;
  back.merge(b);
  back.merge(a);
  CHECK(forth == back);
  CHECK(forth.bytes() == back.bytes());
  CHECK(forth.count() == 801);
}

TEST_CASE("time distribution: bytes give back the same, and one time takes few", "[core]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const TimeDistribution times{times_of_all_sizes(seed * 37, seed)};
    CHECK(TimeDistribution::from_bytes(times.bytes()) == times);
  }
  CHECK(TimeDistribution{Times{1020ms}}.bytes().size() <= 8);
}

TEST_CASE("time distribution: bytes that are none are refused", "[core]") {
  const std::string good = TimeDistribution{times_of_all_sizes(50, 1)}.bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto read = TimeDistribution::from_bytes(good.substr(0, size));
    if (read) CHECK(read->count() < 50);  // cut between two bins
  }
  CHECK_FALSE(TimeDistribution::from_bytes(""));
  CHECK_FALSE(TimeDistribution::from_bytes(std::string(30, '\xff')));
  CHECK_FALSE(TimeDistribution::from_bytes(std::string{"\x00\x01\x00", 3}));  // of no time
  CHECK_FALSE(TimeDistribution::from_bytes(std::string{"\x05\x01\x01", 3}));  // less than 0
  CHECK_FALSE(
      TimeDistribution::from_bytes(std::string{"\x00\x01\x01\x00\x01", 5}));  // twice the bin
}

}  // namespace
}  // namespace lastack
