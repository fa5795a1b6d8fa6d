#include "reports/run_progress.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace lastack;
using namespace lastack::cli;
using namespace std::chrono_literals;

namespace {

scenario::Scenario minute_with(std::vector<app::Connector> connectors) {
  scenario::Scenario scenario;
  scenario.stop_at = sim_start + 60s;
  scenario.connectors = std::move(connectors);
  return scenario;
}

app::Connector connector(std::uint64_t count) {
  app::Connector connector;
  connector.count = count;
  return connector;
}

std::string line(const scenario::Scenario& scenario, SimDuration now, std::uint64_t connects,
                 std::chrono::duration<double> since_start = 10s) {
  run::Progress progress;
  progress.now = sim_start + now;
  progress.connects = connects;
  progress.events = 25'000'000;
  return RunProgress{scenario}.line(progress, since_start);
}

}  // namespace

TEST_CASE("RunProgress: while connections begin, their number gives the time left", "[cli]") {
  const auto scenario = minute_with({connector(1'000'000)});
  CHECK(line(scenario, 3s, 250'000) ==
        "30 s left: 3.000 of 60 s simulated, 250 k of 1 M connections, "
        "2.5 M events/s");
  CHECK(line(scenario, 30s, 100'000, 50s) ==
        "7 min 30 s left: 30.0 of 60 s simulated, 100 k of 1 M connections, "
        "0.5 M events/s");
}

TEST_CASE("RunProgress: where chance decides, the number is about right", "[cli]") {
  app::Connector random = connector(app::Connector::unlimited);
  random.arrivals = app::ArrivalProcess{};
  random.arrivals->rate = {5, 1'000'000};
  CHECK(line(minute_with({random, connector(10)}), 3s, 7).find(" 7 of about 300 k connections") !=
        std::string::npos);
}

TEST_CASE("RunProgress: when all have begun, simulated time gives the time left at most", "[cli]") {
  const auto scenario = minute_with({connector(2)});
  CHECK(line(scenario, 15s, 2) ==
        "at most 30 s left: 15.0 of 60 s simulated, 2 of 2 connections, 2.5 M events/s");
  CHECK(line(minute_with({}), 15s, 0) ==
        "at most 30 s left: 15.0 of 60 s simulated, 2.5 M events/s");
}

TEST_CASE("RunProgress: nothing is foretold before anything has happened, or for weeks", "[cli]") {
  CHECK(line(minute_with({connector(5)}), 0s, 0) ==
        "0.000 of 60 s simulated, 0 of 5 connections, 2.5 M events/s");
  CHECK(line(minute_with({}), 1us, 0).starts_with("0.000 of 60 s"));
}
