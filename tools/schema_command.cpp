// `lastack schema`: the JSON Schemas of scenario files and objectives, for editors.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/objective.hpp"

namespace lastack::tools {

void add_schema_command(CLI::App& program, ExitCode& exit_code) {
  CLI::App* command =
      program.add_subcommand("schema", "Print the JSON Schema (draft-07) of scenario files");
  auto kind = std::make_shared<std::string>("scenario");
  command->add_option("KIND", *kind, "scenario (default) or objective (of `lastack tune`)")
      ->check(CLI::IsMember({"scenario", "objective"}).description(""))
      ->option_text(" ");
  command->callback([kind, &exit_code] {
    fmt::print("{}",
               *kind == "objective" ? scenario::objective_schema() : scenario::scenario_schema());
    exit_code = ExitCode::success;
  });
  finish_command(
      *command,
      "Examples:\n"
      "  lastack schema > scenario.schema.json\n"
      "  lastack schema objective > objective.schema.json\n"
      "A scenario that names this file in `$schema` is checked, and its keys are completed\n"
      "and explained, by editors that know JSON Schema.");
}

}  // namespace lastack::tools
