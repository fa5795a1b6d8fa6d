// Numbers as Linux 6.18 takes them in /proc/sys: found by writing to net/ipv4/tcp_recovery and its
// neighbours.
#include "written_number.hpp"

#include <charconv>

#include "lastack/core/text.hpp"

namespace lastack::tcp {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The base that the digits are in; a prefix that says so is removed.
int take_base(std::string_view& digits) {
  if (!digits.starts_with("0x") && !digits.starts_with("0X")) return digits.front() == '0' ? 8 : 10;
  digits.remove_prefix(2);
  return 16;
}

}  // namespace

std::optional<WrittenNumber> written_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !is_digit(digits.front())) return std::nullopt;
  const int base = take_base(digits);
  if (digits.starts_with('-')) return std::nullopt;  // from_chars would take it
  std::int64_t value = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  return WrittenNumber{negative ? -value : value, static_cast<std::size_t>(stop - text.data())};
}

std::optional<std::vector<std::int64_t>> written_numbers(std::string_view text, std::size_t most) {
  std::vector<std::int64_t> numbers;
  while (numbers.size() < most) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    if (text.empty()) break;
    const auto number = written_number(text);
    if (!number) return std::nullopt;
    text.remove_prefix(number->chars);
    if (!text.empty() && !is_blank(text.front())) return std::nullopt;
    numbers.push_back(number->value);
  }
  return numbers;
}

}  // namespace lastack::tcp
