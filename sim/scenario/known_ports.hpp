#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "lastack/scenario/scenario.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

/// Which ports the apps of a scenario may have on which hosts, so that many questions do not search
/// all apps each.
class KnownPorts {
 public:
  KnownPorts(const Scenario& scenario, const Nodes& nodes);

  /// Whether some app of these hosts may have a socket with the port.
  bool may_have(const HostRef& host, tcp::Port port) const;
  /// Whether some forged segment comes from there.
  bool is_forged(const HostRef& host, tcp::Port port) const;

 private:
  using Range = std::pair<app::HostIndex, app::HostIndex>;  ///< the first, and one past the last
  using Ports = std::pair<std::uint64_t, std::uint64_t>;    ///< the first, and one past the last
  using PortAndHost = std::pair<tcp::Port, app::HostIndex>;
  /// What one host's connectors use; of those that choose their ports, none.
  struct Use {
    app::HostIndex host;
    Ports ports;
  };
  /// The same of several hosts.
  struct Used {
    std::vector<Ports> ports;  ///< in order, each beyond the last
    bool chosen = false;       ///< and some choose their ports
  };

  static bool some_in(const std::vector<PortAndHost>& sorted, Range hosts, tcp::Port port);
  /// Whether connect() may pick the port by itself.
  bool may_be_chosen(const Host& host, tcp::Port port) const;
  const Used& used_by(Range hosts) const;

  const Scenario& scenario_;
  const Nodes& nodes_;
  bool ranges_change_;                   ///< while it runs, of which ports connect() picks one
  std::vector<PortAndHost> listeners_;   ///< sorted
  std::vector<PortAndHost> forged_;      ///< sorted
  std::vector<Use> connectors_;          ///< sorted by host
  mutable std::map<Range, Used> known_;  ///< answers so far: of a large group it is asked again
};

}  // namespace lastack::scenario
