#include "lastack/batch/estimate.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

std::string seen_text(const Estimate& estimate) {
  if (!estimate.mean) return "no run has a value";
  std::string text = fmt::format("{:.6g}", *estimate.mean);
  if (estimate.interval) {
    text += fmt::format(" ({:.6g} to {:.6g})", estimate.interval->low, estimate.interval->high);
  }
  return text;
}

bool matches(const scenario::SweepExpectation& expectation, const scenario::Grid& grid,
             std::uint64_t combination) {
  const std::vector<std::size_t> values = grid.values_of(combination);
  return std::all_of(expectation.where.begin(), expectation.where.end(),
                     [&](const auto& where) { return values[where.axis] == where.value; });
}

}  // namespace

double shown_confidence(const StoreInfo& info) {
  if (!info.until) return usual_confidence;
  const scenario::Until& until = *info.until;
  return StoppingRule{until.confidence, until.half_width, until.min, until.max}.look_confidence();
}

Estimate estimate(std::string_view metric, const std::vector<std::optional<double>>& values,
                  double confidence) {
  Moments moments;
  for (const std::optional<double>& value : values) {
    if (value) moments.add(*value);
  }
  Estimate result;
  result.runs = moments.n();
  if (moments.n() == 0) return result;
  result.mean = moments.mean();
  result.interval =
      is_share(metric) ? share_interval(moments, confidence) : mean_interval(moments, confidence);
  result.settled = is_share(metric) || mean_is_settled(moments);
  LASTACK_ASSERT(result.runs <= values.size());
  return result;
}

Estimate estimate(const Store& store, std::uint64_t combination, std::size_t metric,
                  double confidence) {
  return estimate(store.info().metrics[metric], store.column(combination, metric), confidence);
}

Estimate estimate(const Store& store, std::uint64_t combination, std::size_t metric) {
  return estimate(store, combination, metric, shown_confidence(store.info()));
}

std::vector<run::ExpectationResult> evaluate(const Store& store) {
  const StoreInfo& info = store.info();
  std::vector<run::ExpectationResult> results;
  for (const scenario::SweepExpectation& expectation : info.expectations) {
    const std::size_t column = find_column(info.metrics, expectation.metric).value();
    for (std::uint64_t c = 0; c < info.grid.size(); ++c) {
      if (!matches(expectation, info.grid, c)) continue;
      const Estimate seen = estimate(store, c, column);
      run::ExpectationResult result;
      result.pointer = expectation.pointer;
      result.held = seen.mean && holds(expectation.bounds, *seen.mean);
      result.where = info.grid.axes.empty() ? "" : "at " + settings_text(info.grid, c);
      result.wanted = expectation.metric + ": " + text_of(expectation.bounds);
      result.seen = seen_text(seen);
      results.push_back(result);
    }
  }
  return results;
}

std::string value_text(const std::string& json) {
  const auto value = nlohmann::json::parse(json);
  return value.is_string() ? value.get<std::string>() : json;
}

std::vector<std::string> short_names(const scenario::Grid& grid) {
  const std::vector<std::string> paths = grid.paths();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string last = paths[i].substr(paths[i].rfind('.') + 1);
    names.push_back(scenario::resolve_path(last, paths).index == i ? last : paths[i]);
  }
  return names;
}

std::string settings_text(const scenario::Grid& grid, std::uint64_t combination) {
  const std::vector<std::string> names = short_names(grid);
  const std::vector<scenario::Override> values = grid.overrides_of(combination);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", names[i], value_text(values[i].second));
  }
  return text;
}

}  // namespace lastack::batch
