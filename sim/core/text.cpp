#include "lastack/core/text.hpp"

#include <charconv>
#include <system_error>

namespace lastack {

namespace {

std::string with_each(std::string_view text, char wanted, std::string_view replacement) {
  std::string result;
  for (const char c : text) {
    if (c == wanted) {
      result += replacement;
    } else {
      result += c;
    }
  }
  return result;
}

/// How many bytes the sequence has that text begins with; 0 where it is none (RFC 3629, 4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool beyond = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

/// The code point of a well-formed sequence of this length.
std::uint32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  std::uint32_t code = lead & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1))
    code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return code;
}

/// Whether a reader takes it for a command (C0, DEL, C1), for another direction of the text or a
/// line break, or XML 1.0 has no place for it.
bool is_shown_as_escape(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool direction = code == 0x61c || code == 0x200e || code == 0x200f ||
                         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  const bool line_break = code == 0x2028 || code == 0x2029;
  return control || direction || line_break || code == 0xfeff || (code & 0xfffeU) == 0xfffe;
}

std::string in_hex(std::uint32_t number, int digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (int i = digits - 1; i >= 0; --i)
    text += hex[number >> (4U * static_cast<unsigned>(i)) & 0xfU];
  return text;
}

std::string in_octal(unsigned char byte) {
  std::string text;
  for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + (byte >> shift & 7U));
  return text;
}

std::string escape_of(std::uint32_t code) {
  switch (code) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (code < 0x80) return "\\x" + in_hex(code, 2);
  return code < 0x10000 ? "\\u" + in_hex(code, 4) : "\\U" + in_hex(code, 8);
}

/// Text with escapes for all but the characters of a line, and but `kept`.
std::string with_escapes(std::string_view text, std::string_view kept) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    if (length == 0) {
      result += "\\x" + in_hex(static_cast<unsigned char>(character.front()), 2);
    } else if (const auto code = code_point(character);
               is_shown_as_escape(code) && kept.find(character) == std::string_view::npos) {
      result += escape_of(code);
    } else {
      result += character;
    }
  }
  return result;
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error != std::errc::invalid_argument && end == text.data() + text.size();
}

/// Whether a table calculator would take it for a formula.
bool is_like_formula(std::string_view text) {
  constexpr std::string_view starts = "=+-@\t\r";
  return !text.empty() && starts.find(text.front()) != std::string_view::npos && !is_number(text);
}

}  // namespace

std::string printable(std::string_view text) { return with_escapes(text, {}); }

std::string printable_lines(std::string_view text) { return with_escapes(text, "\n"); }

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string counted(std::uint64_t number, std::string_view what) {
  std::string text = std::to_string(number) + " " + std::string{what};
  if (number != 1) text += "s";
  return text;
}

std::string csv_field(std::string_view text) {
  const std::string field = (is_like_formula(text) ? "'" : "") + std::string{text};
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  return "\"" + with_each(field, '"', "\"\"") + "\"";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@=";
  const bool is_plain = text.find_first_not_of(plain) == std::string_view::npos;
  if (!text.empty() && is_plain) return std::string{text};
  if (printable(text) == text) return "'" + with_each(text, '\'', "'\\''") + "'";
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool as_is = byte >= 0x20 && byte < 0x7f && c != '\'' && c != '\\';
    word += as_is ? std::string{c} : "\\" + in_octal(byte);
  }
  return "$'" + word + "'";
}

}  // namespace lastack
