#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "lastack/trace/event.hpp"

namespace lastack::kernel {

/// What wire and applications did, noted from several threads. Entries of one thread stay in order.
class Journal {
 public:
  struct Entry {
    SimTime at;
    trace::What what;
  };

  void note(SimTime at, trace::What what) {
    const std::lock_guard lock{mutex_};
    entries_.push_back({at, std::move(what)});
  }

  /// Takes everything out. Requires that nobody notes any more.
  std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace lastack::kernel
