#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "lastack/batch/theory.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::batch {
namespace {

/// `ports` ports, a connection each `every` for `lasts`, closed at once; the timers are exact.
scenario::Scenario client_with(int ports, const std::string& every, const std::string& lasts,
                               const std::string& more = "") {
  return scenario::parse_scenario(fmt::format(R"({{
    "timer_wheel": false, "stop_at": "1h", {}
    "hosts": {{"client": {{"sysctl": {{"tcp_tw_reuse": 0, "ip_local_port_range": "2000 {}"}}}},
              "server": {{}}}},
    "links": [{{"a": "client", "b": "server", "delay": "5ms"}}],
    "apps": [{{"host": "server", "listen": 80, "backlog": 1000,
              "steps": [{{"recv": "eof"}}, {{"close": true}}]}},
             {{"host": "client", "connect": "server:80", "rate": "{}", "arrivals": "even",
              "for": "{}", "steps": [{{"close": true}}]}}]}})",
                                              more, 1999 + ports, every, lasts),
                                  "ports.json");
}

double simulated(const scenario::Scenario& scenario) {
  run::Simulation simulation{scenario, 1};
  simulation.run();
  const run::Summary summary = simulation.summary();
  return static_cast<double>(summary.connects_ok) / static_cast<double>(summary.connects);
}

TEST_CASE("ports: each is good for one connection in a minute, theory and simulation agree",
          "[batch][theory]") {
  // Linux's search finds every port of a range of an even number only.
  const auto [profile, numbers] = GENERATE(std::pair{"linux-6", std::vector{8, 60, 62, 130}},
                                           std::pair{"rfc9293", std::vector{7, 60, 61, 130}});
  const std::string more = fmt::format(R"("profile": "{}", "msl": "30s",)", profile);
  for (const char* rate : {"1/s", "2/s", "7/s", "20/s"}) {
    for (const char* lasts : {"30s", "90s", "200s", "333s"}) {
      for (const int ports : numbers) {
        INFO(profile << ", " << rate << " for " << lasts << ", " << ports << " ports");
        const scenario::Scenario scenario = client_with(ports, rate, lasts, more);
        const auto model = port_model(scenario);
        REQUIRE(model);
        CHECK(model->predictions()[0].value == Approx(simulated(scenario)).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("ports: an odd number of them has no closed form where Linux leaves one out",
          "[batch][theory]") {
  CHECK(port_model(client_with(60, "1/s", "60s")));
  CHECK_FALSE(port_model(client_with(61, "1/s", "60s")));
  CHECK(port_model(client_with(61, "1/s", "60s", R"("profile": "rfc9293",)")));
  CHECK(port_model(client_with(1, "1/s", "60s")));
  // What is left out is one of 61: so many more fail than of 60 do, or fewer.
  const double sixty = port_model(client_with(60, "2/s", "200s"))->predictions()[0].value;
  const double all = port_model(client_with(62, "2/s", "200s"))->predictions()[0].value;
  const double seen = simulated(client_with(61, "2/s", "200s"));
  CHECK(seen >= sixty);
  CHECK(seen < all);
}

TEST_CASE("ports: those that are reserved are good for none", "[batch][theory]") {
  const scenario::Scenario scenario = client_with(
      130, "2/s", "200s", R"("sysctl": {"ip_local_reserved_ports": "2010-2079,9000"},)");
  const auto model = port_model(scenario);
  REQUIRE(model);
  CHECK(model->ports == 60);
  CHECK(model->predictions()[0].value == Approx(simulated(scenario)).epsilon(1e-12));
  CHECK_FALSE(port_model(
      client_with(10, "1/s", "60s", R"("sysctl": {"ip_local_reserved_ports": "2000-2009"},)")));
}

TEST_CASE("ports: what would change the sum has no closed form", "[batch][theory]") {
  CHECK(port_model(client_with(10, "1/s", "60s")));
  CHECK_FALSE(port_model(client_with(10, "1/s", "60s", R"("faults": [
      {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}],)")));
  scenario::Scenario random = client_with(10, "1/s", "60s");
  random.connectors[0].arrivals->law = app::ArrivalLaw::poisson;
  CHECK_FALSE(port_model(random));
  CHECK(predictions_of(random).empty());
}

}  // namespace
}  // namespace lastack::batch
