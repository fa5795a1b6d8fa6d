// Second check of SEGMENT ARRIVES in the synchronized states: RST (RFC 9293, 3.10.7.4 and 3.5.3;
// RFC 5961, 3).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::State;

namespace {

auto every_state() { return GENERATE(from_range(synchronized_states())); }
State after_close(Role role) { return role == Role::server ? State::listen : State::closed; }

}  // namespace

TEST_CASE("synchronized: a RST outside the window is dropped in silence", "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  t.in("R " + std::to_string(s.rcv - 1)).quiet(s.state);
  t.in("R w").quiet(s.state);
  t.in(line("R.", s.rcv - 1, 0, s.una)).quiet(s.state);
  t.in(at_edge("R.", "w", s.una)).quiet(s.state);
}

TEST_CASE("synchronized: a RST at RCV.NXT ends the connection", "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  const Role role = GENERATE(Role::client, Role::server);
  auto t = TcpTest::in(s.state, {.role = role});
  SECTION("without ACK") { t.in("R " + std::to_string(s.rcv)); }
  SECTION("with ACK") { t.in(line("R.", s.rcv, 0, s.nxt)); }
  t.quiet(after_close(role));
  t.after(20min).quiet(after_close(role));  // no timer is left
}

TEST_CASE("synchronized: a RST in the window but not at RCV.NXT is challenged",
          "[tcp][rfc9293][rfc5961]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  SECTION("next to it") { t.in("R " + std::to_string(s.rcv + 1)); }
  SECTION("at the window's end") { t.in("R w-1"); }
  t.out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("synchronized: the answer to a challenge ends the connection", "[tcp][rfc5961]") {
  auto t = TcpTest::in(State::established);
  t.in("R 10").out(". 1 ack 1").quiet(State::established);
  t.in("R 1").quiet(State::closed);  // the peer's answer to an ACK that fits nothing it has
}

TEST_CASE("a reset is reported to the connection's user", "[tcp][rfc9293]") {
  const State state = GENERATE(State::established, State::fin_wait_1, State::fin_wait_2);
  auto t = TcpTest::in(state);
  t.in("R 1").quiet(State::closed);
  CHECK(t.woken());
  CHECK(t.receive().error == Error::connection_reset);
}

TEST_CASE("CLOSE-WAIT: a RST is reported to the user that sends", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::close_wait);
  t.in("R 2").quiet(State::closed);
  const Error error = t.send(10).error;
  CHECK((error == Error::broken_pipe || error == Error::connection_reset));  // Linux: EPIPE here
}

TEST_CASE("ESTABLISHED: a RST throws away what was sent and what was not read", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.in("R 1").quiet(State::closed);
  t.after(20min).quiet(State::closed);
}
