#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "lastack/batch/decision.hpp"

namespace lastack::batch {

/// A decision as the page of tools/pages reads it (`Decision` in its data.ts), where these
/// combinations, in order, are all that it knows of.
nlohmann::ordered_json json_of(const Decision& decision,
                               const std::vector<std::uint64_t>& combinations);

}  // namespace lastack::batch
