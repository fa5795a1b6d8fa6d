#include <string>

#include <catch2/catch.hpp>

#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

// Simulated time that does not go on.

namespace lastack {
namespace {

run::Summary run(const std::string& json) {
  const scenario::Scenario scenario = scenario::parse_scenario(json, "still.json");
  run::Simulation simulation{scenario, 1};
  simulation.run();
  return simulation.summary();
}

/// Each side gets a segment that the other never sent, and answers with an ACK of what it really
/// expects; so does the other, and so on (RFC 9293, 3.10.7.4).
std::string ack_war(const std::string& delay) {
  return R"({"profile": "rfc9293", "stop_at": "2s", "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": ")" +
         delay + R"("}],
    "apps": [{"host": "server", "listen": 80, "iss": 1000},
             {"host": "client", "connect": "server:80", "from_port": 40000, "iss": 1000}],
    "inject": [{"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80,
                "flags": "P.", "seq": "iss+1", "ack": "iss+1", "len": 100},
               {"at": "1s", "from": "server", "to": "client", "sport": 80, "dport": 40000,
                "flags": "P.", "seq": "iss+1", "ack": "iss+1", "len": 100}]})";
}

TEST_CASE("standstill: an exchange without delay that never ends is ended", "[run]") {
  const run::Summary summary = run(ack_war("0s"));
  REQUIRE(summary.standstill);
  CHECK(summary.cut_short());
  CHECK(summary.simulated_seconds == 1.0);
  const bool between_them = *summary.standstill == "client:40000 > server:80" ||
                            *summary.standstill == "server:80 > client:40000";
  CHECK(between_them);
}

TEST_CASE("standstill: with any delay the same exchange goes on to stop_at", "[run]") {
  const run::Summary summary = run(ack_war("1us"));
  CHECK_FALSE(summary.standstill);
  CHECK(summary.segments_sent > 1'000'000);  // in one second, but not in one instant
  CHECK(summary.simulated_seconds == 2.0);
}

TEST_CASE("standstill: many things in one instant are none", "[run]") {
  const run::Summary summary = run(R"({"hosts": {"clients": {"count": 40}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "0s"}],
    "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
             {"host": "clients", "connect": "server:80", "every": "0s", "count": 5000,
              "steps": [{"close": true}]}]})");
  CHECK_FALSE(summary.standstill);
  CHECK(summary.connects_ok == 200'000);
  CHECK(summary.segments_sent > 1'000'000);
}

}  // namespace
}  // namespace lastack
