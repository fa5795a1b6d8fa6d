#pragma once

#include <nlohmann/json.hpp>

#include "lastack/batch/decision.hpp"

namespace lastack::batch {

/// A decision as the page of tools/pages reads it (`Decision` in its data.ts).
nlohmann::ordered_json json_of(const Decision& decision);

/// "s", "share", "count", "bytes": the unit of a metric or of `connected_p99`.
std::string_view unit_word(std::string_view metric);
/// "less", "more", or null where neither is better.
nlohmann::ordered_json better_word(std::string_view metric);

}  // namespace lastack::batch
