#include "lastack/batch/page.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "decision_json.hpp"
#include "lastack/batch/decision.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/trace/page.hpp"
#include "page_parts.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t points_max = 300;  ///< of a distribution
constexpr std::size_t worst_max = 5;     ///< runs shown of each metric

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

/// Each time and how many are at most that, thinned to what can be distinguished in a plot. Of all
/// connects this share succeeded: those that failed have no time, but count.
Json distribution_json(const TimeDistribution& times, const Measured& ok) {
  std::vector<std::pair<double, std::size_t>> steps;
  std::uint64_t upto_here = 0;
  for (const auto& [number, bin] : times.bins()) {
    upto_here += bin.count;
    steps.emplace_back(to_seconds(bin.longest), upto_here);
  }
  Json seconds = Json::array();
  Json upto = Json::array();
  for (const std::size_t i : thinned(steps)) {
    seconds.push_back(steps[i].first);
    upto.push_back(steps[i].second);
  }
  return {{"count", times.count()},
          {"of", ok.value ? ok.of : times.count()},
          {"seconds", std::move(seconds)},
          {"upto", std::move(upto)}};
}

class Batch {
 public:
  explicit Batch(const Store& store)
      : store_{store},
        info_{store.info()},
        combinations_{store.combinations()} {}

  Json json() {
    const scenario::Scenario scenario = scenario::scenario_under(info_.conditions.front(), {});
    Json metrics = Json::array();
    for (const std::string& name : info_.metrics) {
      metrics.push_back({{"name", name}, {"unit", unit_word(name)}, {"better", better_word(name)}});
    }
    Json combinations = Json::array();
    for (const std::uint64_t i : combinations_) combinations.push_back(combination(i));
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
            {"axes", axes_json(info_.grid, scenario)},
            {"metrics", std::move(metrics)},
            {"combinations", std::move(combinations)},
            {"decision", json_of(decide(store_), combinations_)},
            {"expectations", expectations()},
            {"worst", worst()},
            {"incomplete", store_.missing() > 0}};
  }

 private:
  Json combination(std::uint64_t index) const {
    Json values = Json::array();
    Json entry = {{"index", place_of(index, combinations_)},
                  {"at", info_.grid.values_of(index)},
                  {"runs", store_.runs(index)}};
    for (const std::string& metric : info_.metrics) {
      values.push_back(
          value_of(measured(store_, index, find_figure(info_.metrics, metric).value())));
    }
    if (const auto figure = find_figure(info_.metrics, "connect_time")) {
      const TimeDistribution times = store_.times(index, figure->index);
      entry["connect_time"] = distribution_json(times, connects(index));
    }
    entry["values"] = std::move(values);
    return entry;
  }

  /// How many of a combination's connects succeeded, where that was kept.
  Measured connects(std::uint64_t combination) const {
    const auto figure = find_figure(info_.metrics, "connect_ok");
    return figure ? measured(store_, combination, *figure) : Measured{};
  }

  /// [value, low, high, runs]; null where no run has a value.
  static Json value_of(const Measured& seen) {
    if (!seen.value) return nullptr;
    return {*seen.value, seen.low.value_or(*seen.value), seen.high.value_or(*seen.value),
            seen.runs};
  }

  /// They are of all runs: nothing where some are missing, or other shards have them.
  Json expectations() const {
    Json all = Json::array();
    if (store_.missing() > 0 || info_.shard.count > 1) return all;
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
      std::size_t place = 1;
      for (const WorstRun& run : worst[metric]) {
        all.push_back({{"metric", metric},
                       {"combination", place_of(run.combination, combinations_)},
                       {"replication", run.replication},
                       {"seed", run.seed},
                       {"value", run.value},
                       {"command", replay_command(metric, place++)}});
      }
    }
    return all;
  }

  /// A shell's command that makes a run of `worst` again.
  std::string replay_command(std::size_t metric, std::size_t place) const {
    const std::string which = place == 1 ? "" : fmt::format(":{}", place);
    return fmt::format("lastack run {} --worst {}{} --trace run.html", shell_word(store_.file()),
                       info_.metrics[metric], which);
  }

  const Store& store_;
  const StoreInfo& info_;
  std::vector<std::uint64_t> combinations_;  ///< that have run; the page knows of no others
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
