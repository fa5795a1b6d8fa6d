#pragma once

#include <nlohmann/json.hpp>

#include "lastack/batch/decision.hpp"

namespace lastack::batch {

/// A decision as the page of tools/pages reads it (`Decision` in its data.ts).
nlohmann::ordered_json json_of(const Decision& decision);

}  // namespace lastack::batch
