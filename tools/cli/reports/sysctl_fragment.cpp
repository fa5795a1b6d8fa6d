#include "reports/sysctl_fragment.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "lastack/scenario/sysctl_path.hpp"
#include "lastack/tcp/profile.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

namespace {

constexpr int fragment_columns = 78;

std::string commented(std::string_view text) {
  const std::string lines = wrapped(text, fragment_columns - 2);
  std::string result;
  for (std::size_t start = 0; start < lines.size();) {
    const auto end = lines.find('\n', start);
    result += "# " + lines.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return result;
}

std::string entry(const tcp::SettingInfo& info, const scenario::Host& host) {
  const tcp::Settings defaults = tcp::default_settings(host.profile);
  std::string text = commented(info.meaning);
  const std::string unit = info.unit.empty() ? "" : fmt::format(" {}", info.unit);
  text += commented(fmt::format("Default: {}{}. Source: {}", setting_value(defaults, info.name),
                                unit, info.source));
  return text + fmt::format("{}.{} = {}\n", info.section, info.name,
                            setting_value(host.settings, info.name));
}

std::vector<std::string> hosts_of(const scenario::Objective& objective) {
  std::vector<std::string> hosts;
  bool all = false;
  for (const scenario::Axis& axis : objective.settings.axes) {
    const auto path = scenario::sysctl_path(axis.path);
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
    for (const auto& [name, value] : values) {
      const auto path = scenario::sysctl_path(name);
      if (path && (path->host.empty() || path->host == host)) {
        fragment.text +=
            "\n" + entry(*path->info, *scenario::host_of(scenario, {host, path->info}));
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

}  // namespace lastack::cli
