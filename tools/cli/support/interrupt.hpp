#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace lastack::cli {

/// From here on the first Ctrl-C (SIGINT, SIGTERM or SIGHUP) turns the returned flag true, for the
/// work under way to stop cleanly; another, half a second later or more, ends the program at once.
const std::atomic<bool>& catch_interrupts();

/// Does `work`, which cannot be stopped, until `stop` turns true. Then this returns false, and the
/// work goes on by itself until the program ends: it has to own all that it uses. Throws what it
/// throws. Where the system gives no thread for it, it is waited for.
bool done_before(const std::atomic<bool>& stop, std::function<void()> work);

/// Whether work goes on by itself: then the program has to end without waiting for it.
bool work_left_behind();

/// What `load` returns, which owns all that it uses, such as a file's name; nothing where `stop`
/// turned true before it came.
template <typename Load>
auto loaded_before(const std::atomic<bool>& stop, Load load) -> std::optional<decltype(load())> {
  auto result = std::make_shared<std::optional<decltype(load())>>();
  if (!done_before(stop, [result, load = std::move(load)] { result->emplace(load()); })) {
    return std::nullopt;
  }
  return std::move(*result);
}

}  // namespace lastack::cli
