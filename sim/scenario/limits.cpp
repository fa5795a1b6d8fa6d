#include "limits.hpp"

#include <fmt/format.h>

#include "lastack/app/program.hpp"

namespace lastack::scenario {

std::uint32_t number_or_unlimited(const Value& value, std::uint32_t unlimited, std::uint32_t max) {
  if (value.is_string() && value.string() == "unlimited") return unlimited;
  if (!value.is_integer()) value.want(fmt::format("0 to {} or \"unlimited\"", max));
  return value.integer_as<std::uint32_t>(0, max);
}

std::uint32_t files_max_at(const Value& value) {
  constexpr std::uint32_t most = 2147483584;  // as fs.nr_open
  return number_or_unlimited(value, app::unlimited_files, most);
}

}  // namespace lastack::scenario
