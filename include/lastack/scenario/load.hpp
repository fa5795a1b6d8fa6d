#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// Wrong input. what() reads "FILE: POINTER: want …, have …".
class ScenarioError : public std::runtime_error {
 public:
  /// `problem` reads "want …, have …".
  ScenarioError(const std::string& file, const std::string& pointer, const std::string& problem);

  /// The file as the caller named it.
  const std::string& file() const { return file_; }
  const std::string& pointer() const { return pointer_; }  ///< JSON Pointer; "" for the whole file
  /// "want …, have …".
  const std::string& problem() const { return problem_; }

 private:
  std::string file_;
  std::string pointer_;
  std::string problem_;
};

/// `--set KEY=VALUE`: a dotted path and a JSON value (text that is no JSON counts as a string).
/// Names in a `sysctl` may have dots themselves: "sysctl.net.ipv4.tcp_sack".
using Override = std::pair<std::string, std::string>;

/// Reads, checks and resolves a scenario file. Throws ScenarioError.
Scenario load_scenario(const std::string& file, const std::vector<Override>& overrides = {});

/// The same from text; `file` names it in messages, and relative paths in it start from its folder.
Scenario parse_scenario(std::string_view json, const std::string& file,
                        const std::vector<Override>& overrides = {});

/// Asserts what is always true of a scenario that these have read: every reference leads to
/// something that is there, no host talks to itself, and it comes to an end.
void check_invariants(const Scenario& scenario);

/// The errors of a scenario file, the first 100, in the file's order; none: `load_scenario` reads
/// it. Within one link, one app and the like the first error may hide others.
std::vector<ScenarioError> check_scenario(const std::string& file,
                                          const std::vector<Override>& overrides = {});

/// The same for text, as `parse_scenario` takes it.
std::vector<ScenarioError> check_scenario_text(std::string_view json, const std::string& file,
                                               const std::vector<Override>& overrides = {});

/// What kind of file a JSON text is, by the keys it holds.
enum class FileKind { scenario, sweep, objective, other };
/// Throws ScenarioError for a file that cannot be read or is no JSON.
FileKind kind_of_file(const std::string& file);

/// The JSON Schema (draft-07) of scenario files, as text.
std::string_view scenario_schema();

}  // namespace lastack::scenario
