#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/scenario/json.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/quantities.hpp"

namespace lastack::scenario {

/// Where an override put something, so that a message about it can name the override.
struct OverrideMark {
  std::string pointer;  ///< of the topmost value that the override made or replaced
  std::string text;     ///< "hosts.client.sysctl.tcp_syn_retries=900"
};

/// How many errors of one file are collected at most.
inline constexpr std::size_t max_errors = 100;

/// What messages about a JSON document have to know.
struct Source {
  std::string file;
  std::vector<OverrideMark> overrides;

  /// Where errors go that do not end the reading; null: the first one ends it.
  std::vector<ScenarioError>* errors = nullptr;

  /// Throws the ScenarioError for `pointer`.
  [[noreturn]] void fail(const std::string& pointer, std::string problem) const;

  /// Does `part`; where errors are collected, one in it is noted and the reading goes on behind it.
  template <class Part> void attempt(Part part) const {
    try {
      part();
    } catch (const ScenarioError& error) {
      if (errors == nullptr || errors->size() >= max_errors - 1) throw;
      const bool known = std::any_of(errors->begin(), errors->end(), [&](const ScenarioError& e) {
        return e.pointer() == error.pointer();  // one error for each place
      });
      if (!known) errors->push_back(error);
    }
  }
};

/// A JSON value, its place, and typed readers. Each reader throws a ScenarioError that says what is
/// wanted there and what there is. A Value is valid as long as document and Source are.
class Value {
 public:
  /// `pointer` is where `json` stands in the document: "/links/0".
  Value(const Json& json, const Source& source, std::string pointer = "")
      : json_{&json},
        source_{&source},
        pointer_{std::move(pointer)} {}

  /// The value as it was read.
  const Json& json() const { return *json_; }
  /// Its place, as a JSON Pointer (RFC 6901).
  const std::string& pointer() const { return pointer_; }

  /// Throws the ScenarioError for this place; `problem` reads "want …, have …".
  [[noreturn]] void fail(std::string problem) const { source_->fail(pointer_, std::move(problem)); }
  /// See Source::attempt.
  template <class Part> void attempt(Part part) const { source_->attempt(part); }
  /// Whether the member of this name is as its author has it: no error is noted in it, and no
  /// override changed it. True where there is none.
  bool as_written(std::string_view key) const;
  /// "want {wish}, have {what there is}".
  [[noreturn]] void want(std::string_view wish) const;
  /// "want {what}, have {name}; nearest is …".
  [[noreturn]] void unknown(std::string_view what, std::string_view name,
                            const std::vector<std::string_view>& known) const;
  /// The same for a value that is none of these names, or no name at all.
  [[noreturn]] void want_one_of(std::string_view what,
                                const std::vector<std::string_view>& known) const;

  // --- Objects ---

  /// Whether it is an object; the readers of objects throw for anything else.
  bool is_object() const { return std::holds_alternative<Json::Object>(json_->value); }
  /// Requires an object without other keys than these; `what` names it in messages: "a link".
  void only_keys(std::string_view what, std::initializer_list<std::string_view> keys) const;
  /// Whether there is such a member.
  bool has(std::string_view key) const { return json_->find(key) != nullptr; }
  /// The member, if there is one.
  std::optional<Value> find(std::string_view key) const;
  /// Calls `use(member)` if there is one; where errors are collected, one in it ends only `use`.
  template <class Use> void with(std::string_view key, Use use) const {
    if (const auto member = find(key)) attempt([&] { use(*member); });
  }
  /// The member, which must be there.
  Value at(std::string_view key) const;
  /// Calls `use(name, value)` for each member, in the file's order.
  template <class Use> void for_each_member(std::string_view wish, Use use) const {
    const auto* members = std::get_if<Json::Object>(&json_->value);
    if (members == nullptr) want(wish);
    for (const auto& [name, member] : *members) {
      const Value value{member, *source_, pointer_to(pointer_, name)};
      source_->attempt([&] { use(name, value); });
    }
  }

  // --- Arrays ---

  /// Whether it is an array.
  bool is_array() const { return std::holds_alternative<Json::Array>(json_->value); }
  /// Elements of an array; 0 for anything else.
  std::size_t size() const;
  /// Calls `use(value)` for each element.
  template <class Use> void for_each_element(std::string_view wish, Use use) const {
    const auto* array = std::get_if<Json::Array>(&json_->value);
    if (array == nullptr) want(wish);
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Value element{(*array)[i], *source_, pointer_to(pointer_, i)};
      source_->attempt([&] { use(element); });
    }
  }

  // --- Scalars ---

  /// Whether it is a string.
  bool is_string() const { return std::holds_alternative<std::string>(json_->value); }
  /// Whether it is true or false.
  bool is_bool() const { return std::holds_alternative<bool>(json_->value); }
  /// Whether it is a number without a fraction that 64 bits can hold.
  bool is_integer() const;
  /// Whether it is a number.
  bool is_number() const;
  /// The string; `wish` says what would be right.
  const std::string& string(std::string_view wish = "a string") const;
  /// True or false.
  bool boolean() const;
  /// Requires min <= value <= max.
  std::int64_t integer(std::int64_t min, std::int64_t max) const;
  /// The same as a narrower type, whose range is the default.
  template <class T>
  T integer_as(std::int64_t min = std::numeric_limits<T>::min(),
               std::int64_t max = std::numeric_limits<T>::max()) const {
    return static_cast<T>(integer(min, max));
  }
  std::uint64_t unsigned_integer() const;  ///< the whole range of 64 bits
  /// A number, whole or not.
  double number(std::string_view wish = "a number") const;
  /// A number from 0 to 1.
  double probability() const;
  /// A duration such as "10ms", at most 100 years.
  SimDuration duration() const;
  SimTime time() const;  ///< a duration since the start
  /// A string that `parse` makes something of.
  template <class T> T parsed(Parsed<T> (*parse)(std::string_view), std::string_view wish) const {
    Parsed<T> result = parse(string(wish));
    if (const auto* problem = std::get_if<Wish>(&result)) want(problem->text);
    return std::get<T>(std::move(result));
  }

 private:
  const Json* json_;
  const Source* source_;
  std::string pointer_;
};

/// One of the names that `choices` pairs with what they stand for.
template <class T>
T one_of(const Value& value, std::string_view what,
         std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::vector<std::string_view> known;
  for (const auto& [choice, meaning] : choices) {
    if (value.is_string() && value.string() == choice) return meaning;
    known.push_back(choice);
  }
  value.want_one_of(what, known);
}

}  // namespace lastack::scenario
