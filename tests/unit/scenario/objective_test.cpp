#include "lastack/scenario/objective.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace lastack::scenario {
namespace {

constexpr std::string_view base = R"({
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}],
  "expect": [{"metric": "connects_ok", "equals": 1}]
})";

constexpr const char* settings = R"("settings": {"hosts.client.sysctl.tcp_syn_retries": [1, 3]})";
constexpr const char* goal = R"("minimize": {"metric": "connect_time"})";

/// An objective about the scenario above with these keys.
Objective objective(const std::string& keys) {
  return parse_objective(fmt::format(R"({{"scenario": {}, {}}})", base, keys), "o.json");
}

std::string error(const std::string& keys) {
  try {
    objective(keys);
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "no error";
}

/// What is wrong with these keys beside settings and goal that are right.
std::string error_beside(const std::string& keys) {
  return error(fmt::format("{}, {}, {}", settings, goal, keys));
}

constexpr const char* two_conditions = R"("under": [
  {"name": "loss", "set": {"links.0.loss": 0.1}},
  {"name": "far", "set": {"links.0.delay": "1s"}}])";

TEST_CASE("objective: candidates are all combinations of the settings, as in vary", "[scenario]") {
  const Objective o = objective(
      R"("settings": {"hosts.client.sysctl.tcp_syn_retries": [1, 3],
                      "links.0.loss": {"from": 0, "to": 0.2, "steps": 3}},
         "maximize": {"metric": "connect_ok"})");
  REQUIRE(o.settings.size() == 6);
  CHECK(o.settings.overrides_of(1).back().second == "0.1");
  CHECK(o.conditions.size() == 1);
  CHECK(o.goals.front().direction == Direction::maximize);
  CHECK(o.confidence == 0.95);
  CHECK(o.seed_of(3) == 4);
}

TEST_CASE("objective: a candidate is tried under each condition, its expectations left out",
          "[scenario]") {
  const Objective o =
      objective(fmt::format(R"({}, {}, "minimize": {{"metric": "connect_time", "under": "far"}})",
                            settings, two_conditions));
  const Scenario lossy = scenario_of(o, 1, 0);
  const Scenario far = scenario_of(o, 1, 1);
  CHECK(lossy.hosts.front().settings.tcp_syn_retries == 3);
  CHECK(far.hosts.front().settings.tcp_syn_retries == 3);
  CHECK(far.expectations.empty());
  CHECK(o.goals.front().under == 1);
}

TEST_CASE("objective: a limit without a condition holds under all of them", "[scenario]") {
  const Objective o = objective(fmt::format(
      R"({}, {}, "limits": [{{"metric": "connect_ok", "min": 0.9, "max": 1}},
                            {{"metric": "connect_ok", "under": "far", "max": 1}}],
         "minimize": {{"metric": "connect_time", "under": "far"}})",
      settings, two_conditions));
  CHECK(o.limits[0].under == std::vector<std::size_t>{0, 1});
  CHECK(o.limits[1].under == std::vector<std::size_t>{1});
}

TEST_CASE("objective: goals stand in the file's order, whichever way they go", "[scenario]") {
  const Objective o = objective(fmt::format(
      R"({}, "maximize": [{{"metric": "connect_ok"}}], "minimize": [{{"metric": "syn_sent"}},
         {{"metric": "connect_time"}}])",
      settings));
  REQUIRE(o.goals.size() == 3);
  CHECK(o.goals[0].metric == "connect_ok");
  CHECK(o.goals[2].metric == "connect_time");
  CHECK(o.goals[2].pointer == "/minimize/1");
}

TEST_CASE("objective: a condition may have a scenario of its own", "[scenario]") {
  const Objective o =
      parse_objective(fmt::format(R"({{{}, {}, "under": [{{"name": "here", "scenario": {}}}]}})",
                                  settings, goal, base),
                      "o.json");
  CHECK(o.conditions.front().scenario_pointer == "/under/0/scenario");
  CHECK(scenario_of(o, 0, 0).hosts.size() == 2);
}

TEST_CASE("objective: what is wrong is reported with file and pointer", "[scenario]") {
  CHECK_THAT(error(settings), Equals(R"(o.json: want "minimize" or "maximize", have neither)"));
  CHECK_THAT(error(goal), StartsWith("o.json: ") && Contains("settings"));
  CHECK_THAT(error_beside(R"("limit": [])"),
             StartsWith("o.json: ") && Contains(R"(nearest is "limits")"));
  CHECK_THAT(error_beside(R"("confidence": 1)"),
             StartsWith("o.json: /confidence: want a confidence from 0.5 to below 1"));
  CHECK_THAT(error_beside(R"("runs_max": 3)"), StartsWith("o.json: /runs_max: want "));
  CHECK_THAT(error_beside(R"("precision": -0.1)"), StartsWith("o.json: /precision: want a share"));
  CHECK_THAT(error_beside(R"("limits": [{"metric": "connect_ok"}])"),
             Equals(R"(o.json: /limits/0: want "min" or "max", have neither)"));
  CHECK_THAT(error_beside(R"("limits": [{"metric": "connect_ok", "min": 1, "max": 0}])"),
             StartsWith("o.json: /limits/0/max: want"));
  CHECK_THAT(error(R"("settings": {}, "minimize": {"metric": "syn_sent"})"),
             StartsWith("o.json: /settings: want at least one setting"));
}

TEST_CASE("objective: values that the scenario cannot have are reported with their place",
          "[scenario]") {
  CHECK_THAT(error(fmt::format(
                 R"("settings": {{"hosts.client.sysctl.tcp_syn_retries": [1, 900]}}, {})", goal)),
             StartsWith("o.json: /settings/hosts.client.sysctl.tcp_syn_retries/1: want"));
  CHECK_THAT(
      error(fmt::format(R"("settings": {{"hosts.cleint.sysctl.tcp_syn_retries": [1]}}, {})", goal)),
      StartsWith(
          "o.json: /settings/hosts.cleint.sysctl.tcp_syn_retries: want the path of a host") &&
          Contains(R"("cleint")"));
  CHECK_THAT(error_beside(R"("under": [{"name": "x", "set": {"links.0.loss": 2}}])"),
             StartsWith("o.json: /under/0/set/links.0.loss: want"));
}

TEST_CASE("objective: conditions have names, each its own, and what they set is no candidate's",
          "[scenario]") {
  CHECK_THAT(error_beside(R"("under": [{"name": "x"}, {"name": "x"}])"),
             Equals("o.json: /under/1/name: want each name once, have it twice"));
  CHECK_THAT(error_beside(R"("under": [])"), StartsWith("o.json: /under: want at least one"));
  CHECK_THAT(error(fmt::format("{}, {}, {}", settings, two_conditions, goal)),
             StartsWith("o.json: /minimize: want \"under\""));
  CHECK_THAT(error(fmt::format(R"({}, {}, "minimize": {{"metric": "syn_sent", "under": "fra"}})",
                               settings, two_conditions)),
             StartsWith("o.json: /minimize/under: want") && Contains("far"));
  CHECK_THAT(
      error_beside(
          R"("under": [{"name": "x", "set": {"hosts.client.sysctl.tcp_syn_retries": 2}}])"),
      StartsWith("o.json: /settings/hosts.client.sysctl.tcp_syn_retries: want a path that no"));
}

TEST_CASE("objective: a scenario or a sweep in its place is named", "[scenario]") {
  const auto problem = [](const std::string& text) {
    try {
      parse_objective(text, "o.json");
    } catch (const ScenarioError& error) {
      return std::string{error.what()};
    }
    return std::string{"no error"};
  };
  CHECK_THAT(problem(std::string{base}), Contains("want an objective, have a scenario"));
  CHECK_THAT(problem(R"({"vary": {}})"), Contains("want an objective, have a sweep"));
  CHECK_THAT(problem("{"), StartsWith("o.json: "));
}

TEST_CASE("objective: the schema knows the keys that the loader takes", "[scenario]") {
  const auto schema = nlohmann::json::parse(objective_schema());
  for (const auto& [key, value] : schema["properties"].items()) {
    const std::string problem = error_beside(fmt::format(R"("{}": {{}})", key));
    CHECK_THAT(problem, !Contains("want a key of"));
  }
}

}  // namespace
}  // namespace lastack::scenario
