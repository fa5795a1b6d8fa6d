// `lastack kernel COMMAND`: what has to do with real kernels; one file per command below it.
#include "commands/commands.hpp"
#include "support/options.hpp"

namespace lastack::cli {

void add_kernel_command(Command program, ExitCode& exit_code) {
  Command kernel = program.add_subcommand("kernel", "Compare Lastack with a real Linux kernel");
  add_kernel_check_command(kernel, exit_code);
  add_kernel_fuzz_command(kernel, exit_code);
  add_kernel_run_command(kernel, exit_code);
  kernel.finish_group("`lastack kernel COMMAND --help` explains a command.");
}

}  // namespace lastack::cli
