#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lastack {

/// "1 byte", "2 bytes".
std::string counted(std::uint64_t number, std::string_view what);

/// Whether text is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Text as a field of CSV (RFC 4180, 2), in quotes where it takes them.
std::string csv_field(std::string_view text);

/// Text as a word of a shell's command (POSIX, 2.2), in quotes where it takes them.
std::string shell_word(std::string_view text);

}  // namespace lastack
