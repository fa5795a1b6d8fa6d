#include "lastack/scenario/load.hpp"

#include <filesystem>
#include <limits>
#include <utility>

#include "document.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/value.hpp"
#include "overrides.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

std::string message(const std::string& file, const std::string& pointer,
                    const std::string& problem) {
  std::string text;
  if (!file.empty()) text += printable(file) + ": ";
  if (!pointer.empty()) text += brief(pointer) + ": ";
  return text + problem;
}

void read_general(const Value& root, Scenario& scenario) {
  scenario.name = std::filesystem::path{scenario.file}.stem().string();
  root.with("$schema", [](const Value& v) { v.string(); });
  root.with("name", [&](const Value& v) { scenario.name = v.string(); });
  root.with("description", [&](const Value& v) { scenario.description = v.string(); });
  root.with("seed", [&](const Value& v) { scenario.seed = v.unsigned_integer(); });
  root.with("stop_at", [&](const Value& v) {
    scenario.stop_at = v.time();
    scenario.stop_at_given = true;
    if (scenario.stop_at == sim_start) v.want("a time after the start");
  });
}

void read_scenario(const Value& root, Scenario& scenario) {
  if (root.json().find("vary") != nullptr && root.json().find("hosts") == nullptr) {
    root.fail("want a scenario, have a sweep (it has the key \"vary\")");
  }
  root.attempt([&] {
    root.only_keys(
        "a scenario",
        {"$schema", "name",        "description", "seed",    "stop_at", "profile", "initial_rto",
         "msl",     "timer_wheel", "hz",          "what_if", "sysctl",  "limits",  "hosts",
         "routers", "links",       "faults",      "inject",  "events",  "apps",    "expect"});
  });
  read_general(root, scenario);
  read_hosts(root, scenario);
  if (!nodes_known(root, scenario)) return;
  const Nodes nodes{scenario.hosts, scenario.routers};
  for (const auto read :
       {read_links, read_faults, read_injections, read_events, read_apps, read_expectations}) {
    root.attempt([&] { read(root, nodes, scenario); });
  }
}

/// Reads text with overrides; errors behind the first go to `errors`, if there is such a list.
Scenario read_text(std::string_view text, const std::string& file,
                   const std::vector<Override>& overrides, std::vector<ScenarioError>* errors) {
  Scenario scenario;
  scenario.file = file;
  Source source{file, {}, errors};
  Json document = document_of(text, file);
  scenario.new_hosts = apply_overrides(document, overrides, source);
  read_scenario(Value{document, source}, scenario);
  return scenario;
}

}  // namespace

ScenarioError::ScenarioError(const std::string& file, const std::string& pointer,
                             const std::string& problem)
    : std::runtime_error{message(file, pointer, problem)},
      file_{file},
      pointer_{pointer},
      problem_{problem} {}

Scenario load_scenario(const std::string& file, const std::vector<Override>& overrides) {
  return parse_scenario(text_of(file), file, overrides);
}

Scenario parse_scenario(std::string_view json, const std::string& file,
                        const std::vector<Override>& overrides) {
  Scenario scenario = read_text(json, file, overrides, nullptr);
  check_invariants(scenario);
  return scenario;
}

std::vector<ScenarioError> check_scenario(const std::string& file,
                                          const std::vector<Override>& overrides) {
  try {
    return check_scenario_text(text_of(file), file, overrides);
  } catch (const ScenarioError& error) {
    return {error};
  }
}

std::vector<ScenarioError> check_scenario_text(std::string_view json, const std::string& file,
                                               const std::vector<Override>& overrides) {
  std::vector<ScenarioError> errors;
  try {
    read_text(json, file, overrides, &errors);
  } catch (const ScenarioError& error) {
    errors.push_back(error);
  }
  return errors;
}

FileKind kind_of_file(const std::string& file) {
  const Json document = document_of(text_of(file), file);
  if (document.find("hosts") != nullptr) return FileKind::scenario;
  if (document.find("vary") != nullptr) return FileKind::sweep;
  return document.find("settings") != nullptr ? FileKind::objective : FileKind::other;
}

}  // namespace lastack::scenario
