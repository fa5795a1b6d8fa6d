#include "axis.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "lastack/core/random_stream.hpp"
#include "lastack/core/text.hpp"

namespace lastack::scenario {
namespace {

constexpr std::uint64_t values_max = 1'000'000;  // of one axis

/// Numbers written as people would: a sum of tenths is not to end in 0.30000000000000004.
std::string number_text(double value) {
  const std::string rounded = fmt::format("{:.12g}", value);
  double nearest = value;  // also where the text is of a number too small for a normal one
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), nearest);
  return fmt::format("{}", nearest);
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
  const double ratio = to / from;
  if (scale == Scale::log && !(ratio >= std::numeric_limits<double>::min() &&
                               ratio <= std::numeric_limits<double>::max())) {
    value.at("to").want("a number that is not so many times \"from\" that no number says it");
  }
  if (!(std::abs(to / 2 - from / 2) <= std::numeric_limits<double>::max() / 2)) {
    value.at("to").want("a number nearer to \"from\"");
  }
  std::vector<std::string> values;
  for (std::uint64_t i = 0; i < steps; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(steps - 1);
    const double inside = scale == Scale::linear ? from + (to - from) * part
                                                 : from * portable_exp(portable_log(ratio) * part);
    values.push_back(number_text(i == 0 ? from : i == steps - 1 ? to : inside));
  }
  return values;
}

/// As deep as JSON may be.
void check_depth(std::string_view path, const Value& value) {
  const auto parts = static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) + 1;
  if (parts > max_json_depth) {
    value.fail(fmt::format("want a path of at most {} parts, have {}", max_json_depth, parts));
  }
}

/// A value's text, taken apart at its numbers.
struct Written {
  std::string pattern;  ///< with # in place of an integer, ~ of a fraction
  std::vector<double> numbers;
};

Written written(std::string_view text) {
  Written parts;
  while (!text.empty()) {
    const bool negative = text.front() == '-' && text.size() > 1 && is_digit(text[1]);
    if (!negative && !is_digit(text.front())) {
      parts.pattern += text.front();
      text.remove_prefix(1);
      continue;
    }
    double number = std::numeric_limits<double>::infinity();  // where it is too large for one
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    const std::string_view digits{text.data(), static_cast<std::size_t>(end - text.data())};
    parts.pattern += digits.find_first_of(".eE") == digits.npos ? '#' : '~';
    parts.numbers.push_back(number);
    text.remove_prefix(digits.size());
  }
  return parts;
}

/// Values that are written alike but for their numbers.
class Alike {
 public:
  void add(std::size_t index, const std::vector<double>& numbers) {
    if (count_++ == 0) {
      for (const double number : numbers) places_.push_back({number, number, index, index});
      first_ = index;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      Place& place = places_[i];
      if (numbers[i] < place.least) place = {numbers[i], place.most, index, place.at_most};
      if (numbers[i] > place.most) place = {place.least, numbers[i], place.at_least, index};
    }
  }

  std::size_t count() const { return count_; }
  /// Those with the smallest and the largest number at each place; without numbers there is one.
  std::vector<std::size_t> outermost() const {
    std::vector<std::size_t> values;
    if (places_.empty()) values.push_back(first_);
    for (const Place& place : places_) {
      values.push_back(place.at_least);
      values.push_back(place.at_most);
    }
    return values;
  }

 private:
  struct Place {
    double least;
    double most;
    std::size_t at_least;
    std::size_t at_most;
  };
  std::size_t count_ = 0;
  std::size_t first_ = 0;
  std::vector<Place> places_;
};

}  // namespace

std::vector<std::size_t> outermost_values(const Axis& axis, std::size_t most) {
  std::map<std::string, Alike> kinds;
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const Written parts = written(axis.values[i]);
    kinds[parts.pattern].add(i, parts.numbers);
  }
  std::vector<const Alike*> rarest_first;
  for (const auto& [pattern, kind] : kinds) rarest_first.push_back(&kind);
  std::stable_sort(rarest_first.begin(), rarest_first.end(),
                   [](const Alike* a, const Alike* b) { return a->count() < b->count(); });
  std::set<std::size_t> values;
  for (const Alike* kind : rarest_first) {
    for (const std::size_t value : kind->outermost()) {
      if (values.size() < most) values.insert(value);
    }
  }
  return {values.begin(), values.end()};
}

Axis axis_of(std::string_view path, const Value& value) {
  check_depth(path, value);
  Axis axis{std::string{path}, {}};
  if (value.is_object()) {
    axis.values = range_of(value);
    return axis;
  }
  value.for_each_element("an array of values, or an object with from, to and steps",
                         [&](const Value& v) { axis.values.push_back(to_text(v.json())); });
  if (axis.values.empty()) value.fail("want at least one value, have none");
  std::unordered_set<std::string_view> seen;
  for (const std::string& each : axis.values) {
    if (!seen.insert(each).second) {
      value.fail(fmt::format("want each value once, have {} twice", brief(each)));
    }
  }
  return axis;
}

}  // namespace lastack::scenario
