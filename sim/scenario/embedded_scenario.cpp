#include "embedded_scenario.hpp"

#include <filesystem>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace lastack::scenario {

EmbeddedScenario embedded_scenario(const Value& value, const std::string& file) {
  if (value.is_object()) return {file, value.pointer(), to_text(value.json())};
  const std::string& path = value.string("a scenario's path, or the scenario itself");
  const auto folder = std::filesystem::path{file}.parent_path();
  const std::string found = (folder / path).lexically_normal().string();
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
    throw ScenarioError{file, pointer + error.pointer(), error.problem()};
  }
}

std::string problem_in_scenario(const ScenarioError& error) {
  const std::string& text = error.problem();
  return fmt::format("{} (at {} of the scenario)", text.substr(0, text.find(" (from --set ")),
                     error.pointer());
}

}  // namespace lastack::scenario
