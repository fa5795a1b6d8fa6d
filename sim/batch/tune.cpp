#include "lastack/batch/tune.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "crew.hpp"

namespace lastack::batch {

namespace {

/// Runs that one thread takes at a time: few, as all threads wait for the end of each look.
constexpr std::uint64_t runs_of_a_look_max = 64;

/// How the runs of a candidate under a condition are done.
RunOne runs_of(const TunePlan& plan, const Race& race, std::uint64_t unit) {
  const std::size_t conditions = race.rules().columns.size();
  const auto condition = static_cast<std::size_t>(unit % conditions);
  return [&plan, unit, condition,
          scenario = scenario::scenario_of(plan.objective(), unit / conditions, condition)](
             std::uint64_t replication, const std::atomic<bool>& halt) -> std::optional<RunRow> {
    std::optional<RunRow> row =
        run_once(scenario, plan.objective().seed_of(replication), plan.metrics(condition), halt);
    if (!row) return row;
    row->combination = unit;
    row->replication = replication;
    return row;
  };
}

}  // namespace

TunePlan::TunePlan(scenario::Objective objective) : objective_{std::move(objective)} {
  for (std::size_t condition = 0; condition < objective_.conditions.size(); ++condition) {
    metrics_.push_back(make_metrics(condition));
  }
  for (std::size_t i = 0; i < objective_.limits.size(); ++i) {
    const scenario::Limit& limit = objective_.limits[i];
    for (const std::size_t condition : limit.under) {
      const std::size_t column = *find_column(metrics_[condition].columns(), limit.metric);
      limits_.push_back({condition, column, limit.bounds, share_at(condition, column)});
      origins_.push_back(i);
    }
  }
  for (const scenario::Goal& goal : objective_.goals) {
    const std::size_t column = *find_column(metrics_[goal.under].columns(), goal.metric);
    goals_.push_back({goal.under, column, share_at(goal.under, column), goal.direction});
  }
}

/// What limits and goals ask for under a condition. Reads the scenario of each candidate there.
MetricSet TunePlan::make_metrics(std::size_t condition) const {
  for (std::uint64_t i = 1; i < objective_.settings.size(); ++i) {
    scenario::scenario_of(objective_, i, condition);
  }
  const scenario::Scenario first = scenario::scenario_of(objective_, 0, condition);
  const MetricSet all{first};
  std::vector<std::string> wanted;
  const auto want = [&](const std::string& metric, const std::string& pointer) {
    const auto column = find_column(all.columns(), metric);
    if (!column) {
      throw scenario::ScenarioError{
          objective_.file, pointer + "/metric",
          MetricSet::unknown(first, metric)
              .value_or(fmt::format("want one column of the metrics, have \"{}\"", metric))};
    }
    wanted.push_back(all.columns()[*column]);
  };
  for (const scenario::Limit& limit : objective_.limits) {
    const bool here = std::count(limit.under.begin(), limit.under.end(), condition) > 0;
    if (here) want(limit.metric, limit.pointer);
  }
  for (const scenario::Goal& goal : objective_.goals) {
    if (goal.under == condition) want(goal.metric, goal.pointer);
  }
  if (wanted.empty()) {
    throw scenario::ScenarioError{objective_.file, objective_.conditions[condition].pointer,
                                  "want a limit or a goal under this condition, have none"};
  }
  return MetricSet{first, wanted};
}

bool TunePlan::share_at(std::size_t condition, std::size_t column) const {
  return is_share(metrics_[condition].columns()[column]);
}

RaceRules TunePlan::rules(RaceRules::Search search) const {
  RaceRules rules;
  rules.candidates = objective_.settings.size();
  for (const MetricSet& metrics : metrics_) rules.columns.push_back(metrics.columns().size());
  rules.limits = limits_;
  rules.goals = goals_;
  rules.confidence = objective_.confidence;
  rules.precision = objective_.precision;
  rules.runs_max = objective_.runs_max;
  rules.search = search;
  return rules;
}

std::string TunePlan::name_of(std::size_t condition, std::size_t column) const {
  const std::string& metric = metrics_[condition].columns()[column];
  const std::string& name = objective_.conditions[condition].name;
  return name.empty() ? metric : metric + " under " + name;
}

namespace {

std::uint64_t runs_in(const std::vector<Span>& spans) {
  std::uint64_t runs = 0;
  for (const Span& span : spans) runs += span.count;
  return runs;
}

/// Does what a look needs. False when it was asked to stop.
bool run_spans(Race& race, Crew& crew, const std::vector<Span>& spans,
               const std::atomic<bool>* stop, TuneProgress* progress) {
  crew.add_work(spans);
  for (std::uint64_t left = runs_in(spans); left > 0;) {
    if (stop != nullptr && *stop) return false;
    const std::vector<RunRow> rows = crew.collect();
    for (const RunRow& row : rows) race.add(row.combination, row.replication, row.values);
    left -= rows.size();
    if (progress != nullptr) progress->runs += rows.size();
  }
  return true;
}

}  // namespace

TuneEnd run_race(const TunePlan& plan, Race& race, unsigned threads, const std::atomic<bool>* stop,
                 TuneProgress* progress) {
  Crew crew{threads, runs_of_a_look_max,
            [&](std::uint64_t unit) { return runs_of(plan, race, unit); }};
  while (true) {
    const std::vector<Span> spans = race.next();
    if (spans.empty()) return TuneEnd::complete;
    if (progress != nullptr) {
      progress->asked += runs_in(spans);
      progress->in_race = race.in_race();
      progress->look = race.looks() + 1;
    }
    if (!run_spans(race, crew, spans, stop, progress)) return TuneEnd::interrupted;
    race.look();
  }
}

}  // namespace lastack::batch
