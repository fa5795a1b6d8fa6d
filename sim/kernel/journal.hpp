#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "lastack/event/event.hpp"

namespace lastack::kernel {

/// The connection of an application's call; 0 where there is none.
struct Ports {
  tcp::Port local = 0;
  tcp::Port remote = 0;
};

/// What wire and applications did, noted from several threads. Entries of one thread stay in order.
class Journal {
 public:
  struct Entry {
    SimTime at;
    trace::What what;
    Ports ports{};  ///< of an AppCall
  };

  void note(SimTime at, trace::What what, Ports ports = {}) {
    const std::lock_guard lock{mutex_};
    entries_.push_back({at, std::move(what), ports});
  }

  /// Takes everything out. Requires that nobody notes any more.
  std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace lastack::kernel
