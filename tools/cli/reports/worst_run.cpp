#include "reports/worst_run.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "reports/amounts.hpp"
#include "support/diagnostics.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

constexpr std::size_t place_max = 1000;

/// "connect_time:3": the metric, and which of its worst runs, from 1.
std::pair<std::string, std::size_t> metric_and_place(const std::string& worst) {
  const auto colon = worst.rfind(':');
  if (colon == worst.npos) return {worst, 1};
  std::size_t place = 0;
  const char* last = worst.data() + worst.size();
  const auto [end, error] = std::from_chars(worst.data() + colon + 1, last, place);
  if (error != std::errc{} || end != last || place < 1 || place > place_max) {
    throw UsageError{fmt::format("--worst: want METRIC or METRIC:K with K from 1 to {}, have {}",
                                 place_max, worst)};
  }
  return {worst.substr(0, colon), place};
}

std::size_t column_named(const batch::Store& store, const std::string& metric) {
  const std::vector<std::string>& columns = store.info().metrics;
  const auto place_of = [&](const auto& is_it) -> std::optional<std::size_t> {
    const auto found = std::find_if(columns.begin(), columns.end(), is_it);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
  };
  const auto named = [&](const std::string& name) {
    return place_of([&](const std::string& column) { return column == name; });
  };
  if (const auto column = named(metric)) return *column;
  if (const auto column = named(metric + ".max")) return *column;
  const auto of_family = place_of([&](const std::string& column) {
    return batch::is_time(column) && column.starts_with(metric + ".");
  });
  if (of_family) return *of_family;
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  const std::string_view nearest = scenario::nearest_name(metric, known);
  throw UsageError{fmt::format("--worst: want a metric of {} ({}), have {}{}", store.file(),
                               some_metrics(store), metric,
                               nearest.empty() ? "" : fmt::format("; nearest is {}", nearest))};
}

}  // namespace

bool is_database(const std::string& file) {
  constexpr std::string_view magic = "SQLite format 3";
  std::ifstream in{file, std::ios::binary};
  std::string start(magic.size(), '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return in && start == magic;
}

std::string some_metrics(const batch::Store& store) {
  constexpr std::size_t most = 20;
  const std::vector<std::string>& all = store.info().metrics;
  if (all.size() <= most) return fmt::format("{}", fmt::join(all, ", "));
  return fmt::format("{} and {} more", fmt::join(all.begin(), all.begin() + most, ", "),
                     all.size() - most);
}

WorstRun worst_run(const std::string& database, const std::string& worst) {
  const auto [metric, place] = metric_and_place(worst);
  batch::Store store = batch::Store::open(database);
  const std::size_t column = column_named(store, metric);
  const std::string name = store.info().metrics[column];
  const std::vector<batch::WorstRun> runs = batch::worst_runs(store, place)[column];
  if (runs.empty()) {
    throw std::runtime_error{fmt::format("{}: no run has a value of {}", database, name)};
  }
  if (runs.size() < place) {
    throw UsageError{fmt::format("--worst: want one of the {} worst runs of {} by {}, have {}",
                                 runs.size(), database, name, place)};
  }
  const batch::WorstRun& run = runs[place - 1];
  scenario::Scenario scenario = batch::scenario_of(store.info(), run.combination);
  return {std::move(store), name, run, std::move(scenario)};
}

std::string headline(const WorstRun& worst) {
  std::string settings;
  const scenario::Grid& grid = worst.store.info().grid;
  const std::vector<std::string> names = batch::short_names(grid);
  const std::vector<scenario::Override> values = grid.settings_of(worst.run.combination);
  for (std::size_t i = 0; i < names.size(); ++i) {
    settings += fmt::format(", {} = {}", names[i], batch::value_text(values[i].second));
  }
  return fmt::format("The worst run by {}: {}, with seed {}{}", worst.metric,
                     amount(worst.metric, worst.run.value), worst.run.seed, settings);
}

void compare_with_database(const WorstRun& worst, const run::Simulation& simulation) {
  const batch::MetricSet metrics{worst.scenario, {worst.metric}};
  const std::optional<double> now = metrics.values(simulation.totals()).front();
  if (now == worst.run.value) return;
  diagnostics::warn("{}: the replay comes to {} = {}, not {}; the database was made by version {}",
                    worst.store.file(), worst.metric, now ? amount(worst.metric, *now) : "nothing",
                    amount(worst.metric, worst.run.value), worst.store.info().version);
}

}  // namespace lastack::cli
