#pragma once

#include <string>
#include <string_view>

#include "lastack/scenario/json.hpp"

namespace lastack::scenario {

/// The text of a file. Throws ScenarioError.
std::string text_of(const std::string& file);

/// The document of a file's text. Throws ScenarioError.
Json document_of(std::string_view text, const std::string& file);

}  // namespace lastack::scenario
