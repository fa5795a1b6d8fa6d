#include "lastack/scenario/objective.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "axis.hpp"
#include "bounds.hpp"
#include "conditions.hpp"
#include "document.hpp"
#include "embedded_scenario.hpp"
#include "lastack/scenario/value.hpp"
#include "sysctl.hpp"

namespace lastack::scenario {
namespace {

constexpr std::uint64_t candidates_max = 10'000;
constexpr std::uint64_t runs_least = 10;  // fewer show nothing
constexpr std::uint64_t runs_most = 1'000'000'000;

// --- Settings ---

void read_settings(const Value& settings, Objective& objective) {
  Grid& grid = objective.settings;
  settings.for_each_member(
      "an object of paths and their values", [&](std::string_view path, const Value& value) {
        check_free(path, value, objective.conditions);
        grid.dimensions.push_back({grid.axes.size()});
        grid.axes.push_back(axis_of(path, value));
        if (grid.size() > candidates_max) {
          settings.fail(fmt::format("want at most {} candidates, have more", candidates_max));
        }
      });
  if (grid.axes.empty()) settings.fail("want at least one setting, have none");
}

/// Each value must be possible under each condition.
void check_settings(const Value& settings, Objective& objective) {
  for (const Condition& condition : objective.conditions) {
    for (const Axis& axis : objective.settings.axes) {
      const Value at = settings.at(axis.path);
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        std::vector<Override> overrides = condition.set;
        overrides.emplace_back(axis.path, axis.values[i]);
        std::optional<std::string> problem;
        try {
          const Scenario scenario =
              parse_scenario(condition.scenario_text, condition.scenario_file, overrides);
          add_remarks(scenario.remarks, objective.remarks);
          problem = new_host_problem(scenario);
        } catch (const ScenarioError& error) {
          throw ScenarioError{objective.file,
                              at.is_array() ? pointer_to(at.pointer(), i) : at.pointer(),
                              problem_in_scenario(error)};
        }
        if (problem) at.fail(*problem);
      }
    }
  }
}

// --- What is wanted ---

std::size_t condition_named(const Value& value, const Objective& objective) {
  std::vector<std::string_view> names;
  for (const Condition& condition : objective.conditions) names.push_back(condition.name);
  const auto found =
      value.is_string() ? std::find(names.begin(), names.end(), value.string()) : names.end();
  if (found == names.end()) value.want_one_of("the name of a condition", names);
  return static_cast<std::size_t>(found - names.begin());
}

Limit limit_of(const Value& value, const Objective& objective) {
  value.only_keys("a limit", {"metric", "under", "min", "max"});
  Limit limit;
  limit.pointer = value.pointer();
  limit.metric = value.at("metric").string("a metric's name");
  if (!value.has("min") && !value.has("max")) value.fail(R"(want "min" or "max", have neither)");
  limit.bounds = bounds_of(value, "equals");
  if (const auto under = value.find("under")) {
    limit.under.push_back(condition_named(*under, objective));
  } else {
    for (std::size_t i = 0; i < objective.conditions.size(); ++i) limit.under.push_back(i);
  }
  return limit;
}

Goal goal_of(const Value& value, Direction direction, const Objective& objective) {
  value.only_keys("a goal", {"metric", "under"});
  Goal goal{direction, value.at("metric").string("a metric's name"), 0, value.pointer()};
  if (const auto under = value.find("under")) {
    goal.under = condition_named(*under, objective);
  } else if (objective.conditions.size() > 1) {
    value.fail("want \"under\": the name of a condition, as there are several");
  }
  return goal;
}

void read_goals(const Value& given, Direction direction, Objective& objective) {
  if (given.is_object()) {
    objective.goals.push_back(goal_of(given, direction, objective));
    return;
  }
  given.for_each_element("a goal, or an array of them", [&](const Value& each) {
    objective.goals.push_back(goal_of(each, direction, objective));
  });
}

double share_above(const Value& value, double least, std::string_view wish) {
  const double share = value.number();
  if (!(share >= least && share < 1)) value.want(wish);
  return share;
}

void read_wanted(const Value& root, Objective& objective) {
  root.with("limits", [&](const Value& v) {
    v.for_each_element("an array of limits", [&](const Value& each) {
      objective.limits.push_back(limit_of(each, objective));
    });
  });
  root.for_each_member("an objective", [&](std::string_view key, const Value& v) {
    if (key == "minimize") read_goals(v, Direction::minimize, objective);
    if (key == "maximize") read_goals(v, Direction::maximize, objective);
  });
  if (objective.goals.empty()) root.fail("want \"minimize\" or \"maximize\", have neither");
}

Objective read_objective(const Value& root, const std::string& file) {
  Objective objective;
  objective.file = file;
  objective.name = std::filesystem::path{file}.stem().string();
  if (root.is_object() && root.has("hosts")) {
    root.fail("want an objective, have a scenario (it has the key \"hosts\")");
  }
  if (root.is_object() && root.has("vary")) {
    root.fail("want an objective, have a sweep (it has the key \"vary\")");
  }
  root.only_keys("an objective",
                 {"$schema", "name", "description", "scenario", "settings", "under", "limits",
                  "minimize", "maximize", "confidence", "precision", "seed", "runs_max"});
  root.with("$schema", [](const Value& v) { v.string(); });
  root.with("name", [&](const Value& v) { objective.name = v.string(); });
  root.with("description", [&](const Value& v) { objective.description = v.string(); });
  objective.conditions = read_conditions(root, file);
  const Value settings = root.at("settings");
  read_settings(settings, objective);
  check_settings(settings, objective);
  read_wanted(root, objective);
  root.with("confidence", [&](const Value& v) {
    objective.confidence = share_above(v, 0.5, "a confidence from 0.5 to below 1");
  });
  root.with("precision", [&](const Value& v) {
    objective.precision = share_above(v, 0, "a share from 0 to below 1");
  });
  root.with("seed", [&](const Value& v) { objective.seed = v.unsigned_integer(); });
  root.with("runs_max", [&](const Value& v) {
    objective.runs_max = v.integer_as<std::uint64_t>(runs_least, runs_most);
  });
  return objective;
}

}  // namespace

Objective load_objective(const std::string& file) { return parse_objective(text_of(file), file); }

Objective parse_objective(std::string_view json, const std::string& file) {
  const Json document = document_of(json, file);
  const Source source{file, {}, nullptr};
  return read_objective(Value{document, source}, file);
}

Scenario scenario_of(const Objective& objective, std::uint64_t candidate, std::size_t condition) {
  return scenario_under(objective.conditions[condition],
                        objective.settings.overrides_of(candidate));
}

}  // namespace lastack::scenario
