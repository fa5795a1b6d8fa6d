#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::cli {

/// What else is wrong with a scenario for the one who wants to run it.
using Refusals = std::function<std::vector<scenario::ScenarioError>(const scenario::Scenario&)>;

/// Loads every file, with what --set KEY=VALUE says. Nothing when one of them is bad or refused:
/// then every error of each has been reported. Throws UsageError where --set is wrong.
std::optional<std::vector<scenario::Scenario>> load_scenarios(
    const std::vector<std::string>& files, const std::vector<std::string>& settings,
    const Refusals& refusals = {});

}  // namespace lastack::cli
