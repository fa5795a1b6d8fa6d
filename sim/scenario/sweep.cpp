#include "lastack/scenario/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "axis.hpp"
#include "bounds.hpp"
#include "document.hpp"
#include "embedded_scenario.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {
namespace {

constexpr std::uint64_t combinations_max = 1'000'000'000;  // of one sweep
constexpr std::uint64_t repeat_max = 1'000'000'000;

// --- Axes ---

/// `zip` may stand beside `vary` or in it.
void read_zip(const Value& zip, Sweep& sweep) {
  const std::vector<std::string> paths = sweep.grid.paths();
  zip.for_each_element("an array of arrays of paths", [&](const Value& group) {
    std::vector<std::size_t> together;
    group.for_each_element("an array of paths of `vary`", [&](const Value& path) {
      const ResolvedPath found = resolve_path(path.string("a path of `vary`"), paths);
      if (!found.index) path.fail(found.problem);
      const std::size_t axis = *found.index;
      const bool free = std::any_of(
          sweep.grid.dimensions.begin(), sweep.grid.dimensions.end(),
          [axis](const auto& dimension) { return dimension == std::vector<std::size_t>{axis}; });
      if (!free || std::find(together.begin(), together.end(), axis) != together.end()) {
        path.fail("want each path in one zip only, have it twice");
      }
      if (!together.empty() &&
          sweep.grid.axes[axis].values.size() != sweep.grid.axes[together.front()].values.size()) {
        path.fail(fmt::format(
            "want as many values as {} has ({}), have {}", sweep.grid.axes[together.front()].path,
            sweep.grid.axes[together.front()].values.size(), sweep.grid.axes[axis].values.size()));
      }
      together.push_back(axis);
    });
    if (together.size() < 2) group.fail("want at least two paths to zip");
    std::sort(together.begin(), together.end());
    // They stand where the first of them does.
    std::erase_if(sweep.grid.dimensions, [&](const auto& dimension) {
      return dimension.front() != together.front() &&
             std::find(together.begin(), together.end(), dimension.front()) != together.end();
    });
    *std::find(sweep.grid.dimensions.begin(), sweep.grid.dimensions.end(),
               std::vector<std::size_t>{together.front()}) = together;
  });
}

void read_vary(const Value& root, Sweep& sweep) {
  const Value vary = root.at("vary");
  vary.for_each_member("an object of paths and their values",
                       [&](std::string_view path, const Value& value) {
                         if (path == "zip") return;
                         sweep.grid.dimensions.push_back({sweep.grid.axes.size()});
                         sweep.grid.axes.push_back(axis_of(path, value));
                       });
  if (const auto zip = vary.find("zip")) read_zip(*zip, sweep);
  if (const auto zip = root.find("zip")) read_zip(*zip, sweep);
  std::uint64_t count = 1;
  for (const auto& dimension : sweep.grid.dimensions) {
    count *= sweep.grid.axes[dimension.front()].values.size();
    if (count > combinations_max) {
      vary.fail(fmt::format("want at most {} combinations, have more", combinations_max));
    }
  }
}

// --- The scenario ---

/// Each value of each axis must be possible; zipped ones only together.
void check_values(const Sweep& sweep) {
  for (const auto& dimension : sweep.grid.dimensions) {
    for (std::size_t i = 0; i < sweep.grid.axes[dimension.front()].values.size(); ++i) {
      std::vector<Override> overrides;
      for (const std::size_t axis : dimension) {
        overrides.emplace_back(sweep.grid.axes[axis].path, sweep.grid.axes[axis].values[i]);
      }
      try {
        parse_scenario(sweep.scenario_text, sweep.scenario_file, overrides);
      } catch (const ScenarioError& error) {
        const std::string path = pointer_to("/vary", sweep.grid.axes[dimension.front()].path);
        throw ScenarioError{sweep.file, pointer_to(path, i), problem_in_scenario(error)};
      }
    }
  }
}

// --- The rest ---

void read_repeat(const Value& value, Sweep& sweep) {
  if (!value.is_object()) {
    if (!value.is_integer()) value.want("an integer, or an object with `until`");
    sweep.repeat = value.integer_as<std::uint64_t>(1, repeat_max);
    return;
  }
  value.only_keys("`repeat`", {"until", "min", "max"});
  const Value given = value.at("until");
  given.only_keys("`until`", {"metric", "half_width", "confidence"});
  Until until;
  until.metric = given.at("metric").string("a metric's name");
  until.half_width = given.at("half_width").number();
  if (!(until.half_width > 0)) given.at("half_width").want("a number above 0");
  if (const auto v = given.find("confidence")) {
    until.confidence = v->number();
    if (!(until.confidence >= 0.5 && until.confidence < 1)) {
      v->want("a confidence from 0.5 to below 1");
    }
  }
  if (const auto v = value.find("min")) until.min = v->integer_as<std::uint64_t>(2, repeat_max);
  if (const auto v = value.find("max")) until.max = v->integer_as<std::uint64_t>(2, repeat_max);
  if (until.max < until.min) {
    const Value at = value.has("max") ? value.at("max") : value.at("min");
    at.want(value.has("max") ? "a number that is not below \"min\""
                             : fmt::format("a number that is not above \"max\" ({})", until.max));
  }
  sweep.until = until;
}

bool same_number(const Value& value, const std::string& text) {
  const auto read = read_json(text);
  const Source nobody;
  const auto* json = std::get_if<Json>(&read);
  const Value other{*json, nobody};
  return value.is_number() && other.is_number() && value.number() == other.number();
}

/// Which value of the axis is meant: the same number or text, however it is written.
std::size_t value_at(const Value& value, const Axis& axis) {
  const std::string text = to_text(value.json());
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    if (axis.values[i] == text || same_number(value, axis.values[i])) return i;
  }
  std::string known;
  for (const std::string& each : axis.values) known += (known.empty() ? "" : ", ") + each;
  value.fail(fmt::format("want a value of {} ({}), have {}", axis.path, known, text));
}

SweepExpectation expectation_of(const Value& value, const Sweep& sweep) {
  value.only_keys("an expectation of a sweep",
                  {"metric", "where", "equals", "min", "max", "description"});
  SweepExpectation expectation;
  expectation.pointer = value.pointer();
  expectation.metric = value.at("metric").string("a metric's name");
  expectation.bounds = bounds_of(value, "equals");
  value.with("description", [&](const Value& v) { expectation.description = v.string(); });
  const std::vector<std::string> paths = sweep.grid.paths();
  value.with("where", [&](const Value& where) {
    where.for_each_member("an object of paths and values",
                          [&](std::string_view path, const Value& v) {
                            const ResolvedPath found = resolve_path(path, paths);
                            if (!found.index) v.fail(found.problem);
                            const std::size_t axis = *found.index;
                            expectation.where.push_back({axis, value_at(v, sweep.grid.axes[axis])});
                          });
  });
  return expectation;
}

Sweep read_sweep(const Value& root, const std::string& file) {
  Sweep sweep;
  sweep.file = file;
  sweep.name = std::filesystem::path{file}.stem().string();
  if (root.is_object() && root.has("hosts") && !root.has("vary")) {
    root.fail("want a sweep, have a scenario (it has the key \"hosts\")");
  }
  root.only_keys("a sweep", {"$schema", "name", "description", "scenario", "vary", "zip", "repeat",
                             "seed", "metrics", "expect"});
  root.with("$schema", [](const Value& v) { v.string(); });
  root.with("name", [&](const Value& v) { sweep.name = v.string(); });
  root.with("description", [&](const Value& v) { sweep.description = v.string(); });
  EmbeddedScenario base = embedded_scenario(root.at("scenario"), file);
  sweep.scenario_file = std::move(base.file);
  sweep.scenario_pointer = std::move(base.pointer);
  sweep.scenario_text = std::move(base.text);
  parse_embedded(sweep.scenario_text, sweep.scenario_file, sweep.scenario_pointer);
  read_vary(root, sweep);
  check_values(sweep);
  root.with("repeat", [&](const Value& v) { read_repeat(v, sweep); });
  root.with("seed", [&](const Value& v) { sweep.seed = v.unsigned_integer(); });
  root.with("metrics", [&](const Value& v) {
    v.for_each_element("an array of metrics' names", [&](const Value& name) {
      sweep.metrics.push_back(name.string("a metric's name"));
    });
    if (sweep.metrics.empty()) v.fail("want at least one metric, have none");
  });
  root.with("expect", [&](const Value& v) {
    v.for_each_element("an array of expectations", [&](const Value& each) {
      sweep.expectations.push_back(expectation_of(each, sweep));
    });
  });
  return sweep;
}

}  // namespace

std::uint64_t Grid::size() const {
  std::uint64_t count = 1;
  for (const auto& dimension : dimensions) count *= axes[dimension.front()].values.size();
  return count;
}

std::vector<std::size_t> Grid::values_of(std::uint64_t combination) const {
  std::vector<std::size_t> values(axes.size());
  for (auto dimension = dimensions.rbegin(); dimension != dimensions.rend(); ++dimension) {
    const std::uint64_t size = axes[dimension->front()].values.size();
    for (const std::size_t axis : *dimension) {
      values[axis] = static_cast<std::size_t>(combination % size);
    }
    combination /= size;
  }
  return values;
}

std::vector<Override> Grid::overrides_of(std::uint64_t combination) const {
  const std::vector<std::size_t> values = values_of(combination);
  std::vector<Override> overrides;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    overrides.emplace_back(axes[i].path, axes[i].values[values[i]]);
  }
  return overrides;
}

std::vector<std::string> Grid::paths() const {
  std::vector<std::string> paths;
  for (const Axis& axis : axes) paths.push_back(axis.path);
  return paths;
}

ResolvedPath resolve_path(std::string_view path, const std::vector<std::string>& paths) {
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i] == path) return {i, {}};
    if (paths[i].ends_with("." + std::string{path})) candidates.push_back(i);
  }
  if (candidates.size() == 1) return {candidates.front(), {}};
  if (candidates.empty()) {
    const std::vector<std::string_view> known(paths.begin(), paths.end());
    return {std::nullopt, unknown_name("a path of `vary`", path, known)};
  }
  std::string list;
  for (const std::size_t i : candidates) list += (list.empty() ? "" : ", ") + paths[i];
  return {std::nullopt,
          fmt::format("want a path that only one ends with, have {}, with which these "
                      "do: {}",
                      shown(path), list)};
}

Sweep load_sweep(const std::string& file) { return parse_sweep(text_of(file), file); }

Sweep parse_sweep(std::string_view json, const std::string& file) {
  const Json document = document_of(json, file);
  const Source source{file, {}, nullptr};
  return read_sweep(Value{document, source}, file);
}

Scenario scenario_of(const Sweep& sweep, std::uint64_t combination) {
  return parse_embedded(sweep.scenario_text, sweep.scenario_file, sweep.scenario_pointer,
                        sweep.grid.overrides_of(combination));
}

}  // namespace lastack::scenario
