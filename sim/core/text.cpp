#include "lastack/core/text.hpp"

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

}  // namespace

std::string counted(std::uint64_t number, std::string_view what) {
  std::string text = std::to_string(number) + " " + std::string{what};
  if (number != 1) text += "s";
  return text;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
  return "\"" + with_each(text, '"', "\"\"") + "\"";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@=";
  const bool is_plain = text.find_first_not_of(plain) == std::string_view::npos;
  if (!text.empty() && is_plain) return std::string{text};
  return "'" + with_each(text, '\'', "'\\''") + "'";
}

}  // namespace lastack
