// Keepalive (RFC 9293, 3.8.4), user timeout (RFC 5482; RFC 9293, 3.10.8) and the socket options
// that set how long things last.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;
using tcp::SocketOption;
using tcp::State;

namespace {

Setup keeping_alive(ProfileId profile) {
  return {.profile = profile,
          .options = {{SocketOption::so_keepalive, 1},
                      {SocketOption::tcp_keepidle, 10},
                      {SocketOption::tcp_keepintvl, 2},
                      {SocketOption::tcp_keepcnt, 3}}};
}

}  // namespace

// --- Keepalive ---

TEST_CASE("keepalive: off unless asked for", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);  // MUST-25
  t.after(24h).quiet(State::established);
}

TEST_CASE("keepalive: after two idle hours unless set otherwise", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::so_keepalive, 1}}});
  t.after(2h - 1ns).quiet();  // MUST-28
  t.after(1ns).out(". 0 ack 1");
}

TEST_CASE("keepalive: a probe repeats the octet before SND.NXT", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  t.out_after(10s, ". 0 ack 1");
  CHECK(t.last_sent().why == tcp::SendReason::keepalive);
}

TEST_CASE("keepalive: an answered probe is followed by idle time again", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  for (int round = 0; round < 5; ++round) {
    t.out_after(10s, ". 0 ack 1");
    t.in(". 1 ack 1").quiet(State::established);
  }
}

TEST_CASE("keepalive: without idle time the probes follow each other at their interval",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::established,
                       {.sysctl = {{"tcp_keepalive_time", "0"}, {"tcp_keepalive_intvl", "1"}},
                        .options = {{SocketOption::so_keepalive, 1}}});
  t.after(0s).out(". 0 ack 1");
  t.in(". 1 ack 1");
  t.after(1s).out(". 0 ack 1");
  t.after(1s).out(". 0 ack 1");
}

TEST_CASE("keepalive: with an interval of 0 time still goes on", "[tcp][linux]") {
  auto t = TcpTest::in(State::established,
                       {.sysctl = {{"tcp_keepalive_intvl", "0"}, {"tcp_keepalive_probes", "3"}},
                        .options = {{SocketOption::so_keepalive, 1}}});
  t.after(2h).out(". 0 ack 1");
  t.after(1ms).out(". 0 ack 1");
  t.after(1ms).out(". 0 ack 1");
  t.after(1ms).out("R. 1 ack 1");
  CHECK(t.state() == State::closed);
}

TEST_CASE("keepalive: what arrives puts the probe off", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  t.after(6s).in("P. 1:11 ack 1").out(". 1 ack 11");
  t.out_after(10s, ". 0 ack 11");
}

TEST_CASE("keepalive: a new TCP_KEEPIDLE counts the idle time that has passed", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));  // after 10 s
  t.after(6s);
  t.set(SocketOption::tcp_keepidle, 8);
  t.out_after(2s, ". 0 ack 1");
}

TEST_CASE("keepalive: asked for again, it changes nothing", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  t.after(6s);
  t.set(SocketOption::so_keepalive, 1);
  t.out_after(4s, ". 0 ack 1");
}

TEST_CASE("keepalive: a dead peer is given up after so many probes", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  t.out_after(10s, ". 0 ack 1").out_after(2s, ". 0 ack 1").out_after(2s, ". 0 ack 1");
  t.after(2s - 1ns).quiet(State::established);
  t.after(1ns);
  t.skip_sent();  // whether a RST goes with it is left open
  t.quiet(State::closed);
  CHECK(t.woken());
  CHECK(t.receive().error == Error::timed_out);
}

TEST_CASE("keepalive: a rebooted peer resets the connection", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, keeping_alive(ProfileId::rfc9293));
  t.out_after(10s, ". 0 ack 1");
  t.in("R 1").quiet(State::closed);
  CHECK(t.receive().error == Error::connection_reset);
}

TEST_CASE("keepalive: probing does not disturb a peer that reads", "[tcp][rfc9293]") {
  // The other side: the probe is left of the window, so an ACK answers and nothing changes.
  auto t = TcpTest::in(State::established);
  t.in(". 0 ack 1").out(". 1 ack 1").quiet(State::established);
  t.in(". 0:1 ack 1").out(". 1 ack 1").quiet(State::established);  // with its octet of garbage
  CHECK(t.receive().error == Error::would_block);
}

// --- User timeout ---

TEST_CASE("user timeout: unacknowledged data ends the connection when it is over",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_user_timeout, 5000}}});
  t.send(100);
  t.out(". 1:101 ack 1");
  t.after(5s - 1ns);
  t.skip_sent();
  CHECK(t.state() == State::established);
  t.after(1ns);
  t.skip_sent();
  t.quiet(State::closed);
  CHECK(t.receive().error == Error::timed_out);
}

TEST_CASE("user timeout: acknowledged data starts it anew", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_user_timeout, 5000}}});
  t.send(100);
  t.out(". 1:101 ack 1");
  t.after(900ms).in(". 1 ack 101");
  t.after(1h).quiet(State::established);
  t.send(100);
  t.out(". 101:201 ack 1");
  t.after(4s);
  t.skip_sent();
  CHECK(t.state() == State::established);
}

TEST_CASE("user timeout: holds for the SYN, too", "[tcp][rfc9293]") {
  auto t = TcpTest::client({.options = {{SocketOption::tcp_user_timeout, 5000}}});
  t.connect();
  t.out("S 0:0");
  t.after(10s);
  t.skip_sent();
  t.quiet(State::closed);
  CHECK(t.connect_result() == Error::timed_out);
}

// --- Options that count and measure ---

TEST_CASE("TCP_SYNCNT: so many SYNs are retried", "[tcp]") {
  auto t = TcpTest::client(
      {.profile = GENERATE(ProfileId::textbook, ProfileId::rfc9293, ProfileId::linux_4),
       .options = {{SocketOption::tcp_syncnt, 2}}});
  t.connect();
  t.out("S 0:0").out_after(1s, "S 0:0").out_after(2s, "S 0:0");
  t.after(4s - 1ns).quiet(State::syn_sent);
  t.after(1ns).quiet(State::closed);
  CHECK(t.connect_result() == Error::timed_out);
}

TEST_CASE("TCP_LINGER2: how long an orphan waits for the peer's FIN", "[tcp]") {
  auto t = TcpTest::in(State::established, {.profile = ProfileId::textbook,
                                            .options = {{SocketOption::tcp_linger2, 5}}});
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.after(5s - 1ns).quiet(State::fin_wait_2);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("TCP_MAXSEG: caps the segments of both directions", "[tcp]") {
  auto t = TcpTest::client({.options = {{SocketOption::tcp_maxseg, 1000}}});
  t.connect();
  t.out("S 0:0");
  CHECK(t.last_sent().segment.options.mss == 1000);
  t.in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(2000);
  t.out(". 1:1001 ack 1").out(". 1001:2001 ack 1");
}

TEST_CASE("TCP_DEFER_ACCEPT: a connection is made when data comes", "[tcp]") {
  auto t = TcpTest::in(State::syn_rcvd, {.profile = ProfileId::linux_6,
                                         .role = Role::server,
                                         .options = {{SocketOption::tcp_defer_accept, 3}}});
  t.in(". 1 ack 1").quiet(State::syn_rcvd);
  CHECK_FALSE(t.accept());
  t.after(500ms).in("P. 1:11 ack 1").out(". 1 ack 11").quiet(State::established);
  CHECK(t.accept());
}

TEST_CASE("TCP_DEFER_ACCEPT: is over after its time, when the SYN,ACK was answered again",
          "[tcp]") {
  auto t = TcpTest::in(State::syn_rcvd, {.profile = ProfileId::linux_6,
                                         .role = Role::server,
                                         .options = {{SocketOption::tcp_defer_accept, 3}}});
  t.in(". 1 ack 1").quiet(State::syn_rcvd);
  t.out_after(3s, "S. 0:0 ack 1");  // not after 1 s: that one was acknowledged
  t.in(". 1 ack 1").quiet(State::established);
  CHECK(t.accept());
}

TEST_CASE("option: a value out of range is refused", "[tcp]") {
  auto t = TcpTest::in(State::established);
  CHECK(t.set(SocketOption::tcp_keepidle, 0) == Error::invalid_argument);
  CHECK(t.set(SocketOption::tcp_keepidle, 32768) == Error::invalid_argument);
  CHECK(t.set(SocketOption::tcp_keepidle, 32767) == Error::none);
}
