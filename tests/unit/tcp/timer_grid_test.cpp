#include "lastack/tcp/timer_grid.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

constexpr SimDuration jiffy = 4ms;  // at HZ=250

const SimTime somewhen = sim_start + 1'234'567'891ns;

SimDuration lateness(const TimerGrid& grid, SimTime now, SimDuration timeout) {
  return grid.expiry(now, timeout) - (now + timeout);
}

}  // namespace

TEST_CASE("TimerGrid: what would fire beyond the end of time never does", "[tcp][timer]") {
  for (const SimDuration phase : {SimDuration{0}, SimDuration{123'456'789'012}}) {
    const TimerGrid grid = TimerGrid::wheel(phase, 77);
    CHECK(grid.expiry(never, 1s) == never);
    CHECK(grid.expiry(never - 100s, 99s) <= never);
    CHECK(grid.expiry(never - 100s, 50s) < never);
    CHECK(grid.expiry(never - 100s, 50s) >= never - 50s);
    CHECK(grid.expiry(never - 100s, 101s) == never);
    CHECK(grid.expiry(sim_start, SimDuration::max()) == never);
    CHECK(grid.expiry(never - 1ns, SimDuration::max()) == never);
    CHECK(grid.quantize(SimDuration::max()) > SimDuration::max() - 5ms);
    CHECK(grid.quantize_measured(SimDuration::max()) > SimDuration::max() - 5ms);
    CHECK(grid.tick(never) <= never);
    CHECK(grid.tick(never) > never - 5ms);
  }
  CHECK(TimerGrid::exact().expiry(never - 1s, 2s) == never);
}

TEST_CASE("TimerGrid: exact timers fire when due", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::exact();
  for (const SimDuration timeout : {SimDuration{0}, SimDuration{1ns}, SimDuration{3s}}) {
    CHECK(grid.expiry(somewhen, timeout) == somewhen + timeout);
    CHECK(grid.quantize(timeout) == timeout);
  }
  CHECK(grid.expiry(somewhen, SimDuration::max()) == never);
}

TEST_CASE("TimerGrid: the wheel's timers never fire early", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(SimDuration{GENERATE(0, 1, 1'000'000, 3'999'999)});
  for (std::int64_t now = 0; now < 9'000'000; now += 777'777) {
    for (std::int64_t timeout = 0; timeout < 300'000'000'000; timeout = timeout * 5 / 3 + 1) {
      CHECK(lateness(grid, SimTime{SimDuration{now}}, SimDuration{timeout}) >= 0ns);
    }
  }
}

TEST_CASE("TimerGrid: a timer of up to 62 jiffies is two of them late at most", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(1ms);
  for (SimDuration timeout = 1ms; timeout <= 62 * jiffy; timeout += 1ms) {
    CHECK(lateness(grid, somewhen, timeout) <= 2 * jiffy);
  }
}

TEST_CASE("TimerGrid: longer timers are up to 8/63 late", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(0ns);
  for (SimDuration timeout = 252ms; timeout < 500s; timeout = timeout * 9 / 8) {
    for (SimDuration start = 0ns; start < 5s; start += 173ms) {
      const SimDuration late = lateness(grid, sim_start + start, timeout);
      CHECK(late <= timeout * 8 / 63 + 2 * jiffy);
    }
  }
}

TEST_CASE("TimerGrid: timers of one level fire on its grid", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(0ns);
  // 1 s is 250 jiffies: the second level, whose grid is 8 jiffies.
  for (SimDuration start = 0ns; start < 1s; start += 13ms) {
    const SimTime fires = grid.expiry(sim_start + start, 1s);
    CHECK((fires - sim_start) % (8 * jiffy) == 0ns);
  }
}

TEST_CASE("TimerGrid: the phase moves the grid", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(1ms);
  const SimTime fires = grid.expiry(sim_start, 100ms);
  CHECK((fires - sim_start + 1ms) % jiffy == 0ns);
}

TEST_CASE("TimerGrid: timeouts are kept in whole jiffies, rounded up", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(0ns);
  CHECK(grid.quantize(0ns) == 0ns);
  CHECK(grid.quantize(1ns) == 4ms);
  CHECK(grid.quantize(4ms) == 4ms);
  CHECK(grid.quantize(221'500us) == 224ms);
}

TEST_CASE("TimerGrid: what was measured is never a whole number of jiffies", "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(0ns);
  CHECK(grid.quantize_measured(220ms - 1ns) == 220ms);
  CHECK(grid.quantize_measured(220ms) == 224ms);
  CHECK(TimerGrid::exact().quantize_measured(220ms) == 220ms);
}

TEST_CASE("TimerGrid: HZ sets the unit", "[tcp][timer]") {
  const std::int32_t hz = GENERATE(100, 250, 300, 1000);
  const TimerGrid grid = TimerGrid::wheel(0ns, 0, hz);
  const SimDuration unit{1'000'000'000 / hz};
  CHECK(grid.jiffy() == unit);
  CHECK(grid.quantize(1ns) == unit);
  CHECK(grid.expiry(sim_start, 10 * unit) == sim_start + 11 * unit);
  CHECK(grid.expiry(sim_start, 100 * unit) == sim_start + 104 * unit);  // the second level: eight
}

TEST_CASE("TimerGrid: timers of one tick fire some microseconds apart, in an order of their own",
          "[tcp][timer]") {
  const TimerGrid grid = TimerGrid::wheel(0ns, 12345);
  int first_is_earlier = 0;
  for (int i = 0; i < 100; ++i) {
    const SimTime tick = sim_start + 400ms + i * 32ms;
    const SimTime first = grid.expiry(tick - 290ms, 260ms + 3ms);
    const SimTime second = grid.expiry(tick - 280ms, 260ms);
    REQUIRE((first.time_since_epoch() % 32ms) < 30us);
    first_is_earlier += first.time_since_epoch() % 32ms < second.time_since_epoch() % 32ms;
  }
  CHECK(first_is_earlier > 25);
  CHECK(first_is_earlier < 75);
}
