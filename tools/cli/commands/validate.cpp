// `lastack validate PATH…`: checks scenarios and sweeps without running them.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/batch/tune.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/never_matches.hpp"
#include "lastack/scenario/objective.hpp"
#include "lastack/scenario/sweep.hpp"
#include "support/diagnostics.hpp"
#include "support/find_files.hpp"
#include "support/options.hpp"
#include "support/progress_line.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

struct ValidateOptions {
  std::vector<std::string> paths;
  bool strict = false;
  bool quiet = false;
};

/// Why a file is no business of this command, or nothing. A file that was named is always checked.
std::string reason_to_skip(const std::string& file, scenario::FileKind kind,
                           const ValidateOptions& options) {
  const bool named =
      std::find(options.paths.begin(), options.paths.end(), file) != options.paths.end();
  switch (kind) {
    case scenario::FileKind::scenario: return {};
    case scenario::FileKind::sweep: return {};
    case scenario::FileKind::objective: return {};
    case scenario::FileKind::other: break;
  }
  return named ? "" : "no scenario (`hosts`), sweep (`vary`) or objective (`settings`)";
}

/// What there is to say of a file.
struct Finding {
  std::string skipped;  ///< why it is no business of this command; empty: it is
  std::vector<std::string> errors;
  std::vector<scenario::Unmatched> never;  ///< what could never match
  std::vector<std::string> remarks;        ///< what was passed over in files that it names
};

/// The first error of a sweep or an objective, if it has any.
void look_at_runs(const std::string& file, scenario::FileKind kind, Finding& found) {
  try {
    if (kind == scenario::FileKind::sweep) {
      const batch::Plan plan{scenario::load_sweep(file), LASTACK_VERSION};
      found.remarks = plan.sweep().remarks;
    } else {
      const batch::TunePlan plan{scenario::load_objective(file)};
      found.remarks = plan.objective().remarks;
    }
  } catch (const scenario::ScenarioError& error) {
    found.errors.emplace_back(error.what());
  }
}

/// The errors of a scenario; where there is none, what else there is to say of it.
void look_at_scenario(const std::string& file, Finding& found) {
  for (const scenario::ScenarioError& error : scenario::check_scenario(file)) {
    found.errors.emplace_back(error.what());
  }
  if (!found.errors.empty()) return;
  const scenario::Scenario scenario = scenario::load_scenario(file);
  found.never = scenario::never_matches(scenario);
  found.remarks = scenario.remarks;
}

/// The long part of the work, which ends by Ctrl-C. Sweeps and objectives have other values in each
/// run, so it is not asked what of their scenarios could never match.
Finding look_at(const std::string& file, const ValidateOptions& options) {
  const LoadingLine line{file};
  Finding found;
  try {
    const scenario::FileKind kind = scenario::kind_of_file(file);
    found.skipped = reason_to_skip(file, kind, options);
    if (!found.skipped.empty()) return found;
    const bool one_run = kind == scenario::FileKind::scenario || kind == scenario::FileKind::other;
    one_run ? look_at_scenario(file, found) : look_at_runs(file, kind, found);
  } catch (const scenario::ScenarioError& error) {  // cannot be read, or is no JSON
    found.errors.emplace_back(error.what());
  }
  return found;
}

/// What never matches is a warning, with --strict an error.
ExitCode validate_file(const std::string& file, const ValidateOptions& options) {
  const Finding found = look_at(file, options);
  for (const std::string& error : found.errors) diagnostics::error("{}", error);
  if (!options.quiet) report_remarks(found.remarks);
  for (const scenario::Unmatched& one : found.never) {
    if (options.strict || !options.quiet) report_unmatched(file, one, options.strict);
  }
  const bool refused = options.strict && !found.never.empty();
  if (!found.errors.empty() || refused) return ExitCode::bad_input;
  const std::string remark = found.skipped.empty() ? "ok" : "skipped: " + found.skipped;
  if (!options.quiet) fmt::print("{}: {}\n", printable(file), printable(remark));
  return ExitCode::success;
}

ExitCode validate(const ValidateOptions& options) {
  const std::vector<std::string> files = find_files(options.paths);
  if (files.empty())
    throw UsageError{fmt::format("no *.json in {}", fmt::join(options.paths, ", "))};
  ExitCode exit_code = ExitCode::success;
  for (const std::string& file : files) exit_code = worse(exit_code, validate_file(file, options));
  return exit_code;
}

}  // namespace

void add_validate_command(Command program, ExitCode& exit_code) {
  Command command =
      program.add_subcommand("validate", "Check scenarios and sweeps without running them");
  auto options = std::make_shared<ValidateOptions>();
  command.add_option("PATH", options->paths, "Scenarios or sweeps, or folders of them")
      .required()
      .option_text("...");
  add_strict_option(command, options->strict);
  command.add_flag("-q,--quiet", options->quiet, "Print errors only");
  command.callback([options, &exit_code] { exit_code = validate(*options); });
  command.finish(
      "Example:\n"
      "  lastack validate scenarios/handshake/three_way.json\n"
      "Each error names the file, the place in it (a JSON Pointer), what is allowed and what\n"
      "was found. A fault, injection or expectation that could never match anything is a\n"
      "warning, with --strict an error. Exit code: 0 all valid, 2 otherwise.");
}

}  // namespace lastack::cli
