#include "lastack/net/network.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::net {

namespace {

using trace::LossReason;

Topology make_topology(const NetworkConfig& config) {
  std::vector<Topology::Arc> arcs;
  arcs.reserve(config.links.size() * 2);
  for (const LinkSpec& link : config.links) {
    arcs.push_back({link.a, link.b, mean(link.a_to_b->delay)});
    arcs.push_back({link.b, link.a, mean(link.b_to_a->delay)});
  }
  return {config.host_count, config.nodes.size(), std::move(arcs)};
}

/// "link/a-b", and "link/a-b#2" for the second channel that leads from a to b.
class ChannelNames {
 public:
  explicit ChannelNames(const std::vector<std::string>& nodes) : nodes_{nodes} {}

  std::string name(NodeIndex from, NodeIndex to) {
    const std::uint32_t nth = ++seen_[std::uint64_t{from} << 32 | to];
    std::string text = "link/" + nodes_[from] + "-" + nodes_[to];
    return nth == 1 ? text : text + "#" + std::to_string(nth);
  }

 private:
  const std::vector<std::string>& nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> seen_;
};

std::vector<Channel> make_channels(const NetworkConfig& config) {
  ChannelNames names{config.nodes};
  std::vector<Channel> channels;
  channels.reserve(config.links.size() * 2);
  for (const LinkSpec& link : config.links) {
    channels.emplace_back(link.a_to_b, config.seed, names.name(link.a, link.b));
    channels.emplace_back(link.b_to_a, config.seed, names.name(link.b, link.a));
  }
  return channels;
}

/// The most common delays come first only by chance; more than a few there seldom are.
void give_delay_classes(std::vector<Channel>& channels) {
  std::vector<SimDuration> delays;
  for (Channel& channel : channels) {
    const auto delay = channel.constant_delay();
    if (!delay) continue;
    auto known = std::find(delays.begin(), delays.end(), *delay);
    if (known == delays.end()) {
      if (delays.size() == Network::delay_classes_max) continue;
      known = delays.insert(known, *delay);
    }
    channel.set_delay_class(static_cast<DelayClass>(known - delays.begin()));
  }
}

}  // namespace

Network::Network(const NetworkConfig& config)
    : topology_{make_topology(config)},
      channels_{make_channels(config)},
      faults_{config.faults},
      powered_(config.host_count, Power::on) {
  give_delay_classes(channels_);
}

PacketIndex Network::allocate_more() {
  packets_.emplace_back();
  return static_cast<PacketIndex>(packets_.size() - 1);
}

void Network::set_link(std::size_t link, LinkState state) {
  channels_[2 * link].set_state(state);
  channels_[2 * link + 1].set_state(state);
}

trace::LinkId Network::link_towards(NodeIndex from, NodeIndex to) {
  const auto channel = topology_.next(from, to);
  return channel ? link_of(*channel) : trace::any_link;
}

/// The packet leaves `node` on the channel towards its receiver. `fault` is a delay or duplicate.
/// Inline, because every packet comes this way.
[[gnu::always_inline]] inline void Network::hand_on(SimTime now, NodeIndex node, PacketIndex index,
                                                    const Fault* fault, Transit& out) {
  Packet& packet = packets_[index];
  const auto channel = topology_.next(node, packet.to);
  if (!channel) return drop(index, node, trace::DropPlace::wire, LossReason::no_route, out);
  Channel& way = channels_[*channel];
  if (fault == nullptr && way.passes_plainly(packet.wire_size())) {
    out.arrival = {saturating_add(now, *way.constant_delay()), *channel, index, way.delay_class()};
  } else {
    pass(now, node, index, fault, *channel, out);
  }
}

void Network::send(SimTime now, PacketIndex index, Transit& out) {
  Packet& packet = packets_[index];
  packet.corrupted = false;
  const bool chooses = !faults_.empty() && packet.protocol == trace::Protocol::tcp;
  // Faults count what is sent without power, too: it was sent.
  const Fault* fault = chooses ? faults_.apply(now, packet) : nullptr;
  if (powered_[packet.from] == Power::off || powered_[packet.to] == Power::off) {
    drop(index, packet.from, trace::DropPlace::wire, LossReason::host_off, out);
  } else if (fault != nullptr && fault->action == FaultAction::drop) {
    drop(index, packet.from, trace::DropPlace::wire, LossReason::fault, out);
  } else {
    hand_on(now, packet.from, index, fault, out);
  }
}

Network::Reached Network::arrives(SimTime now, ChannelIndex channel, PacketIndex index,
                                  Transit& out) {
  const NodeIndex node = topology_.arc(channel).to;
  if (topology_.is_router(node)) {
    hand_on(now, node, index, nullptr, out);
    return Reached::router;
  }
  LASTACK_ASSERT(node == packets_[index].to);
  if (powered_[node] == Power::off) {
    drop(index, node, trace::DropPlace::host, LossReason::host_off, out);
    return Reached::discarded;
  }
  if (packets_[index].corrupted) {
    drop(index, node, trace::DropPlace::host, LossReason::checksum, out);
    return Reached::discarded;
  }
  return Reached::host;
}

/// It leaves where chance, a rate or a fault has a say.
[[gnu::noinline]] void Network::pass(SimTime now, NodeIndex node, PacketIndex index,
                                     const Fault* fault, ChannelIndex channel, Transit& out) {
  Packet& packet = packets_[index];
  Channel& way = channels_[channel];
  const Passage passage = way.pass(now, packet.wire_size());
  if (passage.lost) return drop(index, node, trace::DropPlace::wire, *passage.lost, out);
  packet.corrupted = packet.corrupted || passage.corrupted;
  out.cause = packet.cause;
  out.protocol = packet.protocol;
  SimDuration late{};
  if (passage.held_back > 0ns) out.notes.push_back(trace::Delay{packet.id, passage.held_back});
  if (fault != nullptr && fault->action == FaultAction::delay) {
    late = fault->by;
    out.notes.push_back(trace::Delay{packet.id, late});
  }
  const DelayClass delay_class = late == 0ns ? way.delay_class() : no_delay_class;
  const Arrival original{saturating_add(passage.arrival, late), channel, index, delay_class};
  out.arrival = original;
  if (passage.duplicated) copy(passage.copy_arrival - passage.arrival, original, out);
  if (fault != nullptr && fault->action == FaultAction::duplicate) copy(fault->by, original, out);
}

void Network::copy(SimDuration by, const Arrival& original, Transit& out) {
  const PacketIndex index = allocate();
  packets_[index] = packets_[original.packet];
  out.notes.push_back(trace::Duplicate{packets_[index].id, by});
  out.copies.push_back({saturating_add(original.at, by), original.channel, index});
}

[[gnu::noinline]] void Network::drop(PacketIndex index, NodeIndex node, trace::DropPlace place,
                                     LossReason reason, Transit& out) {
  const Packet& packet = packets_[index];
  out.cause = packet.cause;
  out.protocol = packet.protocol;
  out.notes.push_back(trace::Drop{packet.id, trace::HostId{node}, place, reason});
  release(index);
}

std::vector<PacketIndex> Network::packets_in_flight() const {
  std::vector<bool> is_free(packets_.size());
  for (const PacketIndex place : free_) {
    LASTACK_ASSERT(place < packets_.size());
    LASTACK_ASSERT(!is_free[place]);  // released twice
    is_free[place] = true;
  }
  std::vector<PacketIndex> flying;
  for (PacketIndex place = 0; place < packets_.size(); ++place) {
    if (!is_free[place]) flying.push_back(place);
  }
  return flying;
}

void Network::check_invariants() const {
  const std::vector<PacketIndex> flying = packets_in_flight();
  LASTACK_ASSERT(flying.size() == in_flight());
  for (const PacketIndex place : flying) {
    LASTACK_ASSERT(packets_[place].id != 0);
    LASTACK_ASSERT(packets_[place].from < powered_.size());
    LASTACK_ASSERT(packets_[place].to < powered_.size());
  }
  for (const Channel& channel : channels_) channel.check_invariants();
}

}  // namespace lastack::net
