#include "lastack/batch/gate.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

using scenario::Grid;

std::map<std::string, std::uint64_t> combinations_by_settings(const Grid& grid) {
  std::map<std::string, std::uint64_t> combinations;
  for (std::uint64_t c = 0; c < grid.size(); ++c) combinations[settings_text(grid, c)] = c;
  return combinations;
}

/// The names in one of two lists only.
std::string only_in(const std::map<std::string, std::uint64_t>& some,
                    const std::map<std::string, std::uint64_t>& others) {
  constexpr std::size_t names_max = 5;
  std::string text;
  std::size_t count = 0;
  for (const auto& [settings, combination] : some) {
    if (others.contains(settings)) continue;
    if (count++ < names_max) text += (text.empty() ? "" : "; ") + settings;
  }
  if (count > names_max) text += fmt::format("; and {} more", count - names_max);
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
  const auto old = combinations_by_settings(a.grid);
  const auto fresh = combinations_by_settings(b.grid);
  for (const auto& [settings, combination] : fresh) {
    const auto found = old.find(settings);
    if (found != old.end()) same.pairs.emplace_back(found->second, combination);
  }
  std::sort(same.pairs.begin(), same.pairs.end(),
            [](const auto& x, const auto& y) { return x.second < y.second; });
  if (same.pairs.empty()) {
    throw StoreError{now.file(),
                     fmt::format("has no combination of settings that {} has", before.file())};
  }
  if (a.version != b.version) {
    same.differences.push_back(fmt::format("version {} against {}", a.version, b.version));
  }
  note_conditions(a, b, same.differences);
  const auto note_only = [&](const Store& store, const std::string& names) {
    if (!names.empty()) same.differences.push_back("only in " + store.file() + ": " + names);
  };
  note_only(before, only_in(old, fresh));
  note_only(now, only_in(fresh, old));
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
  }
  return results;
}

}  // namespace lastack::batch
