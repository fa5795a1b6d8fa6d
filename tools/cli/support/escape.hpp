#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lastack::cli {

/// Characters that a reader of some format would take for its own, and what stands for them there.
using Escapes = std::map<char, std::string_view>;

std::string escaped(const std::string& text, const Escapes& escapes);

/// Text as a JSON string, which YAML takes too. What is no character of a text is shown, but for
/// line feeds.
std::string quoted(const std::string& text);

}  // namespace lastack::cli
