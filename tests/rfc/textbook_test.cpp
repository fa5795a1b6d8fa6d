// The profile `textbook`: each sentence that describes it in the scenario format is a test.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::SocketOption;
using tcp::State;

namespace {

Setup textbook(Setup setup = {}) {
  setup.profile = tcp::ProfileId::textbook;
  return setup;
}
Setup textbook_server(Setup setup = {}) {
  setup.role = Role::server;
  return textbook(std::move(setup));
}

}  // namespace

TEST_CASE("textbook: 5 SYN retries end after 1+2+4+8+16+32 = 63 s", "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_sent, textbook());
  for (const SimDuration wait : {1s, 2s, 4s, 8s, 16s}) t.out_after(wait, "S 0:0");
  t.after(32s - 1ns).quiet(State::syn_sent);
  t.after(1ns).quiet(State::closed);
  CHECK(t.now() - sim_start == 63s);
  CHECK(t.woken());
  CHECK(t.connect_result() == Error::timed_out);
}

TEST_CASE("textbook: retry settings are plain counts", "[tcp][textbook]") {
  SECTION("of SYNs") {
    auto t = TcpTest::in(State::syn_sent, textbook({.sysctl = {{"tcp_syn_retries", "2"}}}));
    t.out_after(1s, "S 0:0").out_after(2s, "S 0:0");
    t.after(4s - 1ns).quiet(State::syn_sent);
    t.after(1ns).quiet(State::closed);
  }
  SECTION("of SYN,ACKs") {
    auto t =
        TcpTest::in(State::syn_rcvd, textbook_server({.sysctl = {{"tcp_synack_retries", "1"}}}));
    t.out_after(1s, "S. 0:0 ack 1");
    t.after(2s - 1ns).quiet(State::syn_rcvd);
    t.after(1ns).out("R 1").quiet(State::listen);
  }
  SECTION("of no SYN,ACK") {
    auto t =
        TcpTest::in(State::syn_rcvd, textbook_server({.sysctl = {{"tcp_synack_retries", "0"}}}));
    t.out_after(1s, "R 1").quiet(State::listen);
  }
  SECTION("of data") {
    auto t = TcpTest::in(State::established, textbook({.sysctl = {{"tcp_retries2", "3"}}}));
    t.send(100);
    t.out(". 1:101 ack 1");
    for (const SimDuration wait : {1s, 2s, 4s}) t.out_after(wait, ". 1:101 ack 1");
    t.after(8s - 1ns).quiet(State::established);
    t.after(1ns).quiet(State::closed);
    CHECK(t.receive().error == Error::timed_out);
  }
  SECTION("of an orphan's FIN") {
    auto t = TcpTest::in(State::established, textbook({.sysctl = {{"tcp_orphan_retries", "2"}}}));
    t.close();
    t.out("F. 1 ack 1");
    for (const SimDuration wait : {1s, 2s}) t.out_after(wait, "F. 1 ack 1");
    t.after(4s - 1ns).quiet(State::fin_wait_1);
    t.after(1ns).quiet(State::closed);
  }
}

TEST_CASE("textbook: the default of 5 SYN,ACK retries ends after 63 s with a RST",
          "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_rcvd, textbook_server());
  for (const SimDuration wait : {1s, 2s, 4s, 8s, 16s}) t.out_after(wait, "S. 0:0 ack 1");
  t.after(32s - 1ns).quiet(State::syn_rcvd);
  t.after(1ns).out("R 1").quiet(State::listen);  // without ACK, at SND.NXT
}

TEST_CASE("textbook: 8 retries of an orphan's FIN", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  t.close();
  t.out("F. 1 ack 1");
  for (const SimDuration wait : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 120s})
    t.out_after(wait, "F. 1 ack 1");
  t.after(10min).quiet(State::closed);
}

TEST_CASE("textbook: tcp_orphan_retries 0 means none", "[tcp][textbook]") {
  SECTION("in FIN-WAIT-1") {
    auto t = TcpTest::in(State::established, textbook({.sysctl = {{"tcp_orphan_retries", "0"}}}));
    t.close();
    t.out("F. 1 ack 1");
    t.after(1s - 1ns).quiet(State::fin_wait_1);
    t.after(1ns).quiet(State::closed);
  }
  SECTION("in LAST-ACK") {
    auto t = TcpTest::in(State::close_wait, textbook({.sysctl = {{"tcp_orphan_retries", "0"}}}));
    t.close();
    t.out("F. 1 ack 2");
    t.after(1s - 1ns).quiet(State::last_ack);
    t.after(1ns).quiet(State::closed);
  }
}

TEST_CASE("textbook: the last orphan in CLOSING gives up in silence, too", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook({.sysctl = {{"tcp_orphan_retries", "1"}}}));
  t.close();
  t.out("F. 1 ack 1");
  t.in("F. 1:1 ack 1").out(". 2 ack 2").quiet(State::closing);
  t.out_after(1s, "F. 1 ack 2");
  t.after(2s - 1ns).quiet(State::closing);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("textbook: nothing else that gives up sends anything", "[tcp][textbook]") {
  SECTION("keepalive") {
    auto t =
        TcpTest::in(State::established, textbook({.options = {{SocketOption::so_keepalive, 1},
                                                              {SocketOption::tcp_keepidle, 10},
                                                              {SocketOption::tcp_keepintvl, 2},
                                                              {SocketOption::tcp_keepcnt, 2}}}));
    t.out_after(10s, ". 0 ack 1").out_after(2s, ". 0 ack 1");
    t.after(2s).quiet(State::closed);
  }
  SECTION("user timeout") {
    auto t = TcpTest::in(State::established,
                         textbook({.options = {{SocketOption::tcp_user_timeout, 2500}}}));
    t.send(100);
    t.out(". 1:101 ack 1").out_after(1s, ". 1:101 ack 1");
    t.after(1500ms).quiet(State::closed);
  }
  SECTION("zero-window probes of an orphan") {
    auto t = TcpTest::in(State::established,
                         textbook({.sysctl = {{"tcp_orphan_retries", "2"}}, .peer_window = 100}));
    t.send(200);
    t.out(". 1:101 ack 1");
    t.in(". 1 ack 101 win 0");
    t.close();
    t.quiet();
    for (int i = 0; i < 2; ++i) {
      t.until_sent(1min);
      t.skip_sent();
      CHECK_FALSE(t.last_sent().segment.flags.has(tcp::Flags::rst));
    }
    t.after(10min).quiet(State::closed);
  }
}

TEST_CASE("textbook: a repeated SYN in SYN-RECEIVED brings the SYN,ACK again, its timer unchanged",
          "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_rcvd, textbook_server());
  t.after(700ms).in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
  t.out_after(300ms, "S. 0:0 ack 1");
  t.after(1500ms).in("S 0:0").out("S. 0:0 ack 1");
  t.out_after(500ms, "S. 0:0 ack 1");
}

TEST_CASE("textbook: repeated SYNs do not count as retries", "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_rcvd, textbook_server({.sysctl = {{"tcp_synack_retries", "1"}}}));
  for (int i = 0; i < 5; ++i) t.in("S 0:0").out("S. 0:0 ack 1");
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "R 1");
}

TEST_CASE("textbook: TIME-WAIT is 2 MSL of 30 s", "[tcp][textbook]") {
  auto t = TcpTest::in(State::time_wait, textbook());
  t.after(60s - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("textbook: TIME-WAIT starts anew with a repeated FIN", "[tcp][textbook]") {
  auto t = TcpTest::in(State::time_wait, textbook());
  t.after(40s).in("F. 1:1 ack 2").out(". 2 ack 2");
  t.after(60s - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("textbook: no challenge ACK for a RST in the window, which resets", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  SECTION("exact") { t.in("R 1"); }
  SECTION("in the window") { t.in("R 100"); }
  SECTION("at its end") { t.in("R w-1"); }
  t.quiet(State::closed);
}

TEST_CASE("textbook: a RST outside the window is ignored", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  t.in("R 0").in("R w").quiet(State::established);
}

TEST_CASE("textbook: a SYN in the window is an error and resets the connection",
          "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  t.in("S 100:100");
  CHECK(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  t.quiet(State::closed);
  CHECK(t.receive().error == Error::connection_reset);
}

TEST_CASE("textbook: an old SYN is answered with a plain ACK", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  t.in("S -10:-10").out(". 1 ack 1").quiet(State::established);
}

TEST_CASE("textbook: no tail-loss probe before the first RTO", "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_sent, textbook({.peer_options = "<mss 1460,sackOK,TS>"}));
  t.after(20ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(100);
  t.out(". 1:101 ack 1").out_after(1s, ". 1:101 ack 1").out_after(2s, ". 1:101 ack 1");
}

TEST_CASE("textbook: no SYN cookies: a full SYN queue drops", "[tcp][textbook]") {
  auto t = TcpTest::listener(textbook({.backlog = 1}));
  std::size_t answered = 0;
  for (int i = 0; i < 20; ++i) {
    t.conversation(static_cast<tcp::Port>(40000 + i)).in("S 0:0");
    answered += t.skip_sent();
  }
  CHECK(answered >= 1);
  CHECK(answered <= 2);
  CHECK(t.counters().SyncookiesSent == 0);
}

TEST_CASE("textbook: an orphan in FIN-WAIT-2 waits tcp_fin_timeout, 60 s", "[tcp][textbook]") {
  auto t = TcpTest::in(State::established, textbook());
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.after(60s - 1ns).quiet(State::fin_wait_2);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("textbook: a half-closed connection in FIN-WAIT-2 waits for ever", "[tcp][textbook]") {
  auto t = TcpTest::in(State::fin_wait_2, textbook());
  t.after(24h).quiet(State::fin_wait_2);
}

TEST_CASE("textbook: initial and minimum RTO are 1 s", "[tcp][textbook]") {
  auto t = TcpTest::in(State::syn_sent, textbook());
  t.after(10ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  t.send(1);
  t.out(". 1:2 ack 1").out_after(1s, ". 1:2 ack 1");
}

TEST_CASE("textbook: initial_rto and msl can be set", "[tcp][textbook]") {
  SECTION("the first timeout of older systems") {
    auto t = TcpTest::in(State::syn_sent, textbook({.initial_rto = 3s}));
    t.out_after(3s, "S 0:0").out_after(6s, "S 0:0");
  }
  SECTION("of a request") {
    auto t = TcpTest::in(State::syn_rcvd, textbook_server({.initial_rto = 3s}));
    t.out_after(3s, "S. 0:0 ack 1").out_after(6s, "S. 0:0 ack 1");
  }
  SECTION("MSL") {
    auto t = TcpTest::in(State::time_wait, textbook({.msl = 5s}));
    t.after(10s - 1ns).quiet(State::time_wait);
    t.after(1ns).quiet(State::closed);
  }
}
