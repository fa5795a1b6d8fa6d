// SEGMENT ARRIVES in CLOSED (RFC 9293, 3.10.7.1).
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::State;

TEST_CASE("CLOSED: a SYN is answered with RST,ACK that acknowledges it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closed);
  t.in("S 0:0").out("R. @0 ack 1").quiet(State::closed);
}

TEST_CASE("CLOSED: data without ACK is answered with RST,ACK of all of it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closed);
  t.in("- 7:17").out("R. @0 ack 17").quiet(State::closed);
}

TEST_CASE("CLOSED: a FIN without ACK counts one octet in the reset's ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closed);
  t.in("F 7:17").out("R. @0 ack 18").quiet(State::closed);
}

TEST_CASE("CLOSED: a segment with ACK is answered with a RST at its ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closed);
  SECTION("bare ACK") { t.in(". 7 ack 5").out("R 5"); }
  SECTION("SYN,ACK") { t.in("S. 7:7 ack 5").out("R 5"); }
  SECTION("FIN,ACK") { t.in("F. 7:7 ack 5").out("R 5"); }
  SECTION("data") { t.in("P. 7:107 ack 5").out("R 5"); }
  CHECK_FALSE(t.last_sent().segment.flags.has(tcp::Flags::ack));
  t.quiet(State::closed);
}

TEST_CASE("CLOSED: a RST is thrown away, with or without ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closed);
  t.in("R 0").quiet(State::closed);
  t.in("R. 0 ack 1").quiet(State::closed);
}
