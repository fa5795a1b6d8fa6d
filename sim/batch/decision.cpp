#include "lastack/batch/decision.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "decision_claims.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

using Kind = DecisionFigure::Kind;

/// Differences that nobody would choose by.
constexpr double margin_of_shares = 0.002;
constexpr double margin_of_others = 0.05;  ///< of the better value

/// Stands for the time of a connect that failed: 31 years.
constexpr SimDuration never{std::chrono::seconds{1'000'000'000}};

bool is_never(double seconds) { return seconds >= to_seconds(never) / 2; }

// --- Figures ---

/// Quantiles that count failures: of a share and the times of what succeeded.
struct Reached {
  std::string_view name;
  std::string_view share;
  std::string_view times;
};
constexpr std::array reached{Reached{connected_p99, "connect_ok", "connect_time.p99"},
                             Reached{answered_p99, "request_ok", "request_time.p99"}};

const Reached* reached_by(std::string_view figure) {
  const auto* found = std::find_if(reached.begin(), reached.end(),
                                   [&](const Reached& each) { return each.name == figure; });
  return found == reached.end() ? nullptr : found;
}

std::vector<DecisionFigure> figures_of(const std::vector<std::string>& metrics) {
  std::vector<DecisionFigure> outcomes;
  std::vector<DecisionFigure> costs;
  for (const std::string& share : shares_of(metrics)) outcomes.push_back({share, Kind::outcome});
  for (const Reached& each : reached) {
    if (!find_figure(metrics, each.share) || !find_figure(metrics, each.times)) continue;
    outcomes.push_back({std::string{each.name}, Kind::outcome});
  }
  for (const char* name : {"orphan_time.mean", "half_open_at_end", "bytes_delivered"}) {
    if (find_figure(metrics, name)) outcomes.push_back({name, Kind::outcome});
  }
  for (const std::string& metric : metrics) {
    if (!metric.starts_with("time_in.") || is_part_of_sum(metric, metrics)) continue;
    if (better_of(metric) != Better::neither) costs.push_back({metric, Kind::cost});
  }
  if (outcomes.empty()) {
    for (DecisionFigure& cost : costs) cost.kind = Kind::outcome;
  }
  outcomes.insert(outcomes.end(), costs.begin(), costs.end());
  return outcomes;
}

/// All connects, or requests, of a combination as times: those that failed take `never`.
Sample reached_sample(const Sample& shares, const Sample& times) {
  Figure figure = times.figure();
  figure.index = 0;
  Sample all{figure};
  for (std::uint64_t run = 0; run < shares.end(); ++run) {
    const Sample::Term& term = shares.terms()[run];
    if (term.weight <= 0) continue;
    TimeDistribution each;
    if (run < times.end()) {
      for (const auto& [value, count] : times.steps(run)) {
        const auto ns = static_cast<std::int64_t>(std::llround(value * 1e9));
        each.add(SimDuration{ns}, count);
      }
    }
    each.add(never, static_cast<std::uint64_t>(std::llround(term.weight - term.sum)));
    RunRow row;
    row.times = {std::move(each)};
    all.set(run, row);
  }
  return all;
}

Sample sample_of(const Store& store, std::uint64_t combination, const std::string& figure) {
  const std::vector<std::string>& metrics = store.info().metrics;
  const Reached* counted = reached_by(figure);
  if (counted == nullptr) return store.sample(combination, find_figure(metrics, figure).value());
  return reached_sample(store.sample(combination, find_figure(metrics, counted->share).value()),
                        store.sample(combination, find_figure(metrics, counted->times).value()));
}

DecisionCell cell_of(const Measured& seen) {
  const auto finite = [](const std::optional<double>& value) {
    return value && !is_never(*value) ? value : std::nullopt;
  };
  return {seen.value.has_value(), finite(seen.value), finite(seen.low), finite(seen.high)};
}

// --- Who is alike ---

/// One figure of all candidates under one condition.
class Grouping {
 public:
  Grouping(const std::vector<std::optional<Sample>>& samples, std::string_view figure,
           double confidence)
      : samples_{samples},
        is_share_{is_share(figure)},
        more_is_better_{reached_by(figure) == nullptr && better_of(figure) == Better::more},
        confidence_{confidence} {}

  std::vector<AlikeGroup> groups() const {
    std::vector<AlikeGroup> groups;
    for (const auto& [worth, candidate] : best_first()) {
      bool taken = false;
      for (std::size_t i = 0; i < groups.size() && !taken; ++i) taken = joins(candidate, groups[i]);
      if (!taken) groups.push_back({{candidate}, candidate, true, {}});
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      std::sort(groups[i].members.begin(), groups[i].members.end());
      if (i == 0) continue;
      for (const std::size_t member : groups[i].members) {
        groups[i].worse.push_back(worse_by(member, groups.front().best));
      }
    }
    return groups;
  }

 private:
  double sign() const { return more_is_better_ ? -1 : 1; }

  /// Those that have a value; of equals the earlier one.
  std::vector<std::pair<double, std::size_t>> best_first() const {
    std::vector<std::pair<double, std::size_t>> ranked;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (!samples_[i]) continue;
      const Measured seen = samples_[i]->measure(confidence_);
      if (seen.value) ranked.emplace_back(sign() * *seen.value, i);
    }
    std::sort(ranked.begin(), ranked.end());
    return ranked;
  }

  double margin(const Sample& best) const {
    if (is_share_) return margin_of_shares;
    return margin_of_others * std::abs(best.measure(confidence_).value.value_or(0));
  }

  bool joins(std::size_t candidate, AlikeGroup& group) const {
    const Sample& best = *samples_[group.best];
    const Difference seen = difference(*samples_[candidate], best, confidence_);
    const bool within =
        seen.is_none() || (seen.settled && seen.low && seen.high &&
                           std::max(std::abs(*seen.low), std::abs(*seen.high)) <= margin(best));
    if (!within && seen.verdict == (more_is_better_ ? Verdict::lower : Verdict::higher))
      return false;
    group.members.push_back(candidate);
    group.shown = group.shown && within;
    return true;
  }

  Difference worse_by(std::size_t candidate, std::size_t best) const {
    const Difference seen = difference(*samples_[candidate], *samples_[best], confidence_);
    return more_is_better_ ? seen.negated() : seen;
  }

  const std::vector<std::optional<Sample>>& samples_;
  bool is_share_;
  bool more_is_better_;
  double confidence_;
};

/// Candidates that are in the same group by every outcome.
std::vector<AlikeClass> classes_of(const Decision& decision, const Decision::Condition& condition) {
  std::map<std::vector<std::size_t>, AlikeClass> by_groups;
  for (std::size_t candidate = 0; candidate < decision.candidates.size(); ++candidate) {
    std::vector<std::size_t> places;
    bool shown = true;
    for (std::size_t figure = 0; figure < decision.figures.size(); ++figure) {
      if (decision.figures[figure].kind != Kind::outcome) continue;
      const std::vector<AlikeGroup>& groups = condition.groups[figure];
      const auto found = std::find_if(groups.begin(), groups.end(), [&](const AlikeGroup& group) {
        return std::binary_search(group.members.begin(), group.members.end(), candidate);
      });
      places.push_back(static_cast<std::size_t>(found - groups.begin()));
      shown = shown && (found == groups.end() || found->shown);
    }
    if (!condition.combinations[candidate]) continue;
    AlikeClass& alike = by_groups[places];
    alike.members.push_back(candidate);
    alike.shown = shown;
  }
  std::vector<AlikeClass> classes;
  for (auto& [places, alike] : by_groups) classes.push_back(std::move(alike));
  for (AlikeClass& alike : classes) alike.shown = alike.shown || alike.members.size() == 1;
  return classes;
}

// --- Where nobody answers ---

/// How many connects a combination's runs are known to have seen fail; nothing where that was not
/// kept.
std::optional<double> failures(const Store& store, std::uint64_t combination) {
  std::optional<double> failed;
  const std::vector<std::string>& metrics = store.info().metrics;
  for (const std::string& metric : metrics) {
    if (!metric.starts_with("connect_error.")) continue;
    const Measured seen = measured(store, combination, find_figure(metrics, metric).value());
    failed = failed.value_or(0) + seen.value.value_or(0) * static_cast<double>(seen.runs);
  }
  return failed;
}

/// Socket-seconds in SYN_SENT: of all hosts, or of the one that all connects come from.
std::optional<Figure> waiting_figure(const StoreInfo& info) {
  const std::string sum = "time_in.SYN_SENT";
  if (const auto figure = find_figure(info.metrics, sum)) return figure;
  const scenario::Scenario scenario = scenario::scenario_under(info.conditions.front(), {});
  std::set<std::size_t> connecting;
  for (const app::Connector& each : scenario.connectors) {
    std::uint64_t members_before = 0;
    for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
      members_before += scenario.hosts[i].count;
      if (each.host >= members_before) continue;
      connecting.insert(i);
      break;
    }
  }
  if (connecting.size() != 1) return std::nullopt;
  return find_figure(info.metrics, sum + "." + scenario.hosts[*connecting.begin()].name);
}

/// Requires that no connect of the combination succeeds.
std::optional<GiveUp> give_up_of(const Store& store, std::uint64_t combination) {
  const std::vector<std::string>& metrics = store.info().metrics;
  const auto waiting = waiting_figure(store.info());
  const Sample shares = store.sample(combination, find_figure(metrics, "connect_ok").value());
  const Measured connects = shares.measure(shown_confidence(store.info()));
  if (!waiting || connects.of == 0) return std::nullopt;
  const Measured seen = measured(store, combination, *waiting);
  const double each_run =
      static_cast<double>(connects.of) / static_cast<double>(std::max<std::uint64_t>(seen.runs, 1));
  GiveUp result;
  result.seconds = seen.value.value_or(0) / each_run;
  const bool even = std::all_of(shares.terms().begin(), shares.terms().end(),
                                [&](const auto& term) { return term.weight == each_run; });
  if (even && seen.low && seen.high) {
    result.low = *seen.low / each_run;
    result.high = *seen.high / each_run;
  }
  const auto failed = failures(store, combination);
  result.at_least = !failed || std::llround(*failed) < static_cast<long long>(connects.of);
  return result;
}

// --- The whole ---

/// Fills in a decision.
class Decider {
 public:
  explicit Decider(const Store& store) : store_{store}, grid_{store.info().grid} {}

  Decision decision() {
    decision_.confidence = store_.info().until ? store_.info().until->confidence : usual_confidence;
    decision_.figures = figures_of(store_.info().metrics);
    find_axes();
    find_places();
    for (Decision::Condition& condition : decision_.conditions) look_for_dead(condition);
    if (decision_.candidates.size() <= Decision::candidates_max) {
      for (Decision::Condition& condition : decision_.conditions) judge(condition);
    }
    decision_.claims = claims_of(decision_, retries_vary());
    return std::move(decision_);
  }

 private:
  void find_axes() {
    for (std::size_t i = 0; i < grid_.axes.size(); ++i) {
      (is_setting(grid_.axes[i].path) ? decision_.settings : decision_.met).push_back(i);
    }
  }

  /// Candidates and conditions that have run, in the order of the combinations.
  void find_places() {
    std::map<std::vector<std::size_t>, std::size_t> candidates;
    std::map<std::vector<std::size_t>, std::size_t> conditions;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    const std::vector<std::uint64_t> combinations = store_.combinations();
    for (const std::uint64_t i : combinations) {
      const std::vector<std::size_t> at = grid_.values_of(i);
      const auto part = [&](const std::vector<std::size_t>& axes) {
        std::vector<std::size_t> values;
        for (const std::size_t axis : axes) values.push_back(at[axis]);
        return values;
      };
      const auto [candidate, new_candidate] =
          candidates.try_emplace(part(decision_.settings), candidates.size());
      const auto [condition, new_condition] =
          conditions.try_emplace(part(decision_.met), conditions.size());
      if (new_candidate) decision_.candidates.push_back({candidate->first});
      if (new_condition) decision_.conditions.emplace_back().at = condition->first;
      places.emplace_back(condition->second, candidate->second);
    }
    for (Decision::Condition& condition : decision_.conditions) {
      condition.combinations.resize(decision_.candidates.size());
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      decision_.conditions[places[i].first].combinations[places[i].second] = combinations[i];
    }
  }

  void look_for_dead(Decision::Condition& condition) const {
    const auto connect_ok = find_figure(store_.info().metrics, "connect_ok");
    if (!connect_ok) return;
    bool tried = false;
    bool connected = false;
    for (const auto& combination : condition.combinations) {
      if (!combination) continue;
      const Measured seen = measured(store_, *combination, *connect_ok);
      tried = tried || seen.of > 0;
      connected = connected || seen.value.value_or(0) > 0;
    }
    condition.dead = tried && !connected;
  }

  /// What each comparison is made with, so that all hold together.
  double confidence_of_each() const {
    const auto live = static_cast<double>(
        std::count_if(decision_.conditions.begin(), decision_.conditions.end(),
                      [](const Decision::Condition& condition) { return !condition.dead; }));
    const auto n = static_cast<double>(decision_.candidates.size());
    const double comparisons =
        live * static_cast<double>(decision_.figures.size()) * n * (n - 1) / 2;
    const double each = 1 - (1 - decision_.confidence) / std::max(1.0, comparisons);
    return look_confidence(store_.info(), each);
  }

  void judge(Decision::Condition& condition) const {
    const double shown = shown_confidence(store_.info());
    for (const DecisionFigure& figure : decision_.figures) {
      std::vector<std::optional<Sample>> samples;
      std::vector<DecisionCell> cells;
      for (const auto& combination : condition.combinations) {
        samples.push_back(combination ? std::optional{sample_of(store_, *combination, figure.name)}
                                      : std::nullopt);
        cells.push_back(samples.back() ? cell_of(samples.back()->measure(shown)) : DecisionCell{});
      }
      condition.cells.push_back(std::move(cells));
      condition.groups.push_back(
          condition.dead ? std::vector<AlikeGroup>{}
                         : Grouping{samples, figure.name, confidence_of_each()}.groups());
    }
    if (!condition.dead) {
      condition.classes = classes_of(decision_, condition);
      return;
    }
    for (const auto& combination : condition.combinations) {
      condition.give_up.push_back(combination ? give_up_of(store_, *combination) : std::nullopt);
    }
  }

  /// Whether a setting is about how often a SYN goes again, and connects are looked at.
  bool retries_vary() const {
    if (!find_figure(store_.info().metrics, "connect_ok")) return false;
    return std::any_of(decision_.settings.begin(), decision_.settings.end(), [&](std::size_t axis) {
      const std::string& path = grid_.axes[axis].path;
      return grid_.axes[axis].values.size() > 1 &&
             (path.ends_with("tcp_syn_retries") || path.ends_with("tcp_syn_linear_timeouts") ||
              path.ends_with("TCP_SYNCNT"));
    });
  }

  const Store& store_;
  const scenario::Grid& grid_;
  Decision decision_;
};

}  // namespace

bool is_setting(std::string_view path) {
  const std::string padded = fmt::format(".{}.", path);
  constexpr std::array<std::string_view, 5> parts{".sysctl.", ".setsockopt.", ".backlog.",
                                                  ".limits.", ".profile."};
  return std::any_of(parts.begin(), parts.end(), [&padded](std::string_view part) {
    return padded.find(part) != std::string::npos;
  });
}

Decision decide(const Store& store) { return Decider{store}.decision(); }

}  // namespace lastack::batch
