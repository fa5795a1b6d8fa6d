#include "lastack/scenario/world.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "lastack/core/assert.hpp"

namespace lastack::scenario {

namespace {

constexpr std::uint32_t ethernet_mtu = 1500;

}  // namespace

World::World(const Scenario& scenario, std::uint64_t seed) : scenario_{&scenario} {
  names_.scenario = scenario.name;
  names_.description = scenario.description;
  names_.seed = seed;
  name_hosts();
  give_addresses();
  spread_links();
  find_mtus();
}

void World::name_hosts() {
  for (std::size_t i = 0; i < scenario_->hosts.size(); ++i) {
    const Host& host = scenario_->hosts[i];
    any_silent_ |= host.silent;
    first_member_.push_back(static_cast<app::HostIndex>(group_.size()));
    for (std::uint32_t member = 0; member < host.count; ++member) {
      group_.push_back(static_cast<std::uint32_t>(i));
      names_.hosts.push_back(host.group ? host.name + "[" + std::to_string(member) + "]"
                                        : host.name);
    }
  }
  names_.host_count = names_.hosts.size();
  names_.hosts.insert(names_.hosts.end(), scenario_->routers.begin(), scenario_->routers.end());
}

/// Addresses of the scenario's choice first, then 10.0.0.1 and on for the others.
void World::give_addresses() {
  const std::size_t nodes = names_.hosts.size();
  std::vector<bool> given(nodes, false);
  names_.addresses.resize(nodes);
  for (app::HostIndex host = 0; host < host_count(); ++host) {
    const auto& wanted = scenario_->hosts[group_[host]].address;
    if (!wanted) continue;
    const std::uint32_t member = host - first_member_[group_[host]];
    const std::uint32_t address = static_cast<std::uint32_t>(*wanted) + member;
    names_.addresses[host] = tcp::Address{address};
    given_addresses_.emplace_back(address, host);
    given[host] = true;
  }
  std::sort(given_addresses_.begin(), given_addresses_.end());
  const auto is_taken = [taken = given_addresses_](std::uint32_t address) {
    const auto place = std::lower_bound(taken.begin(), taken.end(), std::pair{address, 0U});
    return place != taken.end() && place->first == address;
  };
  std::uint32_t next = first_address;
  for (std::size_t node = 0; node < nodes; ++node, ++next) {
    if (given[node]) continue;
    while (is_taken(next)) ++next;
    names_.addresses[node] = tcp::Address{next};
    if (next != first_address + node && node < host_count()) {
      given_addresses_.emplace_back(next, static_cast<app::HostIndex>(node));
    }
  }
  std::sort(given_addresses_.begin(), given_addresses_.end());
}

void World::spread_links() {
  for (const Link& link : scenario_->links) {
    const std::size_t first = link_specs_.size();
    const auto a_to_b = std::make_shared<const net::LinkConfig>(link.a_to_b);
    const auto b_to_a = std::make_shared<const net::LinkConfig>(link.b_to_a);
    const net::HostRange as = nodes(link.a);
    const net::HostRange bs = nodes(link.b);
    const bool same = as.first == bs.first && as.last == bs.last;  // each with every other
    for (net::NodeIndex a = as.first; a <= as.last; ++a) {
      for (net::NodeIndex b = same ? a + 1 : bs.first; b <= bs.last; ++b) {
        if (a == b) continue;
        link_specs_.push_back({a, b, a_to_b, b_to_a});
        names_.links.emplace_back(trace::HostId{a}, trace::HostId{b});
      }
    }
    links_.push_back({first, link_specs_.size()});
  }
}

/// A host announces what its own links carry; of several the smallest.
void World::find_mtus() {
  constexpr std::uint32_t none = 0;
  mtu_.assign(names_.hosts.size(), none);
  const auto note = [&](net::NodeIndex node, std::uint32_t mtu) {
    mtu_[node] = mtu_[node] == none ? mtu : std::min(mtu_[node], mtu);
  };
  for (const net::LinkSpec& link : link_specs_) {
    note(link.a, link.a_to_b->mtu);
    note(link.b, link.b_to_a->mtu);
  }
  std::replace(mtu_.begin(), mtu_.end(), none, ethernet_mtu);
}

net::HostRange World::hosts(const HostRef& ref) const {
  const app::HostIndex first = first_member_[ref.host];
  if (ref.member) return {first + *ref.member, first + *ref.member};
  return {first, first + scenario_->hosts[ref.host].count - 1};
}

net::HostRange World::nodes(const NodeRef& ref) const {
  if (const auto* host = std::get_if<HostRef>(&ref.node)) return hosts(*host);
  const auto router = static_cast<net::NodeIndex>(host_count() + std::get<std::size_t>(ref.node));
  return {router, router};
}

tcp::StackConfig World::stack_config(app::HostIndex host, std::uint32_t boots) const {
  const Host& from = scenario_->hosts[group_[host]];
  tcp::StackConfig config;
  config.name = names_.hosts[host];
  config.address = names_.addresses[host];
  config.profile = from.profile;
  config.settings = from.settings;
  config.initial_rto = from.initial_rto;
  config.msl = from.msl;
  config.timers = from.timers;
  config.hz = from.hz;
  config.handshake = from.handshake;
  config.sockets_max = from.sockets_max;
  config.mtu = mtu_[host];
  config.seed = names_.seed;
  config.boots = boots;
  return config;
}

app::HostIndex World::host_by_address(tcp::Address address) const {
  const auto found =
      std::lower_bound(given_addresses_.begin(), given_addresses_.end(),
                       std::pair{static_cast<std::uint32_t>(address), app::HostIndex{0}});
  LASTACK_ASSERT(found != given_addresses_.end() &&
                 found->first == static_cast<std::uint32_t>(address));
  return found->second;
}

net::Fault World::fault(const Fault& fault) const {
  return {hosts(fault.from), hosts(fault.to), fault.flags,  fault.payload, fault.nth,
          fault.after,       fault.until,     fault.action, fault.by};
}

net::NetworkConfig World::network_config() const {
  net::NetworkConfig config;
  config.nodes = names_.hosts;
  config.host_count = host_count();
  config.links = link_specs_;
  for (const Fault& each : scenario_->faults) config.faults.push_back(fault(each));
  config.seed = names_.seed;
  return config;
}

}  // namespace lastack::scenario
