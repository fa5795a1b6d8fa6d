#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "lastack/scenario/load.hpp"
#include "support/command_line.hpp"
#include "support/exit_code.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// Arguments that make no sense together, or a value that CLI11 could not judge.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

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

/// What a CI server reads.
struct CiOptions {
  std::string junit;  ///< a file; empty: none
  bool tap = false;
  bool github = false;
};
/// Gives a subcommand its --junit, --tap and --github; `what` is written: "results".
void add_ci_options(Command command, CiOptions& ci, const std::string& what);

/// Throws UsageError where --junit is to go to stdout and something else as well.
void require_one_stdout(const CiOptions& ci);

/// Gives a subcommand its --strict.
void add_strict_option(Command command, bool& strict);

/// Gives a subcommand its --set, which may come more than once.
void add_set_option(Command command, std::vector<std::string>& settings);
/// What each --set KEY=VALUE puts where. Throws UsageError.
std::vector<scenario::Override> overrides_of(const std::vector<std::string>& settings);

}  // namespace lastack::cli
