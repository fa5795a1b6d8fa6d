// The retransmission timer (RFC 6298; RFC 9293, 3.8.1 and 3.8.3).
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::State;

namespace {

/// Established over a path with this round trip, measured on the handshake.
TcpTest established_after(SimDuration rtt) {
  auto t = TcpTest::in(State::syn_sent);
  t.after(rtt).in("S. 0:0 ack 1").out(". 1 ack 1");
  return t;
}

}  // namespace

TEST_CASE("RTO: 1 s before the first sample, doubled each time", "[tcp][rfc6298]") {
  auto t = TcpTest::in(State::syn_sent);  // 2.1 and 5.5
  t.out_after(1s, "S 0:0").out_after(2s, "S 0:0").out_after(4s, "S 0:0").out_after(8s, "S 0:0");
}

TEST_CASE("RTO: a SYN that nobody answers ends in ETIMEDOUT after at least 3 minutes",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);  // RFC 9293, MUST-23
  SimDuration gap = t.until_sent(1h);
  while (t.state() == State::syn_sent) {
    t.skip_sent();
    const SimTime deadline = t.snapshot()->due;
    if (deadline == never) break;
    t.after(deadline - t.now());
    gap = deadline - sim_start;
  }
  t.quiet(State::closed);
  CHECK(gap >= 3min);
  CHECK(t.connect_result() == Error::timed_out);
}

TEST_CASE("RTO: after the first sample R it is R + 4 (R/2)", "[tcp][rfc6298]") {
  auto t = established_after(600ms);  // 2.2: SRTT 0.6 s, RTTVAR 0.3 s
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1800ms, ". 1:101 ack 1");
}

TEST_CASE("RTO: a later sample moves SRTT by 1/8 and RTTVAR by 1/4", "[tcp][rfc6298]") {
  auto t = established_after(600ms);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.after(1000ms).in(". 1 ack 101");
  // 2.3: RTTVAR = 3/4 0.3 + 1/4 |0.6 - 1.0| = 0.325 s; SRTT = 7/8 0.6 + 1/8 1.0 = 0.65 s
  t.send(100);
  t.out(". 101:201 ack 1");
  t.out_after(1950ms, ". 101:201 ack 1");
}

TEST_CASE("RTO: never below 1 s", "[tcp][rfc6298]") {
  auto t = established_after(10ms);  // 2.4
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1s, ". 1:101 ack 1");
}

TEST_CASE("RTO: doubles with each retransmission of data", "[tcp][rfc6298]") {
  auto t = established_after(600ms);  // 5.5
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1800ms, ". 1:101 ack 1");
  t.out_after(3600ms, ". 1:101 ack 1");
  t.out_after(7200ms, ". 1:101 ack 1");
}

TEST_CASE("RTO: no sample is taken of what was sent twice, and the backoff stays",
          "[tcp][rfc6298]") {
  auto t = established_after(600ms);  // 3 (Karn) and the note after 5.7
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1800ms, ". 1:101 ack 1");
  t.after(100ms).in(". 1 ack 101");
  t.send(100);
  t.out(". 101:201 ack 1");
  t.out_after(3600ms, ". 101:201 ack 1");
}

TEST_CASE("RTO: a new sample takes the backoff back", "[tcp][rfc6298]") {
  auto t = established_after(600ms);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1800ms, ". 1:101 ack 1");
  t.in(". 1 ack 101");
  t.send(100);
  t.out(". 101:201 ack 1");
  t.after(600ms).in(". 1 ack 201");
  // SRTT stays 0.6 s, RTTVAR falls to 0.225 s
  t.send(100);
  t.out(". 201:301 ack 1");
  t.out_after(1500ms, ". 201:301 ack 1");
}

TEST_CASE("RTO: 3 s for data when the SYN had to be sent again", "[tcp][rfc6298]") {
  auto t = TcpTest::in(State::syn_sent);  // 5.7
  t.out_after(1s, "S 0:0");
  t.after(10ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(3s, ". 1:101 ack 1");
}

TEST_CASE("RTO: 3 s after a lost SYN, though a timestamp told the round trip", "[tcp][rfc6298]") {
  auto t = TcpTest::in(State::syn_sent, {.peer_options = "<mss 1460,TS val 7 ecr 0>"});  // 5.7
  t.out_after(1s, "S 0:0");
  t.after(10ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(3s, ". 1:101 ack 1");
}

TEST_CASE("RTO: runs from the last ACK of new data", "[tcp][rfc6298]") {
  auto t = established_after(600ms);  // 5.3
  t.send(3 * 1460);
  t.out(". 1:1461 ack 1").out(". 1461:2921 ack 1").out(". 2921:4381 ack 1");
  t.after(500ms).in(". 1 ack 1461");
  // The sample of 0.5 s: RTTVAR = 0.25 s, SRTT = 0.5875 s
  t.out_after(1587500us, ". 1461:2921 ack 1").quiet();  // 5.4: only the earliest
}

TEST_CASE("RTO: a duplicate ACK does not restart it", "[tcp][rfc6298]") {
  auto t = established_after(600ms);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.after(1s).in(". 1 ack 1");
  t.out_after(800ms, ". 1:101 ack 1");
}

TEST_CASE("RTO: stops when everything is acknowledged", "[tcp][rfc6298]") {
  auto t = established_after(600ms);  // 5.2
  t.send(100);
  t.out(". 1:101 ack 1");
  t.in(". 1 ack 101");
  CHECK(t.snapshot()->due == never);
  t.after(1h).quiet(State::established);
}

TEST_CASE("RTO: a FIN is retransmitted like data", "[tcp][rfc6298]") {
  auto t = established_after(600ms);
  t.shutdown();
  t.out("F. 1:1 ack 1");
  t.out_after(1800ms, "F. 1:1 ack 1").out_after(3600ms, "F. 1:1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.after(1h).quiet(State::fin_wait_2);
}

TEST_CASE("RTO: the SYN,ACK of a request is retransmitted with backoff", "[tcp][rfc6298]") {
  auto t = TcpTest::in(State::syn_rcvd, {.role = GENERATE(Role::client, Role::server)});
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "S. 0:0 ack 1").out_after(4s, "S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  t.after(10min).quiet(State::established);
}

TEST_CASE("RTO: data that nobody acknowledges ends the connection after at least 100 s",
          "[tcp][rfc9293]") {
  auto t = established_after(10ms);  // RFC 9293, 3.8.3: R2
  t.send(100);
  t.out(". 1:101 ack 1");
  t.after(100s);
  CHECK(t.skip_sent() >= 3);
  CHECK(t.state() == State::established);
  t.after(1h);
  t.skip_sent();
  t.quiet(State::closed);
  CHECK(t.woken());
  CHECK(t.receive().error == Error::timed_out);
}

TEST_CASE("RTO: retries are counted anew after an ACK of new data", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.sysctl = {{"tcp_retries2", "2"}}});
  for (int round = 0; round < 3; ++round) {
    const int first = 1 + 100 * round;
    t.send(100);
    t.out(". " + std::to_string(first) + ":" + std::to_string(first + 100) + " ack 1");
    t.until_sent(1min);
    t.skip_sent();
    t.in(". 1 ack " + std::to_string(first + 100));
  }
  t.quiet(State::established);
}
