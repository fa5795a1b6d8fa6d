#include "conditions.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "embedded_scenario.hpp"

namespace lastack::scenario {
namespace {

void put(Condition& condition, EmbeddedScenario scenario) {
  condition.scenario_file = std::move(scenario.file);
  condition.scenario_pointer = std::move(scenario.pointer);
  condition.scenario_text = std::move(scenario.text);
}

void read_set(const Value& set, Condition& condition) {
  const std::size_t hosts = scenario_under(condition, {}).hosts.size();
  set.for_each_member("an object of paths and values", [&](std::string_view path,
                                                           const Value& value) {
    condition.set.emplace_back(std::string{path}, to_text(value.json()));
    try {
      check_hosts(parse_scenario(condition.scenario_text, condition.scenario_file, condition.set),
                  hosts, value);
    } catch (const ScenarioError& error) {
      if (error.pointer() == value.pointer()) throw;
      value.fail(problem_in_scenario(error));
    }
  });
}

Condition condition_of(const Value& value, const std::optional<Condition>& usual,
                       const std::string& file) {
  value.only_keys("a condition", {"name", "scenario", "set"});
  Condition condition = usual.value_or(Condition{});
  condition.pointer = value.pointer();
  condition.name = value.at("name").string();
  if (condition.name.empty()) value.at("name").fail("want a name, have an empty text");
  if (const auto own = value.find("scenario")) put(condition, embedded_scenario(*own, file));
  if (condition.scenario_text.empty()) {
    value.fail("want a scenario, here or for the whole file, have none");
  }
  scenario_under(condition, {});
  value.with("set", [&](const Value& set) { read_set(set, condition); });
  return condition;
}

}  // namespace

std::vector<Condition> read_conditions(const Value& root, const std::string& file) {
  std::optional<Condition> usual;
  if (const auto scenario = root.find("scenario")) {
    put(usual.emplace(), embedded_scenario(*scenario, file));
    scenario_under(*usual, {});
  }
  const auto under = root.find("under");
  if (!under) {
    root.at("scenario");
    return {*usual};
  }
  std::vector<Condition> conditions;
  under->for_each_element("an array of conditions", [&](const Value& each) {
    Condition condition = condition_of(each, usual, file);
    for (const Condition& other : conditions) {
      if (other.name == condition.name) each.at("name").fail("want each name once, have it twice");
    }
    conditions.push_back(std::move(condition));
  });
  if (conditions.empty()) under->fail("want at least one condition, have none");
  return conditions;
}

void check_free(std::string_view path, const Value& value,
                const std::vector<Condition>& conditions) {
  for (const Condition& condition : conditions) {
    for (const auto& [set, text] : condition.set) {
      if (set == path) {
        value.fail(fmt::format("want a path that no condition sets, have it in \"{}\" as well",
                               condition.name));
      }
    }
  }
}

void check_hosts(const Scenario& changed, std::size_t hosts, const Value& value) {
  if (changed.hosts.size() == hosts) return;
  value.fail(fmt::format("want the path of a host of the scenario, have a new host \"{}\"",
                         changed.hosts.back().name));
}

Scenario scenario_under(const Condition& condition, const std::vector<Override>& overrides) {
  std::vector<Override> all = condition.set;
  all.insert(all.end(), overrides.begin(), overrides.end());
  return parse_embedded(condition.scenario_text, condition.scenario_file,
                        condition.scenario_pointer, all);
}

}  // namespace lastack::scenario
