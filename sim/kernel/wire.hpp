#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "fixed_numbers.hpp"
#include "journal.hpp"
#include "lastack/net/network.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/world.hpp"
#include "packet.hpp"

namespace lastack::kernel {

/// Addresses of the hosts, by number.
using Addresses = std::vector<tcp::Address>;

/// The network between the hosts: decides what becomes of each packet and when it is delivered, as
/// the simulator's own network does. It reads no clock and no device, so that it can be tested
/// alone.
///
/// Addresses: `real` ones are in the packets, those of the world in the trace.
class Wire {
 public:
  /// All must outlive it. Requires that refusals() has none.
  Wire(const scenario::Scenario& scenario, const scenario::World& world, Addresses real,
       Journal& journal);

  /// A packet that a host is to receive now.
  struct Delivery {
    net::NodeIndex to;
    std::shared_ptr<const Bytes> packet;
    SimTime due;
  };

  /// A host sent a packet. What is no TCP segment goes nowhere.
  void sent(SimTime now, net::NodeIndex from, std::span<const std::uint8_t> packet);

  /// When something is due next; `never` when nothing is on its way and no event is to come.
  SimTime next_due() const;
  /// Does what is due first: carries out an event, or delivers a packet, which is returned.
  /// Requires next_due() <= now.
  std::optional<Delivery> advance(SimTime now);

  /// The hosts that have lost their state since the last call.
  std::vector<net::NodeIndex> take_rebooted() { return std::exchange(rebooted_, {}); }

  /// When a segment was sent or delivered last.
  SimTime last_activity() const { return last_activity_; }

  /// Places in Scenario::injections of the segments forged so far.
  const std::vector<std::size_t>& injected() const { return injected_; }

 private:
  /// What is due, the earliest first and then the one that was put first.
  struct Due {
    enum class Kind : std::uint8_t { arrival, injection, host_event, link_event };
    SimTime at;
    std::uint64_t order;
    Kind kind;
    std::size_t index;              ///< a net::PacketIndex, or into the scenario's list
    net::ChannelIndex channel = 0;  ///< of an arrival
  };
  struct Later {
    bool operator()(const Due& a, const Due& b) const {
      return std::tie(a.at, a.order) > std::tie(b.at, b.order);
    }
  };
  /// A packet's bytes, kept while copies of it are on their way.
  struct Payload {
    std::shared_ptr<const Bytes> bytes;
    unsigned copies = 0;
  };
  void put(Due::Kind kind, SimTime at, std::size_t index, net::ChannelIndex channel = 0);
  void note_notes(SimTime now);
  void expect_arrivals();
  void forget_copy(std::uint64_t id);
  trace::End end(net::NodeIndex host, tcp::Port port) const { return {trace::HostId{host}, port}; }
  std::optional<Delivery> arrive(SimTime now, const Due& due);
  std::optional<Delivery> inject(SimTime now, std::size_t index);
  std::optional<Delivery> deliver(SimTime now, std::uint64_t id, trace::LinkId link,
                                  Delivery delivery);
  void do_to_hosts(SimTime now, const scenario::HostEvent& event);
  void do_to_host(SimTime now, const scenario::HostEvent& event, net::NodeIndex host);
  void do_to_links(SimTime now, const scenario::LinkEvent& event);
  tcp::Seq resolve(const scenario::SeqRef& ref, const WireEnd& end) const;
  tcp::Timestamp last_stamp(const WireEnd& end) const;
  std::optional<net::NodeIndex> host_with(tcp::Address address) const;
  tcp::Segment forged_segment(const scenario::Injection& injection,
                              const scenario::OptionsInOrder& options) const;

  const scenario::Scenario& scenario_;
  const scenario::World& world_;
  Addresses real_;
  Journal& journal_;
  net::Network network_;
  net::Transit transit_;
  std::priority_queue<Due, std::vector<Due>, Later> due_;
  std::uint64_t order_ = 0;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Payload> payloads_;  ///< by packet id
  FixedNumbers numbers_;
  std::map<WireEnd, tcp::Seq> last_syn_;
  std::map<WireEnd, tcp::Timestamp> last_stamp_;  ///< TSvals
  std::vector<net::NodeIndex> rebooted_;
  std::vector<std::size_t> injected_;
  SimTime last_activity_ = sim_start;
};

}  // namespace lastack::kernel
