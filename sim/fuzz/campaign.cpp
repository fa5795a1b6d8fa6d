#include "lastack/fuzz/campaign.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "in_parallel.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::fuzz {

namespace {

/// Counts one up for as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::uint64_t>& count) : count_{count} { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<std::uint64_t>& count_;
};

class Campaign {
 public:
  Campaign(const Supply& supply, const Judge& judge, const CampaignOptions& options,
           const std::atomic<bool>& stop, CampaignProgress& progress)
      : supply_{supply},
        judge_{judge},
        options_{options},
        stop_{stop},
        progress_{progress} {}

  Tally run() {
    {
      std::vector<std::jthread> workers;
      while (workers.size() < options_.side_by_side) workers.emplace_back([this] { work(); });
    }  // joins them
    if (problem_) std::rethrow_exception(problem_);
    std::sort(tally_.found.begin(), tally_.found.end(),
              [](const Found& a, const Found& b) { return a.number < b.number; });
    return std::move(tally_);
  }

 private:
  void work() {
    try {
      while (auto draft = next()) {
        const Counted under_way{progress_.under_way};
        take(*draft, judge_.judge(draft->name, draft->json, stop_));
      }
    } catch (...) {
      const std::lock_guard lock{mutex_};
      if (!problem_) problem_ = std::current_exception();
    }
  }

  std::optional<Draft> next() {
    const std::lock_guard lock{supply_mutex_};
    if (enough_ || stop_ || has_problem()) return std::nullopt;
    auto draft = supply_();
    enough_ = !draft;
    return draft;
  }

  bool has_problem() {
    const std::lock_guard lock{mutex_};
    return problem_ != nullptr;
  }

  void take(const Draft& draft, Verdict verdict) {
    using Outcome = Verdict::Outcome;
    if (verdict.outcome == Outcome::interrupted) return;
    {
      const std::lock_guard lock{mutex_};
      if (verdict.outcome == Outcome::not_judged) return note_not_judged(draft, verdict);
      if (verdict.outcome == Outcome::agrees) ++tally_.agree;
      if (verdict.outcome == Outcome::racy_and_agrees) ++tally_.racy_and_agree;
      if (options_.judged) options_.judged(draft, verdict);
    }
    ++progress_.judged;
    if (verdict.outcome != Outcome::differs) return;
    ++progress_.differ;
    Found found = found_in(draft, verdict);
    if (may_shrink(verdict.kind)) make_small(found, verdict);
    const std::lock_guard lock{mutex_};
    if (options_.found) options_.found(found);
    tally_.found.push_back(std::move(found));
  }

  void note_not_judged(const Draft& draft, const Verdict& verdict) {
    ++tally_.not_judged;
    if (!reasons_.insert(verdict.reason).second) return;
    tally_.not_judged_why.push_back(fmt::format("{}: {}", draft.name, verdict.reason));
  }

  static Found found_in(const Draft& draft, const Verdict& verdict) {
    Found found;
    found.number = draft.number;
    found.name = draft.name;
    found.json = draft.json;
    found.recordings = joined(verdict.recordings);
    found.kind = verdict.kind;
    found.why = verdict.why;
    found.text = verdict.text;
    found.steady = verdict.steady;
    return found;
  }

  bool may_shrink(const std::string& kind) {
    const std::lock_guard lock{mutex_};
    return !stop_ && shrunk_[kind]++ < options_.shrunk_of_kind;
  }

  /// The smallest file counts only if it differs in the same way when it is judged as the first
  /// was: a racy one may have done so by chance.
  void make_small(Found& found, const Verdict& verdict) {
    const Counted shrinking{progress_.shrinking};
    ShrinkOptions options = options_.shrinking;
    options.until_s = verdict.at_s;
    const Shrunk shrunk = shrink(
        found.json,
        [&](const std::vector<std::string>& files) {
          return of_kind(found.name, verdict.kind, files);
        },
        options);
    if (stop_ || shrunk.json == found.json) return;
    const Verdict again = judge_.judge(found.name, shrunk.json, stop_);
    const bool same = again.outcome == Verdict::Outcome::differs && again.kind == verdict.kind;
    if (!same || (verdict.steady && !again.steady)) return;
    found.json = shrunk.json;
    found.recordings = joined(again.recordings);
    found.text = again.text;
    found.why = again.why;
    found.steady = again.steady;
    found.shrunk = true;
  }

  /// Which of the files differ in the same way, each asked in a thread of its own.
  std::vector<bool> of_kind(const std::string& name, const std::string& kind,
                            const std::vector<std::string>& files) {
    std::vector<char> same(files.size(), 0);  // not vector<bool>, whose elements share bytes
    in_parallel(files.size(), [&](std::size_t i) {
      same[i] = judge_.kind_at_first_sight(name, files[i], stop_) == kind ? 1 : 0;
    });
    return {same.begin(), same.end()};
  }

  const Supply& supply_;
  const Judge& judge_;
  const CampaignOptions& options_;
  const std::atomic<bool>& stop_;
  CampaignProgress& progress_;
  std::mutex supply_mutex_;
  bool enough_ = false;  ///< the supply had nothing more
  std::mutex mutex_;     ///< guards what follows
  Tally tally_;
  std::set<std::string> reasons_;
  std::map<std::string, std::size_t> shrunk_;  ///< by kind
  std::exception_ptr problem_;
};

}  // namespace

std::size_t Tally::kinds() const {
  std::set<std::string> kinds;
  for (const Found& each : found) kinds.insert(each.kind);
  return kinds.size();
}

std::string last_line(const Tally& tally) {
  return fmt::format("{} scenarios: {} agree, {} racy and agree, {} differ in {} kinds",
                     tally.scenarios(), tally.agree, tally.racy_and_agree, tally.found.size(),
                     tally.kinds());
}

Tally run_campaign(const Supply& supply, const Judge& judge, const CampaignOptions& options,
                   const std::atomic<bool>& stop, CampaignProgress& progress) {
  return Campaign{supply, judge, options, stop, progress}.run();
}

}  // namespace lastack::fuzz
