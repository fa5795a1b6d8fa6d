#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "lastack/core/time.hpp"

namespace lastack::scenario {

/// In words what a text should have been: the part of a message after "want".
struct Wish {
  std::string text;
};
/// What a text says, or what it should have said.
template <class T> using Parsed = std::variant<T, Wish>;

/// "250us", "10ms", "1.5s", "2min", also ns and h; exact, so "0.1s" is 100,000,000 ns. Finer than
/// 1 ns, negative or beyond 292 years is refused.
Parsed<SimDuration> parse_duration(std::string_view text);

}  // namespace lastack::scenario
