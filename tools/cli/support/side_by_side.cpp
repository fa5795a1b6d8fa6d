#include "support/side_by_side.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

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

  void give_up(std::exception_ptr problem) {
    const std::lock_guard lock{mutex_};
    if (!problem_) problem_ = std::move(problem);
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
    for (std::size_t i = 0; i < workers_max; ++i) workers.emplace_back([&queue] { queue.work(); });
  }  // joins them
  queue.rethrow();
}

}  // namespace lastack::cli
