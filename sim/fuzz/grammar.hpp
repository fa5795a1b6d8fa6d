#pragma once

#include <cstddef>
#include <vector>

#include "dice.hpp"
#include "json.hpp"

namespace lastack::fuzz {

/// A scenario in the making: what it says, and of which areas that is.
struct Sentence {
  Json document;
  std::vector<std::size_t> areas;  ///< ascending, each once
};

/// What can be said of these areas: a whole scenario, without `stop_at`.
Sentence say(const std::vector<std::size_t>& areas, Dice& dice);

/// The same in a few places otherwise: something more of an area, a part less, another number, or a
/// part of `other`.
Sentence say_otherwise(const Sentence& before, const Sentence& other,
                       const std::vector<std::size_t>& areas, Dice& dice);

}  // namespace lastack::fuzz
