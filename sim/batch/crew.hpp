#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lastack/batch/plan.hpp"
#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// Values and seed of one run, without whose it is; nothing when it was cut off. Throws
/// std::bad_alloc when memory ran short and run::Standstill: a run that did not come to its end is
/// no result.
std::optional<RunRow> run_once(const scenario::Scenario& scenario, std::uint64_t seed,
                               const MetricSet& metrics, const std::atomic<bool>& halt,
                               const std::function<bool()>& memory_exceeded);

/// Does one run of a combination; nothing when it was cut off, which `halt` asks for.
using RunOne =
    std::function<std::optional<RunRow>(std::uint64_t replication, const std::atomic<bool>& halt)>;
/// Makes ready for runs of a combination: reads its scenario. Called by several threads at once.
using OpenCombination = std::function<RunOne(std::uint64_t combination)>;

/// Threads that do spans of runs and hand the rows over, in whatever order they come.
class Crew {
 public:
  /// A thread takes at most `taken_max` runs of a span at a time.
  Crew(unsigned threads, std::uint64_t taken_max, OpenCombination open);
  ~Crew();  ///< stops
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void add_work(const std::vector<Span>& spans);
  /// The rows that came, after waiting a while for them. Throws what a thread failed with.
  std::vector<RunRow> collect();
  /// Cuts off the runs under way and waits for the threads. What was done is still to be collected.
  void stop();

 private:
  void work();
  void run(const Span& span, std::vector<RunRow>& rows, std::uint64_t& round);
  std::optional<Span> take_work();
  void deliver(std::vector<RunRow>& rows);
  void fail(std::exception_ptr problem);

  std::uint64_t taken_max_;
  OpenCombination open_;
  std::atomic<bool> halt_{false};
  std::mutex mutex_;
  std::condition_variable work_there_;
  std::condition_variable rows_there_;
  std::deque<Span> work_;
  std::vector<RunRow> rows_;
  std::exception_ptr problem_;
  /// How often nothing came for a while: a thread that sees it move hands over what it has.
  std::atomic<std::uint64_t> round_{0};
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lastack::batch
