#include "durations.hpp"

#include <chrono>
#include <variant>

#include "lastack/scenario/duration.hpp"

namespace lastack::fuzz {

std::optional<std::int64_t> milliseconds_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto parsed = scenario::parse_duration(value.get<std::string>());
  const auto* duration = std::get_if<SimDuration>(&parsed);
  if (duration == nullptr) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count();
}

std::string duration_of(std::int64_t milliseconds) {
  constexpr std::int64_t second = 1000;
  if (milliseconds % second != 0) return std::to_string(milliseconds) + "ms";
  return std::to_string(milliseconds / second) + "s";
}

}  // namespace lastack::fuzz
