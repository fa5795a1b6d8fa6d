#include "lastack/scenario/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "axis.hpp"
#include "bounds.hpp"
#include "conditions.hpp"
#include "document.hpp"
#include "embedded_scenario.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "lastack/scenario/value.hpp"
#include "sysctl.hpp"

namespace lastack::scenario {
namespace {

constexpr std::uint64_t combinations_max = 1'000'000'000;  // of one sweep
constexpr std::uint64_t repeat_max = 1'000'000'000;
constexpr std::size_t axes_max = 1'000;
/// Bytes of scenarios that are read to try values, which takes about half a second.
constexpr std::size_t tried_bytes_max = 8U << 20U;
constexpr std::size_t tried_values_least = 16;

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
      if (paths[axis] == under_path) path.fail("want a path of `vary`, have \"under\"");
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

/// The conditions' names, which vary slowest.
void read_under(const Value& root, Sweep& sweep) {
  sweep.conditions = read_conditions(root, sweep.file);
  if (!root.has("under")) return;
  Axis axis{std::string{under_path}, {}};
  for (const Condition& condition : sweep.conditions) {
    axis.values.push_back(to_text(Json{condition.name}));
  }
  sweep.grid.dimensions.push_back({0});
  sweep.grid.axes.push_back(std::move(axis));
}

void read_vary(const Value& root, Sweep& sweep) {
  const Value vary = root.at("vary");
  vary.for_each_member("an object of paths and their values",
                       [&](std::string_view path, const Value& value) {
                         if (path == "zip") return;
                         check_free(path, value, sweep.conditions);
                         sweep.grid.dimensions.push_back({sweep.grid.axes.size()});
                         sweep.grid.axes.push_back(axis_of(path, value));
                         if (sweep.grid.axes.size() > axes_max) {
                           vary.fail(fmt::format("want at most {} paths, have more", axes_max));
                         }
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

/// Which of so many values are tried: all, or the first, the last and others in even steps.
std::vector<std::size_t> tried_of(std::size_t count, std::size_t most) {
  std::vector<std::size_t> tried(std::min(count, most));
  for (std::size_t i = 0; i < tried.size(); ++i) {
    tried[i] = tried.size() == 1 ? 0 : i * (count - 1) / (tried.size() - 1);
  }
  return tried;
}

/// Which of a dimension's values are tried: those by which the kind and the bounds of all show, and
/// others in even steps.
std::vector<std::size_t> tried_of(const Grid& grid, const std::vector<std::size_t>& dimension,
                                  std::size_t most) {
  const std::size_t count = grid.axes[dimension.front()].values.size();
  std::vector<std::size_t> tried = tried_of(count, most);
  if (tried.size() == count) return tried;
  for (const std::size_t axis : dimension) {
    const std::vector<std::size_t> outermost = outermost_values(grid.axes[axis], most);
    tried.insert(tried.end(), outermost.begin(), outermost.end());
  }
  std::sort(tried.begin(), tried.end());
  tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
  return tried;
}

/// How many values of each dimension are tried under each condition.
std::size_t tried_values(const Sweep& sweep) {
  std::size_t bytes = 1;
  for (const Condition& condition : sweep.conditions) bytes += condition.scenario_text.size();
  bytes *= std::max<std::size_t>(sweep.grid.dimensions.size(), 1);
  return std::max(tried_bytes_max / bytes, tried_values_least);
}

/// The overrides of a condition that give some dimensions their values of this place, or their
/// last.
std::vector<Override> overrides_at(const Sweep& sweep, const Condition& condition,
                                   const std::vector<std::vector<std::size_t>>& dimensions,
                                   std::size_t place) {
  std::vector<Override> overrides = condition.set;
  for (const auto& dimension : dimensions) {
    for (const std::size_t i : dimension) {
      const Axis& axis = sweep.grid.axes[i];
      if (axis.path == under_path) continue;
      overrides.emplace_back(axis.path, axis.values[std::min(place, axis.values.size() - 1)]);
    }
  }
  return overrides;
}

/// Whether all values that are tried are possible where each stands beside one of each other axis:
/// the scenario is read but once for many axes.
bool possible_together(Sweep& sweep, const Condition& condition,
                       const std::vector<std::vector<std::size_t>>& tried) {
  std::set<std::size_t> places;
  for (std::size_t d = 0; d < sweep.grid.dimensions.size(); ++d) {
    if (sweep.grid.axes[sweep.grid.dimensions[d].front()].path == under_path) continue;
    places.insert(tried[d].begin(), tried[d].end());
  }
  try {
    return std::none_of(places.begin(), places.end(), [&](std::size_t place) {
      const Scenario scenario =
          parse_scenario(condition.scenario_text, condition.scenario_file,
                         overrides_at(sweep, condition, sweep.grid.dimensions, place));
      add_remarks(scenario.remarks, sweep.remarks);
      return new_host_problem(scenario).has_value();
    });
  } catch (const ScenarioError&) {
    return false;  // which value of which axis it is comes out when they are tried alone
  }
}

/// Each value of each axis must be possible under each condition; zipped ones only together. Where
/// there are so many that it would take long, those are tried that show whether all are of the
/// right kind and within bounds; of others the first run that has a wrong one tells.
void check_values(Sweep& sweep, const Condition& condition,
                  const std::vector<std::vector<std::size_t>>& tried) {
  if (possible_together(sweep, condition, tried)) return;
  for (std::size_t d = 0; d < sweep.grid.dimensions.size(); ++d) {
    const std::vector<std::size_t>& dimension = sweep.grid.dimensions[d];
    if (sweep.grid.axes[dimension.front()].path == under_path) continue;
    for (const std::size_t i : tried[d]) {
      const std::vector<Override> overrides = overrides_at(sweep, condition, {dimension}, i);
      const std::string path = pointer_to("/vary", sweep.grid.axes[dimension.front()].path);
      std::optional<std::string> problem;
      try {
        problem = new_host_problem(
            parse_scenario(condition.scenario_text, condition.scenario_file, overrides));
      } catch (const ScenarioError& error) {
        throw ScenarioError{sweep.file, pointer_to(path, i), problem_in_scenario(error)};
      }
      if (problem) throw ScenarioError{sweep.file, path, *problem};
    }
  }
}

void check_values(Sweep& sweep) {
  const std::size_t most = tried_values(sweep);
  std::vector<std::vector<std::size_t>> tried;  // of each dimension
  for (const auto& dimension : sweep.grid.dimensions) {
    tried.push_back(tried_of(sweep.grid, dimension, most));
  }
  for (const Condition& condition : sweep.conditions) check_values(sweep, condition, tried);
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

/// The values of the axes, to be found by number or text however they are written.
class ValueIndex {
 public:
  explicit ValueIndex(const Grid& grid) : grid_{grid}, axes_(grid.axes.size()) {}

  /// Which value of the axis is meant: the same number or text.
  std::size_t at(const Value& value, std::size_t axis) {
    const OfAxis& known = of(axis);
    const std::string text = to_text(value.json());
    std::optional<std::size_t> found;
    if (const auto same = known.by_text.find(text); same != known.by_text.end()) {
      found = same->second;
    }
    if (value.is_number()) {
      const auto same = known.by_number.find(value.number());
      if (same != known.by_number.end() && (!found || same->second < *found)) found = same->second;
    }
    if (found) return *found;
    const std::vector<std::string>& values = grid_.axes[axis].values;
    value.fail(fmt::format("want a value of {}{}, have {}", grid_.axes[axis].path, some_of(values),
                           brief(text)));
  }

 private:
  struct OfAxis {
    std::unordered_map<std::string_view, std::size_t> by_text;
    std::map<double, std::size_t> by_number;
  };

  const OfAxis& of(std::size_t axis) {
    std::optional<OfAxis>& known = axes_[axis];
    if (known) return *known;
    known.emplace();
    const std::vector<std::string>& values = grid_.axes[axis].values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      known->by_text.emplace(values[i], i);
      const auto read = read_json(values[i]);
      const Source nobody;
      const auto* json = std::get_if<Json>(&read);
      if (json == nullptr) continue;
      const Value number{*json, nobody};
      if (number.is_number()) known->by_number.emplace(number.number(), i);
    }
    return *known;
  }

  /// " (1, 2)", of many the first.
  static std::string some_of(const std::vector<std::string>& values) {
    constexpr std::size_t most = 24;
    std::string text;
    for (std::size_t i = 0; i < std::min(values.size(), most); ++i) {
      text += (i == 0 ? "" : ", ") + brief(values[i]);
    }
    return fmt::format(" ({}{})", text, values.size() > most ? ", …" : "");
  }

  const Grid& grid_;
  std::vector<std::optional<OfAxis>> axes_;
};

std::vector<SweepExpectation::Where> where_of(const Value& value, const Sweep& sweep,
                                              ValueIndex& values) {
  const std::vector<std::string> paths = sweep.grid.paths();
  std::vector<SweepExpectation::Where> where;
  value.for_each_member("an object of paths and values",
                        [&](std::string_view path, const Value& v) {
                          const ResolvedPath found = resolve_path(path, paths);
                          if (!found.index) v.fail(found.problem);
                          const std::size_t axis = *found.index;
                          where.push_back({axis, values.at(v, axis)});
                        });
  return where;
}

RelativeBounds relative_bounds_of(const Value& value) {
  RelativeBounds bounds;
  const auto read = [&value](std::string_view key, std::optional<double>& bound) {
    if (const auto v = value.find(key)) bound = v->number("a number");
  };
  read("min_ratio", bounds.min_ratio);
  read("max_ratio", bounds.max_ratio);
  read("min_difference", bounds.min_difference);
  read("max_difference", bounds.max_difference);
  for (const std::string_view ratio : {"min_ratio", "max_ratio"}) {
    if (const auto v = value.find(ratio); v && !(v->number() > 0)) v->want("a number above 0");
  }
  return bounds;
}

std::size_t dimension_of(std::size_t axis, const Grid& grid) {
  const auto has = [axis](const std::vector<std::size_t>& dimension) {
    return std::find(dimension.begin(), dimension.end(), axis) != dimension.end();
  };
  const auto found = std::find_if(grid.dimensions.begin(), grid.dimensions.end(), has);
  return static_cast<std::size_t>(found - grid.dimensions.begin());
}

/// Which value of each dimension is meant, where one is. Refuses values that go together nowhere.
std::vector<std::optional<std::size_t>> values_meant(
    const std::vector<SweepExpectation::Where>& wanted, const Value& value, const Grid& grid) {
  std::vector<std::optional<std::size_t>> meant(grid.dimensions.size());
  for (const SweepExpectation::Where& where : wanted) {
    std::optional<std::size_t>& of_dimension = meant[dimension_of(where.axis, grid)];
    if (of_dimension && *of_dimension != where.value) {
      value.fail("want values of one combination at least, have some that go together in none");
    }
    of_dimension = where.value;
  }
  return meant;
}

/// Refuses expectations that would never be judged: of no combination, or only of such as would be
/// held against themselves.
void check_meant(const Value& value, const SweepExpectation& expectation, const Grid& grid) {
  const auto here = values_meant(expectation.where, value, grid);
  if (expectation.against.empty()) return;
  const Value against = value.at("against");
  const auto there = values_meant(expectation.against, against, grid);
  for (std::size_t i = 0; i < there.size(); ++i) {
    const bool only_one = grid.axes[grid.dimensions[i].front()].values.size() == 1;
    if (there[i] && !only_one && here[i] != there[i]) return;
  }
  against.fail("want another combination than the expectation is of, have the same");
}

/// An expectation that is held against another combination.
void read_against(const Value& value, const Value& against, const Sweep& sweep, ValueIndex& values,
                  SweepExpectation& expectation) {
  value.only_keys("an expectation with `against`",
                  {"metric", "where", "under", "against", "min_ratio", "max_ratio",
                   "min_difference", "max_difference", "description"});
  expectation.against = where_of(against, sweep, values);
  if (expectation.against.empty()) against.fail("want at least one path, have none");
  expectation.relative = relative_bounds_of(value);
  if (expectation.relative.all().empty()) {
    value.fail(R"(want "max_ratio", "min_ratio", "max_difference" or "min_difference", have none)");
  }
}

SweepExpectation expectation_of(const Value& value, const Sweep& sweep, ValueIndex& values) {
  SweepExpectation expectation;
  expectation.pointer = value.pointer();
  if (const auto against = value.find("against")) {
    read_against(value, *against, sweep, values, expectation);
  } else {
    for (const RelativeBounds::One& bound : relative_bounds_of(value).all()) {
      const std::string key = bound.name.substr(0, bound.name.find(' '));
      value.at(key).fail(fmt::format(
          "\"{}\" needs \"against\": want the values to compare with there, have none", key));
    }
    value.only_keys("an expectation of a sweep",
                    {"metric", "where", "under", "against", "equals", "min", "max", "description"});
    expectation.bounds = bounds_of(value, "equals");
  }
  expectation.metric = value.at("metric").string("a metric's name");
  value.with("description", [&](const Value& v) { expectation.description = v.string(); });
  value.with("where",
             [&](const Value& where) { expectation.where = where_of(where, sweep, values); });
  value.with("under", [&](const Value& name) {
    if (sweep.grid.axes.front().path != under_path) {
      name.fail("want a sweep with `under`, have one without");
    }
    expectation.where.push_back({0, values.at(name, 0)});
  });
  check_meant(value, expectation, sweep.grid);
  return expectation;
}

Sweep read_sweep(const Value& root, const std::string& file) {
  Sweep sweep;
  sweep.file = file;
  sweep.name = std::filesystem::path{file}.stem().string();
  if (root.is_object() && root.has("hosts") && !root.has("vary")) {
    root.fail("want a sweep, have a scenario (it has the key \"hosts\")");
  }
  root.only_keys("a sweep", {"$schema", "name", "description", "scenario", "under", "vary", "zip",
                             "repeat", "seed", "metrics", "expect"});
  root.with("$schema", [](const Value& v) { v.string(); });
  root.with("name", [&](const Value& v) { sweep.name = v.string(); });
  root.with("description", [&](const Value& v) { sweep.description = v.string(); });
  read_under(root, sweep);
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
    ValueIndex values{sweep.grid};
    v.for_each_element("an array of expectations", [&](const Value& each) {
      sweep.expectations.push_back(expectation_of(each, sweep, values));
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

std::optional<std::uint64_t> Grid::combination_of(const std::vector<std::size_t>& values) const {
  std::uint64_t combination = 0;
  for (const auto& dimension : dimensions) {
    const std::size_t value = values[dimension.front()];
    const bool together = std::all_of(dimension.begin(), dimension.end(),
                                      [&](std::size_t axis) { return values[axis] == value; });
    if (!together) return std::nullopt;
    combination = combination * axes[dimension.front()].values.size() + value;
  }
  return combination;
}

std::vector<std::uint64_t> Grid::combinations_with(
    const std::vector<std::pair<std::size_t, std::size_t>>& wanted) const {
  std::vector<std::uint64_t> found{0};
  for (const auto& dimension : dimensions) {
    std::optional<std::size_t> only;
    for (const auto& [axis, value] : wanted) {
      if (std::find(dimension.begin(), dimension.end(), axis) == dimension.end()) continue;
      if (only && *only != value) return {};
      only = value;
    }
    const std::size_t size = axes[dimension.front()].values.size();
    std::vector<std::uint64_t> longer;
    for (const std::uint64_t before : found) {
      for (std::size_t i = only.value_or(0); i < (only ? *only + 1 : size); ++i) {
        longer.push_back(before * size + i);
      }
    }
    found = std::move(longer);
  }
  return found;
}

std::vector<Override> Grid::settings_of(std::uint64_t combination) const {
  const std::vector<std::size_t> values = values_of(combination);
  std::vector<Override> settings;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    settings.emplace_back(axes[i].path, axes[i].values[values[i]]);
  }
  return settings;
}

std::vector<Override> Grid::overrides_of(std::uint64_t combination) const {
  std::vector<Override> overrides = settings_of(combination);
  std::erase_if(overrides, [](const Override& each) { return each.first == under_path; });
  return overrides;
}

std::size_t Grid::condition_of(std::uint64_t combination) const {
  const bool some = !axes.empty() && axes.front().path == under_path;
  return some ? values_of(combination).front() : 0;
}

std::uint64_t Grid::with_value(std::uint64_t combination, std::size_t axis,
                               std::size_t value) const {
  const std::vector<std::size_t> values = values_of(combination);
  std::uint64_t result = 0;
  for (const auto& dimension : dimensions) {
    const bool moves = std::find(dimension.begin(), dimension.end(), axis) != dimension.end();
    result = result * axes[dimension.front()].values.size() +
             (moves ? value : values[dimension.front()]);
  }
  return result;
}

std::vector<RelativeBounds::One> RelativeBounds::all() const {
  std::vector<One> bounds;
  if (min_ratio)
    bounds.push_back({fmt::format("min_ratio {}", *min_ratio), Side::at_least, *min_ratio, 0});
  if (max_ratio)
    bounds.push_back({fmt::format("max_ratio {}", *max_ratio), Side::at_most, *max_ratio, 0});
  if (min_difference) {
    bounds.push_back(
        {fmt::format("min_difference {}", *min_difference), Side::at_least, 1, *min_difference});
  }
  if (max_difference) {
    bounds.push_back(
        {fmt::format("max_difference {}", *max_difference), Side::at_most, 1, *max_difference});
  }
  return bounds;
}

std::string text_of(const RelativeBounds& bounds) {
  std::string text;
  for (const RelativeBounds::One& bound : bounds.all()) {
    text += (text.empty() ? "" : ", ") + bound.name;
  }
  return text;
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

std::vector<bool> last_parts_are_own(const std::vector<std::string>& paths) {
  /// The paths that end so: the only one, or the one that is nothing else.
  struct Ending {
    std::size_t count = 0;
    std::optional<std::size_t> whole;
  };
  const auto last_part = [](std::string_view path) { return path.substr(path.rfind('.') + 1); };
  std::unordered_map<std::string_view, Ending> endings;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Ending& ending = endings[last_part(paths[i])];
    ++ending.count;
    if (paths[i].find('.') == std::string::npos && !ending.whole) ending.whole = i;
  }
  std::vector<bool> own;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Ending& ending = endings[last_part(paths[i])];
    own.push_back(ending.whole ? ending.whole == i : ending.count == 1);
  }
  return own;
}

Sweep load_sweep(const std::string& file) { return parse_sweep(text_of(file), file); }

Sweep parse_sweep(std::string_view json, const std::string& file) {
  const Json document = document_of(json, file);
  const Source source{file, {}, nullptr};
  return read_sweep(Value{document, source}, file);
}

Scenario scenario_of(const Sweep& sweep, std::uint64_t combination) {
  return scenario_under(sweep.conditions[sweep.grid.condition_of(combination)],
                        sweep.grid.overrides_of(combination));
}

}  // namespace lastack::scenario
