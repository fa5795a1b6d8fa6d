#include "bounds.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace lastack::scenario {

Bounds bounds_of(const Value& value, std::string_view exact) {
  Bounds bounds;
  constexpr std::string_view wish = "a number";
  if (const auto v = value.find(exact)) bounds.equals = v->number(wish);
  if (const auto v = value.find("min")) bounds.min = v->number(wish);
  if (const auto v = value.find("max")) bounds.max = v->number(wish);
  const bool ranged = bounds.min || bounds.max;
  if (bounds.equals && ranged) {
    value.fail(fmt::format("want either \"{}\" or \"min\" and \"max\", have both", exact));
  }
  if (!bounds.equals && !ranged) {
    value.fail(fmt::format("want \"{}\", \"min\" or \"max\", have none", exact));
  }
  if (bounds.min && bounds.max && *bounds.max < *bounds.min) {
    value.at("max").want("a number that is not below \"min\"");
  }
  return bounds;
}

bool holds(const Bounds& bounds, double value) {
  const double slack = 1e-9 * std::max(1.0, value < 0 ? -value : value);
  return (!bounds.equals || (*bounds.equals - slack <= value && value <= *bounds.equals + slack)) &&
         (!bounds.min || value >= *bounds.min - slack) &&
         (!bounds.max || value <= *bounds.max + slack);
}

std::string text_of(const Bounds& bounds) {
  if (bounds.equals) return fmt::format("{}", *bounds.equals);
  if (bounds.min && bounds.max) return fmt::format("{} to {}", *bounds.min, *bounds.max);
  if (bounds.min) return fmt::format("at least {}", *bounds.min);
  if (bounds.max) return fmt::format("at most {}", *bounds.max);
  return "any number of";
}

}  // namespace lastack::scenario
