#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/objective.hpp"

namespace lastack::cli {

/// A file for /etc/sysctl.d.
struct SysctlFragment {
  std::string host;  ///< "proxy"; "" where the settings are every host's
  std::string text;
};

/// The settings of a candidate as sysctl.d fragments, one for each host that an objective's paths
/// name. `heading` lines come first, as comments; each setting has what it does, from where that is
/// known, and its default. What a path sets that is no sysctl stands there as a comment. Where no
/// path is a sysctl, there is none.
std::vector<SysctlFragment> sysctl_fragments(const scenario::Objective& objective,
                                             std::uint64_t candidate,
                                             const std::vector<std::string>& heading);

/// Where a host's fragment goes if FILE is asked for and there are several:
/// "90-tcp.conf" becomes "90-tcp.proxy.conf".
std::string file_for_host(const std::string& file, const std::string& host);

}  // namespace lastack::cli
