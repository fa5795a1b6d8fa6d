#include "lastack/net/topology.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace lastack::net {
namespace {

/// A graph of undirected links, with the way that a packet takes through it.
class Map {
 public:
  Map(std::size_t hosts, std::size_t nodes) : hosts_{hosts}, nodes_{nodes} {}

  Map& link(NodeIndex a, NodeIndex b, SimDuration delay) {
    arcs_.push_back({a, b, delay});
    arcs_.push_back({b, a, delay});
    return *this;
  }

  /// "0 3 4 1", or "0 3 ?" where it ends in between.
  std::string way(NodeIndex from, NodeIndex to) {
    Topology topology{hosts_, nodes_, arcs_};
    std::string text = std::to_string(from);
    for (int hops = 0; from != to && hops < 100; ++hops) {
      const auto channel = topology.next(from, to);
      if (!channel) return text + " ?";
      REQUIRE(topology.arc(*channel).from == from);
      from = topology.arc(*channel).to;
      text += " " + std::to_string(from);
    }
    return text;
  }

 private:
  std::size_t hosts_;
  std::size_t nodes_;
  std::vector<Topology::Arc> arcs_;
};

TEST_CASE("Topology: two hosts with one link need no router", "[net]") {
  Map map{2, 2};
  map.link(0, 1, 10ms);
  CHECK(map.way(0, 1) == "0 1");
  CHECK(map.way(1, 0) == "1 0");
}

TEST_CASE("Topology: of several ways the one with least delay is taken", "[net]") {
  Map map{2, 5};  // routers 2, 3, 4
  map.link(0, 2, 1ms).link(2, 1, 10ms).link(2, 3, 2ms).link(3, 4, 2ms).link(4, 1, 2ms);
  CHECK(map.way(0, 1) == "0 2 3 4 1");
  CHECK(map.way(1, 0) == "1 4 3 2 0");
}

TEST_CASE("Topology: of equal delays fewer hops win, then the link that comes first", "[net]") {
  Map hops{2, 5};
  hops.link(0, 2, 0ms).link(2, 3, 0ms).link(3, 4, 0ms).link(4, 1, 0ms).link(2, 1, 0ms);
  CHECK(hops.way(0, 1) == "0 2 1");
  Map order{2, 6};
  order.link(0, 2, 1ms).link(2, 4, 1ms).link(2, 3, 1ms).link(3, 5, 1ms).link(4, 5, 1ms);
  order.link(5, 1, 1ms);
  CHECK(order.way(0, 1) == "0 2 4 5 1");
}

TEST_CASE("Topology: hosts do not forward", "[net]") {
  Map map{3, 3};
  map.link(0, 1, 1ms).link(1, 2, 1ms);
  CHECK(map.way(0, 2) == "0 ?");
  CHECK(map.way(2, 0) == "2 ?");
}

TEST_CASE("Topology: a host with several links takes the best of them", "[net]") {
  Map map{3, 5};  // host 0 with links to routers 3 and 4, and to host 2
  map.link(0, 3, 5ms).link(0, 4, 1ms).link(3, 1, 1ms).link(4, 1, 1ms).link(0, 2, 9ms);
  map.link(4, 2, 1ms);
  CHECK(map.way(0, 1) == "0 4 1");
  CHECK(map.way(1, 0) == "1 4 0");
  CHECK(map.way(0, 2) == "0 4 2");  // 2 ms over the router, 9 ms straight
}

TEST_CASE("Topology: three hosts in a triangle reach each other straight", "[net]") {
  Map map{3, 3};
  map.link(0, 1, 1ms).link(1, 2, 1ms).link(0, 2, 5ms);
  CHECK(map.way(0, 2) == "0 2");
  CHECK(map.way(2, 0) == "2 0");
}

TEST_CASE("Topology: of parallel links the faster one is taken", "[net]") {
  Map map{2, 2};
  map.link(0, 1, 5ms).link(0, 1, 1ms);
  Topology topology{2, 2, {{0, 1, 5ms}, {1, 0, 5ms}, {0, 1, 1ms}, {1, 0, 1ms}}};
  CHECK(topology.next(0, 1) == ChannelIndex{2});
  CHECK(topology.next(1, 0) == ChannelIndex{3});
}

TEST_CASE("Topology: where no way leads a packet ends, even behind routers", "[net]") {
  Map map{3, 5};
  map.link(0, 3, 1ms).link(3, 1, 1ms).link(4, 2, 1ms);
  CHECK(map.way(0, 1) == "0 3 1");
  CHECK(map.way(0, 2) == "0 3 ?");
}

TEST_CASE("Topology: a server with 100,000 clients finds each at once", "[net]") {
  constexpr NodeIndex clients = 100'000;
  std::vector<Topology::Arc> arcs;
  for (NodeIndex i = 1; i <= clients; ++i) {
    arcs.push_back({i, 0, 10ms});
    arcs.push_back({0, i, 10ms});
  }
  Topology topology{clients + 1, clients + 1, arcs};
  for (NodeIndex i = 1; i <= clients; ++i) {
    REQUIRE(topology.next(0, i) == 2 * (i - 1) + 1);
    REQUIRE(topology.next(i, 0) == 2 * (i - 1));
  }
}

TEST_CASE("Topology: a group behind a router needs one search", "[net]") {
  constexpr NodeIndex clients = 100'000;
  constexpr NodeIndex server = 0;
  constexpr NodeIndex router = clients + 1;
  std::vector<Topology::Arc> arcs{{server, router, 1ms}, {router, server, 1ms}};
  for (NodeIndex i = 1; i <= clients; ++i) {
    arcs.push_back({i, router, 10ms});
    arcs.push_back({router, i, 10ms});
  }
  Topology topology{clients + 1, clients + 2, arcs};
  for (NodeIndex i = 1; i <= clients; ++i) {
    REQUIRE(topology.next(router, i) == 2 * i + 1);
    REQUIRE(topology.next(i, server) == 2 * i);
  }
  CHECK(topology.next(router, server) == ChannelIndex{1});
}

}  // namespace
}  // namespace lastack::net
