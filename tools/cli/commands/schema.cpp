// `lastack schema`: the JSON Schemas of scenarios, sweeps and objectives, for editors.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/objective.hpp"
#include "lastack/scenario/sweep.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

std::string_view schema_of(const std::string& kind) {
  if (kind == "sweep") return scenario::sweep_schema();
  if (kind == "objective") return scenario::objective_schema();
  return scenario::scenario_schema();
}

}  // namespace

void add_schema_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand(
      "schema", "Print the JSON Schema (draft-07) of scenarios, sweeps or objectives");
  auto kind = std::make_shared<std::string>("scenario");
  command
      .add_option("KIND", *kind,
                  "scenario (default), sweep (refers to scenario.schema.json\n"
                  "beside it) or objective (of `lastack tune`)")
      .one_of({"scenario", "sweep", "objective"})
      .option_text(" ");
  command.callback([kind, &exit_code] {
    fmt::print("{}", schema_of(*kind));
    exit_code = ExitCode::success;
  });
  command.finish(
      "Examples:\n"
      "  lastack schema > scenario.schema.json\n"
      "  lastack schema sweep > sweep.schema.json\n"
      "A file that names such a schema in `$schema` is checked, and its keys are completed and\n"
      "explained, by editors that know JSON Schema.");
}

}  // namespace lastack::cli
