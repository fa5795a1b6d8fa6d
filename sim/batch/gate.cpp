#include "lastack/batch/gate.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

using scenario::Grid;

/// Finds a grid's combinations by those of another with the same paths.
class Finder {
 public:
  /// Which value of an axis is which of the same axis there.
  Finder(const Grid& here, const Grid& there) : here_{here}, there_{there} {
    for (std::size_t axis = 0; axis < here.axes.size(); ++axis) {
      std::unordered_map<std::string, std::size_t> by_text;
      const std::vector<std::string>& values = there.axes[axis].values;
      for (std::size_t i = 0; i < values.size(); ++i) by_text[value_text(values[i])] = i;
      std::vector<std::optional<std::size_t>>& found = places_.emplace_back();
      for (const std::string& value : here.axes[axis].values) {
        const auto same = by_text.find(value_text(value));
        found.push_back(same == by_text.end() ? std::nullopt : std::optional{same->second});
      }
    }
  }

  /// The combination of the same settings there, where there is one.
  std::optional<std::uint64_t> find(std::uint64_t combination) const {
    std::vector<std::size_t> values = here_.values_of(combination);
    for (std::size_t axis = 0; axis < values.size(); ++axis) {
      const auto place = places_[axis][values[axis]];
      if (!place) return std::nullopt;
      values[axis] = *place;
    }
    return there_.combination_of(values);
  }

 private:
  const Grid& here_;
  const Grid& there_;
  std::vector<std::vector<std::optional<std::size_t>>> places_;  ///< by axis and value
};

/// Combinations of one of two databases only.
std::string names_of(const Grid& grid, const std::vector<std::uint64_t>& combinations) {
  constexpr std::size_t names_max = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(combinations.size(), names_max); ++i) {
    text += (i == 0 ? "" : "; ") + settings_text(grid, combinations[i]);
  }
  if (combinations.size() > names_max) {
    text += fmt::format("; and {} more", combinations.size() - names_max);
  }
  return text;
}

void note_conditions(const StoreInfo& before, const StoreInfo& now,
                     std::vector<std::string>& differences) {
  for (const scenario::Condition& condition : now.conditions) {
    const auto same_name = [&](const auto& each) { return each.name == condition.name; };
    const auto old = std::find_if(before.conditions.begin(), before.conditions.end(), same_name);
    if (old == before.conditions.end()) continue;
    const std::string of = condition.name.empty() ? "" : " under \"" + condition.name + "\"";
    if (old->scenario_text != condition.scenario_text) {
      differences.push_back("another scenario" + of);
    }
    if (old->set != condition.set) differences.push_back("other values set" + of);
  }
}

/// In which direction a figure gets worse, and where the limit is.
class GateJudge {
 public:
  GateJudge(const GateRule& rule, double confidence)
      : worse_is_more_{better_of(rule.metric) == Better::less},
        tolerance_{rule.tolerance},
        confidence_{confidence} {
    LASTACK_ASSERT(better_of(rule.metric) != Better::neither);
  }

  void judge(const Sample& before, const Sample& now, GateResult& result) const {
    const std::uint64_t end = std::min(before.end(), now.end());  // others have no pair
    result.before = before.measure(confidence_, end);
    result.now = now.measure(confidence_, end);
    result.difference = difference(now, before, confidence_);
    if (!result.before.value || !result.now.value) return judge_missing(result);
    const double factor = worse_is_more_ ? 1 + tolerance_ : 1 - tolerance_;
    const Difference from_limit =
        tolerance_ == 0 ? result.difference : difference(now, before, confidence_, factor);
    // Above 0 where it is worse than allowed.
    const Difference excess = worse_is_more_ ? from_limit : from_limit.negated();
    if (result.difference.is_none() || at_most(excess, 0) == Shown::yes) {
      result.outcome = GateOutcome::not_worse;
    } else if (at_most(excess, 0) == Shown::no) {
      result.outcome = GateOutcome::worse;
    } else {
      result.runs_needed = pairs_needed(excess, 0);
    }
  }

 private:
  /// What there was and is no more got worse: nobody connects, nobody answers.
  static void judge_missing(GateResult& result) {
    if (result.before.value) result.outcome = GateOutcome::worse;
    if (result.now.value) result.outcome = GateOutcome::not_worse;
  }

  bool worse_is_more_;
  double tolerance_;
  double confidence_;
};

/// Pairs of which either has run, in the order of the new ones; and what has run that the other
/// does not know of.
void find_pairs(const Store& before, const Store& now, Counterparts& same,
                std::vector<std::uint64_t>& only_before, std::vector<std::uint64_t>& only_now) {
  const Grid& old = before.info().grid;
  const Grid& fresh = now.info().grid;
  std::map<std::uint64_t, std::uint64_t> pairs;  // by the new one
  const Finder to_old{fresh, old};
  for (const std::uint64_t c : now.combinations()) {
    const auto found = to_old.find(c);
    if (found) {
      pairs[c] = *found;
    } else {
      only_now.push_back(c);
    }
  }
  const Finder to_fresh{old, fresh};
  for (const std::uint64_t c : before.combinations()) {
    const auto found = to_fresh.find(c);
    if (found) {
      pairs[*found] = c;
    } else {
      only_before.push_back(c);
    }
  }
  for (const auto& [now_here, then] : pairs) same.pairs.emplace_back(then, now_here);
  same.untried = fresh.size() - only_now.size() - pairs.size();
}

}  // namespace

Counterparts counterparts(const Store& before, const Store& now) {
  const StoreInfo& a = before.info();
  const StoreInfo& b = now.info();
  if (a.grid.paths() != b.grid.paths()) {
    throw StoreError{now.file(),
                     fmt::format("is of another sweep than {}: it varies {}, not {}", before.file(),
                                 fmt::join(b.grid.paths(), ", "), fmt::join(a.grid.paths(), ", "))};
  }
  if (a.seed != b.seed) {
    throw StoreError{now.file(),
                     fmt::format("has the base seed {}, {} has {}: their runs are no pairs", b.seed,
                                 before.file(), a.seed)};
  }
  Counterparts same;
  std::vector<std::uint64_t> only_before;
  std::vector<std::uint64_t> only_now;
  find_pairs(before, now, same, only_before, only_now);
  if (same.pairs.empty()) {
    throw StoreError{
        now.file(), before.runs() == 0 && now.runs() == 0
                        ? fmt::format("has no runs to compare, nor has {}", before.file())
                        : fmt::format("has no combination of settings that {} has", before.file())};
  }
  if (a.version != b.version) {
    same.differences.push_back(fmt::format("version {} against {}", a.version, b.version));
  }
  note_conditions(a, b, same.differences);
  const auto note_only = [&](const Store& store, const std::vector<std::uint64_t>& only) {
    if (only.empty()) return;
    same.differences.push_back("only in " + store.file() + ": " +
                               names_of(store.info().grid, only));
  };
  note_only(before, only_before);
  note_only(now, only_now);
  if (a.repeat_text != b.repeat_text) {
    same.differences.push_back(fmt::format("runs: {} against {}", a.repeat_text, b.repeat_text));
  }
  return same;
}

std::vector<GateResult> gate(const Store& before, const Store& now, const Counterparts& same,
                             const std::vector<GateRule>& rules, double confidence) {
  const double looked = look_confidence(now.info(), look_confidence(before.info(), confidence));
  std::vector<GateResult> results;
  for (const GateRule& rule : rules) {
    const GateJudge judge{rule, looked};
    const Figure of_before = find_figure(before.info().metrics, rule.metric).value();
    const Figure of_now = find_figure(now.info().metrics, rule.metric).value();
    for (const auto& [old, fresh] : same.pairs) {
      GateResult& result = results.emplace_back();
      result.metric = of_now.name;
      result.tolerance = rule.tolerance;
      result.settings = settings_text(now.info().grid, fresh);
      judge.judge(before.sample(old, of_before), now.sample(fresh, of_now), result);
    }
    if (same.untried == 0) continue;
    GateResult& rest = results.emplace_back();
    rest.metric = of_now.name;
    rest.tolerance = rule.tolerance;
    rest.settings = fmt::format("{} combinations that have not run", same.untried);
  }
  return results;
}

}  // namespace lastack::batch
