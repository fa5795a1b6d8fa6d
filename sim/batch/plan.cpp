#include "lastack/batch/plan.hpp"

#include <algorithm>
#include <utility>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include "lastack/core/random_stream.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::batch {

namespace {

/// The share of `all` that shard i of n has: contiguous, as even as can be.
std::uint64_t share_begin(std::uint64_t all, std::uint64_t index, std::uint64_t count) {
  return all / count * (index - 1) + std::min(index - 1, all % count);
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
  std::string text = plan.version() + "\n" + sweep.scenario_text + "\n" + plan.repeat_text() +
                     "\n" + std::to_string(sweep.seed) + "\n";
  for (const scenario::Axis& axis : sweep.grid.axes) {
    text += fmt::format("{}: {}\n", axis.path, fmt::join(axis.values, ", "));
  }
  for (const auto& dimension : sweep.grid.dimensions) {
    text += fmt::format("{}\n", fmt::join(dimension, " "));
  }
  return text + fmt::format("{}", fmt::join(plan.metrics().columns(), " "));
}

}  // namespace

std::vector<Span> spans_of(std::uint64_t combinations, std::uint64_t repeat,
                           const std::optional<scenario::Until>& until, Shard shard) {
  const std::uint64_t each = until ? 1 : repeat;  // of the units that are shared out
  const std::uint64_t all = combinations * each;
  const std::uint64_t end = share_begin(all, shard.index + 1, shard.count);
  std::vector<Span> spans;
  for (std::uint64_t i = share_begin(all, shard.index, shard.count); i < end;) {
    const std::uint64_t count = std::min(each - i % each, end - i);
    spans.push_back({i / each, i % each, until ? until->min : count});
    i += count;
  }
  return spans;
}

Plan::Plan(scenario::Sweep sweep, std::string version, Shard shard)
    : sweep_{std::move(sweep)},
      version_{std::move(version)},
      shard_{shard},
      metrics_{make_metrics(sweep_)} {
  for (std::uint64_t i = 1; i < sweep_.grid.size(); ++i) scenario::scenario_of(sweep_, i);
  if (sweep_.until) watched_ = column_of(sweep_.until->metric, "/repeat/until/metric");
  for (const scenario::SweepExpectation& expectation : sweep_.expectations) {
    column_of(expectation.metric, expectation.pointer + "/metric");  // throws where it is none
  }
  const boost::uuids::name_generator_sha1 generator{boost::uuids::ns::url()};
  identity_ = boost::uuids::to_string(generator(essence(*this)));
}

MetricSet Plan::make_metrics(const scenario::Sweep& sweep) {
  const scenario::Scenario scenario = scenario::scenario_of(sweep, 0);
  for (std::size_t i = 0; i < sweep.metrics.size(); ++i) {
    if (const auto problem = MetricSet::unknown(scenario, sweep.metrics[i])) {
      throw scenario::ScenarioError{sweep.file, fmt::format("/metrics/{}", i), *problem};
    }
  }
  return MetricSet{scenario, sweep.metrics};
}

/// A metric of which an expectation or `until` speaks.
std::size_t Plan::column_of(const std::string& metric, const std::string& pointer) const {
  if (const auto column = find_column(metrics_.columns(), metric)) return *column;
  if (const auto problem = MetricSet::unknown(scenario::scenario_of(sweep_, 0), metric)) {
    throw scenario::ScenarioError{sweep_.file, pointer, *problem};
  }
  throw scenario::ScenarioError{sweep_.file, pointer,
                                fmt::format("want one column of `metrics`, have \"{}\"", metric)};
}

std::string Plan::repeat_text() const {
  if (!sweep_.until) return std::to_string(sweep_.repeat);
  const scenario::Until& until = *sweep_.until;
  return fmt::format("until {} is known to ±{} ({:g} %), {} to {} runs", until.metric,
                     until.half_width, until.confidence * 100, until.min, until.max);
}

std::uint64_t Plan::combination_identity(std::uint64_t combination) const {
  return name_hash(version_ + "\n" + sweep_.scenario_text + "\n" +
                   settings_text(sweep_, combination));
}

std::uint64_t Plan::run_identity(std::uint64_t combination_identity, std::uint64_t seed) {
  return name_hash(fmt::format("{} {}", combination_identity, seed));
}

}  // namespace lastack::batch
