#include "lastack/batch/tune.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "crew.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/run/simulation.hpp"

namespace lastack::batch {

namespace {

/// Runs that one thread takes at a time: few, as all threads wait for the end of each look.
constexpr std::uint64_t runs_of_a_look_max = 64;

/// How the runs of a candidate under a condition are done.
RunOne runs_of(const TunePlan& plan, const Race& race, std::uint64_t unit,
               const std::function<bool()>& exceeded) {
  const std::size_t conditions = race.rules().figures.size();
  const auto condition = static_cast<std::size_t>(unit % conditions);
  return [&plan, &exceeded, unit, condition,
          scenario = scenario::scenario_of(plan.objective(), unit / conditions, condition)](
             std::uint64_t replication, const std::atomic<bool>& halt) -> std::optional<RunRow> {
    std::optional<RunRow> row = run_once(scenario, plan.objective().seed_of(replication),
                                         plan.metrics(condition), halt, exceeded);
    if (!row) return row;
    row->combination = unit;
    row->replication = replication;
    return row;
  };
}

}  // namespace

TunePlan::TunePlan(scenario::Objective objective) : objective_{std::move(objective)} {
  const std::size_t conditions = objective_.conditions.size();
  figures_.resize(conditions);
  least_memory_.resize(objective_.settings.size() * conditions);
  for (std::size_t condition = 0; condition < conditions; ++condition) find_metrics(condition);
  for (std::size_t i = 0; i < objective_.limits.size(); ++i) {
    const scenario::Limit& limit = objective_.limits[i];
    check_share(limit.metric, limit.bounds, objective_.file, limit.pointer);
    for (const std::size_t condition : limit.under) {
      limits_.push_back({condition, place_of(condition, limit.metric), limit.bounds});
      origins_.push_back(i);
    }
  }
  for (const scenario::Goal& goal : objective_.goals) {
    goals_.push_back({goal.under, place_of(goal.under, goal.metric), goal.direction});
  }
}

/// What limits and goals ask for under a condition. Reads the scenario of each candidate there.
void TunePlan::find_metrics(std::size_t condition) {
  for (std::uint64_t i = 1; i < objective_.settings.size(); ++i) {
    note_memory(scenario::scenario_of(objective_, i, condition), i, condition);
  }
  const scenario::Scenario first = scenario::scenario_of(objective_, 0, condition);
  note_memory(first, 0, condition);
  const std::vector<std::string> all = MetricSet{first}.columns();
  std::vector<std::string> wanted;
  std::vector<std::string> names;
  const auto want = [&](const std::string& metric, const std::string& pointer) {
    const auto figure = find_figure(all, metric);
    if (!figure) {
      throw scenario::ScenarioError{
          objective_.file, pointer + "/metric",
          MetricSet::unknown(first, metric)
              .value_or(fmt::format("want one figure of the metrics, have \"{}\"", metric))};
    }
    names.push_back(figure->name);
    const bool of_times = figure->of == Figure::Of::times;
    wanted.push_back(of_times ? families_of(all)[figure->index] : all[figure->column]);
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
  const MetricSet& metrics = metrics_.emplace_back(first, wanted);
  for (const std::string& name : names) {
    const auto known = [&](const Figure& each) { return each.name == name; };
    std::vector<Figure>& figures = figures_[condition];
    if (std::none_of(figures.begin(), figures.end(), known)) {
      figures.push_back(find_figure(metrics.columns(), name).value());
    }
  }
}

void TunePlan::note_memory(const scenario::Scenario& scenario, std::uint64_t candidate,
                           std::size_t condition) {
  least_memory_[candidate * objective_.conditions.size() + condition] = run::least_memory(scenario);
}

std::size_t TunePlan::place_of(std::size_t condition, const std::string& metric) const {
  const std::string name = find_figure(metrics_[condition].columns(), metric).value().name;
  const std::vector<Figure>& figures = figures_[condition];
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const Figure& each) { return each.name == name; });
  return static_cast<std::size_t>(found - figures.begin());
}

RaceRules TunePlan::rules(RaceRules::Search search) const {
  RaceRules rules;
  rules.candidates = objective_.settings.size();
  rules.figures = figures_;
  rules.limits = limits_;
  rules.goals = goals_;
  rules.confidence = objective_.confidence;
  rules.precision = objective_.precision;
  rules.runs_max = objective_.runs_max;
  rules.search = search;
  return rules;
}

std::string TunePlan::name_of(std::size_t condition, std::size_t figure) const {
  const std::string& metric = figures_[condition][figure].name;
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
    for (const RunRow& row : rows) race.add(row.combination, row.replication, row);
    left -= rows.size();
    if (progress != nullptr) progress->runs += rows.size();
  }
  return true;
}

}  // namespace

TuneEnd run_race(const TunePlan& plan, Race& race, unsigned threads, const std::atomic<bool>* stop,
                 TuneProgress* progress, const std::function<bool()>& exceeded) {
  Crew crew{threads, runs_of_a_look_max,
            [&](std::uint64_t unit) { return runs_of(plan, race, unit, exceeded); }};
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

std::vector<std::uint64_t> in_order(const Race& race) {
  std::vector<std::tuple<Fate, double, std::uint64_t>> ranked;
  for (std::uint64_t i = 0; i < race.rules().candidates; ++i) {
    ranked.emplace_back(race.fate(i), race.rank(i, 0), i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::uint64_t> order;
  for (const auto& [fate, rank, candidate] : ranked) order.push_back(candidate);
  return order;
}

std::uint64_t runs_of(const Race& race, std::uint64_t candidate) {
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < race.rules().figures.size(); ++i) {
    runs += race.runs(race.unit(candidate, i));
  }
  return runs;
}

}  // namespace lastack::batch
