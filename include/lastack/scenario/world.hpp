#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/event/event.hpp"
#include "lastack/net/network.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::scenario {

/// A scenario with its groups spread out: hosts and links by number, names and addresses. Hosts are
/// numbered in the order of Scenario::hosts, a group's members one after the other.
class World {
 public:
  /// The scenario must outlive it. `seed` is the run's.
  World(const Scenario& scenario, std::uint64_t seed);

  /// How many hosts there are; routers have the numbers after theirs.
  std::size_t host_count() const { return names_.host_count; }
  /// Who is who in a trace.
  const trace::Names& names() const { return names_; }

  /// Which of Scenario::hosts it is, or is a member of.
  std::size_t group(app::HostIndex host) const { return group_[host]; }
  /// The hosts that a reference stands for.
  net::HostRange hosts(const HostRef& ref) const;
  /// The hosts or the router at one end of a link.
  net::HostRange nodes(const NodeRef& ref) const;
  /// What became of Scenario::links[i]: the network's links from `first`, up to but not `last`.
  struct LinkRange {
    std::size_t first;
    std::size_t last;
  };
  /// The links of Scenario::links at this place.
  LinkRange links(std::size_t scenario_link) const { return links_[scenario_link]; }

  /// What the host's interface lets through: the smallest of its links.
  std::uint32_t mtu(app::HostIndex host) const { return mtu_[host]; }

  /// What the host's TCP starts from after so many reboots.
  tcp::StackConfig stack_config(app::HostIndex host, std::uint32_t boots) const;

  /// Whether nothing answers there: segments are only forged in its name.
  bool is_silent(app::HostIndex host) const {
    return any_silent_ && scenario_->hosts[group_[host]].silent;
  }

  /// The address of a host, or of a router.
  tcp::Address address(app::HostIndex host) const { return names_.addresses[host]; }
  /// Who has this address. Requires that a host does.
  app::HostIndex host_at(tcp::Address address) const {
    // Addresses given out by ourselves follow each other.
    const std::uint32_t guess = static_cast<std::uint32_t>(address) - first_address;
    if (guess < host_count() && names_.addresses[guess] == address) return guess;
    return host_by_address(address);
  }
  /// Whose socket it is. Requires that a host has its address.
  trace::End end(tcp::SocketAddress socket) const {
    return {trace::HostId{host_at(socket.address)}, socket.port};
  }

  /// The network's configuration, made anew at each call.
  net::NetworkConfig network_config() const;

 private:
  static constexpr std::uint32_t first_address = 0x0a000001;  // 10.0.0.1

  void name_hosts();
  void give_addresses();
  void spread_links();
  void find_mtus();
  app::HostIndex host_by_address(tcp::Address address) const;
  net::Fault fault(const Fault& fault) const;

  const Scenario* scenario_;  ///< the run's own copy
  trace::Names names_;
  bool any_silent_ = false;
  std::vector<app::HostIndex> first_member_;  ///< by Scenario::hosts
  std::vector<std::uint32_t> group_;          ///< by host: its place in Scenario::hosts
  std::vector<std::uint32_t> mtu_;            ///< by host
  std::vector<LinkRange> links_;              ///< by Scenario::links
  std::vector<net::LinkSpec> link_specs_;
  std::vector<std::pair<std::uint32_t, app::HostIndex>> given_addresses_;  ///< ascending
};

}  // namespace lastack::scenario
