#include "crew.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "lastack/run/simulation.hpp"

namespace lastack::batch {

namespace {

/// Rows wait no longer than that to be handed over, so that a killed sweep loses little.
constexpr std::chrono::milliseconds flush_interval{100};

}  // namespace

std::optional<RunRow> run_once(const scenario::Scenario& scenario, std::uint64_t seed,
                               const MetricSet& metrics, const std::atomic<bool>& halt,
                               const std::function<bool()>& memory_exceeded) {
  run::Simulation simulation{scenario, seed};
  simulation.watch_memory(memory_exceeded);
  if (metrics.needs_following()) simulation.follow_connections();
  simulation.run(&halt);
  const run::Totals totals = simulation.totals();
  if (totals.out_of_memory) throw std::bad_alloc{};  // what it came to is no result
  if (totals.interrupted) return std::nullopt;
  if (totals.standstill) throw run::Standstill{*totals.standstill, to_seconds(totals.simulated)};
  RunRow row;
  row.seed = seed;
  row.values = metrics.values(totals);
  row.trials = metrics.trials(totals);
  row.times = metrics.times(totals);
  return row;
}

Crew::Crew(unsigned threads, std::uint64_t taken_max, OpenCombination open)
    : taken_max_{taken_max},
      open_{std::move(open)} {
  try {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    const std::size_t had = threads_.size();
    stop();
    throw std::runtime_error{fmt::format(
        "want {} threads, but the system gives no more than {} ({}); -j N asks for fewer", threads,
        had, error.code().message())};
  } catch (...) {
    stop();
    throw;
  }
}

Crew::~Crew() { stop(); }

void Crew::add_work(const std::vector<Span>& spans) {
  const std::lock_guard lock{mutex_};
  work_.insert(work_.end(), spans.begin(), spans.end());
  work_there_.notify_all();
}

std::vector<RunRow> Crew::collect() {
  std::unique_lock lock{mutex_};
  const bool came =
      rows_there_.wait_for(lock, flush_interval, [this] { return problem_ || !rows_.empty(); });
  if (!came) ++round_;
  if (problem_) std::rethrow_exception(problem_);
  return std::exchange(rows_, {});
}

void Crew::stop() {
  {
    const std::lock_guard lock{mutex_};
    halt_ = true;
    closed_ = true;
    work_there_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Crew::work() {
  std::vector<RunRow> rows;
  std::uint64_t round = 0;
  try {
    while (const std::optional<Span> span = take_work()) run(*span, rows, round);
  } catch (...) {
    fail(std::current_exception());
  }
  deliver(rows);
}

void Crew::run(const Span& span, std::vector<RunRow>& rows, std::uint64_t& round) {
  const RunOne run_one = open_(span.combination);
  for (std::uint64_t i = 0; i < span.count && !halt_; ++i) {
    std::optional<RunRow> row = run_one(span.first + i, halt_);
    if (!row) break;
    rows.push_back(*std::move(row));
    if (const std::uint64_t now = round_; now != round) {
      round = now;
      deliver(rows);
    }
  }
  deliver(rows);
}

/// Waits for something to do; nothing when there will be no more.
std::optional<Span> Crew::take_work() {
  std::unique_lock lock{mutex_};
  work_there_.wait(lock, [this] { return closed_ || !work_.empty(); });
  if (closed_) return std::nullopt;
  Span& span = work_.front();
  const Span taken{span.combination, span.first, std::min(span.count, taken_max_)};
  span.first += taken.count;
  span.count -= taken.count;
  if (span.count == 0) work_.pop_front();
  return taken;
}

/// Hands rows over, and leaves `rows` empty.
void Crew::deliver(std::vector<RunRow>& rows) {
  const std::lock_guard lock{mutex_};
  std::move(rows.begin(), rows.end(), std::back_inserter(rows_));
  rows.clear();
  rows_there_.notify_one();
}

void Crew::fail(std::exception_ptr problem) {
  const std::lock_guard lock{mutex_};
  problem_ = std::move(problem);
  rows_there_.notify_one();
}

}  // namespace lastack::batch
