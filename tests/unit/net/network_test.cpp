#include "lastack/net/network.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/core/random_stream.hpp"

namespace lastack::net {
namespace {

constexpr NodeIndex client = 0;
constexpr NodeIndex server = 1;

std::shared_ptr<const LinkConfig> delay(SimDuration d) {
  LinkConfig config;
  config.delay = ConstantDelay{d};
  return std::make_shared<const LinkConfig>(config);
}

/// client - server, 10 ms.
NetworkConfig pair_config() {
  NetworkConfig config;
  config.nodes = {"client", "server"};
  config.host_count = 2;
  config.links = {{client, server, delay(10ms), delay(10ms)}};
  return config;
}

/// client - router - server, 10 ms and 5 ms.
NetworkConfig routed_config() {
  NetworkConfig config;
  config.nodes = {"client", "server", "router"};
  config.host_count = 2;
  config.links = {{client, 2, delay(10ms), delay(10ms)}, {2, server, delay(5ms), delay(5ms)}};
  return config;
}

/// Drives a network: sends packets and lets time pass, and writes down what happens.
class Wire {
 public:
  explicit Wire(const NetworkConfig& config) : network{config} {}

  void send(SimTime now, std::uint64_t id, NodeIndex from = client, NodeIndex to = server,
            std::uint32_t data = 100) {
    run_until(now);
    const PacketIndex index = network.allocate();
    Packet& packet = network.packet(index);
    packet = Packet{};
    packet.id = id;
    packet.from = from;
    packet.to = to;
    packet.segment.flags = tcp::Flags::ack;
    packet.segment.data = data;
    network.send(now, index, transit_);
    take(now);
    ++sent;
  }

  void run_until(SimTime limit) {
    while (!pending_.empty() && pending_.begin()->first <= limit) {
      const auto [at, arrival] = *pending_.begin();
      pending_.erase(pending_.begin());
      const Network::Reached reached =
          network.arrives(at, arrival.channel, arrival.packet, transit_);
      if (reached == Network::Reached::host) {
        log_ += line(at, "recv", network.packet(arrival.packet).id);
        network.release(arrival.packet);
        ++received;
      }
      take(at);
    }
  }

  /// Everything that happened since the last call, in milliseconds: "0 drop 1 fault; 10 recv 2; ".
  std::string log(SimTime until = never) {
    run_until(until);
    return std::exchange(log_, "");
  }

  Network network;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t copied = 0;

 private:
  static std::string line(SimTime at, const std::string& what, std::uint64_t id) {
    return std::to_string((at - sim_start) / 1ms) + " " + what + " " + std::to_string(id) + "; ";
  }

  void take(SimTime now) {
    for (const Note& note : transit_.notes) {
      if (const auto* drop = std::get_if<trace::Drop>(&note)) {
        const bool wire = drop->place == trace::DropPlace::wire;
        log_ +=
            line(now, (wire ? "wire " : "host ") + std::string{name_of(drop->reason)}, drop->id);
        ++dropped;
      } else if (const auto* held = std::get_if<trace::Delay>(&note)) {
        log_ += line(now, "delay", held->id);
      } else {
        log_ += line(now, "duplicate", std::get<trace::Duplicate>(note).id);
        ++copied;
      }
    }
    if (transit_.arrival) pending_.emplace(transit_.arrival->at, *transit_.arrival);
    for (const Arrival& copy : transit_.copies) pending_.emplace(copy.at, copy);
    transit_.clear();
    network.check_invariants();
    CHECK(network.in_flight() == pending_.size());
  }

  Transit transit_;
  std::multimap<SimTime, Arrival> pending_;  // of equal times in the order of insertion
  std::string log_;
};

Fault on_client_segments(FaultAction action, SimDuration by = 0ms) {
  Fault fault{{client, client}, {server, server}, {}, {}, {}};
  fault.action = action;
  fault.by = by;
  return fault;
}

TEST_CASE("Network: a packet arrives after the link's delay", "[net]") {
  Wire wire{pair_config()};
  wire.send(sim_start, 1);
  wire.send(sim_start + 1ms, 2, server, client);
  CHECK(wire.log() == "10 recv 1; 11 recv 2; ");
}

TEST_CASE("Network: routers pass packets on, each link adding its delay", "[net]") {
  Wire wire{routed_config()};
  wire.send(sim_start, 1);
  wire.send(sim_start, 2, server, client);
  CHECK(wire.log() == "15 recv 2; 15 recv 1; ");
}

TEST_CASE("Network: a packet for a host that no way leads to is lost", "[net]") {
  NetworkConfig config = pair_config();
  config.links.clear();
  Wire wire{config};
  wire.send(sim_start, 1);
  CHECK(wire.log() == "0 wire no_route 1; ");
}

TEST_CASE("Network: a fault drops, delays or duplicates", "[net]") {
  NetworkConfig config = pair_config();
  SECTION("drop") {
    config.faults = {on_client_segments(FaultAction::drop)};
    Wire wire{config};
    wire.send(sim_start, 1);
    wire.send(sim_start, 2, server, client);
    CHECK(wire.log() == "0 wire fault 1; 10 recv 2; ");
  }
  SECTION("delay adds to the way, and others overtake") {
    config.faults = {on_client_segments(FaultAction::delay, 30ms)};
    config.faults[0].nth = {{1, 1}};
    Wire wire{config};
    wire.send(sim_start, 1);
    wire.send(sim_start + 5ms, 2);
    CHECK(wire.log() == "0 delay 1; 15 recv 2; 40 recv 1; ");
  }
  SECTION("duplicate delivers it and again later") {
    config.faults = {on_client_segments(FaultAction::duplicate, 30ms)};
    Wire wire{config};
    wire.send(sim_start, 1);
    CHECK(wire.log() == "0 duplicate 1; 10 recv 1; 40 recv 1; ");
  }
}

TEST_CASE("Network: a fault is asked once, where the segment leaves its sender", "[net]") {
  NetworkConfig config = routed_config();
  config.faults = {on_client_segments(FaultAction::drop)};
  config.faults[0].nth = {{2, 2}};
  Wire wire{config};
  wire.send(sim_start, 1);
  wire.send(sim_start, 2);
  CHECK(wire.log() == "0 wire fault 2; 15 recv 1; ");
}

TEST_CASE("Network: a fault's delay on a routed way is added once", "[net]") {
  NetworkConfig config = routed_config();
  config.faults = {on_client_segments(FaultAction::delay, 30ms)};
  Wire wire{config};
  wire.send(sim_start, 1);
  CHECK(wire.log() == "0 delay 1; 45 recv 1; ");
}

TEST_CASE("Network: datagrams are not what faults choose from", "[net]") {
  NetworkConfig config = pair_config();
  config.faults = {on_client_segments(FaultAction::drop)};
  Network network{config};
  Transit transit;
  const PacketIndex index = network.allocate();
  network.packet(index).from = client;
  network.packet(index).to = server;
  network.packet(index).protocol = trace::Protocol::datagram;
  network.send(sim_start, index, transit);
  CHECK(transit.notes.empty());
  CHECK(transit.arrival.has_value());
}

TEST_CASE("Network: sent while either end has no power is lost on the wire", "[net]") {
  Wire wire{pair_config()};
  wire.network.set_power(server, Power::off);
  wire.send(sim_start, 1);
  wire.send(sim_start, 2, server, client);
  CHECK(wire.log() == "0 wire host_off 1; 0 wire host_off 2; ");
  wire.network.set_power(server, Power::on);
  wire.send(sim_start + 1ms, 3);
  CHECK(wire.log() == "11 recv 3; ");
}

TEST_CASE("Network: on its way when the power goes is discarded by the host", "[net]") {
  Wire wire{pair_config()};
  wire.send(sim_start, 1);
  wire.network.set_power(server, Power::off);
  CHECK(wire.log() == "10 host host_off 1; ");
}

TEST_CASE("Network: on its way across a short power cut arrives", "[net]") {
  Wire wire{pair_config()};
  wire.send(sim_start, 1);
  wire.network.set_power(server, Power::off);
  wire.log(sim_start + 5ms);
  wire.network.set_power(server, Power::on);
  CHECK(wire.log() == "10 recv 1; ");
}

TEST_CASE("Network: a sender that loses power does not stop what it has sent", "[net]") {
  Wire wire{pair_config()};
  wire.send(sim_start, 1);
  wire.network.set_power(client, Power::off);
  CHECK(wire.log() == "10 recv 1; ");
}

TEST_CASE("Network: without power faults count on", "[net]") {
  NetworkConfig config = pair_config();
  config.faults = {on_client_segments(FaultAction::drop)};
  config.faults[0].nth = {{2, 2}};
  Wire wire{config};
  wire.network.set_power(server, Power::off);
  wire.send(sim_start, 1);
  wire.network.set_power(server, Power::on);
  wire.send(sim_start, 2);
  CHECK(wire.log() == "0 wire host_off 1; 0 wire fault 2; ");
}

TEST_CASE("Network: a link that is down loses both ways, but what is on its way arrives", "[net]") {
  Wire wire{pair_config()};
  wire.send(sim_start, 1);
  wire.network.set_link(0, LinkState::down);
  wire.send(sim_start + 1ms, 2);
  wire.send(sim_start + 1ms, 3, server, client);
  wire.network.set_link(0, LinkState::up);
  wire.send(sim_start + 2ms, 4);
  CHECK(wire.log() == "1 wire link_down 2; 1 wire link_down 3; 10 recv 1; 12 recv 4; ");
}

TEST_CASE("Network: a loss behind the router is the router's", "[net]") {
  Network network{routed_config()};
  network.set_link(1, LinkState::down);
  Transit transit;
  const PacketIndex index = network.allocate();
  network.packet(index) = Packet{};
  network.packet(index).to = server;
  network.send(sim_start, index, transit);
  REQUIRE(transit.arrival.has_value());
  const Arrival hop = *transit.arrival;
  transit.clear();
  CHECK(network.arrives(hop.at, hop.channel, hop.packet, transit) == Network::Reached::router);
  REQUIRE(transit.notes.size() == 1);
  CHECK(std::get<trace::Drop>(transit.notes[0]).node == trace::HostId{2});
}

TEST_CASE("Network: the receiver's checksum catches corruption, also behind a router", "[net]") {
  NetworkConfig config = routed_config();
  LinkConfig bad;
  bad.corrupt = 1;
  config.links[0].a_to_b = std::make_shared<const LinkConfig>(bad);
  Wire wire{config};
  wire.send(sim_start, 1);
  CHECK(wire.log() == "5 host checksum 1; ");
}

TEST_CASE("Network: constant delays keep packets in order", "[net]") {
  Wire wire{pair_config()};
  for (std::uint64_t id = 1; id <= 3; ++id) wire.send(sim_start, id);
  CHECK(wire.log() == "10 recv 1; 10 recv 2; 10 recv 3; ");
}

TEST_CASE("Network: one more link does not shift another's losses", "[net]") {
  LinkConfig lossy;
  lossy.loss = BernoulliLoss{0.5};
  const auto shared = std::make_shared<const LinkConfig>(lossy);
  NetworkConfig config = pair_config();
  config.links[0] = {client, server, shared, shared};
  NetworkConfig more = config;
  more.nodes = {"client", "server", "other"};
  more.host_count = 3;
  more.links.insert(more.links.begin(), {2, server, shared, shared});
  Wire few{config};
  Wire many{more};
  for (std::uint64_t id = 1; id <= 200; ++id) {
    few.send(sim_start, id);
    many.send(sim_start, id);
  }
  CHECK(few.log() == many.log());
  CHECK(few.dropped > 50);
}

// A small model of what must hold whatever the links do: nothing comes from nowhere or gets lost
// without a note.
TEST_CASE("Network: sent and copied is received, dropped or on its way", "[net]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    RandomStream choice{seed, "test"};
    LinkConfig wild;
    wild.delay = ExponentialDelay{1ms, 5ms};
    wild.loss = GilbertElliottLoss{0.1, 0.3, 0.01, 0.7};
    wild.duplicate = 0.2;
    wild.corrupt = 0.1;
    wild.reorder = {0.2, 10ms};
    wild.rate_bps = 2'000'000;
    wild.queue_bytes_max = 5000;
    const auto shared = std::make_shared<const LinkConfig>(wild);
    NetworkConfig config = routed_config();
    config.seed = seed;
    for (LinkSpec& link : config.links) link.a_to_b = link.b_to_a = shared;
    config.faults = {on_client_segments(FaultAction::duplicate, 3ms)};
    config.faults[0].nth = {{5, 9}, {50, 60}};
    Wire wire{config};
    SimTime now = sim_start;
    for (std::uint64_t id = 1; id <= 500; ++id) {
      now += SimDuration{static_cast<std::int64_t>(choice.below(2'000'000))};
      wire.send(now, id, choice.bernoulli(0.5) ? client : server,
                choice.bernoulli(0.5) ? server : client,
                static_cast<std::uint32_t>(choice.below(1600)));
      if (choice.bernoulli(0.02)) wire.network.set_power(server, Power::off);
      if (choice.bernoulli(0.2)) wire.network.set_power(server, Power::on);
      wire.log(now);
      REQUIRE(wire.sent + wire.copied == wire.received + wire.dropped + wire.network.in_flight());
    }
    wire.log();
    CHECK(wire.network.in_flight() == 0);
    CHECK(wire.received > 50);
    CHECK(wire.copied > 50);
  }
}

}  // namespace
}  // namespace lastack::net
