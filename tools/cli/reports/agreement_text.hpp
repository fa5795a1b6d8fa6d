#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lastack/compare/comparison.hpp"

namespace lastack::cli {

/// What each host did alike: "client 12 segments, 3 states, 4 calls; server 9 segments, …".
std::string alike_text(const compare::Comparison& comparison);

/// For each host whose segments go apart what of it is not compared, and why; a sentence each,
/// empty where there is none. `left` and `right` are the sides' names.
std::vector<std::string> rest_texts(const compare::Comparison& comparison, std::string_view left,
                                    std::string_view right);

/// Where a comparison differs in an aspect: "client #3, #5, server #2 and 4 more"; empty where it
/// does not.
std::string places_text(const compare::Comparison& comparison, compare::Aspect aspect);

}  // namespace lastack::cli
