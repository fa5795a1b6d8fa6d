#pragma once

#include <string>
#include <string_view>

namespace lastack::trace {

constexpr bool needs_escape(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

/// The inside of a JSON string (RFC 8259, 7). UTF-8 stays as it is.
std::string escaped(std::string_view text);

}  // namespace lastack::trace
