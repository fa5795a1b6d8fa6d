#include "support/interrupt.hpp"

#include <csignal>
#include <cstdint>
#include <ctime>

namespace lastack::cli {

namespace {

/// Signals this close together are one Ctrl-C: a terminal and a parent process may both pass it on.
constexpr std::int64_t together_ns = 500'000'000;

// The globals of the program: a signal handler can reach nothing else.
std::atomic<bool> interrupted{false};
std::atomic<std::int64_t> first_ns{0};
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

}  // namespace

const std::atomic<bool>& catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  return interrupted;
}

}  // namespace lastack::cli
