// The accounts that a witness is held against.
#include "lastack/fuzz/witness.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
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

}  // namespace

TEST_CASE("simulator_model: its first account is the scenario as it stands", "[fuzz]") {
  CHECK(sent_with_data(0) == 1);  // octet and reset arrive, then the application is told
}

TEST_CASE("simulator_model: every other account has a machine's lag", "[fuzz]") {
  CHECK(sent_with_data(1) == 2);  // the application answers the octet before the reset comes
  CHECK(sent_with_data(2) == 1);
  CHECK(sent_with_data(3) == 2);
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
  CHECK(gaps_us(3) == std::pair{90L, 30'000L});
}
