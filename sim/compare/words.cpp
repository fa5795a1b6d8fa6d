#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

std::string at_text(Seconds at) { return fmt::format("at {:.3f} s", at.count()); }

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
