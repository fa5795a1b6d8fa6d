// Challenge ACKs and how many of them there may be (RFC 5961, 7; Linux's two limits).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::State;

namespace {

TcpTest two_connections(Setup setup) {
  setup.role = Role::server;
  auto t = TcpTest::in(State::established, setup);
  t.conversation(40001).in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  return t;
}

}  // namespace

TEST_CASE("challenge ACK: counted as such", "[tcp][rfc5961]") {
  auto t = TcpTest::in(State::established);
  t.in("R 10").out(". 1 ack 1");
  CHECK(t.last_sent().why == tcp::SendReason::challenge);
  CHECK(t.counters().TCPChallengeACK == 1);
  t.in("S 0:0").out(". 1 ack 1");
  CHECK(t.counters().TCPChallengeACK == 2);
}

TEST_CASE("challenge ACK: a host sends tcp_challenge_ack_limit of them in a second",
          "[tcp][rfc5961]") {
  auto t = two_connections({.profile = GENERATE(ProfileId::rfc9293, ProfileId::linux_6),
                            .sysctl = {{"tcp_challenge_ack_limit", "1"}}});
  t.in("R 10").out(". 1 ack 1");
  t.conversation(40000).in("R 10").quiet(State::established);
  t.after(1s);
  t.in("R 10").out(". 1 ack 1").quiet(State::established);
}

TEST_CASE("challenge ACK: an unlimited host still sends a connection one in 500 ms",
          "[tcp][linux]") {
  auto t = two_connections({.profile = ProfileId::linux_6});
  t.in("R 10").out(". 1 ack 1");
  t.in("R 10").quiet(State::established);
  CHECK(t.counters().TCPACKSkippedChallenge == 1);
  t.conversation(40000).in("R 10").out(". 1 ack 1");  // each connection for itself
  t.after(501ms).in("R 10").out(". 1 ack 1");
}

TEST_CASE("challenge ACK: the exact RST needs none", "[tcp][rfc5961]") {
  auto t = TcpTest::in(
      State::established,
      {.profile = GENERATE(ProfileId::rfc9293, ProfileId::linux_6, ProfileId::linux_4)});
  t.in("R 1").quiet(State::closed);
}

TEST_CASE("challenge ACK: a forged RST must guess 32 bits, not the window", "[tcp][rfc5961]") {
  auto t = TcpTest::in(State::established);
  for (int guess = 2; guess < 60'000; guess += 7'919) {
    t.in("R " + std::to_string(guess)).out(". 1 ack 1").quiet(State::established);
  }
}
