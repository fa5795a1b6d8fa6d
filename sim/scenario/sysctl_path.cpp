#include "lastack/scenario/sysctl_path.hpp"

#include <algorithm>
#include <utility>

namespace lastack::scenario {

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
  return SysctlPath{std::move(host), info};
}

const Host* host_of(const Scenario& scenario, const SysctlPath& path) {
  const auto found =
      std::find_if(scenario.hosts.begin(), scenario.hosts.end(),
                   [&](const Host& each) { return path.host.empty() || each.name == path.host; });
  return found == scenario.hosts.end() ? nullptr : &*found;
}

}  // namespace lastack::scenario
