// First check of SEGMENT ARRIVES in the synchronized states: the sequence number (RFC 9293,
// 3.10.7.4, with the four cases of Table 6).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::State;

namespace {

auto every_state() { return GENERATE(from_range(synchronized_states())); }
auto both_roles() { return GENERATE(Role::client, Role::server); }

}  // namespace

TEST_CASE("synchronized: an empty segment at RCV.NXT is acceptable and not answered",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state, {.role = both_roles()});
  t.in(line(".", s.rcv, 0, s.una)).quiet(s.state);
}

TEST_CASE("synchronized: an empty segment at the window's last octet is not answered",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  t.in(at_edge(".", "w-1", s.una));
  if (s.state == State::time_wait) t.skip_sent();  // "acknowledge it": the RFC expects a FIN only
  t.quiet(s.state);
}

TEST_CASE("synchronized: an empty segment left of the window is answered with an ACK",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state, {.role = both_roles()});
  t.in(line(".", s.rcv - 1, 0, s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: an empty segment at the window's right edge is answered with an ACK",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  t.in(at_edge(".", "w", s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: data wholly left of the window is answered with an ACK",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state, {.role = both_roles()});
  t.in(line("P.", s.rcv - 10, 10, s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: data wholly right of the window is answered with an ACK",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  t.in(at_edge("P.", "w:w+10", s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: an unacceptable segment's ACK does not count", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::fin_wait_1, 1, 2, 1}, Synchronized{State::closing, 1, 2, 2},
               Synchronized{State::last_ack, 1, 2, 2});
  auto t = TcpTest::in(s.state);
  t.in(at_edge(".", "w+1000", s.nxt)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: an unacceptable segment's FIN does not count", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::established, 1, 1, 1}, Synchronized{State::fin_wait_1, 1, 2, 1},
               Synchronized{State::fin_wait_2, 2, 2, 1});
  auto t = TcpTest::in(s.state);
  t.in(at_edge("F.", "w+1000", s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("a closed window: only an empty segment at RCV.NXT is acceptable", "[tcp][rfc9293]") {
  // Data fills the receive buffer, which nobody reads, until the window is closed.
  auto t = TcpTest::in(State::established, {.options = {{tcp::SocketOption::so_rcvbuf, 4096}}});
  int next = 1;
  while (t.announced_window() != 0) {
    const int octets = static_cast<int>(std::min(t.announced_window(), 1000U));
    t.in(line("P.", next, octets, 1));
    next += octets;
    if (t.skip_sent() == 0) t.until_sent(1s);  // the acknowledgment may be delayed
    t.skip_sent();
    REQUIRE(next < 100'000);
  }
  SECTION("an empty segment at RCV.NXT") { t.in(line(".", next, 0, 1)).quiet(); }
  SECTION("an octet at RCV.NXT") {
    t.in(line("P.", next, 1, 1)).out(line(".", 1, 0, next) + " win 0").quiet();
  }
  SECTION("an empty segment beyond") {
    t.in(line(".", next + 1, 0, 1)).out(line(".", 1, 0, next) + " win 0").quiet();
  }
  SECTION("a RST at RCV.NXT") { t.in("R " + std::to_string(next)).quiet(State::closed); }
}
