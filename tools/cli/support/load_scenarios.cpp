#include "support/load_scenarios.hpp"

#include <utility>

#include "support/diagnostics.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

/// What is wrong with a file; where nothing is, it is loaded into `scenarios`.
std::vector<scenario::ScenarioError> load(const std::string& file,
                                          const std::vector<scenario::Override>& overrides,
                                          const Refusals& refusals,
                                          std::vector<scenario::Scenario>& scenarios) {
  try {
    scenarios.push_back(scenario::load_scenario(file, overrides));
  } catch (const scenario::ScenarioError&) {  // the first error; there may be more
    return scenario::check_scenario(file, overrides);
  }
  for (const scenario::NewHost& host : scenarios.back().new_hosts) {
    diagnostics::warn("{}: --set {} makes {}", file, host.override, to_text(host));
  }
  report_remarks(scenarios.back().remarks);
  return refusals ? refusals(scenarios.back()) : std::vector<scenario::ScenarioError>{};
}

}  // namespace

std::optional<std::vector<scenario::Scenario>> load_scenarios(
    const std::vector<std::string>& files, const std::vector<std::string>& settings,
    const Refusals& refusals) {
  const std::vector<scenario::Override> overrides = overrides_of(settings);
  std::vector<scenario::Scenario> scenarios;
  bool good = true;
  for (const std::string& file : files) {
    const auto errors = [&] {
      const LoadingLine line{file};
      return load(file, overrides, refusals, scenarios);
    }();
    for (const scenario::ScenarioError& error : errors) {
      diagnostics::error("{}", error.what());
      good = false;
    }
  }
  good = good && scenarios.size() == files.size();
  return good ? std::optional{std::move(scenarios)} : std::nullopt;
}

}  // namespace lastack::cli
