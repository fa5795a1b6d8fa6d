// Local ports: who gets which, and when none is left.
#include <cstdlib>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "support/driven_stack.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;
using tcp::SocketAddress;
using tcp::SocketId;
using tcp::Stack;

namespace {

const SocketAddress server{tcp::Address{0x0a000002}, 80};
const SocketAddress other_server{tcp::Address{0x0a000003}, 80};

DrivenStack with_ports(const char* range, ProfileId profile = ProfileId::rfc9293) {
  tcp::StackConfig config = profile_config(profile);
  REQUIRE_FALSE(tcp::apply_setting(config.settings, "ip_local_port_range", range));
  return DrivenStack{config};
}

/// Opens a connection from any port; the socket goes to `opened`.
Error connect(DrivenStack& driven, SocketAddress to, SocketId* opened = nullptr,
              SimTime at = sim_start) {
  return driven.run([&](Stack& stack, tcp::Output& out) {
    const SocketId socket = stack.open();
    if (opened != nullptr) *opened = socket;
    return stack.connect(at, socket, to, out);
  });
}

/// The port that a connection to `to` gets; 0 for none.
tcp::Port next_port(DrivenStack& driven, SocketAddress to, SimTime at = sim_start) {
  SocketId socket{};
  if (connect(driven, to, &socket, at) != Error::none) return 0;
  return driven.stack().local(socket).port;
}

/// A stack whose port range and seed are these, as Linux is.
DrivenStack linux_with(const char* range, std::uint64_t seed = 1) {
  tcp::StackConfig config = profile_config(ProfileId::linux_6);
  config.seed = seed;
  REQUIRE_FALSE(tcp::apply_setting(config.settings, "ip_local_port_range", range));
  return DrivenStack{config};
}

}  // namespace

TEST_CASE("ports: each connection gets one of its own from the range", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40009");
  std::set<tcp::Port> used;
  for (int i = 0; i < 10; ++i) {
    SocketId socket{};
    REQUIRE(connect(driven, server, &socket) == Error::none);
    used.insert(driven.stack().local(socket).port);
  }
  CHECK(used.size() == 10);
  CHECK(*used.begin() == 40000);
  CHECK(*used.rbegin() == 40009);
}

TEST_CASE("ports: when all are taken, connect fails at once with EADDRNOTAVAIL", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40004");
  for (int i = 0; i < 5; ++i) REQUIRE(connect(driven, server) == Error::none);
  CHECK(connect(driven, server) == Error::address_not_available);
}

TEST_CASE("ports: of a range with reserved ports only the others are chosen", "[tcp][ports]") {
  tcp::StackConfig config = profile_config(ProfileId::linux_6);
  REQUIRE_FALSE(tcp::apply_setting(config.settings, "ip_local_port_range", "40000 40009"));
  REQUIRE_FALSE(tcp::apply_setting(config.settings, "ip_local_reserved_ports", "40002-40007"));
  DrivenStack driven{config};
  std::set<tcp::Port> used;
  for (int i = 0; i < 4; ++i) {
    SocketId socket{};
    REQUIRE(connect(driven, server, &socket) == Error::none);
    used.insert(driven.stack().local(socket).port);
  }
  CHECK(used == std::set<tcp::Port>{40000, 40001, 40008, 40009});
  for (int i = 0; i < 8; ++i) CHECK(connect(driven, server) == Error::address_not_available);
}

TEST_CASE("ports: an application may have a reserved port", "[tcp][ports]") {
  tcp::StackConfig config = profile_config(ProfileId::linux_6);
  REQUIRE_FALSE(tcp::apply_setting(config.settings, "ip_local_reserved_ports", "40002"));
  DrivenStack driven{config};
  const Error error = driven.run([&](Stack& stack, tcp::Output& out) {
    const SocketId socket = stack.open();
    const Error bound = stack.bind(socket, 40002);
    return bound == Error::none ? stack.connect(sim_start, socket, server, out) : bound;
  });
  CHECK(error == Error::none);
}

TEST_CASE("ports: a port taken towards one server is free towards another", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40000");
  CHECK(connect(driven, server) == Error::none);
  CHECK(connect(driven, server) == Error::address_not_available);
  CHECK(connect(driven, other_server) == Error::none);
}

TEST_CASE("ports: a closed connection gives its port back", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40000");
  SocketId socket{};
  REQUIRE(connect(driven, server, &socket) == Error::none);
  driven.run([&](Stack& stack, tcp::Output& out) { stack.close(sim_start, socket, out); });
  CHECK(connect(driven, server) == Error::none);
}

TEST_CASE("ports: a connection cannot be opened twice between the same ends", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40009");
  const auto from = [&](tcp::Port port) {
    return driven.run([&](Stack& stack, tcp::Output& out) {
      const SocketId socket = stack.open();
      const Error bound = stack.bind(socket, port);
      return bound != Error::none ? bound : stack.connect(sim_start, socket, server, out);
    });
  };
  CHECK(from(50000) == Error::none);
  const Error again = from(50000);
  CHECK((again == Error::address_in_use || again == Error::address_not_available));
}

TEST_CASE("ports: a second listener on a port is refused", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40009");
  const auto listen = [&] {
    return driven.run([&](Stack& stack, tcp::Output& out) {
      tcp::ListenerId id{};
      return stack.listen(sim_start, 80, 1, {}, {}, id, out);
    });
  };
  CHECK(listen() == Error::none);
  CHECK(listen() == Error::address_in_use);
}

TEST_CASE("ports: the choice differs by seed, not by run", "[tcp][ports]") {
  const auto first_port = [](std::uint64_t seed) {
    tcp::StackConfig config = profile_config(ProfileId::linux_6);
    config.seed = seed;
    DrivenStack driven{config};
    SocketId socket{};
    REQUIRE(connect(driven, server, &socket) == Error::none);
    return driven.stack().local(socket).port;
  };
  CHECK(first_port(1) == first_port(1));
  std::set<tcp::Port> seen;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) seen.insert(first_port(seed));
  CHECK(seen.size() > 10);
}

TEST_CASE("ports: Linux gives away every second one first, from the range's first on",
          "[tcp][ports][linux]") {
  const auto [range, first] =
      GENERATE(std::pair{"40000 40009", 40000}, std::pair{"40001 40010", 40001});
  DrivenStack driven = linux_with(range);
  std::set<int> steps;
  for (int i = 0; i < 5; ++i) steps.insert(next_port(driven, server) - first);
  CHECK(steps == std::set<int>{0, 2, 4, 6, 8});
  for (int i = 0; i < 5; ++i) steps.insert(next_port(driven, server) - first);
  CHECK(steps == std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(next_port(driven, server) == 0);
}

TEST_CASE("ports: Linux goes back to the range's own parity when one of it is given back",
          "[tcp][ports][linux]") {
  DrivenStack driven = linux_with("40000 40003");
  const SocketId first = driven.run([](Stack& stack, tcp::Output& out) {
    const SocketId socket = stack.open();
    CHECK(stack.connect(sim_start, socket, server, out) == Error::none);
    return socket;
  });
  CHECK((next_port(driven, server) - 40000) % 2 == 0);
  CHECK((next_port(driven, server) - 40000) % 2 == 1);
  driven.run([&](Stack& stack, tcp::Output& out) { stack.abort(sim_start, first, out); });
  CHECK((next_port(driven, server) - 40000) % 2 == 0);
  CHECK((next_port(driven, server) - 40000) % 2 == 1);
  CHECK(next_port(driven, server) == 0);
}

TEST_CASE("ports: Linux goes on by 2 to 16, as chance will have it", "[tcp][ports][linux]") {
  DrivenStack driven = linux_with("32768 60999");
  std::set<int> steps;
  int before = next_port(driven, server);
  for (int i = 0; i < 200; ++i) {
    const int port = next_port(driven, server);
    steps.insert((port - before + 28232) % 28232);
    before = port;
  }
  CHECK(steps == std::set<int>{2, 4, 6, 8, 10, 12, 14, 16});
}

TEST_CASE("ports: Linux begins elsewhere for another peer, and after ten seconds",
          "[tcp][ports][linux]") {
  DrivenStack driven = linux_with("32768 60999");
  const int one = next_port(driven, server);
  CHECK(std::abs(next_port(driven, server, sim_start + 9s) - one) <= 16);
  CHECK(std::abs(next_port(driven, other_server) - one) > 16);
  CHECK(std::abs(next_port(driven, server, sim_start + 10s) - one) > 32);
}

TEST_CASE("ports: of three Linux finds two, as it goes by twos", "[tcp][ports][linux]") {
  DrivenStack driven = linux_with("40000 40002");
  CHECK(next_port(driven, server) == 40000);
  CHECK(next_port(driven, server) == 40001);
  for (const SimTime at : {sim_start, sim_start + 10s, sim_start + 1h}) {
    CHECK(next_port(driven, server, at) == 0);
  }
}

TEST_CASE("ports: of five Linux finds four, and the fifth when it begins elsewhere",
          "[tcp][ports][linux]") {
  std::set<std::size_t> found_at_once;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    DrivenStack driven = linux_with("40000 40004", seed);
    std::set<tcp::Port> found;
    while (const tcp::Port port = next_port(driven, server)) found.insert(port);
    found_at_once.insert(found.size());
    for (SimTime at = sim_start; at < sim_start + 10min; at += 10s) {
      if (const tcp::Port port = next_port(driven, server, at)) found.insert(port);
    }
    CHECK(found.size() == 5);
  }
  CHECK(found_at_once == std::set<std::size_t>{4, 5});
}

TEST_CASE("ports: without Linux's order every port of an odd range is found", "[tcp][ports]") {
  DrivenStack driven = with_ports("40000 40002");
  for (int i = 0; i < 3; ++i) CHECK(next_port(driven, server) != 0);
  CHECK(next_port(driven, server) == 0);
}

TEST_CASE("ports: bind to any port takes one that nobody has, with Linux of the other parity",
          "[tcp][ports][linux]") {
  const auto bind_any = [](DrivenStack& driven, int reuse) {
    return driven.run([&](Stack& stack, tcp::Output&) {
      const SocketId socket = stack.open({{tcp::SocketOption::so_reuseaddr, reuse}});
      return std::pair{stack.bind(socket, 0), socket};
    });
  };
  DrivenStack driven = linux_with("40000 40009");
  for (int i = 0; i < 6; ++i) REQUIRE(next_port(driven, server) != 0);  // one of them is odd
  for (int i = 0; i < 4; ++i) {
    INFO(i);
    CHECK(bind_any(driven, i % 2).first == Error::none);
  }
  CHECK(bind_any(driven, 0).first == Error::address_in_use);
}
