#include "sysctl_fragment.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "lastack/tcp/settings.hpp"
#include "terminal.hpp"

namespace lastack::tools {

namespace {

constexpr int columns = 78;

/// A path of the objective that is a sysctl.
struct SysctlPath {
  std::string host;  ///< "" for all
  const tcp::SettingInfo* info = nullptr;
};

/// "sysctl.NAME" or "hosts.HOST.sysctl.NAME", where NAME may have dots.
std::optional<SysctlPath> sysctl_path(std::string_view path) {
  constexpr std::string_view sysctl = "sysctl.";
  constexpr std::string_view hosts = "hosts.";
  std::string host;
  if (path.starts_with(hosts)) {
    path.remove_prefix(hosts.size());
    const auto dot = path.find('.');
    if (dot == path.npos) return std::nullopt;
    host = path.substr(0, dot);
    path.remove_prefix(dot + 1);
  }
  if (!path.starts_with(sysctl)) return std::nullopt;
  const tcp::SettingInfo* info = tcp::find_setting(path.substr(sysctl.size()));
  if (info == nullptr) return std::nullopt;
  return SysctlPath{host, info};
}

std::string commented(std::string_view text) {
  const std::string lines = wrapped(text, columns - 2);
  std::string result;
  for (std::size_t start = 0; start < lines.size();) {
    const auto end = lines.find('\n', start);
    result += "# " + lines.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return result;
}

/// The host's settings in the scenario of a candidate; without a name the first host's.
tcp::Settings settings_of(const scenario::Scenario& scenario, const std::string& host,
                          tcp::Settings& defaults) {
  const auto found =
      std::find_if(scenario.hosts.begin(), scenario.hosts.end(),
                   [&](const scenario::Host& each) { return host.empty() || each.name == host; });
  if (found == scenario.hosts.end()) return defaults;
  defaults = tcp::default_settings(found->profile);
  return found->settings;
}

std::string entry(const tcp::SettingInfo& info, const tcp::Settings& settings,
                  const tcp::Settings& defaults) {
  std::string text = commented(info.meaning);
  const std::string unit = info.unit.empty() ? "" : fmt::format(" {}", info.unit);
  text += commented(fmt::format("Default: {}{}. Source: {}", setting_value(defaults, info.name),
                                unit, info.source));
  return text +
         fmt::format("{}.{} = {}\n", info.section, info.name, setting_value(settings, info.name));
}

std::vector<std::string> hosts_of(const scenario::Objective& objective) {
  std::vector<std::string> hosts;
  bool all = false;
  for (const scenario::Axis& axis : objective.settings.axes) {
    const auto path = sysctl_path(axis.path);
    if (!path) continue;
    all = all || path->host.empty();
    const bool known = std::find(hosts.begin(), hosts.end(), path->host) != hosts.end();
    if (!path->host.empty() && !known) hosts.push_back(path->host);
  }
  if (hosts.empty() && all) hosts.emplace_back();
  return hosts;
}

}  // namespace

std::vector<SysctlFragment> sysctl_fragments(const scenario::Objective& objective,
                                             std::uint64_t candidate,
                                             const std::vector<std::string>& heading) {
  const scenario::Scenario scenario = scenario::scenario_of(objective, candidate, 0);
  const std::vector<scenario::Override> values = objective.settings.overrides_of(candidate);
  std::vector<SysctlFragment> fragments;
  for (const std::string& host : hosts_of(objective)) {
    SysctlFragment fragment{host, ""};
    for (const std::string& line : heading) fragment.text += commented(line);
    tcp::Settings defaults;
    const tcp::Settings settings = settings_of(scenario, host, defaults);
    for (const auto& [name, value] : values) {
      const auto path = sysctl_path(name);
      if (path && (path->host.empty() || path->host == host)) {
        fragment.text += "\n" + entry(*path->info, settings, defaults);
      } else if (!path) {
        fragment.text +=
            "\n" + commented(fmt::format("No sysctl, to be set elsewhere: {} = {}", name, value));
      }
    }
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

std::string file_for_host(const std::string& file, const std::string& host) {
  std::filesystem::path path{file};
  const std::string extension = path.extension().string();
  path.replace_extension();
  return path.string() + "." + host + extension;
}

}  // namespace lastack::tools
