#include "limits.hpp"

#include <variant>

#include <fmt/format.h>

#include "lastack/app/program.hpp"

namespace lastack::scenario {

std::uint32_t number_or_unlimited(const Value& value, std::uint32_t unlimited, std::uint32_t max) {
  if (value.is_string() && value.string() == "unlimited") return unlimited;
  const auto* number = std::get_if<std::int64_t>(&value.json().value);
  if (number == nullptr || *number < 0 || *number > std::int64_t{max}) {
    value.want(fmt::format("0 to {} or \"unlimited\"", max));
  }
  return static_cast<std::uint32_t>(*number);
}

std::uint32_t files_max_at(const Value& value) {
  constexpr std::uint32_t most = 2147483584;  // as fs.nr_open
  return number_or_unlimited(value, app::unlimited_files, most);
}

}  // namespace lastack::scenario
