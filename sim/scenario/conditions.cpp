#include "conditions.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "embedded_scenario.hpp"

namespace lastack::scenario {
namespace {

constexpr std::size_t conditions_max = 1'000;

void put(Condition& condition, EmbeddedScenario scenario) {
  condition.scenario_file = std::move(scenario.file);
  condition.scenario_pointer = std::move(scenario.pointer);
  condition.scenario_text = std::move(scenario.text);
}

/// What is wrong with the first `count` values, if anything is.
std::optional<std::string> problem_of_first(std::size_t count, const Condition& condition) {
  const auto end = condition.set.begin() + static_cast<std::ptrdiff_t>(count);
  try {
    return new_host_problem(parse_scenario(condition.scenario_text, condition.scenario_file,
                                           {condition.set.begin(), end}));
  } catch (const ScenarioError& error) {
    return problem_in_scenario(error);
  }
}

void read_set(const Value& set, Condition& condition) {
  std::vector<Value> places;
  set.for_each_member("an object of paths and values",
                      [&](std::string_view path, const Value& value) {
                        condition.set.emplace_back(std::string{path}, to_text(value.json()));
                        places.push_back(value);
                      });
  if (!problem_of_first(places.size(), condition)) return;
  // One of them brings it. To try each in turn would take long where there are many.
  std::size_t good = 0;
  std::size_t bad = places.size();
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    (problem_of_first(middle, condition) ? bad : good) = middle;
  }
  places[bad - 1].fail(*problem_of_first(bad, condition));
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
  std::set<std::string> names;
  under->for_each_element("an array of conditions", [&](const Value& each) {
    Condition condition = condition_of(each, usual, file);
    if (!names.insert(condition.name).second) {
      each.at("name").fail("want each name once, have it twice");
    }
    if (names.size() > conditions_max) {
      under->fail(fmt::format("want at most {} conditions, have more", conditions_max));
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

std::optional<std::string> new_host_problem(const Scenario& changed) {
  if (changed.new_hosts.empty()) return std::nullopt;
  return "want the path of a host of the scenario, have " + to_text(changed.new_hosts.back());
}

Scenario scenario_under(const Condition& condition, const std::vector<Override>& overrides) {
  std::vector<Override> all = condition.set;
  all.insert(all.end(), overrides.begin(), overrides.end());
  return parse_embedded(condition.scenario_text, condition.scenario_file,
                        condition.scenario_pointer, all);
}

}  // namespace lastack::scenario
