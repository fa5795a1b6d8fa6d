// Simulated time is a count of nanoseconds that ends after 292 years. Whatever would come later
// never comes, and nothing overflows on the way there.
#include <string>

#include <catch2/catch.hpp>

#include "lastack/run/simulation.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

/// Runs a scenario in the last ten seconds of time. No file can ask for that, since 100 years are
/// the most that it may name: the scenario says when after the start of those seconds.
run::Summary summary_at_end(const std::string& profile, const std::string& json) {
  scenario::Scenario scenario = test::usual_scenario("\"profile\": \"" + profile + "\", " + json);
  const SimDuration shift = never - 10s - sim_start;
  for (app::Connector& connector : scenario.connectors) connector.at += shift;
  for (app::DatagramFlow& flow : scenario.datagram_flows) flow.at += shift;
  for (scenario::Injection& injection : scenario.injections) injection.at += shift;
  scenario.stop_at = never - 1ns;  // `never` itself is no time
  run::Simulation simulation{scenario, 1};
  simulation.run();
  return simulation.summary();
}

constexpr const char* profiles[] = {"linux-6", "linux-4", "rfc9293", "textbook"};

TEST_CASE("end of time: a connection of the last seconds goes as any other", "[run]") {
  for (const char* profile : profiles) {
    INFO(profile);
    const run::Summary summary = summary_at_end(profile, R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": 5000}, {"send": 5000}, {"recv": "eof"},
                                                 {"close": true}]},
      {"host": "client", "connect": "server:80", "at": "0s",
       "steps": [{"send": 5000}, {"recv": 5000}, {"close": true}]}])");
    CHECK(summary.connects_ok == 1);
    CHECK(summary.bytes_delivered == 10'000);
    CHECK(summary.open_at_end.at("TIME_WAIT") == 1);  // its end lies beyond
    CHECK(summary.simulated_seconds == Approx(9'223'372'036.85));
  }
}

TEST_CASE("end of time: timers that would fire beyond it never do", "[run]") {
  for (const char* profile : profiles) {
    INFO(profile);
    const run::Summary summary = summary_at_end(profile, R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "server", "listen": 81, "steps": [{"close": true}]},
      {"host": "client", "connect": "server:82", "at": "0s"},
      {"host": "client", "connect": "server:80", "at": "0s", "setsockopt": {"SO_KEEPALIVE": 1,
       "TCP_KEEPIDLE": 32767, "TCP_KEEPINTVL": 32767, "TCP_KEEPCNT": 127},
       "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "at": "0s",
       "setsockopt": {"TCP_USER_TIMEOUT": 2147483647, "SO_LINGER": 65535},
       "steps": [{"sleep": "1s"}, {"send": 100000}, {"close": true}]},
      {"host": "client", "connect": "server:80", "at": "0s", "setsockopt": {"TCP_LINGER2": 100},
       "steps": [{"sleep": "1s"}, {"close": true}]},
      {"host": "client", "connect": "server:81", "at": "0s", "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "at": "0s", "steps": [{"sleep": "876000h"},
       {"close": true}]}],
      "faults": [{"on": "client->server", "payload": true, "do": "drop"},
                 {"on": "client->server", "flags": "S", "nth": 1, "do": "drop"},
                 {"on": "server->client", "flags": "F.", "do": "drop"}])");
    CHECK(summary.connects == 6);
    CHECK(summary.simulated_seconds == Approx(9'223'372'036.85));
  }
}

TEST_CASE("end of time: segments that would arrive beyond it never do", "[run]") {
  const run::Summary summary = summary_at_end("textbook", R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "at": "0s", "steps": [{"hold": true}]},
      {"host": "client", "datagrams": "server:9", "count": 3, "every": "4s", "at": "0s"}],
    "links": [{"a": "client", "b": "server", "a_to_b": {"delay": "24h", "jitter": "24h",
               "reorder": {"p": 1, "by": "24h"}, "rate": "1bit"}}])");
  CHECK(summary.connects_ok == 0);
  CHECK(summary.datagrams_received == 0);
  const run::Summary late = summary_at_end("textbook", R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "at": "0s", "steps": [{"hold": true}]}],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "delay", "by": "876000h"},
               {"on": "client->server", "do": "duplicate", "by": "876000h"}])");
  CHECK(late.connects_ok == 1);
}

TEST_CASE("end of time: what is answered at most now and then is answered there too", "[run]") {
  for (const char* profile : profiles) {
    INFO(profile);
    const run::Summary summary = summary_at_end(profile, R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "0s",
       "steps": [{"sleep": "2s"}, {"close": true}]}],
      "inject": [
        {"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": "S",
         "seq": "iss+9"},
        {"at": "1s", "from": "client", "to": "server", "sport": 40000, "dport": 80, "flags": "S",
         "seq": "iss+9"},
        {"at": "5s", "from": "server", "to": "client", "sport": 80, "dport": 40000, "flags": "F.",
         "seq": "iss+1", "ack": "iss+2"}],
      "sysctl": {"tcp_syncookies": 1})");
    CHECK(summary.connects_ok == 1);
  }
}

TEST_CASE("end of time: the longest durations that a scenario may name", "[run]") {
  for (const char* wheel : {"true", "false"}) {
    INFO(wheel);
    const Story story{R"("profile": "rfc9293", "msl": "876000h", "initial_rto": "876000h",
      "stop_at": "876000h", "timer_wheel": )" +
                      std::string{wheel} + R"(, "apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "steps": [{"close": true}]},
      {"host": "client", "connect": "server:81", "steps": [{"close": true}]},
      {"host": "client", "connect": "server:80", "at": "1s", "steps": [{"send": 1},
       {"sleep": "876000h"}, {"close": true}]}],
      "faults": [{"on": "client->server", "flags": ".", "nth": 1, "do": "drop"}])"};
    CHECK(story.summary().connects_ok == 2);
  }
}

TEST_CASE("end of time: connections that are idle for centuries go on", "[run]") {
  for (const char* profile : profiles) {
    INFO(profile);
    const Story story{"\"profile\": \"" + std::string{profile} +
                      R"(", "stop_at": "876000h", "apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": 2000000}, {"close": true}]},
      {"host": "client", "connect": "server:80", "steps": [{"send": 500000},
       {"sleep": "250000h"}, {"send": 500000}, {"sleep": "250000h"}, {"send": 500000},
       {"sleep": "250000h"}, {"send": 500000}, {"recv": "eof"}, {"close": true}]}])"};
    CHECK(story.summary().bytes_delivered == 2'000'000);
  }
}

}  // namespace
}  // namespace lastack
