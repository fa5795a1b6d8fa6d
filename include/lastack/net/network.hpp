#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/event.hpp"
#include "lastack/net/channel.hpp"
#include "lastack/net/fault.hpp"
#include "lastack/net/link.hpp"
#include "lastack/net/packet.hpp"
#include "lastack/net/topology.hpp"

namespace lastack::net {

/// A link as the network gets it: groups are spread out.
struct LinkSpec {
  NodeIndex a = 0;
  NodeIndex b = 0;
  std::shared_ptr<const LinkConfig> a_to_b;
  std::shared_ptr<const LinkConfig> b_to_a;
};

struct NetworkConfig {
  std::vector<std::string> nodes;  ///< names: hosts, then routers
  std::size_t host_count = 0;
  std::vector<LinkSpec> links;
  std::vector<Fault> faults;
  std::uint64_t seed = 1;
};

/// A packet that will reach the end of a channel; whoever drives the network calls `arrives` then.
struct Arrival {
  SimTime at;
  ChannelIndex channel;
  PacketIndex packet;
  /// Packets of one class arrive in the order in which they leave, as a rule.
  DelayClass delay_class = no_delay_class;
};

using Note = std::variant<trace::Drop, trace::Delay, trace::Duplicate>;

/// What followed from one thing that was done to the network. Its memory is reused.
struct Transit {
  std::vector<Note> notes;         ///< what befell the packet
  std::optional<Arrival> arrival;  ///< of the packet, unless it is lost
  std::vector<Arrival> copies;     ///< that were made of it, one for each Duplicate note
  std::uint64_t cause = 0;         ///< of the notes: the packet's own
  trace::Protocol protocol{};      ///< the packet's

  /// Empties it and keeps its memory.
  void clear() {
    notes.clear();
    arrival.reset();
    copies.clear();
  }
};

enum class Power : std::uint8_t { off, on };

/// Hosts, routers and links, and the packets that are on their way. It knows no scheduler: it says
/// when packets arrive, and its driver calls back when they do.
///
/// A packet meets, in this order: the power state of both hosts, the faults (both where it leaves
/// its sender), then on each hop the channel. What is on its way when a host loses power or a link
/// goes down arrives there; a host without power then discards it.
class Network {
 public:
  /// Every host has power and every link is up.
  explicit Network(const NetworkConfig& config);

  /// Room for a new packet, to be filled in through `packet` and passed to `send`.
  PacketIndex allocate() {
    if (free_.empty()) return allocate_more();
    const PacketIndex index = free_.back();
    free_.pop_back();
    return index;
  }
  /// Valid until the next allocate, send or arrives.
  Packet& packet(PacketIndex index) { return packets_[index]; }
  /// The same, to read.
  const Packet& packet(PacketIndex index) const { return packets_[index]; }

  /// The packet leaves its host.
  void send(SimTime now, PacketIndex index, Transit& out);

  enum class Reached : std::uint8_t {
    router,     ///< it went on, or was lost
    host,       ///< its receiver may take it in, then calls `release`
    discarded,  ///< by its receiver, without power or for its checksum
  };
  /// A packet comes to the end of its channel.
  Reached arrives(SimTime now, ChannelIndex channel, PacketIndex index, Transit& out);

  /// Gives the packet's place back. Requires that the packet has reached its end.
  void release(PacketIndex index) { free_.push_back(index); }

  /// Cuts or restores the power of a host.
  void set_power(NodeIndex host, Power power) { powered_[host] = power; }
  /// Whether the host has power.
  Power power(NodeIndex host) const { return powered_[host]; }
  /// Cuts or restores both directions of a link, by its place in NetworkConfig::links.
  void set_link(std::size_t link, LinkState state);

  /// The place in NetworkConfig::links of the link by which a packet for `to` leaves `from`.
  trace::LinkId link_towards(NodeIndex from, NodeIndex to);
  /// The link that a channel is one direction of.
  static trace::LinkId link_of(ChannelIndex channel) { return trace::LinkId{channel / 2}; }

  /// There are so many classes at the most; packets of further delays have none.
  static constexpr std::size_t delay_classes_max = 6;

  /// Packets that left a host and have not come to an end yet.
  std::size_t in_flight() const { return packets_.size() - free_.size(); }

  /// What each of the scenario's faults has met, in their order.
  std::vector<FaultRecord> fault_records() const { return faults_.records(); }

  // --- For checks: these look at every packet and channel ---

  /// The packets in flight, in the order of their places: each is to arrive once.
  std::vector<PacketIndex> packets_in_flight() const;
  /// Asserts what is always true: a place is free at most once, packets in flight go from one host
  /// to another, and what waits in each queue adds up to the bytes that it has.
  void check_invariants() const;

 private:
  PacketIndex allocate_more();
  void hand_on(SimTime now, NodeIndex node, PacketIndex index, const Fault* fault, Transit& out);
  void pass(SimTime now, NodeIndex node, PacketIndex index, const Fault* fault,
            ChannelIndex channel, Transit& out);
  void drop(PacketIndex index, NodeIndex node, trace::DropPlace place, trace::LossReason reason,
            Transit& out);
  void copy(SimDuration by, const Arrival& original, Transit& out);

  Topology topology_;
  std::vector<Channel> channels_;
  FaultList faults_;
  std::vector<Power> powered_;
  std::vector<Packet> packets_;
  std::vector<PacketIndex> free_;  ///< places in packets_
};

}  // namespace lastack::net
