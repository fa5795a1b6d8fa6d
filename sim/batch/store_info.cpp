#include "store_info.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/core/text.hpp"
#include "lastack/scenario/json.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

// As large as the loader of sweeps lets them be.
constexpr std::uint64_t repeat_max = 1'000'000'000;
constexpr std::uint64_t combinations_max = 1'000'000'000;
constexpr std::uint64_t shards_max = 1'000'000'000;

// --- Conditions, expectations and `until`, as JSON ---

Json json_of(const std::vector<scenario::Condition>& conditions) {
  Json all = Json::array();
  for (const scenario::Condition& condition : conditions) {
    Json set = Json::array();
    for (const auto& [path, value] : condition.set) set.push_back({path, value});
    all.push_back({{"name", condition.name},
                   {"scenario", condition.scenario_text},
                   {"file", condition.scenario_file},
                   {"pointer", condition.scenario_pointer},
                   {"set", std::move(set)}});
  }
  return all;
}

std::vector<scenario::Condition> conditions_from(const Json& json) {
  std::vector<scenario::Condition> all;
  for (const Json& one : json) {
    scenario::Condition& condition = all.emplace_back();
    condition.name = one.at("name");
    condition.scenario_text = one.at("scenario");
    condition.scenario_file = one.at("file");
    condition.scenario_pointer = one.at("pointer");
    for (const Json& each : one.at("set")) {
      condition.set.emplace_back(each.at(0).get<std::string>(), each.at(1).get<std::string>());
    }
  }
  return all;
}

using Where = scenario::SweepExpectation::Where;

Json json_of(const std::vector<Where>& where) {
  Json all = Json::array();
  for (const auto& [axis, value] : where) all.push_back({axis, value});
  return all;
}

std::vector<Where> where_from(const Json& json) {
  std::vector<Where> all;
  for (const Json& each : json) {
    all.push_back({each.at(0).get<std::size_t>(), each.at(1).get<std::size_t>()});
  }
  return all;
}

Json json_of(const std::vector<scenario::SweepExpectation>& expectations) {
  Json all = Json::array();
  for (const scenario::SweepExpectation& expectation : expectations) {
    Json one{{"pointer", expectation.pointer},
             {"description", expectation.description},
             {"metric", expectation.metric},
             {"where", json_of(expectation.where)}};
    const auto put = [&one](const char* key, const std::optional<double>& bound) {
      if (bound) one[key] = *bound;
    };
    put("equals", expectation.bounds.equals);
    put("min", expectation.bounds.min);
    put("max", expectation.bounds.max);
    if (!expectation.against.empty()) one["against"] = json_of(expectation.against);
    put("min_ratio", expectation.relative.min_ratio);
    put("max_ratio", expectation.relative.max_ratio);
    put("min_difference", expectation.relative.min_difference);
    put("max_difference", expectation.relative.max_difference);
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<scenario::SweepExpectation> expectations_from(const Json& json) {
  const auto bound = [](const Json& one, const char* key) {
    return one.contains(key) ? std::optional{one[key].get<double>()} : std::nullopt;
  };
  std::vector<scenario::SweepExpectation> all;
  for (const Json& one : json) {
    scenario::SweepExpectation& expectation = all.emplace_back();
    expectation.pointer = one.at("pointer");
    expectation.description = one.at("description");
    expectation.metric = one.at("metric");
    expectation.where = where_from(one.at("where"));
    if (one.contains("against")) expectation.against = where_from(one["against"]);
    expectation.bounds = {bound(one, "equals"), bound(one, "min"), bound(one, "max")};
    expectation.relative = {bound(one, "min_ratio"), bound(one, "max_ratio"),
                            bound(one, "min_difference"), bound(one, "max_difference")};
  }
  return all;
}

Json json_of(const std::optional<scenario::Until>& until) {
  if (!until) return nullptr;
  return {{"metric", until->metric},
          {"half_width", until->half_width},
          {"confidence", until->confidence},
          {"min", until->min},
          {"max", until->max}};
}

std::optional<scenario::Until> until_from(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return scenario::Until{json.at("metric"), json.at("half_width"), json.at("confidence"),
                         json.at("min").get<std::uint64_t>(), json.at("max").get<std::uint64_t>()};
}

// --- Reading ---

void require(bool holds, const std::string& where, const char* wanted) {
  if (!holds) throw Damage{where + ": want " + wanted};
}

/// Text of a table under the limits that files have.
Json parsed(const std::string& where, const std::string& text) {
  if (const auto read = scenario::read_json(text);
      const auto* problem = std::get_if<scenario::JsonProblem>(&read)) {
    throw Damage{where + ": " + problem->text};
  }
  return Json::parse(text);
}

std::uint64_t number_from(const std::string& where, std::string_view text, std::uint64_t least,
                          std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  require(whole && number >= least && number <= most, where,
          fmt::format("a number from {} to {}", least, most).c_str());
  return number;
}

/// Reads the entries one by one.
class Reader {
 public:
  Reader(const std::map<std::string, std::string>& entries,
         const std::vector<std::pair<std::string, std::string>>& axes)
      : entries_{entries},
        axes_{axes} {}

  StoreInfo info() {
    read_texts();
    read_numbers();
    read_grid();
    check_conditions();
    check_metrics();
    check_expectations();
    return std::move(info_);
  }

 private:
  const std::string& entry(const std::string& key) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) throw Damage{"info." + key + ": is not there"};
    return found->second;
  }

  /// Of what `from` makes of an entry's JSON; whatever it lacks is damage.
  template <typename From> auto json(const std::string& key, From from) const {
    const Json read = parsed("info." + key, entry(key));
    try {
      return from(read);
    } catch (const Json::exception&) {
      throw Damage{"info." + key + ": is none that a sweep has"};
    }
  }

  void read_texts() {
    for (const char* key : {"version", "identity", "name", "description", "repeat_text"}) {
      require(is_utf8(entry(key)), fmt::format("info.{}", key), "text in UTF-8");
    }
    info_.version = entry("version");
    info_.identity = entry("identity");
    info_.name = entry("name");
    info_.description = entry("description");
    info_.repeat_text = entry("repeat_text");
    info_.conditions = json("conditions", conditions_from);
    info_.metrics =
        json("metrics", [](const Json& j) { return j.get<std::vector<std::string>>(); });
    info_.until = json("until", until_from);
    info_.expectations = json("expectations", expectations_from);
  }

  void read_numbers() {
    info_.repeat = number_from("info.repeat", entry("repeat"), 1, repeat_max);
    info_.seed = number_from("info.seed", entry("seed"), 0, ~std::uint64_t{0});
    const std::string& shard = entry("shard");
    const std::size_t slash = shard.find('/');
    require(slash != shard.npos, "info.shard", "two numbers, as 1/1");
    info_.shard.count = number_from("info.shard", shard.substr(slash + 1), 1, shards_max);
    info_.shard.index = number_from("info.shard", shard.substr(0, slash), 1, info_.shard.count);
    if (!info_.until) return;
    const scenario::Until& until = *info_.until;
    require(std::isfinite(until.half_width) && until.half_width > 0, "info.until",
            "a half width above 0");
    require(until.confidence > 0 && until.confidence < 1, "info.until",
            "a confidence between 0 and 1");
    require(until.min >= 2 && until.min <= until.max && until.max <= repeat_max, "info.until",
            "2 <= min <= max <= 1000000000");
  }

  void read_grid() {
    for (const auto& [path, text] : axes_) {
      const std::string where = "axis " + scenario::shown(path);
      require(is_utf8(path), where, "a path in UTF-8");
      const Json values = parsed(where, text);
      require(values.is_array() && !values.empty(), where, "an array of values");
      scenario::Axis& axis = info_.grid.axes.emplace_back();
      axis.path = path;
      for (const Json& value : values) {
        require(value.is_string(), where, "values as JSON texts");
        axis.values.push_back(value.get<std::string>());
        parsed(where, axis.values.back());
      }
    }
    info_.grid.dimensions = json(
        "dimensions", [](const Json& j) { return j.get<std::vector<std::vector<std::size_t>>>(); });
    check_dimensions();
  }

  /// Each axis is in one dimension, together with others that have as many values.
  void check_dimensions() const {
    const scenario::Grid& grid = info_.grid;
    const std::string where = "info.dimensions";
    std::set<std::size_t> seen;
    std::uint64_t combinations = 1;
    for (const std::vector<std::size_t>& dimension : grid.dimensions) {
      require(!dimension.empty(), where, "at least one axis in each");
      for (const std::size_t axis : dimension) {
        require(axis < grid.axes.size() && seen.insert(axis).second, where, "each axis once");
        require(grid.axes[axis].values.size() == grid.axes[dimension.front()].values.size(), where,
                "as many values of axes that go together");
      }
      combinations *= grid.axes[dimension.front()].values.size();
      require(combinations <= combinations_max, where, "at most 1000000000 combinations");
    }
    require(seen.size() == grid.axes.size(), where, "each axis once");
  }

  /// Where they have names, these are the values of the first axis.
  void check_conditions() const {
    const scenario::Grid& grid = info_.grid;
    require(!info_.conditions.empty(), "info.conditions", "at least one");
    const bool some = !grid.axes.empty() && grid.axes.front().path == scenario::under_path;
    if (!some) {
      require(info_.conditions.size() == 1, "info.conditions", "an axis of their names");
      return;
    }
    std::vector<std::string> names;
    for (const scenario::Condition& each : info_.conditions) {
      names.push_back(scenario::to_text(scenario::Json{each.name}));
    }
    require(names == grid.axes.front().values, "info.conditions", "an axis of their names");
  }

  void check_metrics() const {
    require(!info_.metrics.empty(), "info.metrics", "at least one");
    const std::set<std::string> names{info_.metrics.begin(), info_.metrics.end()};
    require(names.size() == info_.metrics.size(), "info.metrics", "each once");
    require(is_of_the_scenario(), "info.metrics", "metrics of its scenario that this program has");
    require(!info_.until || find_figure(info_.metrics, info_.until->metric), "info.until",
            "one of its metrics");
  }

  bool is_of_the_scenario() const {
    try {
      const scenario::Scenario scenario = scenario::scenario_under(info_.conditions.front(), {});
      const std::vector<std::string> known = MetricSet{scenario}.columns();
      return std::all_of(info_.metrics.begin(), info_.metrics.end(), [&](const auto& metric) {
        return std::find(known.begin(), known.end(), metric) != known.end();
      });
    } catch (const scenario::ScenarioError& error) {
      throw Damage{std::string{"info.conditions: "} + error.what()};
    }
  }

  void check_expectations() const {
    for (const scenario::SweepExpectation& expectation : info_.expectations) {
      require(find_figure(info_.metrics, expectation.metric).has_value(), "info.expectations",
              "one of its metrics");
      for (const auto* where : {&expectation.where, &expectation.against}) {
        for (const auto& [axis, value] : *where) {
          require(axis < info_.grid.axes.size() && value < info_.grid.axes[axis].values.size(),
                  "info.expectations", "values of its axes");
        }
      }
    }
  }

  const std::map<std::string, std::string>& entries_;
  const std::vector<std::pair<std::string, std::string>>& axes_;
  StoreInfo info_;
};

}  // namespace

std::string shard_text(Shard shard) { return fmt::format("{}/{}", shard.index, shard.count); }

std::string values_text(const scenario::Axis& axis) { return Json(axis.values).dump(); }

std::map<std::string, std::string> entries_of(const StoreInfo& info) {
  return {{"version", info.version},
          {"identity", info.identity},
          {"name", info.name},
          {"description", info.description},
          {"conditions", json_of(info.conditions).dump()},
          {"repeat", std::to_string(info.repeat)},
          {"repeat_text", info.repeat_text},
          {"until", json_of(info.until).dump()},
          {"seed", std::to_string(info.seed)},
          {"shard", shard_text(info.shard)},
          {"metrics", Json(info.metrics).dump()},
          {"dimensions", Json(info.grid.dimensions).dump()},
          {"expectations", json_of(info.expectations).dump()}};
}

StoreInfo info_from(const std::map<std::string, std::string>& entries,
                    const std::vector<std::pair<std::string, std::string>>& axes) {
  return Reader{entries, axes}.info();
}

}  // namespace lastack::batch
