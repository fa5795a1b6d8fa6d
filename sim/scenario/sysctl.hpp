#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/scenario/value.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::scenario {

/// Settings as a `sysctl` object has them: names without section, values as `sysctl` prints them.
/// Every name and value is checked; no setting may be there twice.
using SysctlList = std::vector<std::pair<std::string, std::string>>;
SysctlList read_sysctl(const Value& object);

/// Requires what `read_sysctl` returned.
void apply_sysctl(const SysctlList& list, tcp::Settings& settings);

/// Applies the text of a file with the output of `sysctl -a` or in sysctl.d's format, as `sysctl
/// -p` and the kernel read it. What is not TCP is passed over; what is not modelled, gone from
/// Linux or no setting but the prompt of a pasted dump goes to `remarks`, of which no one comes
/// twice. Errors are reported at `value`, with `file` and line.
void apply_sysctl_text(std::string_view text, const std::string& file, const Value& value,
                       tcp::Settings& settings, std::vector<std::string>& remarks);

/// The same for the file named by the string at `value`; a relative path starts from the scenario's
/// folder. Returns where the file is.
std::string apply_sysctl_file(const Value& value, const std::string& scenario_file,
                              tcp::Settings& settings, std::vector<std::string>& remarks);

/// Adds what is not there yet.
void add_remarks(const std::vector<std::string>& more, std::vector<std::string>& remarks);

}  // namespace lastack::scenario
