#include "axis.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "lastack/core/random_stream.hpp"

namespace lastack::scenario {
namespace {

constexpr std::uint64_t values_max = 1'000'000;  // of one axis

/// Numbers written as people would: a sum of tenths is not to end in 0.30000000000000004.
std::string number_text(double value) {
  const std::string rounded = fmt::format("{:.12g}", value);
  return fmt::format("{}", std::stod(rounded));
}

/// {"from", "to", "steps", "scale"}: so many values, both ends included.
std::vector<std::string> range_of(const Value& value) {
  value.only_keys("a range of values", {"from", "to", "steps", "scale"});
  const double from = value.at("from").number();
  const double to = value.at("to").number();
  const auto steps = value.at("steps").integer_as<std::uint64_t>(2, values_max);
  enum class Scale : std::uint8_t { linear, log };
  Scale scale = Scale::linear;
  if (const auto v = value.find("scale")) {
    scale = one_of<Scale>(*v, "a scale", {{"linear", Scale::linear}, {"log", Scale::log}});
  }
  if (scale == Scale::log && !(from > 0)) value.at("from").want("a number above 0 for a log scale");
  if (scale == Scale::log && !(to > 0)) value.at("to").want("a number above 0 for a log scale");
  std::vector<std::string> values;
  for (std::uint64_t i = 0; i < steps; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(steps - 1);
    const double inside = scale == Scale::linear
                              ? from + (to - from) * part
                              : from * portable_exp(portable_log(to / from) * part);
    values.push_back(number_text(i == 0 ? from : i == steps - 1 ? to : inside));
  }
  return values;
}

}  // namespace

Axis axis_of(std::string_view path, const Value& value) {
  Axis axis{std::string{path}, {}};
  if (value.is_object()) {
    axis.values = range_of(value);
    return axis;
  }
  value.for_each_element("an array of values, or an object with from, to and steps",
                         [&](const Value& v) { axis.values.push_back(to_text(v.json())); });
  if (axis.values.empty()) value.fail("want at least one value, have none");
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const auto first = std::find(axis.values.begin(), axis.values.end(), axis.values[i]);
    if (first != axis.values.begin() + static_cast<std::ptrdiff_t>(i)) {
      value.fail(fmt::format("want each value once, have {} twice", axis.values[i]));
    }
  }
  return axis;
}

}  // namespace lastack::scenario
