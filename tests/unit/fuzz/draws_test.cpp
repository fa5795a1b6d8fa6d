// Scenarios by chance: always the same for a seed, always ones that a lab can run.
#include "lastack/fuzz/draws.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/core/text.hpp"
#include "lastack/fuzz/areas.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/load.hpp"

using namespace lastack;
using fuzz::Draft;
using fuzz::Draws;

namespace {

std::vector<std::size_t> named(const std::vector<std::string>& names) {
  std::string unknown;
  return fuzz::areas_named(names, unknown).value();
}

std::vector<Draft> drawn(std::uint64_t seed, std::size_t count,
                         const std::vector<std::string>& areas = {}) {
  Draws draws{seed, named(areas)};
  std::vector<Draft> drafts;
  while (drafts.size() < count) drafts.push_back(draws.next());
  return drafts;
}

}  // namespace

TEST_CASE("draws: a seed gives the same bytes again, and each number others", "[fuzz]") {
  const auto once = drawn(3, 25);
  const auto again = drawn(3, 25);
  std::set<std::string> different;
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK(once[i].json == again[i].json);
    CHECK(once[i].number == i + 1);
    CHECK(once[i].name == "fuzz-3-" + std::to_string(i + 1));
    different.insert(once[i].json);
  }
  CHECK(different.size() == once.size());
  CHECK(drawn(4, 1).front().json != once.front().json);
}

TEST_CASE("draws: every scenario loads, and no lab refuses it", "[fuzz]") {
  for (const Draft& draft : drawn(11, 60)) {
    INFO(draft.json);
    const auto scenario = scenario::parse_scenario(draft.json, draft.name);
    CHECK(kernel::refusals(scenario).empty());
    CHECK(scenario.name == draft.name);
    CHECK(scenario.stop_at_given);
  }
}

TEST_CASE("draws: each area alone gives scenarios, of it and of no other", "[fuzz]") {
  for (const fuzz::AreaInfo& area : fuzz::area_infos()) {
    INFO(std::string{area.name});
    const auto wanted = named({std::string{area.name}});
    for (const Draft& draft : drawn(1, 3, {std::string{area.name}})) CHECK(draft.areas == wanted);
  }
}

TEST_CASE("draws: all areas come up by themselves", "[fuzz]") {
  std::set<std::size_t> met;
  for (const Draft& draft : drawn(2, 60)) met.insert(draft.areas.begin(), draft.areas.end());
  CHECK(met.size() == fuzz::area_infos().size());
}

TEST_CASE("draws: what there is to say of a scenario is said", "[fuzz]") {
  std::set<std::string> keys;
  const std::function<void(const nlohmann::json&)> look = [&](const nlohmann::json& value) {
    if (value.is_object()) {
      for (const auto& [key, below] : value.items()) keys.insert(key);
    }
    if (value.is_string()) keys.insert(value.get<std::string>());
    if (value.is_structured()) {
      for (const auto& below : value) look(below);
    }
  };
  for (const Draft& draft : drawn(5, 800)) look(nlohmann::json::parse(draft.json));
  for (const char* key : {"faults",
                          "inject",
                          "events",
                          "setsockopt",
                          "backlog",
                          "accept",
                          "close_at",
                          "count",
                          "every",
                          "from_port",
                          "mtu",
                          "rate",
                          "queue",
                          "a_to_b",
                          "payload",
                          "nth",
                          "after",
                          "seq",
                          "win",
                          "len",
                          "shutdown",
                          "abort",
                          "hold",
                          "sleep",
                          "TCP_USER_TIMEOUT",
                          "TCP_SYNCNT",
                          "TCP_LINGER2",
                          "TCP_KEEPIDLE",
                          "TCP_NODELAY",
                          "TCP_QUICKACK",
                          "TCP_CORK",
                          "TCP_MAXSEG",
                          "SO_KEEPALIVE",
                          "SO_LINGER",
                          "SO_RCVBUF",
                          "SO_SNDBUF",
                          "TCP_DEFER_ACCEPT",
                          "link",
                          "iss",
                          "routers",
                          "crowd",
                          "reboot",
                          "silent",
                          "until",
                          "loss",
                          "options",
                          "mss",
                          "sack_permitted",
                          "wscale",
                          "ts",
                          "sack",
                          "nop",
                          "tcp_tw_reuse",
                          "tcp_syncookies",
                          "tcp_syn_retries",
                          "ip_local_port_range"}) {
    INFO(key);
    CHECK(keys.contains(key));
  }
}

TEST_CASE("draws: no socket is one that is never writable, which a lab would wait for", "[fuzz]") {
  for (const Draft& draft : drawn(6, 300, {"settings"})) {
    const auto document = nlohmann::json::parse(draft.json);
    const auto look = [&](const nlohmann::json& part) {
      if (part.contains("sysctl")) CHECK(part["sysctl"].value("tcp_notsent_lowat", 1) != 0);
    };
    for (const auto& host : document["hosts"]) look(host);
    if (document.contains("events")) {
      for (const auto& event : document["events"]) look(event);
    }
  }
}

TEST_CASE("draws: few scenarios last long, since they run in real time", "[fuzz]") {
  double total_s = 0;
  const auto drafts = drawn(8, 150);
  for (const Draft& draft : drafts) {
    const auto scenario = scenario::parse_scenario(draft.json, draft.name);
    total_s += to_seconds(scenario.stop_at - sim_start);
  }
  CHECK(total_s / static_cast<double>(drafts.size()) < 6);
}

TEST_CASE("draws: later ones lead to what no earlier one did", "[fuzz]") {
  Draws draws{8, named({})};
  std::vector<std::size_t> seen;
  for (int i = 0; i < 60; ++i) {
    draws.next();
    seen.push_back(draws.features());
  }
  CHECK(seen[19] > 300);
  CHECK(seen[59] > seen[19] * 3 / 2);
}

TEST_CASE("areas: names give places in order, each once, and an unknown one is told", "[fuzz]") {
  std::string unknown;
  CHECK(fuzz::areas_named({}, unknown)->size() == fuzz::area_infos().size());
  const std::vector<std::string> two{"close", "handshake", "close"};
  const auto places = fuzz::areas_named(two, unknown).value();
  REQUIRE(places.size() == 2);
  CHECK(fuzz::area_infos()[places[0]].name == "handshake");
  CHECK(fuzz::area_infos()[places[1]].name == "close");
  const std::vector<std::string> wrong{"close", "clsoe"};
  CHECK_FALSE(fuzz::areas_named(wrong, unknown));
  CHECK(unknown == "clsoe");
}
