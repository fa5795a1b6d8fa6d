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
#include "lastack/scenario/json.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "reports/amounts.hpp"
#include "reports/sweep_report.hpp"
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

std::optional<std::size_t> place_of(const std::vector<std::string>& columns,
                                    const std::string& name) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

/// Which kept statistic a family of times stands for: the one that says most of its longest.
std::optional<std::size_t> longest_of(const std::vector<std::string>& columns,
                                      const std::string& family) {
  using batch::Statistic;
  for (const Statistic statistic : {Statistic::max, Statistic::p99_9, Statistic::p99,
                                    Statistic::p90, Statistic::mean, Statistic::median}) {
    const auto column = place_of(columns, fmt::format("{}.{}", family, name_of(statistic)));
    if (column && batch::is_time(columns[*column])) return column;
  }
  return std::nullopt;
}

/// Those of the same family, where the metric is a statistic that was not kept.
std::vector<std::string> siblings_of(const std::vector<std::string>& columns,
                                     const std::string& metric) {
  std::vector<std::string> siblings;
  if (!batch::is_time(metric)) return siblings;
  const std::string family = metric.substr(0, metric.find('.') + 1);
  for (const std::string& column : columns) {
    if (column.starts_with(family)) siblings.push_back(column);
  }
  return siblings;
}

std::size_t column_named(const batch::Store& store, const std::string& metric) {
  const std::vector<std::string>& columns = store.info().metrics;
  if (const auto column = place_of(columns, metric)) return *column;
  if (const auto column = longest_of(columns, metric)) return *column;
  if (const auto siblings = siblings_of(columns, metric); !siblings.empty()) {
    throw UsageError{fmt::format("--worst: want one of those that {} kept ({}), have {}",
                                 store.file(), fmt::join(siblings, ", "), metric)};
  }
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  const std::string_view nearest = scenario::nearest_name(metric, known);
  throw UsageError{fmt::format("--worst: want a metric of {} ({}), have {}{}", store.file(),
                               some_metrics(store), metric,
                               nearest.empty() ? "" : fmt::format("; nearest is {}", nearest))};
}

/// "worst", "2nd worst", "11th worst".
std::string rank_text(std::size_t place) {
  if (place == 1) return "worst";
  const bool teen = place % 100 >= 11 && place % 100 <= 13;
  const std::size_t last = teen ? 0 : place % 10;
  const char* ending = last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
  return fmt::format("{}{} worst", place, ending);
}

}  // namespace

bool is_database(const std::string& file) {
  if (scenario::special_kind(file)) return false;  // looking into a pipe would take it away
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
  batch::Store store = open_database(database);
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
  WorstRun result{std::move(store), name, place, run, std::move(scenario)};
  result.scenario.name =
      fmt::format("{}: {} run by {}", result.store.info().name, rank_text(place), name);
  const std::string& about = result.scenario.description;
  result.scenario.description = headline(result) + (about.empty() ? "." : ". " + about);
  return result;
}

std::string headline(const WorstRun& worst) {
  std::string settings;
  const scenario::Grid& grid = worst.store.info().grid;
  const std::vector<std::string> names = batch::short_names(grid);
  const std::vector<scenario::Override> values = grid.settings_of(worst.run.combination);
  for (std::size_t i = 0; i < names.size(); ++i) {
    settings += fmt::format(", {} = {}", names[i], batch::value_text(values[i].second));
  }
  return fmt::format("The {} run of {} by {}: {}, with seed {}{}", rank_text(worst.place),
                     worst.store.info().name, worst.metric, amount(worst.metric, worst.run.value),
                     worst.run.seed, settings);
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
