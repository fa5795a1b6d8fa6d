// What sets Linux apart, as recorded from kernel 6.18 (tests/oracle). Timers are exact here; their
// grid has tests of its own.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;
using tcp::State;

namespace {

Setup linux_6(Setup setup = {}) {
  setup.profile = ProfileId::linux_6;
  return setup;
}
Setup linux_6_server(Setup setup = {}) {
  setup.role = Role::server;
  return linux_6(std::move(setup));
}

/// Established over a path with a round trip of 20 ms, with a peer that takes SACK.
TcpTest established(Setup setup) {
  setup.peer_options = "<mss 1460,sackOK>";
  auto t = TcpTest::in(State::syn_sent, linux_6(std::move(setup)));
  t.after(20ms).in("S. 0:0 ack 1").out(". 1 ack 1");
  return t;
}

/// How many segments like the one awaited are sent until the connection is gone.
std::size_t count_sent_until_closed(TcpTest& t) {
  std::size_t count = 0;
  while (t.state() != State::closed) {
    t.after(t.snapshot()->due - t.now());
    count += t.skip_sent();
  }
  return count;
}

}  // namespace

TEST_CASE("linux-6: retried SYNs go out each second four times, then double", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, linux_6());
  for (const SimDuration wait : {1s, 1s, 1s, 1s, 1s, 2s, 4s, 8s, 16s, 32s}) {
    t.out_after(wait, "S 0:0");
  }
  t.after(64s - 1ns).quiet(State::syn_sent);
  t.after(1ns).quiet(State::closed);
  CHECK(t.connect_result() == Error::timed_out);
}

TEST_CASE("linux: without linear timeouts SYNs double from the start", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent,
                       GENERATE(Setup{.profile = ProfileId::linux_4},
                                linux_6({.sysctl = {{"tcp_syn_linear_timeouts", "0"}}})));
  for (const SimDuration wait : {1s, 2s, 4s, 8s, 16s, 32s}) t.out_after(wait, "S 0:0");
  t.after(64s - 1ns).quiet(State::syn_sent);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("linux-6: a SYN,ACK with a wrong ACK is reset and the SYN goes again at once",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, linux_6());
  t.after(100ms).in("S. 0:0 ack 90").out("R 90").quiet(State::syn_sent);
  const SimDuration wait = t.until_sent(1s);
  t.out("S 0:0");
  CHECK(wait <= 10ms);
}

TEST_CASE("connect: a reset that comes before anybody asked is its result", "[tcp]") {
  const auto profile = GENERATE(ProfileId::linux_6, ProfileId::rfc9293);
  auto t = TcpTest::in(State::syn_sent, {.profile = profile});
  t.in("S. 0:0 ack 1 win 65160").out(". 1 ack 1");
  t.in("R. 1 ack 1").quiet(State::closed);
  CHECK(t.connect_result() == tcp::Error::connection_reset);
}

TEST_CASE("linux-6: a repeated SYN brings the SYN,ACK again", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server());
  t.after(600ms).in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("linux-6: a request that gives up is dropped in silence", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server({.sysctl = {{"tcp_synack_retries", "2"}}}));
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "S. 0:0 ack 1");
  t.after(4s - 1ns).quiet(State::syn_rcvd);
  t.after(1ns).quiet(State::listen);
}

TEST_CASE(
    "after a simultaneous open an ACK that acknowledges nothing: Linux takes it, others reset",
    "[tcp][linux]") {
  const auto profile = GENERATE(ProfileId::linux_6, ProfileId::rfc9293);
  auto t = TcpTest::in(State::syn_sent, {.profile = profile});
  t.in("S 0:0 win 65160").out("S. 0:0 ack 1");
  t.in(". 1 ack 0");
  if (profile == ProfileId::rfc9293) {
    t.out("R 0").quiet(State::syn_rcvd);  // 3.10.7.4, fifth
  } else {
    t.quiet(State::established);
    t.out_after(1s, "S. 0:0 ack 1");  // our SYN is still to be acknowledged
  }
}

TEST_CASE("linux-6: after a simultaneous open nothing keeps the connection alive", "[tcp][linux]") {
  const bool crossed = GENERATE(true, false);
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6,
                                         .options = {{tcp::SocketOption::so_keepalive, 1},
                                                     {tcp::SocketOption::tcp_keepidle, 1}}});
  if (crossed) {
    t.in("S 0:0 win 65160").out("S. 0:0 ack 1");
    t.in(". 1 ack 1").after(3s).quiet(State::established);
  } else {
    t.in("S. 0:0 ack 1 win 65160").out(". 1 ack 1");
    t.out_after(1s, ". 0 ack 1");
  }
}

TEST_CASE("linux-6: SYN-ACKs sent for nothing do not make the first window small", "[tcp][linux]") {
  const bool first_came = GENERATE(true, false);
  auto setup = linux_6_server({});
  setup.peer_options = "<mss 1460,sackOK,TS val 100 ecr 0,wscale 10>";
  auto t = TcpTest::in(State::syn_rcvd, setup);
  const std::uint32_t first = t.last_sent().segment.options.ts_val.raw();
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "S. 0:0 ack 1");
  const std::uint32_t last = t.last_sent().segment.options.ts_val.raw();
  t.in(". 1 ack 1 win 64 <TS val 101 ecr " + std::to_string(first_came ? first : last) + ">");
  REQUIRE(t.accept());
  t.send(100'000);
  CHECK(t.skip_sent() == (first_came ? 10 : 1));
}

TEST_CASE("a window that stays closed: linux ends it by TCP_USER_TIMEOUT, others wait on",
          "[tcp][linux]") {
  const auto after_answered_probes = [](ProfileId profile) {
    auto t =
        TcpTest::in(State::established,
                    {.profile = profile, .options = {{tcp::SocketOption::tcp_user_timeout, 1000}}});
    t.in(". 1 ack 1 win 0");
    t.send(100);
    for (int i = 0; i < 40 && t.state() == State::established; ++i) {
      t.after(100ms);
      if (t.skip_sent() > 0) t.in(". 1 ack 1 win 0");
    }
    return t.state();
  };
  CHECK(after_answered_probes(ProfileId::linux_6) == State::closed);
  CHECK(after_answered_probes(ProfileId::rfc9293) == State::established);
}

TEST_CASE("linux-6: tcp_rto_max_ms does not bound a request's waits", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server({.sysctl = {{"tcp_rto_max_ms", "1000"}}}));
  t.out_after(1s, "S. 0:0 ack 1").out_after(2s, "S. 0:0 ack 1").out_after(4s, "S. 0:0 ack 1");
}

TEST_CASE("linux-6: a RST for a request must be exact, whatever it acknowledges",
          "[tcp][linux][rfc5961]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server());
  t.in("R 2").out(". 1 ack 1").quiet(State::syn_rcvd);
  t.in("R. 1 ack 7").quiet(State::listen);
}

TEST_CASE("linux-6: a RST for a request that reaches into the window is challenged",
          "[tcp][linux][rfc5961]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server());
  t.in("R 0:1").quiet(State::syn_rcvd);  // ends where the window begins
  t.in("R 0:2").out(". 1 ack 1").quiet(State::syn_rcvd);
}

TEST_CASE("linux-4: a RST for a request may be anywhere in the window, if its ACK is right",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_rcvd, {.profile = ProfileId::linux_4, .role = Role::server});
  t.in("R. 1 ack 7").quiet(State::syn_rcvd);
  t.in("R 2").quiet(State::listen);
}

TEST_CASE("linux-6: data beyond the peer's FIN does not disturb an orphan", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, linux_6());
  t.in("F. 1:1 ack 1");
  t.skip_sent();
  t.close();
  t.out("F. 1 ack 2");
  t.in("P. 2:12 ack 1").quiet(State::last_ack);
}

TEST_CASE("linux-6: text that begins before the peer's FIN and goes beyond it resets",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::established, linux_6());
  t.in("FP. 1:2 ack 1").after(40ms).out(". 1 ack 3").quiet(State::close_wait);
  SECTION("all of it new") { t.in("P. 3:13 ack 1").quiet(State::close_wait); }
  SECTION("its head came before") {
    t.in("FP. 1:101 ack 1").out("R 1").quiet(State::closed);
    CHECK(t.receive().bytes == 1);  // what came before can still be read
  }
}

TEST_CASE("rfc9293: text beyond the peer's FIN is ignored, wherever it begins", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("FP. 1:2 ack 1");
  t.skip_sent();
  t.in("FP. 1:101 ack 1");
  t.skip_sent();
  t.quiet(State::close_wait);
}

TEST_CASE("linux-6: a connection answers though its request just did", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_rcvd, linux_6_server());
  t.in(". 100000 ack 1").out(". 1 ack 1").quiet(State::syn_rcvd);
  t.after(10ms).in(". 100000 ack 1").quiet(State::syn_rcvd);  // once in half a second
  t.in(". 1 ack 1").quiet(State::established);
  t.after(10ms).in(". 100000 ack 1").out(". 1 ack 1");
}

TEST_CASE("linux-6: an old SYN is challenged while established", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, linux_6_server());
  t.in("S -10:-10").out(". 1 ack 1").quiet(State::established);
}

TEST_CASE("linux-6: a lost FIN is sent again by a tail-loss probe first", "[tcp][linux]") {
  auto t = established({});
  t.close();
  t.out("F. 1 ack 1");
  const SimDuration wait = t.until_sent(1s);
  t.out("F. 1 ack 1");
  CHECK(t.last_sent().why == tcp::SendReason::tlp);
  CHECK(wait >= 200ms);
  CHECK(wait <= 260ms);
  t.until_sent(1s);
  t.out("F. 1 ack 1");
  CHECK(t.last_sent().why == tcp::SendReason::rto);
}

TEST_CASE("linux-6: the probe does not count as a retry of an orphan's FIN", "[tcp][linux]") {
  auto t = established({.sysctl = {{"tcp_orphan_retries", "3"}}});
  t.close();
  t.out("F. 1 ack 1");
  CHECK(count_sent_until_closed(t) == 4);  // as recorded: one probe and three retries
  CHECK(t.now() - sim_start < 5s);
}

TEST_CASE("linux-6: tcp_orphan_retries 0 means 8", "[tcp][linux]") {
  auto t = established({.sysctl = {{"tcp_orphan_retries", "0"}}});
  t.close();
  t.out("F. 1 ack 1");
  CHECK(count_sent_until_closed(t) == 9);
}

TEST_CASE("linux: TIME-WAIT lasts 60 s", "[tcp][linux]") {
  auto t =
      TcpTest::in(State::time_wait, {.profile = GENERATE(ProfileId::linux_6, ProfileId::linux_4)});
  t.after(60s - 1ns).quiet(State::time_wait);
  t.after(1s).quiet(State::closed);
}

TEST_CASE("linux-6: an orphan in FIN-WAIT-2 waits tcp_fin_timeout", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, linux_6({.sysctl = {{"tcp_fin_timeout", "10"}}}));
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.after(10s - 1ns).quiet(State::fin_wait_2);
  t.after(1s).quiet(State::closed);
}

TEST_CASE("linux-6: a half-closed connection outlives tcp_fin_timeout", "[tcp][linux]") {
  auto t = TcpTest::in(State::fin_wait_2, linux_6({.sysctl = {{"tcp_fin_timeout", "10"}}}));
  t.after(1h).quiet(State::fin_wait_2);
  t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::time_wait);
}

TEST_CASE("linux-6: data for an orphan in FIN-WAIT-2 is answered with a RST", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, linux_6());
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  t.in("P. 1:11 ack 2");
  REQUIRE(t.skip_sent() == 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  t.quiet(State::closed);
}

TEST_CASE("linux-6: keepalive that fails sends a RST", "[tcp][linux]") {
  auto t =
      TcpTest::in(State::established, linux_6({.options = {{tcp::SocketOption::so_keepalive, 1},
                                                           {tcp::SocketOption::tcp_keepidle, 10},
                                                           {tcp::SocketOption::tcp_keepintvl, 2},
                                                           {tcp::SocketOption::tcp_keepcnt, 2}}}));
  t.out_after(10s, ". 0 ack 1").out_after(2s, ". 0 ack 1");
  t.out_after(2s, "R. 1 ack 1").quiet(State::closed);
}

TEST_CASE("linux-6: a simultaneous open ends in ESTABLISHED", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, linux_6());
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::syn_rcvd);
  t.in("S. 0:0 ack 1");
  t.skip_sent();
  t.quiet(State::established);
  CHECK(t.connect_result() == Error::none);
}

TEST_CASE("linux-6: a crossed SYN without options is answered with all that we offer",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, linux_6({.peer_options = "<mss 1460>"}));
  t.in("S 0:0").out("S. 0:0 ack 1 <mss 1460,sackOK,TS ecr 0,wscale 10>");
}

TEST_CASE("linux-6: whoever uses no timestamps looks at none that a SYN,ACK echoes",
          "[tcp][linux]") {
  const bool uses = GENERATE(true, false);
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6,
                                         .sysctl = {{"tcp_timestamps", uses ? "1" : "0"}},
                                         .peer_options = "<mss 1460,TS val 100 ecr 1000000>"});
  t.in("S. 0:0 ack 1");
  if (uses) {
    t.out("R 1").quiet(State::syn_sent);
  } else {
    t.out(". 1 ack 1").quiet(State::established);
  }
}

TEST_CASE("linux-6: SO_RCVBUF is doubled for the kernel's own needs, and bounds the scale",
          "[tcp][linux]") {
  using tcp::SocketOption;
  SECTION("small") {
    auto t = TcpTest::client(linux_6({.options = {{SocketOption::so_rcvbuf, 10'000}}}));
    t.connect();
    t.out("S 0:0 win 8760 <mss 1460,sackOK,TS ecr 0,wscale 0>");  // six segments
  }
  SECTION("the least that there is") {
    auto t = TcpTest::client(linux_6({.options = {{SocketOption::so_rcvbuf, 1}}}));
    t.connect();
    t.out("S 0:0 win 1152 <mss 1460,sackOK,TS ecr 0,wscale 0>");
  }
  SECTION("100,000 octets need a shift of 1") {
    auto t = TcpTest::client(linux_6({.options = {{SocketOption::so_rcvbuf, 100'000}}}));
    t.connect();
    t.out("S 0:0 win 65535 <mss 1460,sackOK,TS ecr 0,wscale 1>");
  }
}

TEST_CASE("linux-6: the SYN and SYN,ACK carry the recorded options", "[tcp][linux]") {
  auto t = TcpTest::client(linux_6());
  t.connect();
  t.out("S 0:0 win 64240 <mss 1460,sackOK,TS ecr 0,wscale 10>");
}
