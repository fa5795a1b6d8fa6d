#include "decision_claims.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lastack::batch {

namespace {

using Kind = DecisionFigure::Kind;

/// Times apart by less than this share are as good as each other.
constexpr double alike_times = 1.05;

class Claims {
 public:
  Claims(const Decision& decision, bool retries_vary)
      : decision_{decision},
        retries_vary_{retries_vary} {}

  std::vector<Claim> all() {
    if (decision_.candidates.size() > Decision::candidates_max) {
      add(Claim::Kind::too_many);
      return std::move(claims_);
    }
    const bool choices = decision_.candidates.size() > 1 && has_live_condition();
    if (choices) {
      choose();
      say_who_is_alike();
      say_who_is_worse(Kind::outcome);
    }
    say_when_it_gives_up();
    if (choices) say_who_is_worse(Kind::cost);
    return std::move(claims_);
  }

 private:
  Claim& add(Claim::Kind kind) {
    claims_.emplace_back();
    claims_.back().kind = kind;
    return claims_.back();
  }

  bool has_live_condition() const {
    return std::any_of(decision_.conditions.begin(), decision_.conditions.end(),
                       [](const auto& each) {
                         return std::any_of(each.groups.begin(), each.groups.end(),
                                            [](const auto& groups) { return !groups.empty(); });
                       });
  }

  // --- Who is worse nowhere ---

  void choose() {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < decision_.candidates.size(); ++i) left.push_back(i);
    bool shown = true;
    for (const Decision::Condition& condition : decision_.conditions) {
      for (std::size_t figure = 0; figure < condition.groups.size(); ++figure) {
        const std::vector<AlikeGroup>& groups = condition.groups[figure];
        if (decision_.figures[figure].kind != Kind::outcome || groups.empty()) continue;
        std::vector<std::size_t> still;
        std::set_intersection(left.begin(), left.end(), groups.front().members.begin(),
                              groups.front().members.end(), std::back_inserter(still));
        left = std::move(still);
        shown = shown && groups.front().shown;
      }
    }
    if (left.empty()) {
      add(Claim::Kind::no_choice).candidates = worth_considering();
      return;
    }
    Claim& claim = add(Claim::Kind::choice);
    claim.cheapest = soonest_to_give_up(left);
    claim.shown = shown || left.size() == 1;
    claim.candidates = std::move(left);
  }

  /// Those than which no other is better by one outcome under one condition and nowhere worse.
  std::vector<std::size_t> worth_considering() const {
    std::vector<std::size_t> worth;
    for (std::size_t i = 0; i < decision_.candidates.size(); ++i) {
      bool beaten = false;
      for (std::size_t other = 0; other < decision_.candidates.size(); ++other) {
        beaten = beaten || beats(other, i);
      }
      if (!beaten) worth.push_back(i);
    }
    return worth;
  }

  bool beats(std::size_t one, std::size_t other) const {
    bool better = false;
    for (const Decision::Condition& condition : decision_.conditions) {
      for (std::size_t figure = 0; figure < condition.groups.size(); ++figure) {
        if (decision_.figures[figure].kind != Kind::outcome) continue;
        const std::size_t a = place_of(one, condition.groups[figure]);
        const std::size_t b = place_of(other, condition.groups[figure]);
        if (a > b) return false;
        better = better || a < b;
      }
    }
    return better;
  }

  /// Of which group it is, the best first; behind all where it has no value.
  static std::size_t place_of(std::size_t candidate, const std::vector<AlikeGroup>& groups) {
    const auto found = std::find_if(groups.begin(), groups.end(), [&](const AlikeGroup& group) {
      return std::binary_search(group.members.begin(), group.members.end(), candidate);
    });
    return static_cast<std::size_t>(found - groups.begin());
  }

  /// Of these, those that no other gives up sooner than under any condition where nobody answers;
  /// none where that is all of them, or not known.
  std::vector<std::size_t> soonest_to_give_up(const std::vector<std::size_t>& among) const {
    std::vector<std::size_t> soonest = among;
    for (const Decision::Condition& condition : decision_.conditions) {
      if (!condition.dead) continue;
      const GiveUp* least = nullptr;
      for (const std::size_t i : among) {
        const std::optional<GiveUp>& each = condition.give_up[i];
        if (!each) return {};
        if (least == nullptr || each->seconds < least->seconds) least = &*each;
      }
      if (least == nullptr || least->at_least) return {};
      std::erase_if(soonest, [&](std::size_t i) {
        const GiveUp& each = *condition.give_up[i];
        return each.low.value_or(each.seconds) > least->high.value_or(least->seconds) &&
               each.seconds > alike_times * least->seconds;
      });
    }
    return soonest.size() == among.size() ? std::vector<std::size_t>{} : soonest;
  }

  // --- Who is alike ---

  void say_who_is_alike() {
    std::vector<std::pair<AlikeClass, std::vector<std::size_t>>> seen;
    for (std::size_t i = 0; i < decision_.conditions.size(); ++i) {
      for (const AlikeClass& alike : decision_.conditions[i].classes) {
        if (alike.members.size() < 2) continue;
        auto found = std::find_if(seen.begin(), seen.end(),
                                  [&](const auto& each) { return each.first == alike; });
        if (found == seen.end()) found = seen.insert(seen.end(), {alike, {}});
        found->second.push_back(i);
      }
    }
    for (auto& [alike, conditions] : seen) {
      Claim& claim = add(Claim::Kind::alike);
      claim.candidates = alike.members;
      claim.shown = alike.shown;
      claim.conditions = std::move(conditions);
    }
  }

  // --- Who is worse ---

  void say_who_is_worse(Kind kind) {
    for (std::size_t figure = 0; figure < decision_.figures.size(); ++figure) {
      if (decision_.figures[figure].kind == kind) say_who_is_worse(figure);
    }
  }

  /// One claim for all conditions in which the groups are the same.
  void say_who_is_worse(std::size_t figure) {
    const std::size_t first = claims_.size();
    for (std::size_t i = 0; i < decision_.conditions.size(); ++i) {
      const Decision::Condition& condition = decision_.conditions[i];
      if (condition.dead || condition.groups[figure].size() < 2) continue;
      const std::vector<AlikeGroup>& groups = condition.groups[figure];
      auto claim = std::find_if(claims_.begin() + static_cast<std::ptrdiff_t>(first), claims_.end(),
                                [&](const Claim& each) { return is_about(each, groups); });
      if (claim == claims_.end()) {
        Claim& made = add(Claim::Kind::worse);
        made.figure = figure;
        made.candidates = reference_of(groups.front());
        for (std::size_t g = 1; g < groups.size(); ++g) made.steps.push_back(step(groups[g]));
        claim = claims_.end() - 1;
      }
      claim->conditions.push_back(i);
      for (std::size_t g = 1; g < groups.size(); ++g) {
        widen(claim->steps[g - 1], groups[g], condition.cells[figure]);
      }
    }
  }

  /// What the others are held against: of members that are not shown to be alike the best only.
  static std::vector<std::size_t> reference_of(const AlikeGroup& group) {
    return group.shown ? group.members : std::vector{group.best};
  }

  static bool is_about(const Claim& claim, const std::vector<AlikeGroup>& groups) {
    if (claim.steps.size() + 1 != groups.size()) return false;
    if (claim.candidates != reference_of(groups.front())) return false;
    for (std::size_t i = 0; i < claim.steps.size(); ++i) {
      if (claim.steps[i].candidates != groups[i + 1].members) return false;
    }
    return true;
  }

  static Claim::Step step(const AlikeGroup& group) { return {group.members, 0.0, 0.0, false}; }

  /// So that the step spans what these members lose here. A time that is never reached has no end.
  static void widen(Claim::Step& step, const AlikeGroup& group,
                    const std::vector<DecisionCell>& cells) {
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const bool is_number = cells[group.members[i]].value.has_value();
      const double by = group.worse[i].value.value_or(0);
      if (step.most == 0.0) {  // the first one
        step.least = is_number ? std::optional{by} : std::nullopt;
        step.most = step.least;
        continue;
      }
      if (!is_number) step.most = std::nullopt;
      if (is_number && step.most) step.most = std::max(*step.most, by);
      if (is_number) step.least = std::min(step.least.value_or(by), by);
    }
  }

  // --- What it costs where nobody answers ---

  void say_when_it_gives_up() {
    bool tried = false;
    for (std::size_t i = 0; i < decision_.conditions.size(); ++i) {
      const Decision::Condition& condition = decision_.conditions[i];
      if (!condition.dead) continue;
      Claim& claim = add(Claim::Kind::gives_up);
      claim.conditions = {i};
      claim.steps = times_of(condition);
      tried = true;
    }
    if (!tried && retries_vary_) add(Claim::Kind::dead_untried);
  }

  /// Candidates by the time after which a connect fails, alike ones together, the soonest first.
  static std::vector<Claim::Step> times_of(const Decision::Condition& condition) {
    std::vector<std::pair<double, std::size_t>> ranked;
    for (std::size_t i = 0; i < condition.give_up.size(); ++i) {
      if (condition.give_up[i]) ranked.emplace_back(condition.give_up[i]->seconds, i);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<Claim::Step> steps;
    for (const auto& [seconds, i] : ranked) {
      const bool at_least = condition.give_up[i]->at_least;
      if (steps.empty() || seconds > alike_times * *steps.back().least ||
          steps.back().at_least != at_least) {
        steps.push_back({{}, seconds, seconds, at_least});
      }
      steps.back().candidates.push_back(i);
      steps.back().most = seconds;
    }
    for (Claim::Step& each : steps) std::sort(each.candidates.begin(), each.candidates.end());
    return steps;
  }

  const Decision& decision_;
  bool retries_vary_;
  std::vector<Claim> claims_;
};

}  // namespace

std::vector<Claim> claims_of(const Decision& decision, bool retries_vary) {
  return Claims{decision, retries_vary}.all();
}

}  // namespace lastack::batch
