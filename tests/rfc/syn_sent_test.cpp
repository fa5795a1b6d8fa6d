// SEGMENT ARRIVES in SYN-SENT (RFC 9293, 3.10.7.3).
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;
using tcp::State;

TEST_CASE("SYN-SENT: an ACK of nothing we sent is answered with a RST there", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  SECTION("at ISS") { t.in(". 0 ack 0").out("R 0"); }
  SECTION("below ISS") { t.in(". 0 ack -1").out("R -1"); }
  SECTION("above SND.NXT") { t.in(". 0 ack 2").out("R 2"); }
  SECTION("with data") { t.in("P. 1:11 ack 2").out("R 2"); }
  SECTION("with FIN") { t.in("F. 1:1 ack 2").out("R 2"); }
  CHECK_FALSE(t.last_sent().segment.flags.has(tcp::Flags::ack));
  t.quiet(State::syn_sent);
  CHECK(t.connect_result() == Error::would_block);
}

TEST_CASE("SYN-SENT: a SYN,ACK with a wrong ACK is reset, and the SYN waits on", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  SECTION("at ISS") { t.in("S. 0:0 ack 0").out("R 0"); }
  SECTION("above SND.NXT") { t.in("S. 0:0 ack 2").out("R 2"); }
  t.quiet(State::syn_sent);
  t.out_after(1s, "S 0:0");  // its own timer, not sooner
  t.in("S. 0:0 ack 1").out(". 1 ack 1").quiet(State::established);
}

TEST_CASE("SYN-SENT: a RST that does not acknowledge the SYN is dropped", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  SECTION("without ACK") { t.in("R 0"); }
  SECTION("ACK at ISS") { t.in("R. 0 ack 0"); }
  SECTION("ACK above SND.NXT") { t.in("R. 0 ack 2"); }
  SECTION("with SYN, no ACK") { t.in("SR 0:0"); }
  t.quiet(State::syn_sent);
  CHECK(t.connect_result() == Error::would_block);
}

TEST_CASE("SYN-SENT: a RST that acknowledges the SYN refuses the connection", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("R. 0 ack 1").quiet(State::closed);
  CHECK(t.woken());
  CHECK(t.connect_result() == Error::connection_refused);
  t.after(10min).quiet(State::closed);
}

TEST_CASE("SYN-SENT: the SYN,ACK is acknowledged and the connection stands", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("S. 0:0 ack 1").out(". 1 ack 1").quiet(State::established);
  CHECK(t.woken());
  CHECK(t.connect_result() == Error::none);
}

TEST_CASE("SYN-SENT: a SYN without ACK is a simultaneous open", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
  CHECK(t.connect_result() == Error::would_block);
}

TEST_CASE("SYN-SENT: without SYN and RST nothing is done, even with a right ACK",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  SECTION("ACK") { t.in(". 0 ack 1"); }
  SECTION("FIN") { t.in("F 0:0"); }
  SECTION("FIN,ACK") { t.in("F. 0:0 ack 1"); }
  SECTION("data") { t.in("- 1:11"); }
  SECTION("data with ACK") { t.in("P. 1:11 ack 1"); }
  t.quiet(State::syn_sent);
  t.out_after(1s, "S 0:0");
}

TEST_CASE("SYN-SENT: octets on a SYN,ACK are taken once the connection stands", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("S. 0:10 ack 1").out(". 1 ack 1").out(". 1 ack 11").quiet(State::established);
  CHECK(t.receive().bytes == 10);
  t.in("P. 1:11 ack 1").out(". 1 ack 11");
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("SYN-SENT: a FIN on a SYN,ACK ends the peer's half", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  SECTION("alone") {
    t.in("SF. 0:0 ack 1").out(". 1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
  }
  SECTION("behind octets") {
    t.in("SF. 0:10 ack 1").out(". 1 ack 1").out(". 1 ack 12").quiet(State::close_wait);
    CHECK(t.receive().bytes == 10);
  }
  CHECK(t.connect_result() == Error::none);
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("SYN-SENT: Linux leaves octets and FIN of a SYN,ACK to be sent again", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  SECTION("octets") { t.in("S. 0:10 ack 1").out(". 1 ack 1"); }
  SECTION("FIN") { t.in("SF. 0:0 ack 1").out(". 1 ack 1"); }
  t.quiet(State::established);
}
