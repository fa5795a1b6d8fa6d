#include "lastack/batch/amounts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>

#include "lastack/batch/metrics.hpp"

namespace lastack::batch {

namespace {

constexpr int shown_digits = 4;

/// "1234567" as "1,234,567".
std::string grouped(std::string whole) {
  constexpr std::size_t group = 3;
  for (std::size_t at = whole.size(); at > group; at -= group) whole.insert(at - group, ",");
  return whole;
}

/// Four digits, or all of those before the point.
std::string number(double value) {
  if (value < 0) return "-" + number(-value);
  constexpr double grows_long = 1e15;  // beyond it doubles hold no single units
  if (!(value < grows_long)) return fmt::format("{:.3g}", value);
  const double rounded = std::round(value);
  if (value >= 1000) return grouped(fmt::format("{:.0f}", rounded));
  const std::string text = fmt::format("{:.{}g}", value, shown_digits);
  if (text.find('e') == text.npos) return text;
  std::string small = "0";  // two digits, however far behind the point
  double scaled = value;
  for (int places = 0; places < 15 && scaled < 10; ++places, scaled *= 10) {
    small = fmt::format("{:.{}f}", value, places + 1);
  }
  return small;
}

/// The unit that a time is shown in, by the largest of those that stand together.
struct TimeUnit {
  double seconds;
  const char* name;
};
TimeUnit time_unit(double seconds) {
  const double size = std::abs(seconds);
  if (size == 0 || size >= 1) return {1, "s"};
  if (size >= 1e-3) return {1e-3, "ms"};
  if (size >= 1e-6) return {1e-6, "us"};
  return {1e-9, "ns"};
}

struct Scaled {
  double scale;
  std::string unit;  ///< with a blank before it, or nothing
};
Scaled shown_as(std::string_view metric, double largest) {
  constexpr double percent = 0.01;
  switch (unit_of(metric)) {
    case Unit::share: return {percent, " %"};
    case Unit::seconds: {
      const TimeUnit unit = time_unit(largest);
      return {unit.seconds, std::string{" "} + unit.name};
    }
    case Unit::socket_seconds: return {1, " socket-s"};
    case Unit::octets: return {1, " B"};
    case Unit::count: break;
  }
  return {1, ""};
}

std::string bounds_in(std::string_view metric, const scenario::Bounds& bounds,
                      std::string (*text_of)(std::string_view, double)) {
  if (bounds.equals) return text_of(metric, *bounds.equals);
  if (bounds.min && bounds.max) {
    return fmt::format("{} to {}", text_of(metric, *bounds.min), text_of(metric, *bounds.max));
  }
  if (bounds.min) return "at least " + text_of(metric, *bounds.min);
  return bounds.max ? "at most " + text_of(metric, *bounds.max) : "anything";
}

}  // namespace

std::string amount(std::string_view metric, double value) {
  const Scaled as = shown_as(metric, value);
  return number(value / as.scale) + as.unit;
}

std::string signed_amount(std::string_view metric, double value) {
  const Scaled as = shown_as(metric, value);
  const std::string sign = value > 0 ? "+" : "";
  const bool share = unit_of(metric) == Unit::share;
  return sign + number(value / as.scale) + (share ? " points" : as.unit);
}

std::string difference_range(std::string_view metric, double least, double most) {
  const Scaled as = shown_as(metric, most);
  const std::string low = number(least / as.scale);
  const std::string high = number(most / as.scale);
  const bool share = unit_of(metric) == Unit::share;
  return (low == high ? high : low + " to " + high) + (share ? " points" : as.unit);
}

std::string difference_amount(std::string_view metric, double value, std::optional<double> low,
                              std::optional<double> high) {
  double largest = std::abs(value);
  for (const auto& bound : {low, high}) largest = std::max(largest, std::abs(bound.value_or(0)));
  const Scaled as = shown_as(metric, largest);
  const auto with_sign = [&as](double number_of) {
    return (number_of > 0 ? "+" : "") + number(number_of / as.scale);
  };
  const bool share = unit_of(metric) == Unit::share;
  std::string text = with_sign(value) + (share ? " points" : as.unit);
  if (low && high) text += fmt::format(" ({} to {})", with_sign(*low), with_sign(*high));
  return text;
}

std::string bounds_text(std::string_view metric, const scenario::Bounds& bounds) {
  return bounds_in(metric, bounds, amount);
}

std::string exact_amount(std::string_view metric, double value) {
  const Scaled as = shown_as(metric, value);
  return fmt::format("{:.10g}{}", value / as.scale, as.unit);
}

std::string exact_bounds_text(std::string_view metric, const scenario::Bounds& bounds) {
  return bounds_in(metric, bounds, exact_amount);
}

std::string measured_text(std::string_view metric, const Measured& measured) {
  if (!measured.value) return "-";
  const Scaled as = shown_as(metric, *measured.value);
  std::string text = number(*measured.value / as.scale) + as.unit;
  const auto bound = [&](double value) { return number(value / as.scale); };
  if (measured.low && measured.high) {
    const std::string low = bound(*measured.low);
    const std::string high = bound(*measured.high);
    if (low != high) text += fmt::format(" ({} to {})", low, high);
  } else if (measured.low) {
    text += fmt::format(" (at least {})", bound(*measured.low));
  } else if (measured.high) {
    text += fmt::format(" (at most {})", bound(*measured.high));
  }
  return text;
}

}  // namespace lastack::batch
