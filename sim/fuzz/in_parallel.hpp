#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lastack::fuzz {

/// Does `work(0)` to `work(count - 1)`, each in a thread of its own, and waits for all. Throws what
/// one of them threw.
template <class Work> void in_parallel(std::size_t count, const Work& work) {
  if (count == 1) return work(0);
  std::exception_ptr problem;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        try {
          work(i);
        } catch (...) {
          const std::lock_guard lock{mutex};
          problem = std::current_exception();
        }
      });
    }
  }  // joins them
  if (problem) std::rethrow_exception(problem);
}

}  // namespace lastack::fuzz
