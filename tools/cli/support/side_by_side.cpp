#include "support/side_by_side.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

/// The tasks that are still to be begun.
class Queue {
 public:
  Queue(std::size_t count, const std::function<void(std::size_t)>& task)
      : count_{count},
        task_{task} {}

  /// What each thread does.
  void work() {
    std::size_t index = 0;
    while (take(index)) {
      try {
        task_(index);
      } catch (...) {
        give_up(std::current_exception());
      }
    }
  }

  /// No other task begins.
  void give_up(std::exception_ptr problem) {
    const std::lock_guard lock{mutex_};
    if (!problem_) problem_ = std::move(problem);
  }

  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  bool take(std::size_t& index) {
    const std::lock_guard lock{mutex_};
    if (problem_ || next_ == count_) return false;
    index = next_++;
    return true;
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& task_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::exception_ptr problem_;
};

}  // namespace

void side_by_side(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& task) {
  Queue queue{count, task};
  {
    std::vector<std::jthread> workers;
    const std::size_t workers_max = std::min<std::size_t>(threads, count);
    workers.reserve(workers_max);
    try {
      while (workers.size() < workers_max) workers.emplace_back([&queue] { queue.work(); });
    } catch (const std::system_error& error) {
      queue.give_up(std::make_exception_ptr(UsageError{
          fmt::format("want {}, but the system gives no more than {} ({}); -j N asks for fewer",
                      counted(workers_max, "thread"), workers.size(), error.code().message())}));
    }
  }  // joins them
  queue.rethrow();
}

}  // namespace lastack::cli
