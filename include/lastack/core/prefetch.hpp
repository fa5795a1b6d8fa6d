#pragma once

#include <cstddef>

namespace lastack {

/// Begins to bring an object near the processor, which will need it soon; nothing waits for it.
template <typename T> void prefetch(const T& object) {
  constexpr std::size_t cache_line = 64;
  const auto* const bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += cache_line) __builtin_prefetch(bytes + at);
}

}  // namespace lastack
