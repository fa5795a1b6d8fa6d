#include "lastack/batch/race.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

constexpr std::uint64_t first_look = 100;
/// Values that are all alike break a limit from so many on.
constexpr std::uint64_t enough_alike_to_break = 100;
/// Only so many candidates, the best of each goal, may throw others out: to compare all with all
/// would take the time of the runs.
constexpr std::size_t contenders_max = 64;

/// Half as many again, rounded up.
std::uint64_t after(std::uint64_t look) { return look + look / 2 + look % 2; }

std::uint64_t looks_up_to(std::uint64_t runs_max) {
  std::uint64_t looks = 1;
  for (std::uint64_t look = first_look; look < runs_max; look = after(look)) ++looks;
  return looks;
}

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::best: return "best";
    case Fate::open: return "open";
    case Fate::as_good: return "as_good";
    case Fate::worse: return "worse";
    case Fate::over_limit: return "over_limit";
  }
  LASTACK_UNREACHABLE("a fate that is none");
}

Race::Race(RaceRules rules) : rules_{std::move(rules)} {
  LASTACK_ASSERT(rules_.candidates > 0);
  LASTACK_ASSERT(!rules_.goals.empty());
  LASTACK_ASSERT(rules_.runs_max >= 2);
  const auto count = static_cast<double>(rules_.candidates);
  const bool race = rules_.search == RaceRules::Search::race;
  const auto looks = static_cast<double>(race ? looks_up_to(rules_.runs_max) : 1);
  const auto goals = static_cast<double>(rules_.goals.size());
  const double means = count * (static_cast<double>(rules_.limits.size()) + goals);
  const double pairs = count * (count - 1) / 2 * goals;
  const double half = (1 - rules_.confidence) / 2;
  mean_confidence_ = 1 - half / (means * looks);
  pair_confidence_ = 1 - half / (std::max(1.0, pairs) * looks);
  candidates_.resize(rules_.candidates);
  for (Candidate& candidate : candidates_) {
    candidate.standings.assign(rules_.limits.size(), Standing::open);
  }
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
    for (const std::vector<Figure>& figures : rules_.figures) {
      units_.push_back({0, 0, {figures.begin(), figures.end()}});
    }
  }
}

// --- Runs ---

std::optional<std::uint64_t> Race::next_look(std::uint64_t runs) const {
  if (runs >= rules_.runs_max) return std::nullopt;
  if (rules_.search == RaceRules::Search::grid) return rules_.runs_max;
  std::uint64_t look = first_look;
  while (look <= runs) look = after(look);
  return std::min(look, rules_.runs_max);
}

std::vector<Span> Race::next() {
  std::vector<char> needed(units_.size(), 0);
  if (looks_done_ == 0 || rules_.search == RaceRules::Search::grid) {
    std::fill(needed.begin(), needed.end(), 1);
  } else {
    for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
      if (!candidates_[i].runs()) continue;
      need_for_limits(i, needed);
      for (const std::uint64_t rival : contenders_) {
        if (rival != i && candidates_[rival].runs()) need_for_goals(rival, i, needed);
      }
    }
  }
  asked_.clear();
  std::vector<Span> spans;
  for (std::uint64_t i = 0; i < units_.size(); ++i) {
    Unit& unit = units_[i];
    const auto end = next_look(unit.runs);
    if (needed[i] == 0 || !end) continue;
    spans.push_back({i, unit.runs, *end - unit.runs});
    asked_.emplace_back(i, *end);
    unit.asked = *end;
  }
  return spans;
}

void Race::need_for_limits(std::uint64_t candidate, std::vector<char>& needed) const {
  for (std::size_t i = 0; i < rules_.limits.size(); ++i) {
    if (standing(candidate, i) != Standing::open) continue;
    needed[unit(candidate, rules_.limits[i].condition)] = 1;
  }
}

/// What the two need to be distinguished. The one with fewer runs catches up first.
void Race::need_for_goals(std::uint64_t a, std::uint64_t b, std::vector<char>& needed) {
  bool a_better = false;
  bool b_better = false;
  for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
    a_better = a_better || relation(a, b, goal) == Relation::better;
    b_better = b_better || relation(a, b, goal) == Relation::worse;
  }
  if (a_better && b_better) return;  // a trade-off, whatever the other goals say
  for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
    if (relation(a, b, goal) != Relation::unknown) continue;
    const std::size_t condition = rules_.goals[goal].condition;
    const std::uint64_t pairs = pairs_of(a, b, goal);
    for (const std::uint64_t each : {unit(a, condition), unit(b, condition)}) {
      if (units_[each].runs == pairs) needed[each] = 1;
    }
  }
}

void Race::add(std::uint64_t unit, std::uint64_t replication, const RunRow& row) {
  LASTACK_ASSERT(replication < units_[unit].asked);  // `next` asked for it
  for (Sample& sample : units_[unit].samples) sample.set(replication, row);
}

void Race::look() {
  for (const auto& [unit, runs] : asked_) units_[unit].runs = runs;
  asked_.clear();
  ++looks_done_;
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
    if (!candidates_[i].out) judge_limits(i);
  }
  judge_goals();
  check_invariants();
}

void Race::check_invariants() const {
  LASTACK_ASSERT(units_.size() == rules_.candidates * rules_.figures.size());
  for (const Unit& unit : units_) {
    LASTACK_ASSERT(unit.runs <= rules_.runs_max);
    for (const Sample& sample : unit.samples) LASTACK_ASSERT(sample.end() >= unit.runs);
  }
  LASTACK_ASSERT(in_race() <= rules_.candidates);
  for (const std::uint64_t contender : contenders_) {
    LASTACK_ASSERT(contender < rules_.candidates);
  }
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) check_candidate(i);
}

void Race::check_candidate(std::uint64_t i) const {
  const Candidate& candidate = candidates_[i];
  const auto& standings = candidate.standings;
  const bool broke = std::count(standings.begin(), standings.end(), Standing::broken) > 0;
  if (broke) LASTACK_ASSERT(candidate.out);
  LASTACK_ASSERT(candidate.out == (broke || candidate.beaten_by.has_value()));
  if (!candidate.beaten_by) return;
  LASTACK_ASSERT(*candidate.beaten_by != i);
  LASTACK_ASSERT(meets_all(*candidate.beaten_by));
}

// --- Limits ---

Measured Race::estimate(const Sample& sample, std::uint64_t runs) const {
  return sample.measure(mean_confidence_, runs);
}

Standing Race::judge(const RaceRules::Limit& limit, std::uint64_t candidate) const {
  const Unit& tried = units_[unit(candidate, limit.condition)];
  const Sample& sample = tried.samples[limit.figure];
  const Measured seen = estimate(sample, tried.runs);
  if (!seen.value) return Standing::open;
  const scenario::Bounds& bounds = limit.bounds;
  // All alike settle nothing, but that they break a limit.
  const bool alike = seen.runs >= enough_alike_to_break && seen.low == seen.high;
  if (seen.settled || alike) {
    const bool below = bounds.min && seen.high && *seen.high < *bounds.min;
    const bool above = bounds.max && seen.low && *seen.low > *bounds.max;
    if (below || above) return Standing::broken;
  }
  const std::optional<double> least = sample.least_mean(mean_confidence_, tried.runs);
  if (bounds.max && least && *least > *bounds.max) return Standing::broken;
  const bool inside = (!bounds.min || (seen.low && *seen.low >= *bounds.min)) &&
                      (!bounds.max || (seen.high && *seen.high <= *bounds.max));
  return inside && seen.settled ? Standing::met : Standing::open;
}

/// What was shown once stays: the intervals of all looks hold together.
void Race::judge_limits(std::uint64_t candidate) {
  Candidate& judged = candidates_[candidate];
  for (std::size_t i = 0; i < rules_.limits.size(); ++i) {
    if (judged.standings[i] != Standing::open) continue;
    judged.standings[i] = judge(rules_.limits[i], candidate);
    if (judged.standings[i] == Standing::broken) judged.out = true;
  }
}

bool Race::meets_all(std::uint64_t candidate) const {
  const std::vector<Standing>& standings = candidates_[candidate].standings;
  return std::all_of(standings.begin(), standings.end(),
                     [](Standing standing) { return standing == Standing::met; });
}

/// Whether it meets all limits as far as they are decided, and those that are open may still be.
bool Race::hopeful(std::uint64_t candidate) const {
  if (candidates_[candidate].out) return false;
  for (std::size_t i = 0; i < rules_.limits.size(); ++i) {
    const std::uint64_t runs = units_[unit(candidate, rules_.limits[i].condition)].runs;
    if (standing(candidate, i) == Standing::open && runs >= rules_.runs_max) return false;
  }
  return true;
}

// --- Goals ---

std::uint64_t Race::pairs_of(std::uint64_t a, std::uint64_t b, std::size_t goal) const {
  const std::size_t condition = rules_.goals[goal].condition;
  return std::min(units_[unit(a, condition)].runs, units_[unit(b, condition)].runs);
}

Difference Race::find_difference(std::uint64_t a, std::uint64_t b, std::size_t goal,
                                 std::uint64_t pairs) const {
  const RaceRules::Goal& asked = rules_.goals[goal];
  return batch::difference(sample(unit(a, asked.condition), asked.figure),
                           sample(unit(b, asked.condition), asked.figure), pair_confidence_, 1,
                           pairs);
}

Race::Relation Race::find_relation(std::uint64_t a, std::uint64_t b, std::size_t goal,
                                   std::uint64_t pairs) const {
  const Difference seen = find_difference(a, b, goal, pairs);
  if (!seen.low || !seen.high || !seen.settled) return Relation::unknown;
  const double size = std::abs(goal_estimate(b, goal).value.value_or(0));
  const double margin = rules_.precision * size;
  if (*seen.low >= -margin && *seen.high <= margin) return Relation::as_good;
  if (*seen.low <= 0 && *seen.high >= 0) return Relation::unknown;
  const bool lower = *seen.high < 0;
  const bool wanted = lower == (rules_.goals[goal].direction == scenario::Direction::minimize);
  return wanted ? Relation::better : Relation::worse;
}

/// How `a` does against `b`; asked again only when both have more runs.
Race::Relation Race::relation(std::uint64_t a, std::uint64_t b, std::size_t goal) {
  if (a > b) {
    const Relation other = relation(b, a, goal);
    if (other == Relation::better) return Relation::worse;
    return other == Relation::worse ? Relation::better : other;
  }
  auto& known = relations_[{a, b}];
  known.resize(rules_.goals.size(), {Relation::unknown, 0});
  auto& [relation, pairs] = known[goal];
  const std::uint64_t now = pairs_of(a, b, goal);
  if (relation == Relation::unknown && pairs != now) {
    pairs = now;
    relation = find_relation(a, b, goal, now);
  }
  return relation;
}

double Race::rank(std::uint64_t candidate, std::size_t goal) const {
  const auto seen = goal_estimate(candidate, goal).value;
  if (!seen) return std::numeric_limits<double>::infinity();
  return rules_.goals[goal].direction == scenario::Direction::minimize ? *seen : -*seen;
}

/// The best of each goal that may still win, in the order of their means.
std::vector<std::uint64_t> Race::find_contenders() const {
  std::vector<std::uint64_t> chosen;
  std::vector<char> taken(rules_.candidates, 0);
  for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
    std::vector<std::pair<double, std::uint64_t>> ranked;
    for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
      if (hopeful(i)) ranked.emplace_back(rank(i, goal), i);
    }
    std::sort(ranked.begin(), ranked.end());
    if (ranked.size() > contenders_max) ranked.resize(contenders_max);
    for (const auto& [mean, candidate] : ranked) {
      if (taken[candidate] == 0) chosen.push_back(candidate);
      taken[candidate] = 1;
    }
  }
  return chosen;
}

/// Whether nobody needs `b` beside `a`: it is worse in some goal and better in none, or as good in
/// all of them. Of two that are as good the first stays.
bool Race::covers(std::uint64_t a, std::uint64_t b) {
  bool better = false;
  for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
    const Relation seen = relation(a, b, goal);
    if (seen == Relation::worse || seen == Relation::unknown) return false;
    better = better || seen == Relation::better;
  }
  return better || a < b;
}

void Race::judge_goals() {
  contenders_ = find_contenders();
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
    if (!candidates_[i].out) judge_against_contenders(i);
  }
  // Differences from other numbers of runs need not be transitive: all could wait for each other.
  if (in_race() == 0 && !contenders_.empty()) candidates_[contenders_.front()].waits = false;
}

void Race::judge_against_contenders(std::uint64_t candidate) {
  Candidate& judged = candidates_[candidate];
  judged.waits = false;
  for (const std::uint64_t rival : contenders_) {
    if (rival == candidate || candidates_[rival].out || !covers(rival, candidate)) continue;
    judged.waits = true;
    if (!meets_all(rival)) continue;
    judged.out = true;
    judged.beaten_by = rival;
    judged.as_good = true;
    for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
      judged.as_good = judged.as_good && relation(rival, candidate, goal) == Relation::as_good;
    }
    return;
  }
}

// --- What came out ---

std::uint64_t Race::in_race() const {
  return static_cast<std::uint64_t>(std::count_if(
      candidates_.begin(), candidates_.end(), [](const Candidate& each) { return each.runs(); }));
}

std::uint64_t Race::runs() const {
  std::uint64_t runs = 0;
  for (const Unit& unit : units_) runs += unit.runs;
  return runs;
}

std::uint64_t Race::grid_runs() const {
  std::uint64_t runs = 0;
  for (std::size_t condition = 0; condition < rules_.figures.size(); ++condition) {
    std::uint64_t most = 0;
    for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
      most = std::max(most, units_[unit(i, condition)].runs);
    }
    runs += most * rules_.candidates;
  }
  return runs;
}

Fate Race::fate(std::uint64_t candidate) const {
  const Candidate& judged = candidates_[candidate];
  if (judged.beaten_by) return judged.as_good ? Fate::as_good : Fate::worse;
  if (judged.out) return Fate::over_limit;
  bool measured = looks_done_ > 0;
  for (std::size_t goal = 0; goal < rules_.goals.size(); ++goal) {
    measured = measured && goal_estimate(candidate, goal).value;
  }
  return measured && meets_all(candidate) ? Fate::best : Fate::open;
}

std::vector<std::uint64_t> Race::front() const {
  std::vector<std::pair<double, std::uint64_t>> ranked;
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
    if (fate(i) == Fate::best) ranked.emplace_back(rank(i, 0), i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::uint64_t> front;
  for (const auto& [mean, candidate] : ranked) front.push_back(candidate);
  return front;
}

double Race::shortfall(std::uint64_t candidate, std::size_t limit) const {
  const scenario::Bounds& bounds = rules_.limits[limit].bounds;
  const auto seen = limit_estimate(candidate, limit).value;
  if (!seen) return std::numeric_limits<double>::infinity();
  const auto share = [](double amount, double bound) {
    return bound == 0 ? amount : amount / std::abs(bound);
  };
  if (bounds.min && *seen < *bounds.min) return share(*bounds.min - *seen, *bounds.min);
  if (bounds.max && *seen > *bounds.max) return share(*seen - *bounds.max, *bounds.max);
  return 0;
}

std::uint64_t Race::nearest() const {
  std::vector<std::tuple<double, std::size_t, std::uint64_t>> ranked;
  for (std::uint64_t i = 0; i < rules_.candidates; ++i) {
    double greatest = 0;
    std::size_t not_met = 0;
    for (std::size_t limit = 0; limit < rules_.limits.size(); ++limit) {
      greatest = std::max(greatest, shortfall(i, limit));
      if (standing(i, limit) != Standing::met) ++not_met;
    }
    ranked.emplace_back(greatest, not_met, i);
  }
  return std::get<2>(*std::min_element(ranked.begin(), ranked.end()));
}

Measured Race::limit_estimate(std::uint64_t candidate, std::size_t limit) const {
  const RaceRules::Limit& asked = rules_.limits[limit];
  const Unit& tried = units_[unit(candidate, asked.condition)];
  return estimate(tried.samples[asked.figure], tried.runs);
}

Measured Race::goal_estimate(std::uint64_t candidate, std::size_t goal) const {
  const RaceRules::Goal& asked = rules_.goals[goal];
  const Unit& tried = units_[unit(candidate, asked.condition)];
  return estimate(tried.samples[asked.figure], tried.runs);
}

Difference Race::difference(std::uint64_t a, std::uint64_t b, std::size_t goal) const {
  return find_difference(a, b, goal, pairs_of(a, b, goal));
}

}  // namespace lastack::batch
