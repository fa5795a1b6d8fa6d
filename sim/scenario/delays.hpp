#pragma once

#include <string_view>

#include "lastack/net/link.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// Reads a duration that something is put off by, at most 24 hours: sums of many must not pass the
/// end of time.
SimDuration read_delay(const Value& value);

/// Reads a model that a duration is drawn from, {"model": "exponential", "mean": "10ms"}; no number
/// of it is above 24 hours. `noun` says in messages what the duration is of: "delay", "sleep".
net::Delay read_delay_model(const Value& value, std::string_view noun);

}  // namespace lastack::scenario
