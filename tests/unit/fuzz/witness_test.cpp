// The accounts that a witness is held against.
#include "lastack/fuzz/witness.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace lastack;
using namespace lastack::fuzz;

namespace {

/// The server's last octet and its reset set out at one instant. Whether the client still sends
/// between them depends on which of application and reset comes first.
const std::string octet_and_reset = R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"sleep": "40ms"}, {"send": 1}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [{"send": 1}, {"recv": 1}, {"send": 1}]}],
  "stop_at": "1s"
})";

/// How many segments with data the client sends in the account at this place.
auto sent_with_data(std::size_t place) {
  const std::atomic<bool> stop{false};
  const auto history = simulator_model({})->account("case", octet_and_reset, place, stop);
  REQUIRE(history);
  return std::count_if(history->segments.begin(), history->segments.end(),
                       [](const auto& one) { return one.from.host == "client" && one.len > 0; });
}

/// What a host sends in the account at this place, each with its port there: "80 S. 0 ack 1".
std::vector<std::string> sent_by(const std::string& host, const std::string& json,
                                 std::size_t place) {
  const std::atomic<bool> stop{false};
  const auto history = simulator_model({})->account("case", json, place, stop);
  REQUIRE(history);
  std::vector<std::string> sent;
  for (const auto& one : history->segments) {
    if (one.from.host != host) continue;
    sent.push_back(std::to_string(one.from.remote) + " " + to_text(one));
  }
  return sent;
}

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE("simulator_model: its first account is the scenario as it stands", "[fuzz]") {
  CHECK(sent_with_data(0) == 1);  // octet and reset arrive, then the application is told
}

TEST_CASE("simulator_model: every other account has a machine's lag", "[fuzz]") {
  CHECK(sent_with_data(1) == 2);  // the application answers the octet before the reset comes
  CHECK(sent_with_data(2) == 1);
  CHECK(sent_with_data(3) == 2);
  CHECK(sent_with_data(4) == 1);
  CHECK(sent_with_data(5) == 2);
}

TEST_CASE("simulator_model: with a machine's lag calls take time, but waits are what they were",
          "[fuzz]") {
  const std::string calls = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"send": 1}, {"send": 2}, {"sleep": "30ms"}, {"send": 3}]}],
    "stop_at": "1s"
  })";
  const std::atomic<bool> stop{false};
  const auto gaps_us = [&](std::size_t place) {
    const auto history = simulator_model({})->account("case", calls, place, stop);
    REQUIRE(history);
    std::vector<long> sent;
    for (const auto& call : history->calls) {
      if (call.call == "send") sent.push_back(std::lround(call.at.count() * 1e6));
    }
    REQUIRE(sent.size() == 3);
    return std::pair{sent[1] - sent[0], sent[2] - sent[1]};
  };
  CHECK(gaps_us(0) == std::pair{0L, 30'000L});
  CHECK(gaps_us(1) == std::pair{30L, 30'000L});
  CHECK(gaps_us(5) == std::pair{150L, 30'000L});
}

// Accounts at places 3, 7, 11 … have the lag of a busy processor, others that of a slow wire.

TEST_CASE("simulator_model: on a busy processor a burst is in before its reader runs", "[fuzz]") {
  const std::string burst = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80,
       "steps": [{"sleep": "30ms"}, {"send": 2896}, {"send": 10}, {"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"recv": 2}, {"send": 1}, {"hold": true}]}],
    "stop_at": "100ms"
  })";
  const auto answers = [&](std::size_t place) {
    Sent sent = sent_by("client", burst, place);
    return Sent{sent.begin() + 2, sent.end()};  // without SYN and its ACK
  };
  CHECK(answers(1) == Sent{"80 . 1 ack 1449", "80 P. 1:2 (1) ack 1449", "80 . 2 ack 2907"});
  CHECK(answers(3) ==
        Sent{"80 . 1 ack 1449", "80 . 1 ack 2897", "80 . 1 ack 2907", "80 P. 1:2 (1) ack 2907"});
}

TEST_CASE("simulator_model: on a busy processor a process takes time to start", "[fuzz]") {
  const std::string greeting = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "steps": [{"send": 1}, {"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"send": 1}, {"shutdown": "write"}, {"hold": true}]}],
    "stop_at": "45ms"
  })";
  CHECK(sent_by("server", greeting, 1).at(1) == "40000 P. 1:2 (1) ack 1");
  CHECK(sent_by("server", greeting, 3) == Sent{"40000 S. 0 ack 1", "40000 . 1 ack 2",
                                               "40000 P. 1:2 (1) ack 3"});  // the FIN is in, too
}

TEST_CASE(
    "simulator_model: on a busy processor two connections' segments are in before either acts",
    "[fuzz]") {
  const std::string two = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": 1}, {"send": 2896}, {"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "20us",
       "steps": [{"send": 1}, {"recv": 2}, {"send": 1}, {"hold": true}]}],
    "stop_at": "45ms"
  })";
  CHECK(sent_by("client", two, 0) ==
        Sent{"80 S 0", "80 S 0",                                              //
             "80 . 1 ack 1", "80 P. 1:2 (1) ack 1",                           // the first
             "80 . 1 ack 1", "80 P. 1:2 (1) ack 1",                           // the second
             "80 . 2 ack 1449", "80 . 2 ack 2897", "80 P. 2:3 (1) ack 2897",  //
             "80 . 2 ack 1449", "80 . 2 ack 2897", "80 P. 2:3 (1) ack 2897"});
  CHECK(sent_by("client", two, 3) == Sent{"80 S 0", "80 S 0",                            //
                                          "80 . 1 ack 1", "80 . 1 ack 1",                // both
                                          "80 P. 1:2 (1) ack 1", "80 P. 1:2 (1) ack 1",  //
                                          "80 . 2 ack 1449", "80 . 2 ack 2897",          //
                                          "80 . 2 ack 1449", "80 . 2 ack 2897",          //
                                          "80 P. 2:3 (1) ack 2897", "80 P. 2:3 (1) ack 2897"});
}

TEST_CASE("simulator_model: on a busy processor two that wait for one moment wake in any order",
          "[fuzz]") {
  const std::string two = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "steps": [{"until": "80ms"}, {"send": 1}, {"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "5ms",
       "steps": [{"hold": true}]}],
    "stop_at": "85ms"
  })";
  const Sent shaken{"40000 S. 0 ack 1", "40001 S. 0 ack 1"};
  const auto woken_first = [&](std::size_t place) {
    const Sent sent = sent_by("server", two, place);
    REQUIRE(sent.size() == 4);
    CHECK(Sent{sent.begin(), sent.begin() + 2} == shaken);
    return sent[2];
  };
  for (const std::size_t place : {0U, 1U, 2U, 5U}) {
    CHECK(woken_first(place) == "40000 P. 1:2 (1) ack 1");
  }
  std::set<std::string> on_a_busy_processor;
  for (std::size_t place = 3; place < 32; place += 4) {
    on_a_busy_processor.insert(woken_first(place));
  }
  CHECK(on_a_busy_processor.size() == 2);
}

TEST_CASE("simulator_model: on a busy processor a packet that was held back comes later",
          "[fuzz]") {
  const std::string copy = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "accept": false},
      {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "5ms",
       "steps": [{"hold": true}]}],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "delay", "by": "5ms"}],
    "stop_at": "16ms"
  })";
  for (const std::size_t place : {0U, 1U}) {
    CHECK(sent_by("server", copy, place) == Sent{"40000 S. 0 ack 1", "40001 S. 0 ack 1"});
  }
  CHECK(sent_by("server", copy, 3) == Sent{"40001 S. 0 ack 1", "40000 S. 0 ack 1"});
}

TEST_CASE("simulator_model: on a busy processor the last link's packets come first, or the first's",
          "[fuzz]") {
  const std::string two_links = R"({
    "hosts": {"near": {}, "far": {}, "server": {}},
    "links": [{"a": "near", "b": "server", "delay": "10ms"},
              {"a": "far", "b": "server", "delay": "20ms"}],
    "apps": [
      {"host": "server", "listen": 80, "accept": false},
      {"host": "near", "connect": "server:80", "from_port": 40000, "at": "10ms"},
      {"host": "far", "connect": "server:80", "from_port": 40001}],
    "stop_at": "25ms"
  })";
  CHECK(sent_by("server", two_links, 3) == Sent{"40001 S. 0 ack 1", "40000 S. 0 ack 1"});
  CHECK(sent_by("server", two_links, 7) == Sent{"40000 S. 0 ack 1", "40001 S. 0 ack 1"});
}
