#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/condition.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// The conditions of a sweep or an objective: those of its `under`, or the one of its `scenario`,
/// without a name. At least one.
std::vector<Condition> read_conditions(const Value& root, const std::string& file);

/// A value of `vary` or `settings` goes over a condition's, which would then say something untrue.
void check_free(std::string_view path, const Value& value,
                const std::vector<Condition>& conditions);

/// What is wrong with a path that makes a new host, to which nobody would speak; nothing where
/// none does.
std::optional<std::string> new_host_problem(const Scenario& changed);

}  // namespace lastack::scenario
