#pragma once

#include "support/command_line.hpp"
#include "support/exit_code.hpp"

namespace lastack::cli {

// Each adds one subcommand. When the command line names it, it does its work and says in
// `exit_code` how that went; it throws UsageError for wrong arguments.
void add_run_command(Command program, ExitCode& exit_code);
void add_test_command(Command program, ExitCode& exit_code);
void add_sweep_command(Command program, ExitCode& exit_code);
void add_merge_command(Command program, ExitCode& exit_code);
void add_compare_command(Command program, ExitCode& exit_code);
void add_tune_command(Command program, ExitCode& exit_code);
void add_export_command(Command program, ExitCode& exit_code);
void add_report_command(Command program, ExitCode& exit_code);
void add_explain_command(Command program, ExitCode& exit_code);
void add_validate_command(Command program, ExitCode& exit_code);
void add_schema_command(Command program, ExitCode& exit_code);
void add_sysctl_command(Command program, ExitCode& exit_code);
void add_diff_command(Command program, ExitCode& exit_code);
void add_kernel_command(Command program, ExitCode& exit_code);

// The subcommands of `lastack kernel`, in the same way.
void add_kernel_check_command(Command kernel, ExitCode& exit_code);
void add_kernel_fuzz_command(Command kernel, ExitCode& exit_code);
void add_kernel_run_command(Command kernel, ExitCode& exit_code);

}  // namespace lastack::cli
