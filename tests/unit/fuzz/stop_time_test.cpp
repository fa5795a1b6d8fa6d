// When a run is stopped: a while after its last event, or where little happens.
#include "fuzz/stop_time.hpp"

#include <catch2/catch.hpp>

using namespace lastack;

TEST_CASE("stop time: one and a half seconds after the last event", "[fuzz]") {
  CHECK(fuzz::stop_time({sim_start + 10ms, sim_start + 300ms}, 8s) == sim_start + 1800ms);
  CHECK(fuzz::stop_time({}, 8s) == sim_start + 1500ms);
}

TEST_CASE("stop time: no later than patience allows, and away from what happens there", "[fuzz]") {
  CHECK(fuzz::stop_time({sim_start + 10ms, sim_start + 7900ms}, 8s) == sim_start + 7550ms);
  CHECK(fuzz::stop_time({sim_start + 10ms, sim_start + 8200ms}, 8s) == sim_start + 1510ms);
  CHECK(fuzz::stop_time({sim_start + 10ms, sim_start + 30s}, 1s) == sim_start + 1s);
}

TEST_CASE("stop time: where something happens all the time, in its longest pause", "[fuzz]") {
  std::vector<SimTime> times;
  for (SimTime at = sim_start; at < sim_start + 10s; at += 100ms) times.push_back(at);
  times.erase(times.begin() + 60);  // nothing between 5.9 s and 6.1 s
  CHECK(fuzz::stop_time(times, 8s) == sim_start + 6s);
}
