#pragma once

#include <cstddef>
#include <functional>

namespace lastack::cli {

/// Does task(0) to task(count - 1) in threads of its own, `threads` at a time (1 or more), and
/// returns when all have ended. They begin in this order and each is done once: who is to stop
/// early asks in the task. After one that throws no other begins, and what the first of them threw
/// is thrown here. Where the system gives fewer threads, that is a UsageError.
void side_by_side(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& task);

}  // namespace lastack::cli
