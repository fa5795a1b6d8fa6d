#pragma once

#include <string_view>

#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// What an expectation wants of a number: `exact` (a key), or `min` and `max`: at least one of
/// them.
Bounds bounds_of(const Value& value, std::string_view exact);

}  // namespace lastack::scenario
