// A listener's SYN queue and accept queue: how much they hold and what happens beyond.
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::SocketOption;
using tcp::State;

namespace {

tcp::Port client(int i) { return static_cast<tcp::Port>(40000 + i); }

/// SYNs of so many clients; returns how many were answered.
std::size_t knock(TcpTest& t, int clients) {
  std::size_t answered = 0;
  for (int i = 0; i < clients; ++i) {
    t.conversation(client(i)).in("S 0:0");
    answered += t.skip_sent();
  }
  return answered;
}

}  // namespace

TEST_CASE("accept queue: holds one more than the backlog", "[tcp][queue]") {
  auto t = TcpTest::listener({.profile = ProfileId::linux_6, .backlog = 2});
  for (int i = 0; i < 3; ++i) {
    t.conversation(client(i)).in("S 0:0").out("S. 0:0 ack 1");
    t.in(". 1 ack 1").quiet(State::established);
  }
  t.conversation(client(3)).in("S 0:0").quiet(State::listen);
  CHECK(t.counters().ListenOverflows == 1);
  CHECK(t.counters().ListenDrops == 1);
  CHECK(t.discards() == std::vector<std::string>{"accept_queue"});
  REQUIRE(t.accept());
  t.conversation(client(3)).in("S 0:0").out("S. 0:0 ack 1");
}

TEST_CASE("accept queue: the third segment meets a full queue", "[tcp][queue]") {
  const bool aborts = GENERATE(false, true);
  auto t = TcpTest::listener({.profile = ProfileId::linux_6,
                              .sysctl = {{"tcp_abort_on_overflow", aborts ? "1" : "0"}},
                              .backlog = 1});
  t.conversation(client(0)).in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  t.conversation(client(1)).in("S 0:0").out("S. 0:0 ack 1");
  t.conversation(client(2)).in("S 0:0").out("S. 0:0 ack 1");
  t.conversation(client(1)).in(". 1 ack 1").quiet(State::established);
  t.conversation(client(2)).in(". 1 ack 1");
  if (aborts) {
    t.out("R 1").quiet(State::listen);
    return;
  }
  t.quiet(State::syn_rcvd);
  CHECK(t.counters().ListenOverflows == 1);
  REQUIRE(t.accept());
  t.conversation(client(2)).in("P. 1:11 ack 1");  // its data cures it
  t.out(". 1 ack 11").quiet(State::established);
}

TEST_CASE("SYN queue: holds one more than the backlog, and without cookies no more",
          "[tcp][queue]") {
  auto t = TcpTest::listener(
      {.profile = ProfileId::linux_6, .sysctl = {{"tcp_syncookies", "0"}}, .backlog = 3});
  CHECK(knock(t, 10) == 4);
  CHECK(t.counters().ListenDrops == 6);
  CHECK(t.counters().TCPReqQFullDrop == 6);
}

TEST_CASE("SYN queue: a backlog is capped by somaxconn", "[tcp][queue]") {
  auto t = TcpTest::listener({.profile = ProfileId::linux_6,
                              .sysctl = {{"tcp_syncookies", "0"}, {"somaxconn", "2"}},
                              .backlog = 100});
  CHECK(knock(t, 10) == 3);
}

TEST_CASE("SYN queue: requests that give up make room", "[tcp][queue]") {
  auto t = TcpTest::listener(
      {.profile = ProfileId::textbook, .sysctl = {{"tcp_synack_retries", "0"}}, .backlog = 1});
  const std::size_t room = knock(t, 5);
  REQUIRE(room < 5);
  t.after(1s);
  CHECK(t.skip_sent() == room);  // each with a RST
  CHECK(knock(t, 5) == room);
}

TEST_CASE("SYN queue: more than half full, it gives old requests up after two retries",
          "[tcp][queue]") {
  auto t = TcpTest::listener(
      {.profile = ProfileId::linux_6, .sysctl = {{"tcp_synack_retries", "5"}}, .backlog = 8});
  REQUIRE(knock(t, 6) == 6);
  t.after(1s);
  CHECK(t.skip_sent() == 6);
  t.after(2s);
  CHECK(t.skip_sent() == 6);
  t.after(4s);
  CHECK(t.skip_sent() == 4);  // half of the backlog: these have their five
  t.conversation(client(0)).quiet(State::listen);
  t.conversation(client(1)).quiet(State::listen);
  t.conversation(client(2)).quiet(State::syn_rcvd);
  t.after(8s);
  CHECK(t.skip_sent() == 4);
  t.after(16s);
  CHECK(t.skip_sent() == 4);
  t.after(32s).quiet(State::listen);
}

TEST_CASE("SYN queue: among young requests an old one keeps its retries", "[tcp][queue]") {
  auto t = TcpTest::listener(
      {.profile = ProfileId::linux_6, .sysctl = {{"tcp_synack_retries", "5"}}, .backlog = 8});
  t.conversation(client(9)).in("S 0:0").out("S. 0:0 ack 1");
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "S. 0:0 ack 1");
  t.after(3500ms);
  REQUIRE(knock(t, 5) == 5);
  t.conversation(client(9)).out_after(500ms, "S. 0:0 ack 1").quiet(State::syn_rcvd);
}

// --- SYN cookies ---

TEST_CASE("SYN cookies: answer when the queue is full, and keep no state", "[tcp][cookie]") {
  auto t = TcpTest::listener({.profile = ProfileId::linux_6, .iss = {}, .backlog = 3});
  CHECK(knock(t, 10) == 10);
  CHECK(t.counters().SyncookiesSent == 6);
  CHECK(t.counters().TCPReqQFullDoCookies == 6);
  t.conversation(client(9)).quiet(State::listen);
  t.in(". 1 ack 1").quiet(State::established);
  CHECK(t.counters().SyncookiesRecv == 1);
}

TEST_CASE("SYN cookies: a made-up ACK is reset", "[tcp][cookie]") {
  auto t = TcpTest::listener(
      {.profile = ProfileId::linux_6, .sysctl = {{"tcp_syncookies", "2"}}, .iss = {}});
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::listen);
  t.in(". 1 ack 2").out("R 2").quiet(State::listen);
  t.in(". 1 ack 1").quiet(State::established);
}

TEST_CASE("SYN cookies: without any SYN before, an ACK is just reset", "[tcp][cookie]") {
  auto t = TcpTest::listener({.profile = ProfileId::linux_6});
  t.in(". 1 ack 7").out("R 7").quiet(State::listen);
  CHECK(t.counters().SyncookiesRecv == 0);
}

TEST_CASE("SYN cookies: keep the peer's MSS as well as they can", "[tcp][cookie]") {
  auto t = TcpTest::listener({.profile = ProfileId::linux_6,
                              .sysctl = {{"tcp_syncookies", "2"}},
                              .peer_options = "<mss 1460>",
                              .iss = {}});
  t.in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  REQUIRE(t.accept());
  t.send(1460);
  t.out(". 1:1461 ack 1");
}

TEST_CASE("SYN cookies: forget the listener's TCP_MAXSEG, which a request remembers",
          "[tcp][cookie]") {
  const bool cookie = GENERATE(false, true);
  auto t = TcpTest::listener({.profile = ProfileId::linux_6,
                              .sysctl = {{"tcp_syncookies", cookie ? "2" : "1"}},
                              .options = {{SocketOption::tcp_maxseg, 100}},
                              .peer_options = "<mss 1460>",
                              .iss = {}});
  t.in("S 0:0").out("S. 0:0 ack 1");
  t.in(". 1 ack 1").quiet(State::established);
  REQUIRE(t.accept());
  t.send(536);
  if (cookie) {  // 536 is the least that a cookie can tell
    t.out(". 1:537 ack 1");
    return;
  }
  for (const char* piece : {"1:101", "101:201", "201:301", "301:401", "401:501", "501:537"}) {
    t.out(std::string{". "} + piece + " ack 1");
  }
}

TEST_CASE("SYN cookies: their connection's window is in whole segments of the peer's",
          "[tcp][cookie]") {
  const bool cookie = GENERATE(false, true);
  auto t = TcpTest::listener({.profile = ProfileId::linux_6,
                              .sysctl = {{"tcp_syncookies", cookie ? "2" : "1"}},
                              .options = {{SocketOption::so_rcvbuf, 1}},
                              .peer_options = "<mss 600>",
                              .iss = {}});
  t.in("S 0:0").out("S. 0:0 ack 1 win 1152");  // half of the least buffer
  t.in(". 1 ack 1").quiet(State::established);
  t.in("P. 1:11 ack 1").out(cookie ? ". 1 ack 11 win 1062" : ". 1 ack 11 win 1142");
}

TEST_CASE("SYN cookies: not in the profiles that know none", "[tcp][cookie]") {
  auto t = TcpTest::listener(
      {.profile = GENERATE(ProfileId::rfc9293, ProfileId::textbook), .backlog = 1});
  CHECK(knock(t, 10) < 10);
  CHECK(t.counters().SyncookiesSent == 0);
}
