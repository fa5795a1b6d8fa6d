// Managing the window and the data: Nagle, silly windows, zero-window probes, delayed
// acknowledgments (RFC 9293, 3.7.4, 3.8.6).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::SendReason;
using tcp::SocketOption;
using tcp::State;

// --- Nagle's algorithm (3.7.4) ---

TEST_CASE("Nagle: a small segment waits while data is not acknowledged", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(100);
  t.quiet();
  t.send(100);
  t.quiet();
  t.in(". 1 ack 101").out("P. 101:301 ack 1").quiet();
}

TEST_CASE("Nagle: a full segment does not wait", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(1000);
  t.quiet();
  t.send(460);
  t.out(". 101:1561 ack 1").quiet();
}

TEST_CASE("Nagle: TCP_NODELAY lets every segment go", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_nodelay, 1}}});
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(100);
  t.out("P. 101:201 ack 1").quiet();
}

TEST_CASE("Nagle: TCP_NODELAY set later releases what waited", "[tcp]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(100);
  t.quiet();
  t.set(SocketOption::tcp_nodelay, 1);
  t.out("P. 101:201 ack 1");
}

TEST_CASE("Nagle: TCP_NODELAY set to 0 releases nothing", "[tcp]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(100);
  t.set(SocketOption::tcp_nodelay, 0);
  t.quiet();
  t.in(". 1 ack 101").out("P. 101:201 ack 1");
}

TEST_CASE("Nagle: a FIN takes the last small segment with it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out("P. 1:101 ack 1");
  t.send(50);
  t.quiet();
  t.shutdown();
  t.out("F. 101:151 ack 1").quiet(State::fin_wait_1);
}

TEST_CASE("TCP_CORK: partial segments wait until it is taken off", "[tcp]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_cork, 1}}});
  t.send(100);
  t.quiet();
  t.set(SocketOption::tcp_cork, 0);
  t.out("P. 1:101 ack 1");
}

// --- The peer's window ---

TEST_CASE("the window is never exceeded", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 3000});
  t.send(10'000);
  t.out(". 1:1461 ack 1").out(". 1461:2921 ack 1");
  t.skip_sent();
  CHECK(t.last_sent().segment.end() - tcp::Seq{1001} <= 3000);
  t.in(". 1 ack 1461 win 1460").quiet();  // the right edge has not moved beyond what was sent
}

TEST_CASE("a window taken back does not take octets back", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 2920});  // MUST-34: shrinking
  t.send(2920);
  t.out(". 1:1461 ack 1").out(". 1461:2921 ack 1");
  t.in(". 1 ack 1461 win 0").quiet();
  t.in(". 1 ack 2921 win 0").quiet();
  CHECK(t.snapshot()->send_q == 0);
}

// --- Zero-window probes (3.8.6.1) ---

TEST_CASE("zero window: probed after the RTO, then at growing intervals", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});  // MUST-36, SHLD-29, SHLD-30
  t.send(3000);
  t.out(". 1:1001 ack 1");
  t.in(". 1 ack 1001 win 0").quiet();
  SimDuration before{};
  for (int probe = 0; probe < 5; ++probe) {
    const SimDuration gap = t.until_sent(5min);
    t.skip_sent();
    CHECK(t.last_sent().why == SendReason::window_probe);
    CHECK(gap >= 200ms);
    CHECK(gap >= before);
    before = gap;
    t.in(". 1 ack 1001 win 0");
    t.skip_sent();
  }
  CHECK(before >= 10s);
}

TEST_CASE("zero window: a connection whose probes are answered stays open", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});  // MUST-37
  t.send(3000);
  t.out(". 1:1001 ack 1");
  t.in(". 1 ack 1001 win 0").quiet();
  for (int probe = 0; probe < 30; ++probe) {
    t.until_sent(5min);
    t.skip_sent();
    t.in(". 1 ack 1001 win 0");
    t.skip_sent();
  }
  t.quiet(State::established);
  t.in(". 1 ack 1001 win 3000");
  t.skip_sent();
  t.in(". 1 ack 3001").quiet(State::established);
  CHECK(t.snapshot()->send_q == 0);
}

TEST_CASE("zero window: data goes on as soon as the window opens", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.send(2000);
  t.out(". 1:1001 ack 1");
  t.in(". 1 ack 1001 win 0").quiet();
  t.in(". 1 ack 1001 win 1000").out(". 1001:2001 ack 1").quiet();
}

TEST_CASE("zero window: a FIN is sent when the data before it was taken", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.send(1500);
  t.out(". 1:1001 ack 1");
  t.in(". 1 ack 1001 win 0").quiet();
  t.shutdown();
  t.quiet();
  t.in(". 1 ack 1001 win 1000").out("F. 1001:1501 ack 1").quiet(State::fin_wait_1);
}

// --- Delayed acknowledgments (3.8.6.3) ---

TEST_CASE("acknowledgments are not delayed unless asked for", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established,
                       {.profile = GENERATE(tcp::ProfileId::rfc9293, tcp::ProfileId::textbook)});
  t.in("P. 1:11 ack 1").out(". 1 ack 11");
  t.in("P. 11:21 ack 1").out(". 1 ack 21");
}

TEST_CASE("TCP_QUICKACK 0: an acknowledgment waits 200 ms", "[tcp]") {
  auto t = TcpTest::in(State::established,
                       {.profile = GENERATE(tcp::ProfileId::rfc9293, tcp::ProfileId::textbook),
                        .options = {{SocketOption::tcp_quickack, 0}}});
  t.in("P. 1:11 ack 1").quiet();
  t.out_after(200ms, ". 1 ack 11");
  CHECK(t.last_sent().why == SendReason::delack);
}

TEST_CASE("TCP_QUICKACK 0: every second full segment is acknowledged at once", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_quickack, 0}}});
  t.in(". 1:1461 ack 1").quiet();  // SHLD-19
  t.in(". 1461:2921 ack 1").out(". 1 ack 2921").quiet();
  t.after(1s).quiet();
}

TEST_CASE("TCP_QUICKACK 0: data that goes the other way carries the acknowledgment", "[tcp]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_quickack, 0}}});
  t.in("P. 1:11 ack 1").quiet();
  t.after(50ms);
  t.send(10);
  t.out("P. 1:11 ack 11");
  t.in(". 11 ack 11");
  t.after(1s).quiet();
}

TEST_CASE("TCP_QUICKACK 0: out of order is still answered at once", "[tcp][rfc5681]") {
  auto t = TcpTest::in(State::established, {.options = {{SocketOption::tcp_quickack, 0}}});
  t.in("P. 11:21 ack 1").out(". 1 ack 1");
  t.in("P. 1:11 ack 1").out(". 1 ack 21");  // RFC 5681, 4.2: fills a gap
}

TEST_CASE("TCP_QUICKACK 0: an application that closes at once makes three segments of the close",
          "[tcp]") {
  auto t = TcpTest::in(State::established,
                       {.profile = GENERATE(tcp::ProfileId::rfc9293, tcp::ProfileId::textbook),
                        .options = {{SocketOption::tcp_quickack, 0}}});
  t.in("F. 1:1 ack 1").quiet(State::close_wait);
  CHECK(t.receive().eof);
  t.close();
  t.out("F. 1:1 ack 2").quiet(State::last_ack);
  t.in(". 2 ack 2").quiet(State::closed);
}

TEST_CASE("a FIN is acknowledged before the application can close: four segments", "[tcp]") {
  auto t = TcpTest::in(State::established,
                       {.profile = GENERATE(tcp::ProfileId::rfc9293, tcp::ProfileId::textbook)});
  t.in("F. 1:1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
  t.close();
  t.out("F. 1:1 ack 2").quiet(State::last_ack);
}

// --- The sequence circle ---

TEST_CASE("numbers wrap: handshake, data and close across 2^32", "[tcp][rfc9293]") {
  // Each of our octets, and the peer's, may be the one that wraps.
  const auto before_wrap = static_cast<std::uint32_t>(GENERATE(range(0, 8)));
  auto t = TcpTest::in(State::syn_sent, {.iss = tcp::Seq{0U - before_wrap},
                                         .peer_iss = tcp::Seq{0U - 7U + before_wrap}});
  t.in("S. 0:0 ack 1").out(". 1 ack 1").quiet(State::established);
  t.send(3);
  t.out("P. 1:4 ack 1");
  t.in("P. 1:4 ack 4").out(". 4 ack 4");
  t.in("P. 6:8 ack 4").out(". 4 ack 4");
  t.in("P. 4:6 ack 4").out(". 4 ack 8");
  CHECK(t.receive().bytes == 7);
  t.shutdown();
  t.out("F. 4 ack 8");
  t.in("F. 8:8 ack 5").out(". 5 ack 9").quiet(State::time_wait);
}

TEST_CASE("numbers wrap: old segments are distinguished from new ones", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established,
                       {.iss = tcp::Seq{0xffff'ffff}, .peer_iss = tcp::Seq{0xffff'fff0}});
  t.in("P. 1:31 ack 1").out(". 1 ack 31");
  t.in("P. 11:21 ack 1").out(". 1 ack 31");
  t.send(20);
  t.out("P. 1:21 ack 31");
  t.in(". 31 ack 21").quiet(State::established);
  t.in(". 31 ack 11").quiet(State::established);  // an old one
  t.in("R 16").quiet(State::established);
  t.in(". 31 ack 22").out(". 21 ack 31");  // of what was never sent
  CHECK(t.receive().bytes == 30);
}
