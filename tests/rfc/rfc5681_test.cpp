// Congestion control and loss recovery of the sender (RFC 5681, RFC 6582, RFC 6675, RFC 6928), and
// what the receiver does for them.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::SendReason;
using tcp::State;

namespace {

constexpr int smss = 1460;

/// "1461:2921", the i-th segment of full size, from 0.
std::string full(int i) { return line(".", 1 + i * smss, smss, 1); }
std::string ack_of(int segments) { return line(".", 1, 0, 1 + segments * smss); }
std::string sacked(int segments, int first, int end) {
  return ack_of(segments) + " <sack " + std::to_string(1 + first * smss) + ":" +
         std::to_string(1 + end * smss) + ">";
}

/// ESTABLISHED, with ten full segments just sent and nothing else to send.
TcpTest ten_in_flight(const std::string& peer_options = "<mss 1460>") {
  auto t = TcpTest::in(State::established, {.peer_options = peer_options});
  t.send(10 * smss);
  for (int i = 0; i < 10; ++i) t.out(full(i));
  return t;
}

}  // namespace

TEST_CASE("the initial window is ten segments at most", "[tcp][rfc6928]") {
  auto t = TcpTest::in(State::established);
  t.send(30 * smss);
  const auto sent = t.skip_sent();
  CHECK(sent >= 2);
  CHECK(sent <= 10);
}

TEST_CASE("slow start: each ACK of a segment lets two go", "[tcp][rfc5681]") {
  auto t = TcpTest::in(State::established);
  t.send(40 * smss);
  const auto window = static_cast<int>(t.skip_sent());
  t.in(ack_of(1)).out(full(window)).out(full(window + 1)).quiet();
  t.in(ack_of(2)).out(full(window + 2)).out(full(window + 3)).quiet();
}

TEST_CASE("congestion avoidance: about one segment more in a round trip", "[tcp][rfc5681]") {
  auto t = ten_in_flight();
  t.until_sent(1min);  // a timeout sets ssthresh to 5 segments and the window to 1
  t.out(full(0));
  t.in(ack_of(10)).quiet();
  t.send(40 * smss);
  int acked = 10;
  int sent = acked + static_cast<int>(t.skip_sent());
  std::vector<int> windows{sent - acked};
  while (windows.size() < 8) {
    for (const int end_of_round = sent; acked < end_of_round;) {
      t.in(ack_of(++acked));
      sent += static_cast<int>(t.skip_sent());
      t.send(smss);  // so that never nothing is left to send
      sent += static_cast<int>(t.skip_sent());
    }
    windows.push_back(sent - acked);
  }
  CAPTURE(windows);
  CHECK(windows.front() <= 6);
  for (std::size_t i = 1; i < windows.size(); ++i) {
    CHECK(windows[i] >= windows[i - 1]);
    if (windows[i - 1] >= 5) CHECK(windows[i] <= windows[i - 1] + 1);  // past ssthresh
  }
  CHECK(windows.back() >= 7);
}

TEST_CASE("fast retransmit: the third duplicate ACK brings the missing segment", "[tcp][rfc5681]") {
  auto t = ten_in_flight();
  t.in(ack_of(0)).quiet();
  t.in(ack_of(0)).quiet();
  t.in(ack_of(0)).out(full(0)).quiet();
  CHECK(t.last_sent().why == SendReason::fast_retransmit);
  t.in(ack_of(10)).quiet();
  t.after(10min).quiet(State::established);
}

TEST_CASE("fast retransmit: a segment is not retransmitted again for more duplicate ACKs",
          "[tcp][rfc5681]") {
  auto t = ten_in_flight();
  t.in(ack_of(0)).in(ack_of(0)).in(ack_of(0)).out(full(0));
  t.in(ack_of(0)).in(ack_of(0)).in(ack_of(0)).in(ack_of(0)).quiet();
}

TEST_CASE("fast retransmit: ACKs that carry data or move the window are no duplicates",
          "[tcp][rfc5681]") {
  auto t = ten_in_flight();
  SECTION("data") {
    for (int i = 0; i < 4; ++i) {
      t.in(line("P.", 1 + 10 * i, 10, 1)).out(line(".", 1 + 10 * smss, 0, 11 + 10 * i));
    }
  }
  SECTION("window") {
    for (int i = 0; i < 4; ++i) t.in(ack_of(0) + " win " + std::to_string(60000 + i)).quiet();
  }
}

TEST_CASE("fast recovery: a partial ACK brings the next hole at once", "[tcp][rfc6582]") {
  auto t = ten_in_flight();
  t.in(ack_of(0)).in(ack_of(0)).in(ack_of(0)).out(full(0));
  t.in(ack_of(4)).out(full(4)).quiet();
  t.in(ack_of(10)).quiet();
}

TEST_CASE("limited transmit: the first two duplicate ACKs let new data go", "[tcp][rfc3042]") {
  auto t = TcpTest::in(State::established);
  t.send(40 * smss);
  const auto window = static_cast<int>(t.skip_sent());
  t.in(ack_of(0)).out(full(window)).quiet();
  t.in(ack_of(0)).out(full(window + 1)).quiet();
  t.in(ack_of(0)).out(full(0));
  t.skip_sent();
}

TEST_CASE("after a timeout the window is one segment, and grows again", "[tcp][rfc5681]") {
  auto t = ten_in_flight();
  t.until_sent(1min);
  t.out(full(0)).quiet();
  CHECK(t.last_sent().why == SendReason::rto);
  t.in(ack_of(1)).out(full(1)).out(full(2)).quiet();
  t.in(ack_of(2)).out(full(3)).out(full(4)).quiet();
  t.in(ack_of(10)).quiet();
}

TEST_CASE("SACK: the receiver names what it holds, the newest block first", "[tcp][rfc2018]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<mss 1460,sackOK>"});
  t.in("P. 101:201 ack 1").out(". 1 ack 1 <sack 101:201>");
  t.in("P. 301:401 ack 1").out(". 1 ack 1 <sack 301:401 101:201>");
  t.in("P. 201:301 ack 1").out(". 1 ack 1 <sack 101:401>");
  t.in("P. 1:101 ack 1").out(". 1 ack 401 <>");
  CHECK(t.receive().bytes == 400);
}

TEST_CASE("SACK: not a block without sackOK from both", "[tcp][rfc2018]") {
  SECTION("the peer does not") {
    auto t = TcpTest::in(State::established, {.peer_options = "<mss 1460>"});
    t.in("P. 101:201 ack 1").out(". 1 ack 1 <>");
  }
  SECTION("we do not") {
    auto t = TcpTest::in(State::established,
                         {.sysctl = {{"tcp_sack", "0"}}, .peer_options = "<mss 1460,sackOK>"});
    t.in("P. 101:201 ack 1").out(". 1 ack 1 <>");
  }
}

TEST_CASE("SACK: a duplicate is reported as such", "[tcp][rfc2883]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<mss 1460,sackOK>"});
  t.in("P. 1:101 ack 1").out(". 1 ack 101 <>");
  t.in("P. 1:101 ack 1").out(". 1 ack 101 <sack 1:101>");
}

TEST_CASE("SACK: a full segment sent again beside blocks still fits the link", "[tcp][rfc2018]") {
  auto t = TcpTest::in(State::established, {.peer_options = "<mss 1460,sackOK>"});
  t.send(smss);
  t.out(full(0));
  t.in("P. 11:21 ack 1").out(". 1461 ack 1 <sack 11:21>");
  t.out_after(1s, full(0));
  CHECK(t.last_sent().segment.wire_size() <= 1500);
}

TEST_CASE("SACK: three segments beyond a hole bring it, and nothing that arrived",
          "[tcp][rfc6675]") {
  auto t = ten_in_flight("<mss 1460,sackOK>");
  t.in(sacked(0, 1, 2)).quiet();
  t.in(sacked(0, 1, 3)).quiet();
  t.in(sacked(0, 1, 4)).out(full(0)).quiet();
  CHECK(t.last_sent().why == SendReason::fast_retransmit);
  t.in(ack_of(10)).quiet();
}

TEST_CASE("SACK: two holes are filled in one recovery", "[tcp][rfc6675]") {
  auto t = ten_in_flight("<mss 1460,sackOK>");
  // 0 and 2 are lost
  t.in(sacked(0, 1, 2)).quiet();
  const std::string more = " <sack 4381:7301 1461:2921>";  // 3 and 4, and 1
  t.in(ack_of(0) + more);
  t.out(full(0));
  t.skip_sent();
  t.in(ack_of(0) + " <sack 4381:14601 1461:2921>");
  t.skip_sent();
  t.in(ack_of(2) + " <sack 4381:14601>");
  t.skip_sent();
  CHECK(t.counters().RetransSegs == 2);
  t.in(ack_of(10)).quiet();
  t.after(10min).quiet(State::established);
}

TEST_CASE("SACK: a block of what was never sent is not believed", "[tcp][rfc2018]") {
  auto t = ten_in_flight("<mss 1460,sackOK>");
  t.in(sacked(0, 20, 30));
  t.skip_sent();
  t.in(ack_of(10)).quiet(State::established);
}
