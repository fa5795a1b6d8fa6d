#include "reports/figure_choice.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lastack/batch/worst.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "reports/worst_run.hpp"

namespace lastack::cli {

namespace {

/// What people decide by, where --metric does not say. What sockets cost comes on top: `costs_of`.
constexpr std::array<std::string_view, 17> usual_metrics{
    "connect_ok",        "connect_time.mean",      "connect_time.p99",
    "close_time.mean",   "orphan_time.mean",       "peak.TIME_WAIT",
    "half_open_at_end",  "listen_drops",           "listen_overflows",
    "request_ok",        "segments_retransmitted", "request_time.mean",
    "request_time.p99",  "recv_error.ECONNRESET",  "recv_error.ETIMEDOUT",
    "connections_reset", "connections_failed"};

/// The figures that a name means: one, or all columns of a family such as connect_time. Time in a
/// state is that of all hosts together, where that was kept.
std::vector<batch::Figure> figures_named(const batch::Store& store, const std::string& name,
                                         const char* option) {
  const std::vector<std::string>& columns = store.info().metrics;
  if (std::find(columns.begin(), columns.end(), name) != columns.end()) {
    return {batch::find_figure(columns, name).value()};
  }
  std::vector<batch::Figure> found;
  for (const std::string& column : columns) {
    if (column.starts_with(name + ".") && !batch::is_part_of_sum(column, columns)) {
      found.push_back(batch::find_figure(columns, column).value());
    }
  }
  if (!found.empty()) return found;
  if (auto figure = batch::find_figure(columns, name)) return {*std::move(figure)};
  throw no_such_metric(store, name, option);
}

/// What sockets cost: the time in each state of which less is better, at all hosts together where
/// that was kept.
std::vector<batch::Figure> costs_of(const std::vector<std::string>& columns) {
  std::vector<batch::Figure> costs;
  for (const std::string& column : columns) {
    if (!column.starts_with("time_in.") || batch::is_part_of_sum(column, columns)) continue;
    if (batch::better_of(column) != batch::Better::less) continue;
    costs.push_back(batch::find_figure(columns, column).value());
  }
  return costs;
}

}  // namespace

UsageError no_such_metric(const batch::Store& store, const std::string& name, const char* option) {
  const std::vector<std::string>& columns = store.info().metrics;
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  const auto nearest = scenario::nearest_name(name, known);
  return UsageError{fmt::format("{}: want a metric that {} kept ({}), have {}{}", option,
                                store.file(), some_metrics(store), name,
                                nearest.empty() ? "" : fmt::format("; nearest is {}", nearest))};
}

std::vector<batch::Figure> figures_asked_for(const batch::Store& store,
                                             const std::vector<std::string>& names) {
  const std::vector<std::string>& columns = store.info().metrics;
  std::vector<batch::Figure> figures;
  for (const std::string& name : names) {
    const auto found = figures_named(store, name, "--metric");
    figures.insert(figures.end(), found.begin(), found.end());
  }
  if (!figures.empty()) return figures;
  for (const std::string_view name : usual_metrics) {
    if (auto figure = batch::find_figure(columns, name)) figures.push_back(*std::move(figure));
  }
  const std::vector<batch::Figure> costs = costs_of(columns);
  figures.insert(figures.end(), costs.begin(), costs.end());
  if (!figures.empty()) return figures;
  for (const std::string& column : columns) {  // the sweep kept unusual ones only: then these
    figures.push_back(batch::find_figure(columns, column).value());
  }
  return figures;
}

}  // namespace lastack::cli
