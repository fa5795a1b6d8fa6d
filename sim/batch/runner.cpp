#include "lastack/batch/runner.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/interval.hpp"
#include "lastack/run/simulation.hpp"

namespace lastack::batch {

namespace {

/// Runs that one thread takes at a time: enough that loading the scenario costs little.
constexpr std::uint64_t runs_taken_max = 512;
/// Results wait no longer than that to be stored, so that a killed sweep loses little.
constexpr std::chrono::milliseconds flush_interval{100};

/// The spans of runs that are still to be done, and the results that are not stored yet: shared by
/// the threads that run and the one that stores.
class Exchange {
 public:
  void add_work(const std::vector<Span>& spans) {
    const std::lock_guard lock{mutex_};
    work_.insert(work_.end(), spans.begin(), spans.end());
    work_there_.notify_all();
  }

  /// Waits for something to do; nothing when there will be no more.
  std::optional<Span> take_work() {
    std::unique_lock lock{mutex_};
    work_there_.wait(lock, [this] { return closed_ || !work_.empty(); });
    if (closed_) return std::nullopt;
    Span& span = work_.front();
    const Span taken{span.combination, span.first, std::min(span.count, runs_taken_max)};
    span.first += taken.count;
    span.count -= taken.count;
    if (span.count == 0) work_.pop_front();
    return taken;
  }

  bool closed() {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    work_there_.notify_all();
  }

  /// Hands rows over, and leaves `rows` empty.
  void deliver(std::vector<RunRow>& rows) {
    const std::lock_guard lock{mutex_};
    std::move(rows.begin(), rows.end(), std::back_inserter(rows_));
    rows.clear();
    rows_there_.notify_one();
  }

  void fail(std::exception_ptr problem) {
    const std::lock_guard lock{mutex_};
    problem_ = std::move(problem);
    rows_there_.notify_one();
  }

  /// What was delivered, after waiting for it a while. Throws what a thread failed with.
  std::vector<RunRow> collect() {
    std::unique_lock lock{mutex_};
    rows_there_.wait_for(lock, flush_interval, [this] { return problem_ || !rows_.empty(); });
    if (problem_) std::rethrow_exception(problem_);
    return std::exchange(rows_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable work_there_;
  std::condition_variable rows_there_;
  std::deque<Span> work_;
  std::vector<RunRow> rows_;
  std::exception_ptr problem_;
  bool closed_ = false;
};

/// One thread's work: takes spans, runs them, hands the results over a few times a second.
class Worker {
 public:
  Worker(const Plan& plan, Exchange& exchange, const std::atomic<bool>& stop)
      : plan_{plan},
        exchange_{exchange},
        stop_{stop} {}

  void work() {
    try {
      while (const std::optional<Span> span = exchange_.take_work()) run(*span);
    } catch (...) {
      exchange_.fail(std::current_exception());
    }
    exchange_.deliver(rows_);
  }

 private:
  void run(const Span& span) {
    const scenario::Scenario scenario = scenario::scenario_of(plan_.sweep(), span.combination);
    const std::uint64_t identity = plan_.combination_identity(span.combination);
    for (std::uint64_t i = 0; i < span.count && !stop_; ++i) {
      RunRow row;
      row.combination = span.combination;
      row.replication = span.first + i;
      row.seed = plan_.sweep().seed_of(row.replication);
      row.identity = Plan::run_identity(identity, row.seed);
      run::Simulation simulation{scenario, row.seed};
      simulation.run(&stop_);
      if (stop_) break;
      row.values = plan_.metrics().values(simulation.totals());
      rows_.push_back(std::move(row));
      const auto now = std::chrono::steady_clock::now();
      if (now - flushed_ < flush_interval) continue;
      flushed_ = now;
      exchange_.deliver(rows_);
    }
    exchange_.deliver(rows_);
  }

  const Plan& plan_;
  Exchange& exchange_;
  const std::atomic<bool>& stop_;
  std::vector<RunRow> rows_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
};

/// What of a plan is there, what is not, and when a combination has enough.
class Ledger {
 public:
  Ledger(const Plan& plan, Store& store, SweepProgress* progress)
      : plan_{plan},
        store_{store},
        progress_{progress} {}

  /// What is to be done first.
  std::vector<Span> open() {
    std::vector<Span> work;
    for (const Span& span : plan_.spans()) {
      const bool until = plan_.sweep().until.has_value();
      if (!until && span.count == plan_.sweep().repeat) store_.want(span.combination, span.count);
      plan_more(span, work);
    }
    if (progress_ != nullptr) progress_->before = progress_->done.load();
    return work;
  }

  /// Stores rows; returns what is to be done because of them.
  std::vector<Span> store(const std::vector<RunRow>& rows) {
    store_.add(rows);
    std::vector<Span> work;
    for (const RunRow& row : rows) {
      Left& left = left_[row.combination];
      if (--left.runs == 0) finished(row.combination, left.end, work);
    }
    note_done(rows.size());
    return work;
  }

  bool complete() const { return left_.empty(); }

 private:
  /// How many runs of a combination are under way, and up to which replication.
  struct Left {
    std::uint64_t runs = 0;
    std::uint64_t end = 0;
  };

  /// Adds what of a span is not there to `work`.
  void plan_more(const Span& span, std::vector<Span>& work) {
    const std::uint64_t end = span.first + span.count;
    const std::vector<bool> have = store_.have(span.combination, end);
    std::uint64_t missing = 0;
    for (std::uint64_t r = span.first; r < end;) {
      const auto from = have.begin() + static_cast<std::ptrdiff_t>(r);
      const auto gap =
          static_cast<std::uint64_t>(std::find(from, have.end(), false) - have.begin());
      const auto gap_end = static_cast<std::uint64_t>(
          std::find(have.begin() + static_cast<std::ptrdiff_t>(gap), have.end(), true) -
          have.begin());
      if (gap < end) work.push_back({span.combination, gap, gap_end - gap});
      missing += gap_end - gap;
      r = gap_end;
    }
    if (progress_ != nullptr) progress_->planned += span.count;
    note_done(span.count - missing);
    if (missing > 0) {
      left_[span.combination] = {missing, end};
    } else {
      finished(span.combination, end, work);
    }
  }

  /// All runs of a combination up to `end` are there.
  void finished(std::uint64_t combination, std::uint64_t end, std::vector<Span>& work) {
    left_.erase(combination);
    if (!plan_.sweep().until) return;
    const scenario::Until& until = *plan_.sweep().until;
    const StoppingRule rule{until.confidence, until.half_width, until.min, until.max};
    const std::size_t metric = *plan_.watched_column();
    const Estimate seen = estimate(plan_.metrics().columns()[metric],
                                   store_.column(combination, metric, end), until.confidence);
    const auto next = rule.next_checkpoint(end);
    const bool enough = !next || (seen.interval && rule.enough(*seen.interval));
    if (enough) {
      store_.want(combination, end);
    } else {
      plan_more({combination, end, *next - end}, work);
    }
    note_width(combination, enough || !seen.interval ? 0 : seen.interval->half_width());
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
  std::map<std::uint64_t, Left> left_;
  std::map<std::uint64_t, double> widths_;
};

}  // namespace

SweepEnd run_sweep(const Plan& plan, Store& store, unsigned threads, const std::atomic<bool>* stop,
                   SweepProgress* progress) {
  Exchange exchange;
  Ledger ledger{plan, store, progress};
  exchange.add_work(ledger.open());
  std::atomic<bool> halt{false};
  std::vector<std::thread> workers;
  const auto end = [&] {
    halt = true;
    exchange.close();
    for (std::thread& thread : workers) thread.join();
  };
  try {
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&] { Worker{plan, exchange, halt}.work(); });
    }
    while (!ledger.complete() && (stop == nullptr || !*stop)) {
      exchange.add_work(ledger.store(exchange.collect()));
    }
  } catch (...) {
    end();
    throw;
  }
  end();
  if (ledger.complete()) return SweepEnd::complete;
  ledger.store(exchange.collect());
  return SweepEnd::interrupted;
}

}  // namespace lastack::batch
