#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

std::string at_text(Seconds at) { return fmt::format("at {:.3f} s", at.count()); }

std::string apart_text(Seconds offset, Seconds allowed) {
  return fmt::format("{} apart, where {} are allowed", duration_text(std::chrono::abs(offset)),
                     duration_text(allowed));
}

std::string ordinal(std::size_t number) {
  const std::size_t tens = number / 10 % 10;
  const std::size_t ones = number % 10;
  const char* ending = "th";
  if (tens != 1 && ones == 1) ending = "st";
  if (tens != 1 && ones == 2) ending = "nd";
  if (tens != 1 && ones == 3) ending = "rd";
  return fmt::format("{}{}", number, ending);
}

}  // namespace lastack::compare
