#include "lastack/batch/page.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "connection_times.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/sysctl_path.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/settings.hpp"
#include "lastack/trace/page.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t points_max = 300;  ///< of a distribution
constexpr std::size_t worst_max = 5;     ///< runs shown of each metric

std::string_view unit_of(std::string_view metric) {
  if (is_share(metric)) return "share";
  if (metric == "bytes_delivered") return "bytes";
  return is_time(metric) || metric.starts_with("time_in.") ? "s" : "count";
}

/// Which is better; null where neither is.
Json better_in_json(std::string_view metric) {
  switch (better_of(metric)) {
    case Better::more: return "more";
    case Better::less: return "less";
    case Better::neither: break;
  }
  return nullptr;
}

/// A part of a path that says that whoever runs the hosts chooses what follows.
bool is_chosen(std::string_view path) {
  const std::string padded = fmt::format(".{}.", path);
  constexpr std::array<std::string_view, 5> parts{".sysctl.", ".setsockopt.", ".backlog.",
                                                  ".limits.", ".profile."};
  return std::any_of(parts.begin(), parts.end(), [&padded](std::string_view part) {
    return padded.find(part) != std::string::npos;
  });
}

/// What a setting is where nobody sets it; null for everything else.
Json default_of(std::string_view path, const scenario::Scenario& scenario) {
  const auto sysctl = scenario::sysctl_path(path);
  const scenario::Host* host = sysctl ? scenario::host_of(scenario, *sysctl) : nullptr;
  if (host == nullptr) return nullptr;
  const tcp::Settings settings = tcp::default_settings(host->profile);
  const std::string text = tcp::setting_value(settings, sysctl->info->name);
  Json value = Json::parse(text, nullptr, false);
  return value.is_number() ? value : Json(text);
}

Json axes_of(const StoreInfo& info, const scenario::Scenario& scenario) {
  const std::vector<std::string> names = short_names(info.grid);
  Json axes = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const scenario::Axis& axis = info.grid.axes[i];
    Json values = Json::array();
    for (const std::string& value : axis.values) values.push_back(Json::parse(value));
    axes.push_back({{"path", axis.path},
                    {"name", names[i]},
                    {"role", is_chosen(axis.path) ? "setting" : "condition"},
                    {"values", std::move(values)},
                    {"default", default_of(axis.path, scenario)}});
  }
  return axes;
}

/// Which of so many steps a plot shows: some at even distances, and the two ends of the widest
/// gaps, where a missing one would show.
std::vector<std::size_t> thinned(const std::vector<std::pair<double, std::size_t>>& steps) {
  std::vector<std::size_t> kept;
  if (steps.size() <= points_max) {
    for (std::size_t i = 0; i < steps.size(); ++i) kept.push_back(i);
    return kept;
  }
  constexpr std::size_t even = points_max / 3;
  for (std::size_t i = 0; i < even; ++i) kept.push_back(i * (steps.size() - 1) / (even - 1));
  std::vector<std::size_t> by_gap(steps.size() - 1);  // the gap behind each but the last
  std::iota(by_gap.begin(), by_gap.end(), std::size_t{0});
  std::stable_sort(by_gap.begin(), by_gap.end(), [&](std::size_t a, std::size_t b) {
    return steps[a + 1].first - steps[a].first > steps[b + 1].first - steps[b].first;
  });
  for (std::size_t i = 0; i < (points_max - even) / 2 && i < by_gap.size(); ++i) {
    kept.push_back(by_gap[i]);
    kept.push_back(by_gap[i] + 1);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  return kept;
}

/// Each value and how many are at most that, thinned to what can be distinguished in a plot.
Json distribution_of(std::vector<double> values, std::uint64_t runs) {
  std::sort(values.begin(), values.end());
  std::vector<std::pair<double, std::size_t>> steps;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (steps.empty() || steps.back().first != values[i]) steps.emplace_back(values[i], 0);
    steps.back().second = i + 1;
  }
  Json seconds = Json::array();
  Json upto = Json::array();
  for (const std::size_t i : thinned(steps)) {
    seconds.push_back(steps[i].first);
    upto.push_back(steps[i].second);
  }
  return {{"count", values.size()},
          {"of", runs},
          {"seconds", std::move(seconds)},
          {"upto", std::move(upto)}};
}

/// A combination's times of single connections, each family's read once.
class SingleTimes {
 public:
  SingleTimes(const Store& store, std::uint64_t combination)
      : store_{store},
        combination_{combination} {}

  const std::optional<std::vector<double>>& of(const std::string& family) {
    const auto known = times_.find(family);
    if (known != times_.end()) return known->second;
    return times_[family] = times_of_single_connections(store_, family, combination_);
  }

 private:
  const Store& store_;
  std::uint64_t combination_;
  std::map<std::string, std::optional<std::vector<double>>> times_;
};

class Batch {
 public:
  explicit Batch(const Store& store) : store_{store}, info_{store.info()} {}

  Json json() {
    const scenario::Scenario scenario =
        scenario::parse_scenario(info_.scenario, info_.scenario_file);
    Json metrics = Json::array();
    for (const std::string& name : info_.metrics) {
      metrics.push_back(
          {{"name", name}, {"unit", unit_of(name)}, {"better", better_in_json(name)}});
    }
    Json combinations = Json::array();
    for (std::uint64_t i = 0; i < info_.grid.size(); ++i) combinations.push_back(combination(i));
    return {{"kind", "batch"},
            {"format", 1},
            {"version", info_.version},
            {"name", info_.name},
            {"description", info_.description},
            {"scenario", scenario.name},
            {"seed", info_.seed},
            {"repeat", info_.repeat_text},
            {"runs", store_.runs()},
            {"confidence", info_.until ? info_.until->confidence : usual_confidence},
            {"distribution_of", of_connects_ ? "connections" : "runs"},
            {"axes", axes_of(info_, scenario)},
            {"metrics", std::move(metrics)},
            {"combinations", std::move(combinations)},
            {"expectations", expectations()},
            {"worst", worst()},
            {"incomplete", store_.missing() > 0}};
  }

 private:
  Json combination(std::uint64_t index) {
    Json values = Json::array();
    Json entry = {
        {"index", index}, {"at", info_.grid.values_of(index)}, {"runs", store_.runs(index)}};
    SingleTimes single{store_, index};
    for (std::size_t metric = 0; metric < info_.metrics.size(); ++metric) {
      const std::string& name = info_.metrics[metric];
      const std::vector<std::optional<double>> column = store_.column(index, metric);
      values.push_back(value_of(name, column, single));
      if (name == "connect_time.mean") {
        std::vector<double> known;
        for (const auto& value : column) {
          if (value) known.push_back(*value);
        }
        entry["connect_time"] = distribution_of(std::move(known), store_.runs(index));
        of_connects_ = of_connects_ && single.of("connect_time");
      }
    }
    entry["values"] = std::move(values);
    return entry;
  }

  /// [value, low, high, runs]; null where no run has a value.
  Json value_of(const std::string& metric, const std::vector<std::optional<double>>& column,
                SingleTimes& single) const {
    const double confidence = shown_confidence(info_);
    const Estimate seen = estimate(metric, column, confidence);
    if (!seen.mean) return nullptr;
    Measured shown{seen.mean, seen.interval};
    if (const auto quantile = quantile_of(metric)) {
      const auto& times = single.of(quantile->family);
      if (times) shown = quantile_measured(quantile->q, *times, confidence);
    }
    const Interval interval = shown.interval.value_or(Interval{*shown.value, *shown.value});
    return {*shown.value, interval.low, interval.high, seen.runs};
  }

  /// They are of all runs: nothing where some are missing.
  Json expectations() const {
    Json all = Json::array();
    if (store_.missing() > 0) return all;
    for (const run::ExpectationResult& result : evaluate(store_)) {
      const std::string where = result.where.empty() ? "" : ", " + result.where;
      all.push_back({{"pointer", result.pointer},
                     {"held", result.held},
                     {"wanted", result.wanted + where},
                     {"seen", result.seen}});
    }
    return all;
  }

  Json worst() const {
    Json all = Json::array();
    const std::vector<std::vector<WorstRun>> worst = worst_runs(store_, worst_max);
    for (std::size_t metric = 0; metric < worst.size(); ++metric) {
      for (const WorstRun& run : worst[metric]) {
        all.push_back({{"metric", metric},
                       {"combination", run.combination},
                       {"replication", run.replication},
                       {"seed", run.seed},
                       {"value", run.value},
                       {"command", replay_command(store_, run, "run", " --trace run.html")}});
      }
    }
    return all;
  }

  const Store& store_;
  const StoreInfo& info_;
  bool of_connects_ = true;  ///< every run that has a connect has one
};

}  // namespace

std::string page_of(const Store& store) {
  if (store.runs() == 0) throw StoreError{store.file(), "has no runs to report"};
  try {
    return trace::page_with(Batch{store}.json().dump());
  } catch (const scenario::ScenarioError& error) {
    throw StoreError{store.file(), "is damaged: its scenario: " + std::string{error.what()}};
  }
}

}  // namespace lastack::batch
