// User calls by state (RFC 9293, 3.10.1 to 3.10.6), with the answers of Linux's socket calls.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::SocketOption;
using tcp::State;
using Direction = tcp::Stack::Direction;

// --- OPEN ---

TEST_CASE("OPEN: an active open sends a SYN and waits in SYN-SENT", "[tcp][rfc9293]") {
  auto t = TcpTest::client();
  CHECK(t.connect() == Error::none);
  t.out("S 0:0").quiet(State::syn_sent);
  CHECK(t.connect_result() == Error::would_block);
}

TEST_CASE("OPEN: the SYN offers a maximum segment size that fits the link", "[tcp][rfc9293]") {
  auto t = TcpTest::client();
  t.connect();
  t.out("S 0:0").quiet();
  CHECK(t.last_sent().segment.options.mss == 1460);  // MTU 1500 less 20 and 20 (RFC 9293, 3.7.1)
}

TEST_CASE("OPEN: a passive open sends nothing", "[tcp][rfc9293]") {
  auto t = TcpTest::listener();
  t.quiet(State::listen);
  t.after(10min).quiet(State::listen);
}

TEST_CASE("OPEN: a second open of a connected socket is refused", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  CHECK(t.connect() == Error::already_connected);
  t.quiet(State::established);
}

// --- SEND ---

TEST_CASE("SEND: on a socket without a connection fails", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("R. 0 ack 1").quiet(State::closed);
  CHECK(t.connect_result() == Error::connection_refused);
  CHECK(t.send(10).error == Error::broken_pipe);
}

TEST_CASE("SEND: in ESTABLISHED and CLOSE-WAIT octets go out at once", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::established, 1, 1, 1}, Synchronized{State::close_wait, 1, 1, 2});
  auto t = TcpTest::in(s.state, {.role = GENERATE(Role::client, Role::server)});
  CHECK(t.send(100).bytes == 100);
  t.out(line("P.", 1, 100, s.rcv)).quiet(s.state);  // RFC 9293, MUST-61: PSH on the last octets
}

TEST_CASE("SEND: more than a segment goes out in segments of the peer's MSS", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<mss 1000>"});
  t.send(2500);
  t.out(". 1:1001 ack 1").out(". 1001:2001 ack 1");
  // Nagle may hold the rest back (3.7.4) or, in Minshall's variation (A.3), not.
  if (t.skip_sent() == 0) t.in(". 1 ack 2001").out("P. 2001:2501 ack 1").quiet();
}

TEST_CASE("SEND: a peer that names no MSS gets segments of 536 octets", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<>"});  // RFC 9293, MUST-15
  t.send(1072);
  t.out(". 1:537 ack 1").out(". 537:1073 ack 1").quiet();
}

TEST_CASE("SEND: after the FIN is refused", "[tcp][rfc9293]") {
  auto t =
      TcpTest::in(GENERATE(State::fin_wait_1, State::fin_wait_2, State::closing, State::last_ack));
  CHECK(t.send(10).error == Error::broken_pipe);
  t.quiet();
}

// --- RECEIVE ---

TEST_CASE("RECEIVE: without octets waits", "[tcp][rfc9293]") {
  auto t = TcpTest::in(GENERATE(State::established, State::fin_wait_1, State::fin_wait_2));
  CHECK(t.receive().error == Error::would_block);
}

TEST_CASE("RECEIVE: takes what there is, at most what was asked for", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 1:101 ack 1").out(". 1 ack 101");
  CHECK(t.receive(60).bytes == 60);
  CHECK(t.receive(60).bytes == 40);
  CHECK(t.receive(60).error == Error::would_block);
}

TEST_CASE("RECEIVE: reports the end after the peer's FIN", "[tcp][rfc9293]") {
  auto t = TcpTest::in(GENERATE(State::close_wait, State::closing, State::last_ack));
  const auto result = t.receive();
  CHECK(result.error == Error::none);
  CHECK(result.bytes == 0);
  CHECK(result.eof);
}

// --- CLOSE ---

TEST_CASE("CLOSE: in SYN-SENT deletes the connection in silence", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.close();
  t.quiet(State::closed);
  t.after(10min).quiet(State::closed);
}

TEST_CASE("CLOSE: a SYN,ACK that comes after it is answered with a RST", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.close();
  t.in("S. 0:0 ack 1").out("R 1").quiet(State::closed);
}

TEST_CASE("CLOSE: in SYN-RECEIVED after an active open sends a FIN", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_rcvd);
  t.close();
  t.out("F. 1:1 ack 1").quiet(State::fin_wait_1);
}

TEST_CASE("CLOSE: in ESTABLISHED sends a FIN after the data", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.send(1500);
  t.out(". 1:1001 ack 1");
  t.close();
  t.quiet();  // the window is full: the FIN waits behind the data
  CHECK((t.state() == State::established || t.state() == State::fin_wait_1));
  t.in(". 1 ack 1001").out("F. 1001:1501 ack 1").quiet(State::fin_wait_1);
}

TEST_CASE("CLOSE: of one direction leaves the other open", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.shutdown(Direction::write);
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.in("P. 1:101 ack 2").out(". 2 ack 101");
  CHECK(t.receive().bytes == 100);
  t.after(24h).quiet(State::fin_wait_2);  // half closed for as long as the peer likes
  t.in("F. 101:101 ack 2").out(". 2 ack 102").quiet(State::time_wait);
}

TEST_CASE("CLOSE: in CLOSE-WAIT sends a FIN and waits in LAST-ACK", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::close_wait);
  SECTION("close") { t.close(); }
  SECTION("shutdown") { t.shutdown(Direction::write); }
  t.out("F. 1:1 ack 2").quiet(State::last_ack);
}

TEST_CASE("CLOSE: a second one sends nothing", "[tcp][rfc9293]") {
  const State state = GENERATE(State::fin_wait_1, State::fin_wait_2, State::closing,
                               State::last_ack, State::time_wait);
  auto t = TcpTest::in(state);
  SECTION("shutdown") { t.shutdown(Direction::write); }
  SECTION("close") { t.close(); }
  t.quiet(state);
}

TEST_CASE("CLOSE: with octets unread resets the connection", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);  // RFC 9293, 3.6.1: so the peer learns of the loss
  t.in("P. 1:11 ack 1").out(". 1 ack 11");
  t.close();
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  CHECK(t.last_sent().segment.seq == tcp::Seq{1001});
  t.quiet(State::closed);
}

TEST_CASE("CLOSE: octets that come after it are answered with a RST", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.in("P. 1:11 ack 2");
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  t.quiet(State::closed);
}

TEST_CASE("CLOSE: of a listener forgets requests and resets what nobody accepted", "[tcp]") {
  auto t = TcpTest::in(State::syn_rcvd, {.role = Role::server});
  t.conversation(40001).in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  t.close_listener();
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  CHECK(t.last_sent().segment.dst.port == 40001);
  t.quiet(State::closed);
  t.conversation(40000).quiet(State::closed);
  t.in(". 1 ack 1").out("R 1").quiet(State::closed);
}

// --- ABORT ---

TEST_CASE("ABORT: in SYN-SENT deletes the connection in silence", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::syn_sent);
  t.abort();
  t.quiet(State::closed);
}

TEST_CASE("ABORT: in the states that can still exchange data sends a RST", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::syn_rcvd, 0, 1, 1}, Synchronized{State::established, 1, 1, 1},
               Synchronized{State::fin_wait_1, 1, 2, 1}, Synchronized{State::fin_wait_2, 2, 2, 1},
               Synchronized{State::close_wait, 1, 1, 2});
  auto t = TcpTest::in(s.state);
  t.abort();
  // <SEQ=SND.NXT><CTL=RST>; an ACK beside it does no harm.
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  CHECK(t.last_sent().segment.seq == tcp::Seq{1000} + static_cast<std::uint32_t>(s.nxt));
  t.quiet(State::closed);
  t.after(10min).quiet(State::closed);
}

TEST_CASE("ABORT: in CLOSING and LAST-ACK deletes the connection in silence", "[tcp][rfc9293]") {
  auto t = TcpTest::in(GENERATE(State::closing, State::last_ack));
  t.abort();
  t.quiet(State::closed);
}

TEST_CASE("SO_LINGER 0: close aborts", "[tcp]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::so_linger, 0}}});
  t.close();
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  CHECK(t.last_sent().segment.seq == tcp::Seq{1001});
  t.quiet(State::closed);
}

// --- STATUS ---

TEST_CASE("STATUS: a pair is asked for its state, all of them for what is unread", "[tcp]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 1:31 ack 1").out(". 1 ack 31");
  const auto row = t.snapshot();
  REQUIRE(row);
  CHECK(t.stack().state(row->local, row->remote) == State::established);
  CHECK(t.stack().state(row->local, {row->remote.address, 1}) == State::closed);
  CHECK(t.stack().octets_not_read() == 30);
  t.receive(10);
  CHECK(t.stack().octets_not_read() == 20);
}

TEST_CASE("STATUS: a snapshot shows what is unread and unacknowledged", "[tcp]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 1:31 ack 1").out(". 1 ack 31");
  t.send(20);
  t.out("P. 1:21 ack 31");
  const auto row = t.snapshot();
  REQUIRE(row);
  CHECK(row->recv_q == 30);
  CHECK(row->send_q == 20);
  CHECK_FALSE(row->orphan);
  t.receive(30);
  t.skip_sent();
  t.close();
  t.skip_sent();
  REQUIRE(t.snapshot());
  CHECK(t.snapshot()->orphan);
}
