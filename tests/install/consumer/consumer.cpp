// Runs one connection through an installed Lastack: exit code 0 when it is established.
#include <cstdint>
#include <cstdio>

#include "lastack/run/simulation.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"

constexpr auto handshake = R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"close": true}]}
  ]
})";

int main() {
  const auto scenario = lastack::scenario::parse_scenario(handshake, "handshake.json");
  lastack::run::Simulation simulation{scenario, scenario.seed};
  simulation.run();
  const lastack::run::Summary summary = simulation.summary();
  std::printf("%ju of %ju connects succeeded\n", std::uintmax_t{summary.connects_ok},
              std::uintmax_t{summary.connects});
  return summary.connects_ok == 1 ? 0 : 1;
}
