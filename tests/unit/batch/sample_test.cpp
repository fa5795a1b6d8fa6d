#include "lastack/batch/sample.hpp"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "sample_support.hpp"

namespace lastack::batch {
namespace {

using Rows = std::vector<RunRow>;

/// Runs of one connect, of which some take longer: as 20 % loss makes them.
Rows single_connects(std::size_t runs, double usual = 0.02) {
  Rows rows;
  for (std::size_t i = 0; i < runs; ++i) {
    rows.push_back(row_of(1, {i % 50 == 49 ? 2.0 + usual : i % 5 == 4 ? 1.0 + usual : usual}));
  }
  return rows;
}

TEST_CASE("sample: a share counts all connects, not all runs", "[batch]") {
  const Measured seen =
      sample_of("connect_ok", {row_of(1, {}), row_of(9, {1, 1, 1, 1, 1, 1, 1, 1, 1})})
          .measure(0.95);
  CHECK(seen.value == 0.9);
  CHECK(seen.of == 10);
  CHECK(seen.runs == 2);
}

TEST_CASE("sample: a mean is over all connections, not the mean of the runs' means", "[batch]") {
  const Measured seen =
      sample_of("connect_time", {row_of(1, {4}), row_of(3, {1, 1, 2})}).measure(0.95);
  CHECK(seen.value == Approx(2.0));
  CHECK(seen.of == 4);
}

TEST_CASE("sample: quantiles are those of all connections of all runs", "[batch]") {
  const Sample p99 = sample_of("connect_time.p99", single_connects(1000));
  CHECK(p99.measure(0.95).value == 2.02);
  CHECK(sample_of("connect_time.median", single_connects(1000)).measure(0.95).value == 0.02);
  CHECK(sample_of("connect_time.p90", single_connects(1000)).measure(0.95).value == 1.02);
  // The mean of the runs' own 99th percentiles is nowhere near.
  CHECK(sample_of("connect_time", single_connects(1000)).measure(0.95).value == Approx(0.24));
}

TEST_CASE("sample: a quantile's bound is absent where the runs are too few for it", "[batch]") {
  const Measured few = sample_of("connect_time.p99", single_connects(367)).measure(0.95);
  CHECK(few.low);
  CHECK_FALSE(few.high);
  CHECK_FALSE(few.settled);
  const Measured enough = sample_of("connect_time.p99", single_connects(368)).measure(0.95);
  CHECK(enough.high == 2.02);
  CHECK(enough.settled);
}

TEST_CASE("sample: a maximum is exact and has no interval", "[batch]") {
  Rows rows = single_connects(100);
  rows[7] = row_of(2, {0.02, 63.5});
  const Measured seen = sample_of("connect_time.max", rows).measure(0.95);
  CHECK(seen.value == 63.5);
  CHECK_FALSE(seen.low);
  CHECK_FALSE(seen.high);
  CHECK(seen.of == 101);
}

TEST_CASE("sample: connections that share their run's fate count as one", "[batch]") {
  Rows alone;
  Rows together;
  for (std::size_t i = 0; i < 500; ++i) {
    const double time = 1 + static_cast<double>(i * 7919 % 500) / 500;
    alone.push_back(row_of(1, {time}));
    together.push_back(row_of(100, std::vector<double>(100, time)));
  }
  const Measured of_500 = sample_of("connect_time.p90", alone).measure(0.95);
  const Measured of_50000 = sample_of("connect_time.p90", together).measure(0.95);
  CHECK(of_50000.value == of_500.value);
  CHECK(of_50000.of == 50'000);
  CHECK(*of_50000.low == Approx(*of_500.low).margin(0.005));
  CHECK(*of_50000.high == Approx(*of_500.high).margin(0.005));
}

TEST_CASE("sample: without any failure the share is no less certain than with one", "[batch]") {
  const std::vector<double> all_connect(100, 0.02);
  Rows rows(100, row_of(100, all_connect));
  const Measured none_failed = sample_of("connect_ok", rows).measure(0.95);
  rows[3] = row_of(100, std::vector<double>(99, 0.02));
  const Measured one_failed = sample_of("connect_ok", rows).measure(0.95);
  CHECK(*none_failed.low >= *one_failed.low);
  CHECK(*none_failed.low > 0.999);
  CHECK(*none_failed.low < 1 - 3.6 / 10'000);  // that many trials which all succeed: 99.963 %
  CHECK(none_failed.high == 1.0);
  // The other way round, nothing ever succeeded.
  const Measured none = sample_of("connect_ok", Rows(100, row_of(100, {}))).measure(0.95);
  CHECK(none.low == 0.0);
  CHECK(*none.high < 0.001);
}

TEST_CASE("sample: what is one number a run has its mean and quantiles over runs", "[batch]") {
  Rows rows;
  for (int i = 1; i <= 100; ++i) rows.push_back(row_of(1, {}, i));
  CHECK(sample_of("syn_sent", rows).measure(0.95).value == 50.5);
  CHECK(sample_of("syn_sent.p90", rows).measure(0.95).value == 90);
  CHECK(sample_of("syn_sent.max", rows).measure(0.95).value == 100);
}

TEST_CASE("sample: what has not happened yet is rare, not impossible", "[batch]") {
  Rows rows(100, row_of(1, {}, 0));
  const Measured never = sample_of("syn_sent", rows).measure(0.95);
  CHECK(never.value == 0.0);
  CHECK(never.high == Approx(0.0362).margin(0.0001));  // 1 - 0.025^(1/100)
  rows[5] = row_of(1, {}, 1);
  CHECK(*sample_of("syn_sent", rows).measure(0.95).low > 0);
  // What was once in every run may well have been twice in another.
  const Rows once(100, row_of(1, {}, 1));
  CHECK_FALSE(sample_of("syn_sent", once).measure(0.95).settled);
}

TEST_CASE("sample: runs come in any order, and only those below the end count", "[batch]") {
  const Rows rows = single_connects(200);
  for (const char* name : {"connect_ok", "connect_time", "connect_time.p90", "syn_sent"}) {
    Sample backwards{figure(name)};
    for (std::size_t i = rows.size(); i-- > 0;) backwards.set(i, rows[i]);
    const Measured forth = sample_of(name, rows).measure(0.95);
    CHECK(backwards.measure(0.95).value == forth.value);
    CHECK(backwards.measure(0.95).low == forth.low);
    const Measured first = sample_of(name, {rows.begin(), rows.begin() + 100}).measure(0.95);
    CHECK(backwards.measure(0.95, 100).value == first.value);
    CHECK(backwards.measure(0.95, 100).high == first.high);
  }
}

TEST_CASE("sample: without runs there is no value", "[batch]") {
  for (const char* name : {"connect_ok", "connect_time", "connect_time.p90", "syn_sent.max"}) {
    CHECK_FALSE(Sample{figure(name)}.measure(0.95).value);
    CHECK_FALSE(difference(Sample{figure(name)}, Sample{figure(name)}, 0.95).value);
  }
  CHECK_FALSE(sample_of("connect_time", {row_of(1, {}), row_of(1, {})}).measure(0.95).value);
}

// --- Differences ---

TEST_CASE("difference: what differs by as much in every pair is no matter of chance", "[batch]") {
  Rows here;
  Rows baseline;
  for (int i = 0; i < 10; ++i) {
    here.push_back(row_of(1, {15.48}));
    baseline.push_back(row_of(1, {11.38}));
  }
  for (const char* name : {"connect_time", "connect_time.p99", "connect_time.max"}) {
    CAPTURE(name);
    const Difference seen = difference(sample_of(name, here), sample_of(name, baseline), 0.95);
    REQUIRE(seen.in_every_pair);
    CHECK(*seen.in_every_pair == Approx(4.1));
    CHECK(seen.verdict == Verdict::higher);
    CHECK(seen.pairs == 10);
    CHECK(difference(sample_of(name, baseline), sample_of(name, here), 0.95).verdict ==
          Verdict::lower);
  }
}

TEST_CASE("difference: a verdict only where 0 is outside", "[batch]") {
  const auto seen = [](const std::vector<double>& differences) {
    Rows here;
    for (const double each : differences) here.push_back(row_of(1, {}, each));
    const Rows baseline(differences.size(), row_of(1, {}, 0));
    return difference(sample_of("syn_sent", here), sample_of("syn_sent", baseline), 0.95);
  };
  CHECK(seen({1, 2, 1, 2, 1, 2}).verdict == Verdict::higher);
  CHECK(seen({-1, -2, -1, -2, -1, -2}).verdict == Verdict::lower);
  CHECK(seen({1, -2, 1, -1, 2, -1}).verdict == Verdict::within_noise);
  CHECK(seen({0, 0, 0}).verdict == Verdict::within_noise);
  CHECK_FALSE(seen({3}).low);
}

TEST_CASE("difference: a mean moves though most pairs are alike, a median does not", "[batch]") {
  Rows here = single_connects(1000, 0.02);
  const Rows baseline = here;
  for (std::size_t i = 0; i < 7; ++i) here[i * 100] = row_of(1, {20.0 + double(i)}, 1);
  const auto seen = [&](const char* name) {
    return difference(sample_of(name, here), sample_of(name, baseline), 0.95);
  };
  CHECK(seen("connect_time").verdict == Verdict::higher);  // seven pairs, all one way
  CHECK(seen("connect_time.median").verdict == Verdict::within_noise);
  here[50] = row_of(1, {0.0001});  // one the other way
  CHECK(seen("connect_time").all_pairs == Verdict::within_noise);
}

TEST_CASE("difference: skewed values need a wider interval, not endless runs", "[batch]") {
  Rows here;
  Rows baseline;
  for (int i = 0; i < 200; ++i) {  // one in forty takes 10 s, and 0.1 s more now
    const double time = i % 40 == 39 ? 10 : 0.02;
    baseline.push_back(row_of(1, {time}));
    here.push_back(row_of(1, {time + 0.1 + 1e-6 * i}));
  }
  const Difference seen =
      difference(sample_of("connect_time", here), sample_of("connect_time", baseline), 0.95, 1.05);
  CHECK(seen.settled);
  // 0.1 - 0.05 x 0.27 = 0.0867, the standard error 0.0055: Cantelli's 6.24 of it.
  CHECK(*seen.value == Approx(0.0867).margin(0.0005));
  CHECK(*seen.value - *seen.low == Approx(6.24 * 0.0055).epsilon(0.03));
  CHECK(at_most(seen, 0) == Shown::no);
  CHECK(at_most(seen, 0.1) == Shown::cannot_tell);
}

TEST_CASE("difference: a few pairs that agree are not enough to build on", "[batch]") {
  const auto alike = [](std::size_t pairs) {
    const Rows rows(pairs, row_of(1, {0.02}));
    const Sample sample = sample_of("connect_time", rows);
    return difference(sample, sample, 0.95);
  };
  CHECK(at_most(alike(5), 0) == Shown::cannot_tell);
  CHECK(pairs_needed(alike(5), 0) == 6);  // coins fall alike six times in 1 of 32 cases
  CHECK(at_most(alike(6), 0) == Shown::yes);
  CHECK(alike(2).in_every_pair == 0.0);  // which is said, too
}

TEST_CASE("difference: what a quantile's bound takes is said", "[batch]") {
  const Rows rows = single_connects(300);
  Rows slower = rows;
  slower[0] = row_of(1, {0.5});
  const auto needed = [&](const char* name) {
    return pairs_needed(difference(sample_of(name, slower), sample_of(name, rows), 0.95), 0);
  };
  CHECK(needed("connect_time.p99") == 368);     // 0.99^368 < 0.025
  CHECK(needed("connect_time.p99.9") == 3688);  // 0.999^3688 < 0.025
  CHECK_FALSE(needed("connect_time.max"));      // no number of runs bounds a maximum
}

TEST_CASE("difference: one pair shows nothing, nor do pairs of which one has no value", "[batch]") {
  const Rows here{row_of(1, {2})};
  const Rows baseline{row_of(1, {1})};
  CHECK(difference(sample_of("connect_time", here), sample_of("connect_time", baseline), 0.95)
            .verdict == Verdict::within_noise);
  const Difference half =
      difference(sample_of("connect_time", {row_of(1, {2}), row_of(1, {})}),
                 sample_of("connect_time", {row_of(1, {1}), row_of(1, {1})}), 0.95);
  CHECK(half.pairs == 1);
  CHECK_FALSE(half.in_every_pair);
}

TEST_CASE("difference: the same runs are the same, whatever the figure", "[batch]") {
  const Rows rows = single_connects(400);
  for (const char* name : {"connect_ok", "connect_time", "connect_time.p90", "connect_time.max"}) {
    const Difference seen = difference(sample_of(name, rows), sample_of(name, rows), 0.95);
    CHECK(seen.value == 0.0);
    CHECK(seen.in_every_pair == 0.0);
    CHECK(seen.verdict == Verdict::within_noise);
  }
}

TEST_CASE("difference: what all pairs share does not hide a small shift", "[batch]") {
  Rows here = single_connects(1000, 0.03);
  Rows baseline = single_connects(1000, 0.02);
  here[0] = row_of(1, {0.0300001});  // not as much in every pair
  for (const char* name : {"connect_time", "connect_time.median"}) {
    const Difference seen = difference(sample_of(name, here), sample_of(name, baseline), 0.95);
    CHECK_FALSE(seen.in_every_pair);
    CHECK(seen.verdict == Verdict::higher);
    CHECK(*seen.low > 0.009);
  }
}

TEST_CASE("difference: a factor asks whether one is so many times the other", "[batch]") {
  const Rows rows = single_connects(2000);
  Rows slower;
  for (std::size_t i = 0; i < 2000; ++i) {
    slower.push_back(row_of(1, {i % 50 == 49 ? 2.2
                                : i % 5 == 4 ? 1.2
                                             : 0.02 + 1e-7 * double(i % 9)}));
  }
  const Sample here = sample_of("connect_time.p90", slower);
  const Sample baseline = sample_of("connect_time.p90", rows);
  CHECK(*difference(here, baseline, 0.95, 1.05).low > 0);   // more than 5 % above
  CHECK(*difference(here, baseline, 0.95, 1.25).high < 0);  // less than 25 % above
}

TEST_CASE("difference: failures that changed in few pairs are counted as pairs", "[batch]") {
  Rows here;
  Rows baseline;
  for (int i = 0; i < 1000; ++i) {
    here.push_back(i < 30 ? row_of(1, {}) : row_of(1, {0.02}));
    baseline.push_back(i < 10 ? row_of(1, {}) : row_of(1, {0.02}));
  }
  const Difference seen =
      difference(sample_of("connect_ok", here), sample_of("connect_ok", baseline), 0.95);
  CHECK(*seen.value == Approx(-0.02));
  CHECK(seen.verdict == Verdict::lower);
  // Twenty of 1,000 changed, none the other way: Clopper and Pearson say 1.23 to 3.07 %, at most
  // 0.37 %.
  CHECK(*seen.high == Approx(-0.02 + 0.00849).margin(0.0005));
  CHECK(*seen.low == Approx(-0.02 - 0.01073).margin(0.0005));
}

}  // namespace
}  // namespace lastack::batch
