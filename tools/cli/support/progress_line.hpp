#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace lastack::cli {

/// A line on stderr that shows how far long work is: it appears after a second, is renewed a few
/// times a second by a thread of its own, and is gone when this object is. Where stderr is no
/// terminal nothing is shown and no thread is started.
class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  /// `text` gives the line; it is called from the other thread, with the time since the start.
  explicit ProgressLine(std::function<std::string(std::chrono::duration<double>)> text);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void show_until_done();

  std::function<std::string(std::chrono::duration<double>)> text_;
  Clock::time_point start_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

/// The same while a file is loaded, which takes long where it stands for a great deal, or while
/// something else is done with it: "reading S.sqlite, 3 s".
class LoadingLine {
 public:
  explicit LoadingLine(const std::string& file, const std::string& doing = "loading");

 private:
  ProgressLine line_;
};

}  // namespace lastack::cli
