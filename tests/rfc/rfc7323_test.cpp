// Window scaling, timestamps and PAWS (RFC 7323).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::State;

namespace {

const std::string stamped = "<mss 1460,TS>";

Setup server(const std::string& peer_options) {
  return {.role = Role::server, .peer_options = peer_options};
}

}  // namespace

// --- 2: window scale ---

TEST_CASE("wscale: a SYN,ACK has it only if the SYN had", "[tcp][rfc7323]") {
  SECTION("asked for") {
    auto t = TcpTest::in(State::syn_rcvd, server("<mss 1460,wscale 3>"));
    CHECK(t.last_sent().segment.options.has_window_scale);
  }
  SECTION("not asked for") {
    auto t = TcpTest::in(State::syn_rcvd, server("<mss 1460>"));
    CHECK_FALSE(t.last_sent().segment.options.has_window_scale);
  }
  SECTION("asked for, but switched off here") {
    Setup setup = server("<mss 1460,wscale 3>");
    setup.sysctl = {{"tcp_window_scaling", "0"}};
    auto t = TcpTest::in(State::syn_rcvd, setup);
    CHECK_FALSE(t.last_sent().segment.options.has_window_scale);
  }
}

TEST_CASE("wscale: the peer's windows are shifted left by its factor", "[tcp][rfc7323]") {
  auto t =
      TcpTest::in(State::established, {.peer_options = "<mss 1460,wscale 7>", .peer_window = 10});
  t.in(". 1 ack 1 win 10");
  t.send(2000);
  t.out(". 1:1281 ack 1").quiet();  // 10 << 7
}

TEST_CASE("wscale: the window of a SYN is never scaled", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("S. 0:0 ack 1 win 1000 <mss 1460,wscale 7>").out(". 1 ack 1");
  t.send(2000);
  t.out(". 1:1001 ack 1").quiet();
}

TEST_CASE("wscale: without it in both SYNs windows are taken as they are", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.sysctl = {{"tcp_window_scaling", "0"}},
                                            .peer_options = "<mss 1460,wscale 7>",
                                            .peer_window = 100});
  t.send(2000);
  t.out(". 1:101 ack 1").quiet();
}

TEST_CASE("wscale: a factor above 14 counts as 14", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established,
                       {.peer_options = "<mss 1460,wscale 15>", .peer_window = 65535});
  t.in(". 1 ack 1 win 1");  // 2^14 octets, not 2^15
  t.send(30'000);
  REQUIRE(t.skip_sent() >= 10);
  const std::uint32_t sent = t.last_sent().segment.end() - tcp::Seq{1001};
  CHECK(sent >= 10 * 1460);
  CHECK(sent <= 1U << 14);
}

// --- 3: timestamps ---

TEST_CASE("timestamps: a SYN offers them, a SYN,ACK has them only if the SYN had",
          "[tcp][rfc7323]") {
  SECTION("asked for") {
    auto t = TcpTest::in(State::syn_rcvd, server("<mss 1460,TS val 77>"));
    CHECK(t.last_sent().segment.options.has_timestamps);
    CHECK(t.last_sent().segment.options.ts_ecr == tcp::Timestamp{77});
  }
  SECTION("not asked for") {
    auto t = TcpTest::in(State::syn_rcvd, server("<mss 1460>"));
    CHECK_FALSE(t.last_sent().segment.options.has_timestamps);
  }
  SECTION("ours") {
    auto t = TcpTest::in(State::syn_sent);
    CHECK(t.last_sent().segment.options.has_timestamps);
    CHECK(t.last_sent().segment.options.ts_ecr == tcp::Timestamp{0});
  }
}

TEST_CASE("timestamps: once agreed upon, on every segment but resets", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});
  t.send(100);
  t.out(". 1:101 ack 1 <TS>");
  t.in("P. 1:11 ack 101").out(". 101 ack 11 <TS>");
  t.shutdown();
  t.out("F. 101 ack 11 <TS>");
}

TEST_CASE("timestamps: not agreed upon, on no segment", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<mss 1460>"});
  t.send(100);
  t.out(". 1:101 ack 1 <>");
  t.in("P. 1:11 ack 101").out(". 101 ack 11 <>");
}

TEST_CASE("timestamps: take 12 octets from each segment's data", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});
  t.send(3000);
  t.out(". 1:1449 ack 1");  // RFC 9293, 3.7.1: the MSS does not count options
  t.skip_sent();
}

TEST_CASE("timestamps: TSecr echoes the segment that moved RCV.NXT", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});
  t.in("P. 1:11 ack 1 <TS val 5000>").out(". 1 ack 11 <TS ecr 5000>");
  // Out of order: the echo stays with the last segment in order (4.3, case B).
  t.in("P. 21:31 ack 1 <TS val 5010>").out(". 1 ack 11 <TS ecr 5000>");
  t.in("P. 11:21 ack 1 <TS val 5020>").out(". 1 ack 31 <TS ecr 5020>");
}

TEST_CASE("timestamps: measure the round trip of what was sent twice, too", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::syn_sent, {.peer_options = stamped});
  t.after(600ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(100);
  t.out(". 1:101 ack 1");
  t.out_after(1800ms, ". 1:101 ack 1");
  t.after(600ms).in(". 1 ack 101");  // echoes the retransmission: R' = 0.6 s
  t.send(100);
  t.out(". 101:201 ack 1");
  // SRTT 0.6 s, RTTVAR 0.225 s: 1.5 s, not the 3.6 s of the backoff. Timestamps count
  // milliseconds, so the sample may be one off.
  const SimDuration rto = t.until_sent(10s);
  t.out(". 101:201 ack 1");
  CHECK(rto >= 1490ms);
  CHECK(rto <= 1510ms);
}

// --- 5: PAWS ---

TEST_CASE("PAWS: a segment with an older timestamp is answered and dropped", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});
  t.in("P. 1:11 ack 1 <TS val 5000>").out(". 1 ack 11");
  t.in("P. 11:21 ack 1 <TS val 4999>").out(". 1 ack 11 <TS ecr 5000>").quiet();
  CHECK(t.receive().bytes == 10);
  CHECK(t.counters().PAWSEstab == 1);
  t.in("P. 11:21 ack 1 <TS val 5000>").out(". 1 ack 21");
}

TEST_CASE("PAWS: timestamps are compared on the circle", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("S. 0:0 ack 1 <mss 1460,TS val 4294967290>").out(". 1 ack 1");
  t.in("P. 1:11 ack 1 <TS val 4>").out(". 1 ack 11 <TS ecr 4>");
  t.in("P. 11:21 ack 1 <TS val 4294967290>").out(". 1 ack 11 <TS ecr 4>");
}

TEST_CASE("PAWS: does not hold back a reset", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});  // 5.2: RST is exempt
  t.in("P. 1:11 ack 1 <TS val 5000>").out(". 1 ack 11");
  t.in("R 11 <TS val 10>").quiet(State::closed);
}

TEST_CASE("PAWS: an old FIN does not end the connection", "[tcp][rfc7323]") {
  auto t = TcpTest::in(State::established, {.peer_options = stamped});
  t.in("P. 1:11 ack 1 <TS val 5000>").out(". 1 ack 11");
  t.in("F. 11:11 ack 1 <TS val 10>").out(". 1 ack 11").quiet(State::established);
}
