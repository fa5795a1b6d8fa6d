#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {

/// `want a key of a link, have "dely"; nearest is "delay" (known: a, b, …)`. Long lists of names
/// are left out.
std::string unknown_name(std::string_view what, std::string_view wrong,
                         const std::vector<std::string_view>& known);

/// " (known: a, b, …)"; "" for long lists.
std::string known_names(const std::vector<std::string_view>& known);

}  // namespace lastack::scenario
