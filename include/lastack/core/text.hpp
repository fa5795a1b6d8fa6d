#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lastack {

/// "1 byte", "2 bytes".
std::string counted(std::uint64_t number, std::string_view what);

/// An ASCII digit, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether text is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Text from outside (names, file names, results) as part of one line for people or programs: what
/// is no character of a line is shown as an escape. That is a control character (`\x1b`, `\n`,
/// `\x7f`, `\u0085`), a byte that is no UTF-8 (`\xff`), what turns the direction of the text around
/// or breaks lines elsewhere (`\u202e`, `\u2028`), and what XML forbids (`\uffff`). What is shown
/// already stays as it is.
std::string printable(std::string_view text);

/// The same for text of several lines, such as a description: its line feeds stay.
std::string printable_lines(std::string_view text);

/// Text as a field of CSV (RFC 4180, 2), in quotes where it takes them. A table calculator is not
/// to take it for a formula: where it begins with = + - @, a tabulator or a carriage return and is
/// no number, an apostrophe comes first.
std::string csv_field(std::string_view text);

/// Text as a word of a shell's command (POSIX, 2.2), in quotes where it takes them; with control
/// characters and other bytes as $'\033'.
std::string shell_word(std::string_view text);

}  // namespace lastack
