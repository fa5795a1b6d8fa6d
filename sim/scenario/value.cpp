#include "lastack/scenario/value.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {
namespace {

/// Sums of two or three must not pass the end of time.
constexpr SimDuration max_duration = 100 * 365 * 24h;

/// Whether `pointer` is `ancestor` or lies in it.
bool lies_in(const std::string& pointer, const std::string& ancestor) {
  return pointer.starts_with(ancestor) &&
         (pointer.size() == ancestor.size() || pointer[ancestor.size()] == '/');
}

}  // namespace

void Source::fail(const std::string& pointer, std::string problem) const {
  for (const OverrideMark& mark : overrides) {
    if (lies_in(pointer, mark.pointer)) {
      problem += " (from --set " + brief(mark.text) + ")";
      break;
    }
  }
  throw ScenarioError{file, pointer, problem};
}

void Value::want(std::string_view wish) const {
  fail(fmt::format("want {}, have {}", wish, shown(*json_)));
}

bool Value::as_written(std::string_view key) const {
  const std::string place = pointer_to(pointer_, key);
  const auto is_in = [&place](const std::string& pointer) {
    return pointer == place || pointer.starts_with(place + "/");
  };
  const auto& marks = source_->overrides;
  const bool changed = std::any_of(marks.begin(), marks.end(),
                                   [&](const OverrideMark& mark) { return is_in(mark.pointer); });
  const auto* errors = source_->errors;
  return !changed && (errors == nullptr ||
                      std::none_of(errors->begin(), errors->end(), [&](const ScenarioError& error) {
                        return is_in(error.pointer());
                      }));
}

void Value::unknown(std::string_view what, std::string_view name,
                    const std::vector<std::string_view>& known) const {
  fail(unknown_name(what, name, known));
}

void Value::want_one_of(std::string_view what, const std::vector<std::string_view>& known) const {
  if (is_string()) unknown(what, string(), known);
  fail(fmt::format("want {}, have {}{}", what, shown(*json_), known_names(known)));
}

void Value::only_keys(std::string_view what, std::initializer_list<std::string_view> keys) const {
  const auto* members = std::get_if<Json::Object>(&json_->value);
  if (members == nullptr) want(fmt::format("an object for {}", what));
  for (const auto& [name, member] : *members) {
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) {
      at(name).unknown(fmt::format("a key of {}", what), name, keys);
    }
  }
}

std::optional<Value> Value::find(std::string_view key) const {
  const Json* member = json_->find(key);
  if (member == nullptr) return std::nullopt;
  return Value{*member, *source_, pointer_to(pointer_, key)};
}

Value Value::at(std::string_view key) const {
  auto member = find(key);
  if (!member) fail(fmt::format("want the key \"{}\", have none", key));
  return *std::move(member);
}

std::size_t Value::size() const {
  const auto* array = std::get_if<Json::Array>(&json_->value);
  return array == nullptr ? 0 : array->size();
}

bool Value::is_integer() const {
  return std::holds_alternative<std::int64_t>(json_->value) ||
         std::holds_alternative<std::uint64_t>(json_->value);
}

bool Value::is_number() const {
  return is_integer() || std::holds_alternative<double>(json_->value);
}

const std::string& Value::string(std::string_view wish) const {
  const auto* text = std::get_if<std::string>(&json_->value);
  if (text == nullptr) want(wish);
  return *text;
}

bool Value::boolean() const {
  const auto* value = std::get_if<bool>(&json_->value);
  if (value == nullptr) want("true or false");
  return *value;
}

std::int64_t Value::integer(std::int64_t min, std::int64_t max) const {
  const auto* value = std::get_if<std::int64_t>(&json_->value);
  if (value == nullptr || *value < min || *value > max) {
    want(max == std::numeric_limits<std::int64_t>::max()
             ? fmt::format("an integer from {}", min)
             : fmt::format("an integer from {} to {}", min, max));
  }
  return *value;
}

std::uint64_t Value::unsigned_integer() const {
  if (const auto* big = std::get_if<std::uint64_t>(&json_->value)) return *big;
  const auto* value = std::get_if<std::int64_t>(&json_->value);
  if (value == nullptr || *value < 0) {
    want(fmt::format("an integer from 0 to {}", std::numeric_limits<std::uint64_t>::max()));
  }
  return static_cast<std::uint64_t>(*value);
}

double Value::number(std::string_view wish) const {
  if (const auto* real = std::get_if<double>(&json_->value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&json_->value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* big = std::get_if<std::uint64_t>(&json_->value)) return static_cast<double>(*big);
  want(wish);
}

double Value::probability() const {
  constexpr std::string_view wish = "a probability from 0 to 1";
  const double p = number(wish);
  if (!(p >= 0 && p <= 1)) want(wish);
  return p;
}

SimDuration Value::duration() const {
  if (is_number()) want("a duration with a unit (write \"10ms\", not 10)");
  const SimDuration duration = parsed(parse_duration, "a duration such as \"10ms\"");
  if (duration > max_duration) want("a duration of at most 100 years");
  return duration;
}

SimTime Value::time() const { return sim_start + duration(); }

}  // namespace lastack::scenario
