#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "exit_code.hpp"
#include "lastack/scenario/load.hpp"
#include "terminal.hpp"

namespace lastack::tools {

/// Arguments that make no sense together, or a value that CLI11 could not judge.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

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
void add_kernel_run_command(Command kernel, ExitCode& exit_code);

/// Gives a subcommand its --seed.
void add_seed_option(Command command, std::optional<std::uint64_t>& seed,
                     const std::string& description);

/// Gives a subcommand its --color; `when` is "auto" where it is not given.
void add_color_option(Command command, std::string& when);
/// What --color asks for. Throws UsageError.
ColourChoice colour_choice(const std::string& when);

/// Gives a subcommand its --jobs: `threads` stays 0 without one.
void add_jobs_option(Command command, unsigned& threads);
/// So many, or for 0 one for each processor.
unsigned threads_or_all(unsigned threads);

/// Gives a subcommand its --set, which may come more than once.
void add_set_option(Command command, std::vector<std::string>& settings);
/// What each --set KEY=VALUE puts where. Throws UsageError.
std::vector<scenario::Override> overrides_of(const std::vector<std::string>& settings);

}  // namespace lastack::tools
