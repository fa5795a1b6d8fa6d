#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/sweep.hpp"

// What pages of sweeps and of searches have in common.

namespace lastack::batch {

/// "s", "share", "count", "bytes": the unit of a metric or of a decision's figure.
std::string_view unit_word(std::string_view metric);
/// "less", "more", or null where neither is better.
nlohmann::ordered_json better_word(std::string_view metric);

/// Where a combination stands among those that a page knows of, in order. Requires that it does.
std::size_t place_of(std::uint64_t combination, const std::vector<std::uint64_t>& combinations);

/// The axes of a grid with their defaults in a scenario (`Axis` in tools/pages/src/data.ts).
nlohmann::ordered_json axes_json(const scenario::Grid& grid, const scenario::Scenario& scenario);

}  // namespace lastack::batch
