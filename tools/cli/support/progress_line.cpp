#include "support/progress_line.hpp"

#include <cstdio>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

constexpr auto patience = std::chrono::milliseconds{1000};
constexpr auto renewal = std::chrono::milliseconds{250};
constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(std::function<std::string(std::chrono::duration<double>)> text)
    : text_{std::move(text)},
      start_{Clock::now()} {
  if (!is_terminal(stderr)) return;
  try {
    thread_ = std::thread{[this] { show_until_done(); }};
  } catch (const std::system_error&) {  // no thread is left for it; the work is what counts
  }
}

ProgressLine::~ProgressLine() {
  {
    const std::lock_guard lock{mutex_};
    done_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

LoadingLine::LoadingLine(const std::string& file, const std::string& doing)
    : line_{[file, doing](std::chrono::duration<double> since_start) {
        return fmt::format("{} {}, {:.0f} s", doing, file, since_start.count());
      }} {}

void ProgressLine::show_until_done() {
  const auto is_done = [this] { return done_; };
  std::unique_lock lock{mutex_};
  if (wake_.wait_for(lock, patience, is_done)) return;
  do {
    // A line that is wrapped could not be cleared.
    const std::string line =
        cut(printable(text_(Clock::now() - start_)), width_of_terminal(stderr) - 1);
    std::fprintf(stderr, "%s%s", clear_line, line.c_str());
    std::fflush(stderr);
  } while (!wake_.wait_for(lock, renewal, is_done));
  std::fputs(clear_line, stderr);
  std::fflush(stderr);
}

}  // namespace lastack::cli
