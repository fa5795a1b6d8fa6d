#pragma once

#include <string_view>

#include "lastack/scenario/sweep.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// A path and its values: an array of them, or {"from", "to", "steps", "scale"}.
Axis axis_of(std::string_view path, const Value& value);

}  // namespace lastack::scenario
