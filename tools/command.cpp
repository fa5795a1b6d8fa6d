#include "command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
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

void add_set_option(CLI::App& command, std::vector<std::string>& settings) {
  command
      .add_option("--set", settings,
                  "Replace a value of the scenario; KEY is a dotted path;\n"
                  "may be given more than once")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

std::vector<scenario::Override> overrides_of(const std::vector<std::string>& settings) {
  std::vector<scenario::Override> overrides;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError{fmt::format(
          "--set: want KEY=VALUE such as hosts.client.sysctl.tcp_syn_retries=3, have {}", setting)};
    }
    overrides.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return overrides;
}

namespace {

/// An empty argument is mostly a variable of a shell that is not set. To take it for an option that
/// is not given would leave out silently what was asked for.
void refuse_empty(CLI::App& command) {
  const CLI::Validator not_empty{
      [](const std::string& text) { return text.empty() ? "want a value, have none" : ""; }, ""};
  for (CLI::Option* option : command.get_options()) option->check(not_empty);
}

}  // namespace

void finish_command(CLI::App& command, const std::string& examples) {
  if (command.get_option_no_throw("--verbose") == nullptr) {
    command.add_flag_callback(
        "-v,--verbose", [] { spdlog::set_level(spdlog::level::debug); },
        "Say on stderr what the program does");
  }
  refuse_empty(command);
  command.group("Commands");
  command.footer(examples);
}

}  // namespace lastack::tools
