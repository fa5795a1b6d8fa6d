// `lastack kernel COMMAND`: what has to do with real kernels; one file per command below it.
#include <CLI/CLI.hpp>

#include "command.hpp"

namespace lastack::tools {

void add_kernel_command(CLI::App& program, ExitCode& exit_code) {
  CLI::App* kernel = program.add_subcommand("kernel", "Hold Lastack against a real Linux kernel");
  kernel->require_subcommand(1);
  kernel->get_formatter()->label("SUBCOMMAND", "COMMAND");
  add_kernel_check_command(*kernel, exit_code);
  add_kernel_run_command(*kernel, exit_code);
  kernel->group("Commands");
  kernel->footer("`lastack kernel COMMAND --help` explains a command.");
}

}  // namespace lastack::tools
