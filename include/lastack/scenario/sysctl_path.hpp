#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::scenario {

/// A path into a scenario that ends at a sysctl.
struct SysctlPath {
  std::string host;  ///< "" for all
  const tcp::SettingInfo* info = nullptr;
};

/// Of "sysctl.NAME" or "hosts.HOST.sysctl.NAME", where NAME may have dots; nothing for any other.
std::optional<SysctlPath> sysctl_path(std::string_view path);

/// The host that a path names, the first where it means all; null where there is none.
const Host* host_of(const Scenario& scenario, const SysctlPath& path);

}  // namespace lastack::scenario
