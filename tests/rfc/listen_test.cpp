// SEGMENT ARRIVES in LISTEN (RFC 9293, 3.10.7.2).
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::State;

TEST_CASE("LISTEN: a RST is ignored", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  t.in("R 0").quiet(State::listen);
  t.in("R. 0 ack 1").quiet(State::listen);
}

TEST_CASE("LISTEN: any ACK is answered with a RST at its number", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  SECTION("bare") { t.in(". 0 ack 7").out("R 7"); }
  SECTION("with SYN") { t.in("S. 0:0 ack 7").out("R 7"); }
  SECTION("with FIN") { t.in("F. 0:0 ack 7").out("R 7"); }
  SECTION("with data") { t.in("P. 0:10 ack 7").out("R 7"); }
  t.quiet(State::listen);
}

TEST_CASE("LISTEN: a SYN is answered with SYN,ACK and leads to SYN-RECEIVED", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("LISTEN: data on a SYN is not acknowledged by the SYN,ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  t.in("S 0:10").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("LISTEN: a FIN on a SYN waits until the peer sends it again", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  t.in("SF 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
  t.in(". 1 ack 1").quiet(State::established);
  t.in("F. 1:1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
}

TEST_CASE("LISTEN: Linux drops a SYN with a FIN", "[tcp][linux]") {
  auto t = TcpTest::in(State::listen, {.profile = ProfileId::linux_6});
  t.in("SF 0:0").quiet(State::listen);
}

TEST_CASE("LISTEN: segments without SYN, ACK and RST are dropped in silence", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::listen);
  t.in("F 0").quiet(State::listen);
  t.in("- 0:10").quiet(State::listen);
}

TEST_CASE("LISTEN: the listener goes on listening beside a connection", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd, {.role = Role::server});
  t.conversation(40001).quiet(State::listen);
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
  t.in(". 1 ack 1").quiet(State::established);
  t.conversation(40000).quiet(State::syn_rcvd);
  t.in(". 1 ack 1").quiet(State::established);
}

TEST_CASE("LISTEN: connections are accepted in the order in which they were made", "[tcp]") {
  auto t = TcpTest::listener();
  t.in("S 0:0").out("S. 0:0 ack 1");
  t.conversation(40001).in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1");
  t.conversation(40000).in(". 1 ack 1");
  REQUIRE(t.accept());
  t.send(1);
  t.conversation(40001).out(". 1:2 ack 1");
  REQUIRE(t.accept());
  t.send(1);
  t.conversation(40000).out(". 1:2 ack 1");
  CHECK_FALSE(t.accept());
}
