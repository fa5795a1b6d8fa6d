#include "command.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

namespace lastack::tools {

void add_seed_option(CLI::App& command, std::optional<std::uint64_t>& seed,
                     const std::string& description) {
  // CLI11 would take -1 for the largest number.
  const auto digits_only = [](const std::string& text) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return number ? "" : "want a whole number from 0, have " + text;
  };
  command.add_option("--seed", seed, description)->check(digits_only)->type_name("N");
}

void finish_command(CLI::App& command, const std::string& examples) {
  command.add_flag_callback(
      "-v,--verbose", [] { spdlog::set_level(spdlog::level::debug); },
      "Say on stderr what the program does");
  command.group("Commands");
  command.footer(examples);
}

}  // namespace lastack::tools
