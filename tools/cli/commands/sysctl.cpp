// `lastack sysctl [NAME]`: what settings there are, and what they mean.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands/commands.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "lastack/tcp/kernel_versions.hpp"
#include "lastack/tcp/settings.hpp"
#include "support/options.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

using tcp::ProfileId;
using tcp::SettingInfo;

/// Those whose defaults are shown beside each other; each release of Linux has one of its own.
constexpr std::array profiles{ProfileId::linux_6, ProfileId::linux_4, ProfileId::rfc9293,
                              ProfileId::textbook};

struct SysctlOptions {
  std::string name;
  std::string profile;
  std::string against;
};

std::string default_of(const SettingInfo& info, ProfileId profile) {
  const std::string value = tcp::setting_value(tcp::default_settings(profile), info.name);
  return value.empty() ? "(none)" : value;
}

/// A default value and the profiles that have it.
using SharedDefault = std::pair<std::string, std::vector<std::string_view>>;

std::vector<SharedDefault> defaults_of(const SettingInfo& info) {
  std::vector<SharedDefault> defaults;
  for (const ProfileId profile : profiles) {
    const std::string value = default_of(info, profile);
    auto shared = std::find_if(defaults.begin(), defaults.end(),
                               [&](const SharedDefault& other) { return other.first == value; });
    if (shared == defaults.end()) shared = defaults.insert(shared, {value, {}});
    shared->second.push_back(tcp::name_of(profile));
  }
  return defaults;
}

/// "6 (linux-6, linux-4), 7 (rfc9293), 5 (textbook)", or "6" where all profiles agree. What does
/// not fit into one line is aligned below.
std::string values_text(const SettingInfo& info, int columns) {
  const std::vector<SharedDefault> defaults = defaults_of(info);
  if (defaults.size() == 1) return defaults.front().first;
  std::vector<std::string> texts;
  for (const auto& [value, names] : defaults) {
    texts.push_back(fmt::format("{} ({})", value, fmt::join(names, ", ")));
  }
  const std::size_t margin = info.name.size() + 3;
  const std::string one_line = fmt::format("{}", fmt::join(texts, ", "));
  if (margin + one_line.size() <= static_cast<std::size_t>(columns)) return one_line;
  return fmt::format("{}", fmt::join(texts, ",\n" + std::string(margin, ' ')));
}

/// "Range: 1 to 127 segments. Source: RFC 9293, 3.8.3".
std::string range_and_source(const SettingInfo& info) {
  return fmt::format("Range: {} to {}{}{}. Source: {}", info.min, info.max,
                     info.unit.empty() ? "" : " ", info.unit, info.source);
}

/// One setting: its name and defaults, what it means, its range, who says so.
std::string entry(const SettingInfo& info, std::optional<ProfileId> profile, const Paint& paint,
                  int columns) {
  const std::string values = profile ? default_of(info, *profile) : values_text(info, columns);
  std::string text = paint.bold(info.name) + " = " + values + "\n";
  text += wrapped(info.meaning, columns, 4);
  return text + paint.dim(wrapped(range_and_source(info), columns, 4));
}

const SettingInfo& wanted_setting(const std::string& name) {
  if (const SettingInfo* info = tcp::find_setting(name)) return *info;
  if (tcp::is_unmodelled_setting(name)) {
    throw UsageError{fmt::format("{}: Linux has this setting, Lastack does not model it", name)};
  }
  std::vector<std::string_view> names;
  for (const SettingInfo& info : tcp::setting_infos()) names.push_back(info.name);
  const std::string_view nearest = scenario::nearest_name(name, names);
  throw UsageError{fmt::format("unknown setting `{}`{}", name,
                               nearest.empty() ? "; `lastack sysctl` lists them"
                                               : fmt::format("; did you mean `{}`?", nearest))};
}

std::optional<ProfileId> wanted_profile(const char* option, const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (const auto profile = tcp::profile_named(name)) return profile;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < tcp::profile_count; ++i) {
    names.push_back(tcp::name_of(static_cast<ProfileId>(i)));
  }
  throw UsageError{
      fmt::format("{}: want one of {}, have {}", option, fmt::join(names, ", "), name)};
}

// --- What differs between two profiles ---

/// "since Linux 6.5 (commit ccce324dabfe)", of each change that lies between two releases.
std::string reasons(std::string_view name, ProfileId a, ProfileId b) {
  const auto one = tcp::kernel_of(a);
  const auto other = tcp::kernel_of(b);
  if (!one || !other) return "";
  std::vector<std::string> texts;
  for (const tcp::KernelChange& change : tcp::kernel_changes()) {
    const bool between =
        std::min(*one, *other) < change.since && change.since <= std::max(*one, *other);
    if (change.name != name || !between) continue;
    texts.push_back(
        fmt::format("since Linux {} ({})", tcp::to_string(change.since), change.source));
  }
  return texts.empty() ? "" : fmt::format("    {}\n", fmt::join(texts, ", "));
}

std::string difference(std::string_view name, const std::string& before, const std::string& now,
                       ProfileId a, ProfileId b, const Paint& paint) {
  return fmt::format("{}: {} -> {}\n", paint.bold(name), before, now) +
         paint.dim(reasons(name, a, b));
}

/// The settings that the older of two releases does not have yet, in a line.
std::string later_births(ProfileId a, ProfileId b) {
  const auto one = tcp::kernel_of(a);
  const auto other = tcp::kernel_of(b);
  if (!one || !other) return "";
  std::vector<std::string> texts;
  for (const SettingInfo& info : tcp::setting_infos()) {
    const tcp::SettingBirth* birth = tcp::birth_of_setting(info.name);
    if (birth == nullptr || birth->since <= std::min(*one, *other)) continue;
    if (birth->since > std::max(*one, *other)) continue;
    texts.push_back(fmt::format("{} ({})", info.name, tcp::to_string(birth->since)));
  }
  if (texts.empty()) return "";
  return wrapped(fmt::format("Not yet settings in {}: {}", tcp::name_of(*one < *other ? a : b),
                             fmt::join(texts, ", ")),
                 columns_for(stdout), 0);
}

void print_differences(ProfileId a, ProfileId b) {
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  std::string text;
  std::size_t settings = 0;
  std::size_t rules = 0;
  for (const SettingInfo& info : tcp::setting_infos()) {
    const std::string before = default_of(info, a);
    const std::string now = default_of(info, b);
    if (before == now) continue;
    ++settings;
    text += difference(info.name, before, now, a, b, paint);
  }
  for (const tcp::RuleInfo& rule : tcp::rule_infos()) {
    const std::string before{rule.value(tcp::profile_of(a))};
    const std::string now{rule.value(tcp::profile_of(b))};
    if (before == now) continue;
    ++rules;
    text += difference(rule.name, before, now, a, b, paint);
    text += wrapped(rule.meaning, columns_for(stdout), 4);
  }
  fmt::print("{} -> {}: {} and {} differ\n{}{}", tcp::name_of(a), tcp::name_of(b),
             counted(settings, "setting"), counted(rules, "rule"), text, later_births(a, b));
}

void print_settings(const SysctlOptions& options) {
  const auto profile = wanted_profile("--profile", options.profile);
  if (const auto against = wanted_profile("--against", options.against)) {
    if (!profile || !options.name.empty())
      throw UsageError{"--against: want --profile, and no NAME"};
    print_differences(*profile, *against);
    return;
  }
  const Paint paint{colour_for(stdout, ColourChoice::automatic)};
  const int columns = columns_for(stdout);
  if (!options.name.empty()) {
    fmt::print("{}", entry(wanted_setting(options.name), profile, paint, columns));
    return;
  }
  const char* gap = "";
  for (const SettingInfo& info : tcp::setting_infos()) {
    fmt::print("{}{}", gap, entry(info, profile, paint, columns));
    gap = "\n";
  }
}

}  // namespace

void add_sysctl_command(Command program, ExitCode& exit_code) {
  Command command = program.add_subcommand(
      "sysctl", "List the hosts' settings: default by profile, range, meaning, source");
  auto options = std::make_shared<SysctlOptions>();
  command
      .add_option("NAME", options->name,
                  "Only this one, with or without `net.ipv4.`,\n`net.core.` or `fs.`")
      .option_text(" ");
  command
      .add_option("--profile", options->profile,
                  "Defaults of this profile only: linux-6, linux-4,\nrfc9293, textbook, or a "
                  "release such as\nlinux-5.15")
      .type_name("PROFILE");
  command
      .add_option("--against", options->against,
                  "What is different in this profile: settings, and\nrules that no setting says")
      .type_name("PROFILE");
  command.callback([options, &exit_code] {
    print_settings(*options);
    exit_code = ExitCode::success;
  });
  command.finish(
      "Examples:\n"
      "  lastack sysctl                       all settings\n"
      "  lastack sysctl tcp_fin_timeout       one\n"
      "  lastack sysctl --profile textbook    the defaults of one profile\n"
      "  lastack sysctl --profile linux-5.15 --against linux-6.18\n"
      "                                       what changes with an upgrade\n"
      "A scenario sets them under `sysctl`, for all hosts or inside one.");
}

}  // namespace lastack::cli
