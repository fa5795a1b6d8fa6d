#pragma once

#include <nlohmann/json.hpp>

#include "lastack/run/summary.hpp"

namespace lastack::run {

/// The summary as JSON. Durations are in seconds; `hosts` is an object by name.
nlohmann::ordered_json json_of(const Summary& summary);

/// A number of that JSON by its dotted path ("peak.TIME_WAIT"); 0 for what it does not hold. Keys
/// may have dots themselves.
double metric(const nlohmann::json& summary, std::string_view path);

}  // namespace lastack::run
