#include "lastack/app/arrivals.hpp"

#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/app/program.hpp"

namespace lastack::app {
namespace {

const RandomStream stream{1, "connector/client-server:80/arrivals"};

Connector connector(ArrivalProcess arrivals) {
  Connector connector;
  connector.count = Connector::unlimited;
  connector.arrivals = arrivals;
  return connector;
}

ArrivalProcess process(ArrivalLaw law, Rate rate, std::optional<SimDuration> lasts = {}) {
  ArrivalProcess process;
  process.rate = rate;
  process.law = law;
  process.lasts = lasts;
  return process;
}
ArrivalProcess even(Rate rate, std::optional<SimDuration> lasts = {}) {
  return process(ArrivalLaw::even, rate, lasts);
}
ArrivalProcess poisson(Rate rate, std::optional<SimDuration> lasts = {}) {
  return process(ArrivalLaw::poisson, rate, lasts);
}

/// At most so many times, in ns since the start.
std::vector<std::int64_t> times(const Connector& connector, std::size_t most,
                                const RandomStream& from = stream) {
  ArrivalTimes arrivals{connector, from};
  std::vector<std::int64_t> all;
  while (all.size() < most) {
    const auto at = arrivals.next(connector);
    if (!at) break;
    all.push_back((*at - sim_start).count());
  }
  return all;
}

using Times = std::vector<std::int64_t>;

TEST_CASE("Arrivals: even ones are as far apart as the rate says, the first at once", "[app]") {
  Connector c = connector(even({1, 200'000}));
  CHECK(times(c, 3) == Times{0, 200'000, 400'000});
  c.at = sim_start + 1s;
  CHECK(times(c, 2) == Times{1'000'000'000, 1'000'200'000});
}

TEST_CASE("Arrivals: even ones whose interval is no whole nanosecond keep the rate", "[app]") {
  const Connector c = connector(even({3, 1'000'000'000}));
  const Times all = times(c, 300'001);
  CHECK(all[1] == 333'333'333);
  CHECK(all[2] == 666'666'666);
  CHECK(all[3] == 1'000'000'000);
  CHECK(all[300'000] == 100'000'000'000'000);
}

TEST_CASE("Arrivals: those of a group's members come in turn", "[app]") {
  ArrivalProcess arrivals = even({1, 1'000'000});
  arrivals.members = 4;
  CHECK(times(connector(arrivals), 2) == Times{0, 1'000'000});
  arrivals.member = 3;
  CHECK(times(connector(arrivals), 2) == Times{750'000, 1'750'000});
}

TEST_CASE("Arrivals: none begins when the time is over", "[app]") {
  Connector c = connector(even({1, 1'000}, 3us));
  CHECK(times(c, 100) == Times{0, 1'000, 2'000});
  c.at = sim_start + 7ns;
  CHECK(times(c, 100) == Times{7, 1'007, 2'007});
  c = connector(poisson({1, 1'000'000}, 1s));
  const Times drawn = times(c, 10'000);
  CHECK(drawn.size() > 900);
  CHECK(drawn.size() < 1'100);
  CHECK(drawn.back() < 1'000'000'000);
}

TEST_CASE("Arrivals: they end with time itself", "[app]") {
  for (const ArrivalLaw law : {ArrivalLaw::even, ArrivalLaw::poisson}) {
    Connector c = connector(process(law, {1, 3'155'760'000'000'000'000}));  // a century
    CHECK(times(c, 1'000).size() < 30);
    c.at = never - 1ns;
    CHECK(times(c, 1'000).size() <= 1);
  }
}

TEST_CASE("Arrivals: the gaps of a Poisson process are exponential", "[app]") {
  constexpr int many = 100'000;
  const Times all = times(connector(poisson({1, 1'000'000})), many);
  REQUIRE(all.size() == many);
  double sum = 0;
  double squares = 0;
  int above_mean = 0;
  std::int64_t last = 0;
  for (const std::int64_t at : all) {
    const double gap = static_cast<double>(at - last) / 1e6;
    sum += gap;
    squares += gap * gap;
    above_mean += gap > 1 ? 1 : 0;
    last = at;
  }
  const double mean = sum / many;
  CHECK(mean == Approx(1).margin(0.02));                            // 6 standard deviations
  CHECK(squares / many - mean * mean == Approx(1).margin(0.06));    // the variance is 1, too
  CHECK(above_mean / double{many} == Approx(0.3679).margin(0.01));  // 1/e
}

TEST_CASE("Arrivals: a Poisson process of very short gaps keeps its rate", "[app]") {
  const Times all = times(connector(poisson({1, 1})), 1'000'000);
  CHECK(static_cast<double>(all.back()) == Approx(1e6).margin(6e3));
}

TEST_CASE("Arrivals: depend on the stream alone", "[app]") {
  const Connector c = connector(poisson({1, 1'000'000}));
  CHECK(times(c, 100) == times(c, 100));
  CHECK(times(c, 100) != times(c, 100, RandomStream{2, "connector/client-server:80/arrivals"}));
  CHECK(times(c, 100) != times(c, 100, RandomStream{1, "connector/other-server:80/arrivals"}));
}

TEST_CASE("Prospect: even arrivals and counts are known beforehand", "[app]") {
  for (const std::uint64_t number : {1U, 3U, 7U, 1000U}) {
    for (const SimDuration lasts : {1ns, 999ms + 999'999'999ns, SimDuration{1s}, SimDuration{7s}}) {
      ArrivalProcess arrivals = even({number, 1'000'000'000});
      arrivals.lasts = lasts;
      arrivals.members = 3;
      for (arrivals.member = 0; arrivals.member < 3; ++arrivals.member) {
        const Connector c = connector(arrivals);
        CAPTURE(number, lasts.count(), arrivals.member);
        const Prospect seen = prospect(c, sim_start + 1h);
        CHECK(seen.exact);
        CHECK(seen.connections == times(c, 100'000).size());
      }
    }
  }
}

TEST_CASE("Prospect: what the end cuts off does not count", "[app]") {
  Connector c = connector(even({1, 1'000'000'000}));
  CHECK(prospect(c, sim_start + 10s).connections == 11);  // also the one at the end
  c.count = 4;
  CHECK(prospect(c, sim_start + 10s).connections == 4);
  c.arrivals.reset();
  c.every = 1s;
  CHECK(prospect(c, sim_start + 10s).connections == 4);
  CHECK(prospect(c, sim_start + 2s).connections == 3);
  c.at = sim_start + 2s + 1ns;
  CHECK(prospect(c, sim_start + 2s).connections == 0);
  c.every = 0s;
  CHECK(prospect(c, sim_start + 3s).connections == 4);
}

TEST_CASE(
    "Prospect: of a Poisson process the expected number, unless the count is certain to end it",
    "[app]") {
  Connector c = connector(poisson({1, 1'000'000}, 60s));
  CHECK(prospect(c, never).connections == 60'000);
  CHECK_FALSE(prospect(c, never).exact);
  CHECK(prospect(c, sim_start + 30s).connections == 30'000);
  c.count = 60'000;
  CHECK_FALSE(prospect(c, never).exact);
  c.count = 50'000;
  CHECK(prospect(c, never).connections == 50'000);
  CHECK(prospect(c, never).exact);
  c.at = sim_start + 1h;
  CHECK(prospect(c, sim_start + 1min).connections == 0);
}

TEST_CASE("Prospect: several connectors add up, however many there are", "[app]") {
  const Connector three = [] {
    Connector c;
    c.count = 3;
    return c;
  }();
  const Connector drawn = connector(poisson({1, 1'000'000}, 60s));
  CHECK(prospect(std::vector<Connector>{}, never).connections == 0);
  CHECK(prospect(std::vector{three, three}, never).connections == 6);
  CHECK(prospect(std::vector{three, three}, never).exact);
  CHECK(prospect(std::vector{three, drawn, three}, never).connections == 60'006);
  CHECK_FALSE(prospect(std::vector{three, drawn, three}, never).exact);

  Connector countless;
  countless.count = Connector::unlimited;
  CHECK(prospect(std::vector{countless, three, countless}, never).connections ==
        Connector::unlimited);
}

}  // namespace
}  // namespace lastack::app
