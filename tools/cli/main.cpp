// The `lastack` program: parses the command line, hands over to a subcommand, answers with its exit
// code. Every subcommand is a file of its own.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "support/diagnostics.hpp"
#include "support/interrupt.hpp"
#include "support/memory_limit.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

constexpr const char* description =
    "Lastack simulates the life and death of TCP connections: what happens when\n"
    "handshakes, old SYNs and FINs get lost. A scenario says who connects to whom and\n"
    "what goes wrong on the way.";

constexpr const char* examples =
    "Examples:\n"
    "  lastack run scenarios/handshake/three_way.json     look at a three-way handshake\n"
    "  lastack run S.json --trace S.pcapng                and at its segments in Wireshark\n"
    "  lastack test scenarios --junit report.xml          check every expectation, as CI does\n"
    "  lastack sysctl tcp_syn_retries                     what a setting means\n"
    "  lastack sweep scenarios/sweeps/FILE.json           which setting to run with\n"
    "  lastack explain S.json                             why a connection ended as it did\n"
    "  lastack diff a.jsonl b.jsonl                       where two traces part\n"
    "\n"
    "`lastack COMMAND --help` explains a command.\n"
    "Exit code: 0 all well, 1 an expectation failed or traces differ, 2 bad usage or\n"
    "input, 3 out of memory, 130 interrupted.";

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  return std::string{scenario::nearest_name(wrong, known)};
}

/// What to say to a first argument that names no command.
std::string unknown_command(const std::string& word, const std::vector<std::string>& names) {
  std::string text = fmt::format("unknown command `{}`", word);
  std::error_code error;
  const std::string nearest = nearest_name(word, names);
  if (std::filesystem::exists(word, error)) {
    text += fmt::format("; to run this file: lastack run {}", word);
  } else if (!nearest.empty()) {
    text += fmt::format("; did you mean `{}`?", nearest);
  } else {
    text += fmt::format("; want one of {}", fmt::join(names, ", "));
  }
  return text;
}

/// The subcommand that was named, or the program itself, with the words that name it.
struct NamedCommand {
  const CLI::App* app;
  std::string words;  ///< "lastack kernel check"
};

NamedCommand named_command(const CLI::App& program) {
  NamedCommand named{&program, program.get_name()};
  for (auto below = program.get_subcommands(); !below.empty();
       below = named.app->get_subcommands()) {
    named.app = below.front();
    named.words += " " + named.app->get_name();
  }
  return named;
}

/// What to say when `kernel` and the like are not followed by one of their own commands.
std::string missing_command(const NamedCommand& named, const std::vector<std::string>& arguments) {
  const std::vector<std::string> names = command_names(*named.app);
  const auto words = std::count(named.words.begin(), named.words.end(), ' ');
  const auto next = static_cast<std::size_t>(words);
  const std::string have = next < arguments.size() ? arguments[next] : "none";
  const std::string nearest = nearest_name(have, names);
  const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean `{}`?", nearest);
  return fmt::format("want a command after `{}` ({}), have {}{}", named.words,
                     fmt::join(names, ", "), have, hint);
}

/// CLI11 names arguments that it could not place; this adds the option that may have been meant.
std::string explain(const CLI::ParseError& error, const NamedCommand& named,
                    const std::vector<std::string>& arguments) {
  const CLI::App& command = *named.app;
  if (!command_names(command).empty()) return missing_command(named, arguments);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
  const std::vector<std::string> options = option_names(command);
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    const bool known = std::find(options.begin(), options.end(), name) != options.end();
    if (!name.starts_with("--") || name == "--" || known) continue;
    const std::string nearest = nearest_name(name, options);
    return fmt::format("unknown option `{}`{}", name,
                       nearest.empty() ? "" : fmt::format("; did you mean `{}`?", nearest));
  }
  return error.what();
}

ExitCode usage_error(const std::string& problem, const CLI::App& program) {
  diagnostics::error("{}", problem);
  fmt::print(stderr, "Try `{} --help`.\n", named_command(program).words);
  return ExitCode::bad_input;
}

/// `lastack help run` is what people type who have not read that it is `lastack run --help`.
/// Commands within commands: `lastack help kernel check`.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.resize(std::min<std::size_t>(arguments.size(), 2));
    arguments.push_back("--help");
  }
  return arguments;
}

ExitCode parse_and_run(CLI::App& program, std::vector<std::string> arguments,
                       const ExitCode& exit_code) {
  const std::vector<std::string> names = command_names(program);
  if (arguments.empty()) {
    fmt::print(stderr, "{}", program.help());
    return ExitCode::bad_input;
  }
  const std::string& first = arguments.front();
  if (first.starts_with('-') && first != "-h" && first != "--help" && first != "--version") {
    return usage_error(
        fmt::format("want a command ({}) first, have {}", fmt::join(names, ", "), first), program);
  }
  if (!first.starts_with('-') && std::find(names.begin(), names.end(), first) == names.end()) {
    return usage_error(unknown_command(first, names), program);
  }
  try {
    program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return exit_code;
  } catch (const CLI::Success& help_or_version) {
    program.exit(help_or_version);
    return ExitCode::success;
  } catch (const CLI::ParseError& error) {
    return usage_error(explain(error, named_command(program), arguments), program);
  } catch (const UsageError& error) {
    return usage_error(error.what(), program);
  }
}

/// What is said when there is no memory to say more.
ExitCode out_of_memory() {
  std::fputs("lastack: error: out of memory\n", stderr);
  return ExitCode::out_of_memory;
}

/// Memory may also run out where nothing can be thrown: while something is cleaned up.
[[noreturn]] void on_terminate() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    std::_Exit(static_cast<int>(out_of_memory()));
  } catch (...) {  // a bug; the core dump says where
  }
  std::abort();
}

}  // namespace

}  // namespace lastack::cli

int main(int argc, char** argv) {
  using namespace lastack;
  using namespace lastack::cli;
  std::set_terminate(on_terminate);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is then answered like a full disk
  ExitCode exit_code = ExitCode::success;
  try {
    diagnostics::start();
    kernel::remove_leftovers();
    CLI::App program{description, "lastack"};
    program.set_version_flag("--version", "lastack " LASTACK_VERSION, "Print the version and exit");
    Command commands{&program};
    commands.finish_group(examples);
    add_run_command(commands, exit_code);
    add_test_command(commands, exit_code);
    add_sweep_command(commands, exit_code);
    add_merge_command(commands, exit_code);
    add_compare_command(commands, exit_code);
    add_tune_command(commands, exit_code);
    add_export_command(commands, exit_code);
    add_report_command(commands, exit_code);
    add_explain_command(commands, exit_code);
    add_validate_command(commands, exit_code);
    add_schema_command(commands, exit_code);
    add_sysctl_command(commands, exit_code);
    add_diff_command(commands, exit_code);
    add_kernel_command(commands, exit_code);
    exit_code = parse_and_run(program, arguments_of(argc, argv), exit_code);
    if (std::fflush(stdout) != 0) throw OutputError{"stdout", std::strerror(errno)};
  } catch (const std::bad_alloc&) {
    exit_code = out_of_memory();
  } catch (const TooLarge& error) {
    diagnostics::error("{}", error.what());
    exit_code = ExitCode::out_of_memory;
  } catch (const run::Standstill& error) {
    diagnostics::error("{}", error.what());
    exit_code = ExitCode::out_of_memory;
  } catch (const std::exception& error) {  // such as an output that cannot be written
    diagnostics::error("{}", error.what());
    exit_code = ExitCode::bad_input;
  }
  if (work_left_behind()) {  // it may use what ends with main
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(exit_code));
  }
  return static_cast<int>(exit_code);
}
