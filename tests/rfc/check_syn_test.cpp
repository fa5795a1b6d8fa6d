// Fourth check of SEGMENT ARRIVES in the synchronized states: SYN (RFC 9293, 3.10.7.4; RFC 5961,
// 4).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::State;

namespace {

auto every_state_but_time_wait() {
  return GENERATE(filter([](const Synchronized& s) { return s.state != State::time_wait; },
                         from_range(synchronized_states())));
}

}  // namespace

TEST_CASE("synchronized: a SYN is challenged wherever it stands", "[tcp][rfc9293][rfc5961]") {
  const Synchronized s = every_state_but_time_wait();
  auto t = TcpTest::in(s.state, {.role = GENERATE(Role::client, Role::server)});
  SECTION("the first SYN again") { t.in("S 0:0"); }
  SECTION("an older one") { t.in("S -100000:-100000"); }
  SECTION("in the window") { t.in("S " + std::to_string(s.rcv)); }
  SECTION("in the middle of the window") { t.in("S 100"); }
  SECTION("beyond the window") { t.in("S w+100"); }
  SECTION("with ACK") { t.in("S. 0:0 ack 1"); }
  t.out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("TIME-WAIT: an old SYN is answered with an ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::time_wait, {.role = GENERATE(Role::client, Role::server)});
  SECTION("the first SYN again") { t.in("S 0:0"); }
  SECTION("an older one") { t.in("S -100000:-100000"); }
  t.out(". 2 ack 2").quiet(State::time_wait);
}

TEST_CASE("ESTABLISHED: the ACK that answers an old SYN lets a restarted peer reset us",
          "[tcp][rfc9293]") {
  // RFC 9293, 3.5.1, Figure 9: half-open connection discovery.
  auto t = TcpTest::in(State::established);
  t.in("S 400:400").out(". 1 ack 1");
  t.in("R 1").quiet(State::closed);
}
