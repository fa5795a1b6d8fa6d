#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace lastack {

// Enums whose enumerators have names. They count from 0 without gaps; beside the enum stand its one
// table of names, and its last enumerator:
//
//   std::string_view name_of(State state);
//   constexpr State last_of(State) { return State::time_wait; }

template <class Enum>
inline constexpr std::size_t count_of = static_cast<std::size_t>(last_of(Enum{})) + 1;

/// All names, in the order of the enumerators.
template <class Enum> std::vector<std::string_view> names_of() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < count_of<Enum>; ++i) names.push_back(name_of(static_cast<Enum>(i)));
  return names;
}

/// The enumerator of that name; nothing where none has it.
template <class Enum> std::optional<Enum> named(std::string_view name) {
  for (std::size_t i = 0; i < count_of<Enum>; ++i) {
    if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace lastack
