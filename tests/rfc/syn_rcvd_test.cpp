// SEGMENT ARRIVES in SYN-RECEIVED (RFC 9293, 3.10.7.4), where a passive open waits as a request in
// the listener's SYN queue, and an active open (after a simultaneous open) as a socket.
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::State;

namespace {

const Setup passive{.role = Role::server};
const Setup active{.role = Role::client};

}  // namespace

TEST_CASE("SYN-RECEIVED: an ACK of our SYN makes the connection", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  t.in(". 1 ack 1").quiet(State::established);
}

TEST_CASE("SYN-RECEIVED: the connection made is offered to accept", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, passive);
  CHECK_FALSE(t.accept());
  t.in(". 1 ack 1").quiet(State::established);
  CHECK(t.accept());
}

TEST_CASE("SYN-RECEIVED: the connection made by a simultaneous open wakes connect",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, active);
  t.in(". 1 ack 1").quiet(State::established);
  CHECK(t.woken());
  CHECK(t.connect_result() == Error::none);
}

TEST_CASE("SYN-RECEIVED: an ACK of anything else is answered with a RST there", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  SECTION("at ISS") { t.in(". 1 ack 0").out("R 0"); }
  SECTION("above SND.NXT") { t.in(". 1 ack 2").out("R 2"); }
  SECTION("with data") { t.in("P. 1:11 ack 2").out("R 2"); }
  CHECK_FALSE(t.last_sent().segment.flags.has(tcp::Flags::ack));
  t.quiet(State::syn_rcvd);
  t.in(". 1 ack 1").quiet(State::established);
}

TEST_CASE("SYN-RECEIVED: a segment without ACK is dropped", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  t.in("- 1:11").quiet(State::syn_rcvd);
  t.in("F 1:1").quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: data with the handshake's ACK is taken", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, passive);
  t.in("P. 1:11 ack 1").out(". 1 ack 11").quiet(State::established);
  REQUIRE(t.accept());
  CHECK(t.receive().bytes == 10);
}

TEST_CASE("SYN-RECEIVED: a FIN with the handshake's ACK leads to CLOSE-WAIT", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  t.in("F. 1:1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
}

TEST_CASE("SYN-RECEIVED: an unacceptable segment is answered with an ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  SECTION("the SYN again") { t.in("S 0:0").out(". 1 ack 1"); }
  SECTION("left of the window") { t.in(". 0 ack 1").out(". 1 ack 1"); }
  SECTION("data left of the window") { t.in("P. -9:1 ack 1").out(". 1 ack 1"); }
  SECTION("right of the window") { t.in(". w ack 1").out(". 1 ack 1"); }
  t.quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: a RST outside the window is dropped in silence", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  t.in("R 0").quiet(State::syn_rcvd);
  t.in("R. 0 ack 1").quiet(State::syn_rcvd);
  t.in("R w").quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: a RST in the window but not at RCV.NXT is challenged",
          "[tcp][rfc9293][rfc5961]") {
  auto t = TcpTest::in(State::syn_rcvd, GENERATE(passive, active));
  SECTION("next to it") { t.in("R 2"); }
  SECTION("at the window's end") { t.in("R w-1"); }
  t.out(". 1 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: a RST at RCV.NXT returns a passive open to LISTEN", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, passive);
  t.in("R 1").quiet(State::listen);
  t.after(10min).quiet(State::listen);  // nothing is left that could send
  CHECK_FALSE(t.accept());
}

TEST_CASE("SYN-RECEIVED: a RST at RCV.NXT refuses an active open", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, active);
  t.in("R 1").quiet(State::closed);
  CHECK(t.connect_result() == Error::connection_refused);
}

TEST_CASE("SYN-RECEIVED: a new SYN in the window returns a passive open to LISTEN",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, passive);
  t.in("S 10:10").quiet(State::listen);
  t.in("S 20:20").out("S. 0:0 ack 21").quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: a SYN in the window is challenged in an active open",
          "[tcp][rfc9293][rfc5961]") {
  auto t = TcpTest::in(State::syn_rcvd, active);
  t.in("S 10:10").out(". 1 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("SYN-RECEIVED: a simultaneous open ends well whichever ACK comes first",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, active);
  // The peer's own SYN,ACK begins left of the window (Figure 7, line 6): either its ACK counts, or
  // our answer brings the peer to send a bare one.
  t.in("S. 0:0 ack 1");
  t.skip_sent();
  t.in(". 1 ack 1").quiet(State::established);
  CHECK(t.connect_result() == Error::none);
}

TEST_CASE("SYN-RECEIVED: a FIN on the peer's SYN,ACK follows the SYN", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, active);
  t.in("FS. 0:0 ack 1").out(". 1 ack 2").quiet(State::close_wait);
  CHECK(t.connect_result() == Error::none);
}
