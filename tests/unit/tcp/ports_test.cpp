// Local ports: who gets which, and when none is left.
#include <set>

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
Error connect(DrivenStack& driven, SocketAddress to, SocketId* opened = nullptr) {
  return driven.run([&](Stack& stack, tcp::Output& out) {
    const SocketId socket = stack.open();
    if (opened != nullptr) *opened = socket;
    return stack.connect(sim_start, socket, to, out);
  });
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
