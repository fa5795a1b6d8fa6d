#include "embedded_scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/text.hpp"

namespace lastack::scenario {

namespace {

/// A problem without "(from --set …)": nobody typed a --set.
std::string without_option(const std::string& problem) {
  return problem.substr(0, std::min(problem.find(" (from --set "), problem.find(" (in --set ")));
}

/// The same, but still with the path and the value that it comes from.
std::string without_option_name(std::string problem) {
  for (const std::string_view mark : {"(from --set ", "(in --set "}) {
    const auto at = problem.find(mark);
    if (at != problem.npos) problem.replace(at, mark.size(), "(from ");
  }
  return problem;
}

}  // namespace

EmbeddedScenario embedded_scenario(const Value& value, const std::string& file) {
  if (value.is_object()) return {file, value.pointer(), to_text(value.json())};
  const std::string& path = value.string("a scenario's path, or the scenario itself");
  const auto folder = std::filesystem::path{file}.parent_path();
  const std::string found = (folder / path).lexically_normal().string();
  if (const auto kind = special_kind(found)) {
    value.fail(fmt::format("{}: want a file, have {}", printable(found), *kind));
  }
  auto text = read_file(found);
  if (const auto* problem = std::get_if<FileProblem>(&text)) {
    value.fail(fmt::format("{}: {}", printable(found), problem->text));
  }
  return {found, "", std::get<std::string>(std::move(text))};
}

Scenario parse_embedded(const std::string& text, const std::string& file,
                        const std::string& pointer, const std::vector<Override>& overrides) {
  try {
    Scenario scenario = parse_scenario(text, file, overrides);
    scenario.expectations.clear();
    return scenario;
  } catch (const ScenarioError& error) {
    throw ScenarioError{file, pointer + error.pointer(), without_option_name(error.problem())};
  }
}

std::string problem_in_scenario(const ScenarioError& error) {
  return fmt::format("{} (at {} of the scenario)", without_option(error.problem()),
                     error.pointer());
}

}  // namespace lastack::scenario
