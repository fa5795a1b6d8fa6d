#pragma once

#include "callers.hpp"
#include "lastack/core/named.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/value.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

/// Whom an expectation may name.
struct Apps {
  const Nodes& nodes;
  const CallerIndex& callers;
  /// They are what the author of the expectations knew: all could be read, no override changed
  /// one. Else it is no error of an expectation that one is missing.
  bool as_written = true;
};

/// The enumerator that the string at `value` names.
template <class Enum> Enum named_at(const Value& value, std::string_view what) {
  const std::string& name = value.string(what);
  const auto found = named<Enum>(name);
  if (!found) value.unknown(what, name, names_of<Enum>());
  return *found;
}

/// `after` and `until` of an expectation.
void read_window(const Value& value, SimTime& after, SimTime& until);

/// {"call": …}: an expected call, by somebody who may make it.
ExpectCall call_of(const Value& value, const Apps& apps);

}  // namespace lastack::scenario
