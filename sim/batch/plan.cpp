#include "lastack/batch/plan.hpp"

#include <algorithm>
#include <utility>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include "lastack/core/random_stream.hpp"
#include "lastack/scenario/json.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::batch {

namespace {

/// The share of `all` that shard i of n has: contiguous, as even as can be.
std::uint64_t share_begin(std::uint64_t all, std::uint64_t index, std::uint64_t count) {
  return all / count * (index - 1) + std::min(index - 1, all % count);
}

/// The scenario of a condition and what it sets.
std::string text_of(const scenario::Condition& condition) {
  std::string text = condition.scenario_text + "\n";
  for (const auto& [path, value] : condition.set) text += path + "=" + value + "\n";
  return text;
}

std::string settings_text(const scenario::Sweep& sweep, std::uint64_t combination) {
  std::string text;
  for (const auto& [path, value] : sweep.grid.overrides_of(combination)) {
    text += path + "=" + value + "\n";
  }
  return text;
}

/// Everything that decides what the results are.
std::string essence(const Plan& plan) {
  const scenario::Sweep& sweep = plan.sweep();
  std::string text =
      plan.version() + "\n" + plan.repeat_text() + "\n" + std::to_string(sweep.seed) + "\n";
  for (const scenario::Condition& condition : sweep.conditions) {
    text += condition.name + "\n" + text_of(condition);
  }
  for (const scenario::Axis& axis : sweep.grid.axes) {
    text += fmt::format("{}: {}\n", axis.path, fmt::join(axis.values, ", "));
  }
  for (const auto& dimension : sweep.grid.dimensions) {
    text += fmt::format("{}\n", fmt::join(dimension, " "));
  }
  return text + fmt::format("{}", fmt::join(plan.metrics().columns(), " "));
}

/// As many as are read in about half a second, however long their scenarios are.
std::uint64_t combinations_checked(const scenario::Sweep& sweep) {
  constexpr std::uint64_t bytes_max = std::uint64_t{8} << 20U;
  constexpr std::uint64_t least = 16;
  std::uint64_t longest = 1;
  for (const scenario::Condition& condition : sweep.conditions) {
    longest = std::max<std::uint64_t>(longest, condition.scenario_text.size());
  }
  return std::clamp(bytes_max / longest, least, Plan::checked_max);
}

/// The database must hold them: a table and a view with a column for each.
void check_columns(const scenario::Sweep& sweep, const std::vector<std::string>& metrics) {
  constexpr std::size_t columns_max = 2000;  // SQLITE_MAX_COLUMN, as it is everywhere
  constexpr std::size_t of_run = 4;          // combination, replication, seed, identity
  const std::size_t in_table =
      of_run + metrics.size() + shares_of(metrics).size() + families_of(metrics).size();
  const std::size_t in_view = of_run + metrics.size() + sweep.grid.axes.size();
  const std::size_t columns = std::max(in_table, in_view);
  if (columns <= columns_max) return;
  throw scenario::ScenarioError{
      sweep.file, sweep.metrics.empty() ? "" : "/metrics",
      fmt::format("want at most {} columns in a database, have {} ({} metrics, {} paths): name "
                  "fewer in `metrics`",
                  columns_max, columns, metrics.size(), sweep.grid.axes.size())};
}

}  // namespace

Spans::Spans(std::uint64_t combinations, std::uint64_t repeat,
             const std::optional<scenario::Until>& until, Shard shard)
    : each_{until ? 1 : repeat},
      min_{until ? until->min : 0},
      first_{share_begin(combinations * each_, shard.index, shard.count)},
      end_{share_begin(combinations * each_, shard.index + 1, shard.count)},
      at_{first_} {}

std::optional<Span> Spans::next() {
  if (at_ == end_) return std::nullopt;
  const std::uint64_t count = std::min(each_ - at_ % each_, end_ - at_);
  const Span span{at_ / each_, at_ % each_, min_ > 0 ? min_ : count};
  at_ += count;
  return span;
}

void check_share(std::string_view metric, const scenario::Bounds& bounds, const std::string& file,
                 const std::string& pointer) {
  if (!is_share(metric)) return;
  const auto check = [&](const char* key, const std::optional<double>& bound) {
    if (!bound || (*bound >= 0 && *bound <= 1)) return;
    throw scenario::ScenarioError{
        file, scenario::pointer_to(pointer, key),
        fmt::format("want a number from 0 to 1, as {} is a share, have {}", metric, *bound)};
  };
  check("equals", bounds.equals);
  check("min", bounds.min);
  check("max", bounds.max);
}

Plan::Plan(scenario::Sweep sweep, std::string version, Shard shard)
    : sweep_{std::move(sweep)},
      version_{std::move(version)},
      shard_{shard},
      metrics_{make_metrics(sweep_)} {
  check_columns(sweep_, metrics().columns());
  const std::uint64_t size = sweep_.grid.size();
  const std::uint64_t checked = std::min(size, combinations_checked(sweep_));
  for (std::uint64_t i = 1; i < checked; ++i) scenario::scenario_of(sweep_, size * i / checked);
  if (sweep_.until) watched_ = figure_of(sweep_.until->metric, "/repeat/until/metric");
  for (const scenario::SweepExpectation& expectation : sweep_.expectations) {
    figure_of(expectation.metric, expectation.pointer + "/metric");  // throws where it is none
    check_share(expectation.metric, expectation.bounds, sweep_.file, expectation.pointer);
  }
  const boost::uuids::name_generator_sha1 generator{boost::uuids::ns::url()};
  identity_ = boost::uuids::to_string(generator(essence(*this)));
}

std::vector<MetricSet> Plan::make_metrics(const scenario::Sweep& sweep) {
  std::vector<MetricSet> sets;
  for (const scenario::Condition& condition : sweep.conditions) {
    const scenario::Scenario scenario = scenario::scenario_under(condition, {});
    for (std::size_t i = 0; i < sweep.metrics.size(); ++i) {
      if (const auto problem = MetricSet::unknown(scenario, sweep.metrics[i])) {
        throw scenario::ScenarioError{sweep.file, fmt::format("/metrics/{}", i), *problem};
      }
    }
    sets.emplace_back(scenario, sweep.metrics);
    if (sets.back().columns() != sets.front().columns()) {
      throw scenario::ScenarioError{
          sweep.file, condition.pointer,
          fmt::format("want the same hosts as under \"{}\", or `metrics` that are not of single "
                      "hosts",
                      sweep.conditions.front().name)};
    }
  }
  return sets;
}

/// A metric of which an expectation or `until` speaks.
Figure Plan::figure_of(const std::string& metric, const std::string& pointer) const {
  const std::vector<std::string>& columns = metrics().columns();
  if (auto figure = find_figure(columns, metric)) return *std::move(figure);
  const scenario::Scenario first = scenario::scenario_of(sweep_, 0);
  const bool known = find_figure(MetricSet{first}.columns(), metric).has_value();
  if (const auto problem = MetricSet::unknown(first, metric); problem && !known) {
    throw scenario::ScenarioError{sweep_.file, pointer, *problem};
  }
  throw scenario::ScenarioError{sweep_.file, pointer,
                                fmt::format("want one of the metrics that are kept, have \"{}\"{}",
                                            metric, known ? ": name it in `metrics`" : "")};
}

std::string Plan::repeat_text() const {
  if (!sweep_.until) return std::to_string(sweep_.repeat);
  const scenario::Until& until = *sweep_.until;
  return fmt::format("until {} is known to ±{:g} ({:g} %), {} to {} runs", until.metric,
                     until.half_width, until.confidence * 100, until.min, until.max);
}

std::uint64_t Plan::combination_identity(std::uint64_t combination) const {
  return name_hash(version_ + "\n" +
                   text_of(sweep_.conditions[sweep_.grid.condition_of(combination)]) +
                   settings_text(sweep_, combination));
}

std::uint64_t Plan::run_identity(std::uint64_t combination_identity, std::uint64_t seed) {
  return name_hash(fmt::format("{} {}", combination_identity, seed));
}

}  // namespace lastack::batch
