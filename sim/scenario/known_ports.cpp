#include "known_ports.hpp"

#include <algorithm>
#include <iterator>

namespace lastack::scenario {

namespace {

bool changes_port_range(const HostEvent& event) {
  return std::any_of(event.sysctl.begin(), event.sysctl.end(), [](const auto& setting) {
    return setting.first.ends_with("ip_local_port_range") ||
           setting.first.ends_with("ip_local_reserved_ports");
  });
}

}  // namespace

KnownPorts::KnownPorts(const Scenario& scenario, const Nodes& nodes)
    : scenario_{scenario},
      nodes_{nodes},
      ranges_change_{std::any_of(scenario.host_events.begin(), scenario.host_events.end(),
                                 changes_port_range)} {
  for (const app::Listener& listener : scenario.listeners) {
    listeners_.emplace_back(listener.port, listener.host);
  }
  for (const Injection& forged : scenario.injections) {
    forged_.emplace_back(forged.sport, nodes.range(forged.from).first);
  }
  for (const app::Connector& connector : scenario.connectors) {
    const std::uint64_t first = connector.from_port.value_or(0);
    const std::uint64_t end = connector.from_port ? first + connector.count : first;
    connectors_.push_back({connector.host, {first, end}});
  }
  std::sort(listeners_.begin(), listeners_.end());
  std::sort(forged_.begin(), forged_.end());
  std::sort(connectors_.begin(), connectors_.end(),
            [](const Use& a, const Use& b) { return a.host < b.host; });
}

bool KnownPorts::some_in(const std::vector<PortAndHost>& sorted, Range hosts, tcp::Port port) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), PortAndHost{port, hosts.first});
  return found != sorted.end() && found->first == port && found->second < hosts.second;
}

bool KnownPorts::is_forged(const HostRef& host, tcp::Port port) const {
  return some_in(forged_, nodes_.range(host), port);
}

bool KnownPorts::may_have(const HostRef& host, tcp::Port port) const {
  const Range hosts = nodes_.range(host);
  if (some_in(listeners_, hosts, port)) return true;
  const Used& used = used_by(hosts);
  if (used.chosen && may_be_chosen(scenario_.hosts[host.host], port)) return true;
  const auto beyond = std::upper_bound(
      used.ports.begin(), used.ports.end(), port,
      [](std::uint64_t number, const Ports& ports) { return number < ports.first; });
  return beyond != used.ports.begin() && port < std::prev(beyond)->second;
}

bool KnownPorts::may_be_chosen(const Host& host, tcp::Port port) const {
  const auto& range = host.settings.ip_local_port_range;
  const std::int32_t number = port;
  if (ranges_change_) return true;
  return range[0] <= number && number <= range[1] &&
         !host.settings.ip_local_reserved_ports.contains(number);
}

const KnownPorts::Used& KnownPorts::used_by(Range hosts) const {
  const auto [known, is_new] = known_.try_emplace(hosts);
  Used& used = known->second;
  if (!is_new) return used;
  const auto before = [](const Use& use, app::HostIndex host) { return use.host < host; };
  const auto end = std::lower_bound(connectors_.begin(), connectors_.end(), hosts.second, before);
  std::vector<Ports> all;
  for (auto use = std::lower_bound(connectors_.begin(), end, hosts.first, before); use != end;
       ++use) {
    const bool chooses = use->ports.first == use->ports.second;
    used.chosen = used.chosen || chooses;
    if (!chooses) all.push_back(use->ports);
  }
  std::sort(all.begin(), all.end());
  for (const Ports& ports : all) {
    if (!used.ports.empty() && ports.first <= used.ports.back().second) {
      used.ports.back().second = std::max(used.ports.back().second, ports.second);
    } else {
      used.ports.push_back(ports);
    }
  }
  return used;
}

}  // namespace lastack::scenario
