#include "support/numbers.hpp"

#include <fmt/format.h>

namespace lastack::cli {

std::string rough(std::uint64_t number) {
  if (number < 10'000) return std::to_string(number);
  const auto value = static_cast<double>(number);
  return number < 1'000'000 ? fmt::format("{:.4g} k", value / 1e3)
                            : fmt::format("{:.4g} M", value / 1e6);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

}  // namespace lastack::cli
