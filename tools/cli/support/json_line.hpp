#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lastack::cli {

/// By JSON Pointer, the line at which its value starts.
using Lines = std::map<std::string, std::optional<int>>;

/// Finds the lines of all pointers in one go, as `line_of` does for one.
void find_lines(std::string_view json, Lines& wanted);
/// The same in a file; nothing is found where it cannot be read.
void find_lines_in_file(const std::string& file, Lines& wanted);

/// The line, from 1, at which the value of a JSON Pointer (RFC 6901) starts in a JSON text; nothing
/// if the text holds no such value or is no JSON.
std::optional<int> line_of(std::string_view json, std::string_view pointer);

/// The same in a file; nothing also when it cannot be read.
std::optional<int> line_in_file(const std::string& file, std::string_view pointer);

}  // namespace lastack::cli
