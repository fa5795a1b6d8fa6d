// `lastack schema`: the JSON Schema of scenario files, for editors.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::tools {

void add_schema_command(CLI::App& program, ExitCode& exit_code) {
  CLI::App* command =
      program.add_subcommand("schema", "Print the JSON Schema (draft-07) of scenario files");
  command->callback([&exit_code] {
    fmt::print("{}", scenario::scenario_schema());
    exit_code = ExitCode::success;
  });
  finish_command(
      *command,
      "Example:\n"
      "  lastack schema > scenario.schema.json\n"
      "A scenario that names this file in `$schema` is checked, and its keys are completed\n"
      "and explained, by editors that know JSON Schema.");
}

}  // namespace lastack::tools
