#include "support/options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "support/file_names.hpp"

namespace lastack::cli {

void add_seed_option(Command command, std::optional<std::uint64_t>& seed,
                     const std::string& description) {
  // CLI11 would take -1, and whatever is too large, for the largest number.
  const auto of_64_bits = [](const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? ""
                 : fmt::format("want a whole number from 0 to {}, have {}",
                               std::numeric_limits<std::uint64_t>::max(), text);
  };
  command.add_option("--seed", seed, description).check(of_64_bits).type_name("N");
}

void add_color_option(Command command, std::string& when) {
  command.add_option("--color", when, "auto (default), always or never").type_name("WHEN");
}

ColourChoice colour_choice(const std::string& word) {
  if (word == "auto") return ColourChoice::automatic;
  if (word == "always") return ColourChoice::always;
  if (word == "never") return ColourChoice::never;
  throw UsageError{fmt::format("--color: want auto, always or never, have {}", word)};
}

void add_jobs_option(Command command, unsigned& threads) {
  command.add_option("-j,--jobs", threads, "Threads (default: one per processor)")
      .range(1, 1024)
      .type_name("N");
}

unsigned threads_or_all(unsigned threads) {
  return threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

void add_ci_options(Command command, CiOptions& ci, const std::string& what) {
  command.add_option("--junit", ci.junit, "Write the " + what + " as JUnit XML as well")
      .type_name("FILE");
  command.add_flag("--tap", ci.tap, "Print the " + what + " in the Test Anything Protocol");
  command.add_flag("--github", ci.github, "Print failures as annotations for GitHub as well");
}

void require_one_stdout(const CiOptions& ci) {
  if (!is_stdout(ci.junit) || (!ci.tap && !ci.github)) return;
  throw UsageError{fmt::format("--junit: want one output on stdout, have {} as well",
                               ci.tap ? "--tap" : "--github")};
}

void add_strict_option(Command command, bool& strict) {
  command.add_flag("--strict", strict,
                   "Take a fault, injection or expectation that matches\n"
                   "nothing for an error, not for a warning");
}

void add_set_option(Command command, std::vector<std::string>& settings) {
  command
      .add_option("--set", settings,
                  "Replace a value of the scenario; KEY is a dotted path;\n"
                  "may be given more than once")
      .one_value_each()
      .type_name("KEY=VALUE");
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

}  // namespace lastack::cli
