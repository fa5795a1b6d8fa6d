#include "support/interrupt.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace lastack::cli {

namespace {

/// Signals this close together are one Ctrl-C: a terminal and a parent process may both pass it on.
constexpr std::int64_t together_ns = 500'000'000;

// The globals of the program: a signal handler can reach nothing else.
std::atomic<bool> interrupted{false};
std::atomic<std::int64_t> first_ns{0};
std::atomic<bool> left_behind{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler stores into it");
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "a signal handler stores into it");

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // one of the few functions that a handler may call
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void on_signal(int signal) {
  if (!interrupted.exchange(true)) {
    first_ns = now_ns();
  } else if (now_ns() - first_ns > together_ns) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

/// How often a flag is looked at that a signal may turn.
constexpr std::chrono::milliseconds glance{20};

/// Work that two threads know of.
class Task {
 public:
  explicit Task(std::function<void()> work) : work_{std::move(work)} {}

  void run() {
    std::exception_ptr problem;
    try {
      work_();
    } catch (...) {
      problem = std::current_exception();
    }
    const std::lock_guard lock{mutex_};
    problem_ = problem;
    done_ = true;
    came_.notify_all();
  }

  bool done_before(const std::atomic<bool>& stop) {
    std::unique_lock lock{mutex_};
    while (!came_.wait_for(lock, glance, [this] { return done_; })) {
      if (stop) return false;
    }
    return true;
  }

  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::exception_ptr problem_;
  bool done_ = false;
};

}  // namespace

bool done_before(const std::atomic<bool>& stop, std::function<void()> work) {
  if (stop) return false;
  const auto task = std::make_shared<Task>(std::move(work));
  try {
    std::thread thread{[task] { task->run(); }};
    if (!task->done_before(stop)) {
      left_behind = true;
      thread.detach();
      return false;
    }
    thread.join();
  } catch (const std::system_error&) {  // the system gives no thread
    task->run();
  }
  task->rethrow();
  return true;
}

bool work_left_behind() { return left_behind; }

const std::atomic<bool>& catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  return interrupted;
}

}  // namespace lastack::cli
