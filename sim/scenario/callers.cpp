#include "callers.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "lastack/core/assert.hpp"
#include "lastack/scenario/quantities.hpp"

namespace lastack::scenario {

namespace {

using trace::Call;
using Role = trace::Who::Role;

constexpr std::array connects{Role::connect};
constexpr std::array accepts{Role::accept};
constexpr std::array listens{Role::listen};
constexpr std::array steps{Role::connect, Role::accept};  // what steps call
constexpr std::array all_apps{Role::connect, Role::accept, Role::listen};
constexpr std::array scenario_itself{Role::host};

/// So many names are all listed.
constexpr std::uint64_t few = 8;

/// The number of "connect#2", if the name is that of one among several of this role.
std::optional<std::uint64_t> number_of(Role role, std::string_view name) {
  const std::string prefix = std::string{name_of(role)} + "#";
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size());
  const auto number = parse_count(digits);
  const bool as_traces_have_it = number && *number > 0 && std::to_string(*number) == digits;
  return as_traces_have_it ? number : std::nullopt;
}

}  // namespace

std::span<const Role> roles_of(Call call) {
  switch (call) {
    case Call::connect:
    case Call::connected:
    case Call::bind: return connects;
    case Call::accepted: return accepts;
    case Call::accept:
    case Call::listen: return listens;
    case Call::send:
    case Call::recv:
    case Call::recv_eof:
    case Call::shutdown:
    case Call::abort: return steps;
    case Call::close:
    case Call::setsockopt: return all_apps;
    case Call::power_off:
    case Call::power_on:
    case Call::reboot:
    case Call::sysctl:
    case Call::link_down:
    case Call::link_up: return scenario_itself;
  }
  LASTACK_UNREACHABLE("a call that is none");
}

CallerIndex::CallerIndex(const Scenario& scenario) {
  for (const app::Connector& connector : scenario.connectors) {
    connectors_.emplace_back(connector.host, connector.count);
  }
  for (const app::Listener& listener : scenario.listeners) listeners_.push_back(listener.host);
  std::sort(connectors_.begin(), connectors_.end());
  std::sort(listeners_.begin(), listeners_.end());
}

const Callers& CallerIndex::of(Range hosts) const {
  const auto [known, is_new] = known_.try_emplace(hosts);
  Callers& callers = known->second;
  if (!is_new) return callers;
  const auto from = [](const auto& entries, const auto& value) {
    return std::lower_bound(entries.begin(), entries.end(), value);
  };
  const auto end = from(connectors_, std::pair{hosts.second, std::uint64_t{0}});
  for (auto at = from(connectors_, std::pair{hosts.first, std::uint64_t{0}}); at != end; ++at) {
    if (at->second == 1) callers.alone_ = true;
    if (at->second > 1) callers.numbered_ = std::max(callers.numbered_, at->second);
  }
  callers.listens_ = from(listeners_, hosts.first) != from(listeners_, hosts.second);
  return callers;
}

bool Callers::any(Role role) const {
  switch (role) {
    case Role::connect: return alone_ || numbered_ > 0;
    case Role::accept:
    case Role::listen: return listens_;
    case Role::host: return true;
  }
  LASTACK_UNREACHABLE("a role that is none");
}

bool Callers::has(Role role, std::string_view name) const {
  if (!any(role)) return false;
  const auto number = number_of(role, name);
  switch (role) {
    case Role::connect: return number ? *number <= numbered_ : alone_ && name == name_of(role);
    case Role::accept: return number.has_value();
    case Role::listen:
    case Role::host: return name == name_of(role);
  }
  LASTACK_UNREACHABLE("a role that is none");
}

std::vector<std::string> Callers::names(Role role) const {
  std::vector<std::string> names;
  const auto add = [&](std::uint64_t number) {
    names.push_back(text_of(trace::Who{role, number}));
  };
  if (!any(role)) return names;
  if (role == Role::accept) add(1);
  if (role == Role::listen || role == Role::host || (role == Role::connect && alone_)) add(0);
  if (role != Role::connect || numbered_ == 0) return names;
  for (std::uint64_t i = 1; i <= std::min(numbered_, few); ++i) add(i);
  if (numbered_ > few && numbered_ != app::Connector::unlimited) add(numbered_);
  return names;
}

}  // namespace lastack::scenario
