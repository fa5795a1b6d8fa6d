#include "lastack/batch/runner.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <vector>

#include "crew.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/interval.hpp"
#include "lastack/core/assert.hpp"
#include "run_counts.hpp"

namespace lastack::batch {

namespace {

/// How the runs of a plan's combination are done.
RunOne runs_of(const Plan& plan, std::uint64_t combination, const MemoryExceeded& exceeded) {
  return
      [&plan, &exceeded, combination, scenario = scenario::scenario_of(plan.sweep(), combination),
       identity = plan.combination_identity(combination)](
          std::uint64_t replication, const std::atomic<bool>& halt) -> std::optional<RunRow> {
        std::optional<RunRow> row = run_once(scenario, plan.sweep().seed_of(replication),
                                             plan.metrics_of(combination), halt, exceeded);
        if (!row) return row;
        row->combination = combination;
        row->replication = replication;
        row->identity = Plan::run_identity(identity, row->seed);
        return row;
      };
}

/// What of a plan is there, what is not, and when a combination has enough.
class Ledger {
 public:
  Ledger(const Plan& plan, Store& store, SweepProgress* progress)
      : plan_{plan},
        store_{store},
        progress_{progress},
        spans_{plan.spans()} {
    if (progress_ != nullptr) progress_->planned = spans_.runs();
  }

  /// Combinations whose turn comes now: as many as keep the crew busy until it is asked again.
  std::vector<Span> begin(const std::atomic<bool>* stop) {
    constexpr std::uint64_t waiting_max = 20'000;  // runs
    std::vector<Span> work;
    std::vector<Span> wanted;
    while (!all_begun_ && waiting_ < waiting_max && (stop == nullptr || !*stop)) {
      const std::optional<Span> span = spans_.next();
      all_begun_ = !span;
      if (span) begin(*span, work, wanted);
    }
    if (!wanted.empty()) store_.want(wanted);
    return work;
  }

  /// Stores rows; returns what is to be done because of them.
  std::vector<Span> store(const std::vector<RunRow>& rows) {
    store_.add(rows);
    std::vector<Span> work;
    for (const RunRow& row : rows) {
      const auto found = left_.find(row.combination);
      LASTACK_ASSERT(found != left_.end());  // somebody asked for it
      Left& left = found->second;
      LASTACK_ASSERT(row.replication < left.end);
      LASTACK_ASSERT(left.runs > 0);
      --waiting_;
      if (--left.runs == 0) finished(row.combination, left.end, work);
    }
    note_done(rows.size());
    return work;
  }

  bool complete() const { return all_begun_ && left_.empty(); }

 private:
  /// How many runs of a combination are under way, and up to which replication.
  struct Left {
    std::uint64_t runs = 0;
    std::uint64_t end = 0;
  };

  void begin(const Span& span, std::vector<Span>& work, std::vector<Span>& wanted) {
    const bool until = plan_.sweep().until.has_value();
    const bool whole = !until && span.count == plan_.sweep().repeat;
    if (whole && store_.wanted(span.combination) != span.count) wanted.push_back(span);
    const std::uint64_t missing = plan_more(span, work);
    if (progress_ != nullptr) progress_->before += span.count - missing;
  }

  /// Adds what of a span is not there to `work`; returns how many runs that is.
  std::uint64_t plan_more(const Span& span, std::vector<Span>& work) {
    const std::uint64_t end = span.first + span.count;
    std::uint64_t missing = 0;
    for (const Span& gap : store_.gaps(span)) {
      work.push_back(gap);
      missing += gap.count;
    }
    LASTACK_ASSERT(missing <= span.count);
    note_done(span.count - missing);
    waiting_ += missing;
    if (missing > 0) {
      left_[span.combination] = {missing, end};
    } else {
      finished(span.combination, end, work);
    }
    return missing;
  }

  /// All runs of a combination up to `end` are there.
  void finished(std::uint64_t combination, std::uint64_t end, std::vector<Span>& work) {
    left_.erase(combination);
    if (!plan_.sweep().until) return;
    const scenario::Until& until = *plan_.sweep().until;
    const StoppingRule rule{until.confidence, until.half_width, until.min, until.max};
    LASTACK_ASSERT(store_.runs(combination) >= end);
    const Measured seen =
        store_.sample(combination, *plan_.watched(), end).measure(rule.look_confidence());
    const auto interval = seen.interval();
    const auto next = rule.next_checkpoint(end);
    const bool narrow = interval && rule.enough(*interval);
    const bool enough = !next || (narrow && seen.settled);
    if (enough) {
      store_.want({{combination, 0, end}});
    } else {
      if (progress_ != nullptr) progress_->planned += *next - end;
      plan_more({combination, end, *next - end}, work);
    }
    note_width(combination, enough || !interval ? 0 : interval->half_width());
  }

  void note_done(std::uint64_t runs) {
    if (progress_ != nullptr) progress_->done += runs;
  }

  void note_width(std::uint64_t combination, double half_width) {
    widths_[combination] = half_width;
    double widest = 0;
    for (const auto& [each, width] : widths_) widest = std::max(widest, width);
    if (progress_ != nullptr) progress_->widest = widest;
  }

  const Plan& plan_;
  Store& store_;
  SweepProgress* progress_;
  Spans spans_;
  bool all_begun_ = false;
  std::uint64_t waiting_ = 0;  ///< runs that were asked for and have not come
  std::map<std::uint64_t, Left> left_;
  std::map<std::uint64_t, double> widths_;
};

}  // namespace

SweepEnd run_sweep(const Plan& plan, Store& store, unsigned threads, const std::atomic<bool>* stop,
                   SweepProgress* progress, const MemoryExceeded& exceeded) {
  Ledger ledger{plan, store, progress};
  Crew crew{threads, runs_taken_max,
            [&](std::uint64_t combination) { return runs_of(plan, combination, exceeded); }};
  crew.add_work(ledger.begin(stop));
  while (!ledger.complete() && (stop == nullptr || !*stop)) {
    crew.add_work(ledger.store(crew.collect()));
    crew.add_work(ledger.begin(stop));
  }
  crew.stop();
  if (ledger.complete()) return SweepEnd::complete;
  ledger.store(crew.collect());
  return SweepEnd::interrupted;
}

}  // namespace lastack::batch
