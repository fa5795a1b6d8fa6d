#include "lastack/fuzz/judge.hpp"

#include <algorithm>
#include <utility>

#include "in_parallel.hpp"
#include "lastack/compare/comparison.hpp"
#include "lastack/compare/nearest.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/fuzz/kind.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::fuzz {

namespace {

using compare::Comparison;
using compare::History;

/// Both sides of one scenario: recordings and accounts, and which pair of them comes nearest.
class Case {
 public:
  Case(const std::string& name, const std::string& json, Witness& witness, const Model& model,
       const std::atomic<bool>& stop)
      : name_{name},
        json_{json},
        scenario_{scenario::parse_scenario(json, name + ".json")},
        witness_{witness},
        model_{model},
        stop_{stop} {}

  /// Records until there are so many, all that are missing at once: a lab mostly sleeps. What is
  /// not Outcome::recorded ends it.
  Testimony record(std::size_t count) {
    std::vector<Testimony> answers(count - std::min(count, recordings_.size()));
    in_parallel(answers.size(),
                [&](std::size_t i) { answers[i] = witness_.ask(scenario_, stop_); });
    for (Testimony& answer : answers) {
      if (answer.outcome != Testimony::Outcome::recorded) return std::move(answer);
      recordings_.push_back(*std::move(answer.recording));
    }
    return {};
  }

  /// Holds recordings against up to so many accounts, until a pair agrees. False: `stop` is true.
  bool compare(std::size_t accounts) {
    for (std::size_t i = 0; i < accounts && !agrees(); ++i) {
      if (i == accounts_.size()) {
        auto account = model_.account(name_, json_, i, stop_);
        if (!account) break;
        accounts_.push_back({*std::move(account), 0});
      }
      if (stop_) return false;
      compare_with(accounts_[i]);
    }
    return !stop_;
  }

  bool agrees() const { return nearest_ && nearest_->comparison.agrees(); }

  /// Whether all recordings agree with each other, in every aspect.
  bool steady() const {
    std::vector<History> histories;
    for (const Recording& recording : recordings_) histories.push_back(recording.history);
    return compare::is_steady(histories) &&
           std::all_of(histories.begin(), histories.end(), [&](const History& other) {
             return compare::compare(histories.front(), other).agrees();
           });
  }

  /// Requires that it does not agree.
  Verdict difference(bool steady, const Sides& sides) const {
    const History& left = recordings_[nearest_->recording].history;
    const History& right = accounts_[nearest_->account].history;
    const compare::Difference* first = nearest_->comparison.first();
    LASTACK_ASSERT(first != nullptr);
    Verdict verdict;
    verdict.outcome = Verdict::Outcome::differs;
    verdict.steady = steady;
    verdict.kind = kind_of(nearest_->comparison, left, right, sides);
    verdict.why = compare::reason_of(*first, left, right);
    verdict.text = to_text(*first, sides.left, sides.right);
    verdict.at_s = first->at().count();
    verdict.recordings = recordings_;
    return verdict;
  }

  const std::vector<Recording>& recordings() const { return recordings_; }

 private:
  struct Account {
    History history;
    std::size_t compared = 0;  ///< with the first so many recordings
  };
  struct Pair {
    Comparison comparison;
    std::size_t recording;
    std::size_t account;
  };

  void compare_with(Account& account) {
    for (; account.compared < recordings_.size() && !agrees(); ++account.compared) {
      Comparison comparison =
          compare::compare(recordings_[account.compared].history, account.history);
      if (nearest_ && !nearer(comparison, nearest_->comparison)) continue;
      nearest_ = Pair{std::move(comparison), account.compared,
                      static_cast<std::size_t>(&account - accounts_.data())};
    }
  }

  const std::string& name_;
  const std::string& json_;
  scenario::Scenario scenario_;
  Witness& witness_;
  const Model& model_;
  const std::atomic<bool>& stop_;
  std::vector<Recording> recordings_;
  std::vector<Account> accounts_;
  std::optional<Pair> nearest_;
};

Verdict not_recorded(const Testimony& testimony) {
  Verdict verdict;
  verdict.outcome = testimony.outcome == Testimony::Outcome::interrupted
                        ? Verdict::Outcome::interrupted
                        : Verdict::Outcome::not_judged;
  verdict.reason =
      testimony.outcome == Testimony::Outcome::late ? "late in every try" : testimony.reason;
  return verdict;
}

}  // namespace

Verdict Judge::judge(const std::string& name, const std::string& json,
                     const std::atomic<bool>& stop) const {
  Case item{name, json, witness_, model_, stop};
  Verdict interrupted;
  interrupted.outcome = Verdict::Outcome::interrupted;
  const auto look = [&](std::size_t recordings, std::size_t accounts) -> std::optional<Verdict> {
    const Testimony testimony = item.record(recordings);
    if (testimony.outcome != Testimony::Outcome::recorded) return not_recorded(testimony);
    if (!item.compare(accounts)) return interrupted;
    return std::nullopt;
  };
  if (auto cut = look(1, options_.accounts)) return *cut;
  if (!item.agrees()) {
    if (auto cut = look(options_.recordings, options_.accounts)) return *cut;
  }
  const bool steady = item.steady();
  if (!steady && !item.agrees()) {
    if (auto cut = look(options_.racy_recordings, options_.racy_accounts)) return *cut;
  }
  if (!item.agrees()) return item.difference(steady, options_.sides);
  Verdict verdict;
  verdict.outcome = steady ? Verdict::Outcome::agrees : Verdict::Outcome::racy_and_agrees;
  verdict.recordings = item.recordings();
  return verdict;
}

std::optional<std::string> Judge::kind_at_first_sight(const std::string& name,
                                                      const std::string& json,
                                                      const std::atomic<bool>& stop) const {
  try {
    Case item{name, json, witness_, model_, stop};
    if (item.record(1).outcome != Testimony::Outcome::recorded) return std::nullopt;
    if (!item.compare(options_.accounts) || item.agrees()) return std::nullopt;
    return item.difference(true, options_.sides).kind;
  } catch (const scenario::ScenarioError&) {
    return std::nullopt;
  }
}

}  // namespace lastack::fuzz
