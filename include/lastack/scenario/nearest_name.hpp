#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastack::scenario {

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to make `a`
/// of `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that `wrong` most likely was meant to be, upper and lower case aside; "" when
/// none is near.
std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> known);

/// `want a key of a link, have "dely"; nearest is "delay" (known: a, b, …)`. Long lists of names
/// are left out.
std::string unknown_name(std::string_view what, std::string_view wrong,
                         const std::vector<std::string_view>& known);

/// " (known: a, b, …)"; "" for long lists.
std::string known_names(const std::vector<std::string_view>& known);

}  // namespace lastack::scenario
