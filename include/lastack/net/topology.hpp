#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/net/packet.hpp"

namespace lastack::net {

/// Who is linked with whom, and which way leads where. Routes take the least sum of mean delays, of
/// these the fewest hops, of these the links that come first in the scenario. Only routers forward.
///
/// Routes are found when they are first asked for, and only among routers and hosts with several
/// links, so that a group of 100,000 hosts with one link each costs a few numbers a member.
class Topology {
 public:
  /// A channel, by its ends and mean delay. Its index is its place in the list.
  struct Arc {
    NodeIndex from;
    NodeIndex to;
    SimDuration delay;
  };

  /// Nodes 0 to host_count - 1 are hosts, those from there to node_count - 1 routers.
  Topology(std::size_t host_count, std::size_t node_count, std::vector<Arc> arcs);
  Topology(Topology&&) noexcept;
  ~Topology();

  /// The channel on which a packet for host `to` leaves `at`; nothing if no way leads there.
  std::optional<ChannelIndex> next(NodeIndex at, NodeIndex to);

  /// The channel's ends and mean delay.
  const Arc& arc(ChannelIndex channel) const;
  /// Whether the node forwards packets.
  bool is_router(NodeIndex node) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::net
