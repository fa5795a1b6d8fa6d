#include <string>
#include <vector>

#define CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#include <catch2/catch.hpp>

#include "lastack/run/simulation.hpp"
#include "story.hpp"

// Times of connections beyond the 10,000 that a summary lists one by one.

namespace lastack {
namespace {

enum class Follow : std::uint8_t { no, yes };

run::Totals run(const scenario::Scenario& scenario, Follow follow) {
  run::Simulation simulation{scenario, scenario.seed};
  if (follow == Follow::yes) simulation.follow_connections();
  simulation.keep_checking();
  simulation.run();
  return simulation.totals();
}

/// So many connections to a server that is 10 ms away, and then so many to one that is 100 ms away,
/// one each 2 ms. Each is closed by the client at once and by the server at EOF.
scenario::Scenario near_and_far(int to_near, int to_far) {
  const std::string serves = R"("listen": 80, "steps": [{"recv": "eof"}, {"close": true}]})";
  const auto opens = [](const std::string& to, int count, const std::string& at) {
    return R"({"host": "client", "connect": ")" + to + R"(:80", "every": "2ms", "count": )" +
           std::to_string(count) + R"(, "at": ")" + at + R"(", "steps": [{"close": true}]})";
  };
  return test::usual_scenario(
      R"("hosts": {"client": {}, "near": {}, "far": {}}, "stop_at": "10min",
         "links": [{"a": "client", "b": "near", "delay": "10ms"},
                   {"a": "client", "b": "far", "delay": "100ms"}],
         "apps": [{"host": "near", )" +
      serves + R"(, {"host": "far", )" + serves + ", " + opens("near", to_near, "0s") + ", " +
      opens("far", to_far, "60s") + "]");
}

TEST_CASE("times of connections: connecting is known of all, however many", "[run]") {
  const run::Totals totals = run(near_and_far(10'500, 1'500), Follow::no);
  CHECK(totals.connect_times.count() == 12'000);
  CHECK(totals.connect_times.time_at(875) == 20ms);  // 10,500 of 12,000
  CHECK(totals.connect_times.time_at(876) == 200ms);
  CHECK(totals.connect_times.mean().value() == Approx((10'500 * 0.02 + 1'500 * 0.2) / 12'000));
  CHECK(totals.close_times.count() == 0);  // nobody followed so many
}

TEST_CASE("times of connections: where all are followed, closing is known of all", "[run]") {
  const run::Totals totals = run(near_and_far(10'500, 1'500), Follow::yes);
  CHECK(totals.connect_times.time_at(876) == 200ms);
  // The client's FIN leaves with the handshake's end; the server's comes a round trip later.
  CHECK(totals.active_close_times.count() == 12'000);
  CHECK(totals.active_close_times.time_at(875) == 20ms);
  CHECK(totals.active_close_times.time_at(876) == 200ms);
  CHECK(totals.orphan_times.count() == 24'000);
  CHECK(totals.orphan_times.time_at(1000) == 200ms);
  CHECK(totals.close_times.count() == 12'000);
  CHECK(totals.close_times.time_at(875) == totals.close_times.time_at(1));
  CHECK(totals.close_times.time_at(876) == *totals.close_times.time_at(1) + 180ms);
}

TEST_CASE("times of connections: asked for or not, a small run has the same", "[run]") {
  const scenario::Scenario lossy = test::usual_scenario(
      R"("links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.2}],
         "stop_at": "10min",
         "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
                  {"host": "client", "connect": "server:80", "every": "10ms", "count": 500,
                   "steps": [{"send": 3000}, {"close": true}]}])");
  const run::Totals one = run(lossy, Follow::no);
  const run::Totals other = run(lossy, Follow::yes);
  CHECK(one.close_times.count() > 300);
  CHECK(one.connect_times == other.connect_times);
  CHECK(one.close_times == other.close_times);
  CHECK(one.active_close_times == other.active_close_times);
  CHECK(one.orphan_times == other.orphan_times);
}

TEST_CASE("times of connections: those that a reboot cuts off have none, and the others theirs",
          "[run]") {
  const scenario::Scenario scenario = test::usual_scenario(
      R"("stop_at": "60s",
         "apps": [{"host": "server", "listen": 80},
                  {"host": "client", "connect": "server:80", "every": "1ms", "count": 12000,
                   "steps": [{"abort": true}]}],
         "events": [{"at": "11s", "host": "client", "do": "reboot"}])");
  for (const Follow follow : {Follow::no, Follow::yes}) {
    const run::Totals totals = run(scenario, follow);
    CHECK(totals.connect_times.count() == totals.connects_ok);
    CHECK(totals.connect_times.count() > 10'900);
    CHECK(totals.connects_ok < totals.connects);
    CHECK(totals.connect_times.time_at(1000) == 20ms);
  }
}

TEST_CASE(
    "times of connections: a late SYN that opens the same ends again makes no orphan of the first",
    "[run]") {
  // Every segment of the client comes twice, and the server closes whatever it accepts.
  const run::Totals totals = run(test::usual_scenario(R"("hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server"}], "sysctl": {"somaxconn": 0},
      "apps": [{"host": "server", "listen": 80, "steps": [{"close": true}]},
               {"host": "client", "connect": "server:80", "count": 6, "steps": [{"close": true}]}],
      "faults": [{"on": "client->server", "do": "duplicate", "by": "1746ms"}])"),
                                 Follow::no);
  CHECK(totals.connect_times.count() == 6);
  CHECK(totals.orphan_times.count() == 12);
}

}  // namespace
}  // namespace lastack
