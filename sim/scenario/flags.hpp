#pragma once

#include "lastack/scenario/value.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::scenario {

/// Flags in tcpdump's notation: each of S F R P . at most once, or "none".
tcp::Flags flags_at(const Value& value);

}  // namespace lastack::scenario
