#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastack::cli {

/// The line, from 1, at which the value of a JSON Pointer (RFC 6901) starts in a JSON text; nothing
/// if the text holds no such value or is no JSON.
std::optional<int> line_of(std::string_view json, std::string_view pointer);

/// The same in a file; nothing also when it cannot be read.
std::optional<int> line_in_file(const std::string& file, std::string_view pointer);

}  // namespace lastack::cli
