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
#include "lastack/scenario/nearest_name.hpp"
#include "lastack/tcp/settings.hpp"
#include "support/options.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

using tcp::ProfileId;
using tcp::SettingInfo;

constexpr std::array<ProfileId, tcp::profile_count> profiles{
    ProfileId::linux_6, ProfileId::linux_4, ProfileId::rfc9293, ProfileId::textbook};

struct SysctlOptions {
  std::string name;
  std::string profile;
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

std::optional<ProfileId> wanted_profile(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (const auto profile = tcp::profile_named(name)) return profile;
  std::vector<std::string_view> names;
  for (const ProfileId profile : profiles) names.push_back(tcp::name_of(profile));
  throw UsageError{fmt::format("--profile: want one of {}, have {}", fmt::join(names, ", "), name)};
}

void print_settings(const SysctlOptions& options) {
  const auto profile = wanted_profile(options.profile);
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
                  "Defaults of this profile only: linux-6, linux-4,\nrfc9293 or textbook")
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
      "A scenario sets them under `sysctl`, for all hosts or inside one.");
}

}  // namespace lastack::cli
