// How Linux sends, acknowledges and repairs data, rule by rule (sim/tcp/LINUX.md). Timers are
// exact.
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::SendReason;
using tcp::SocketOption;
using tcp::State;

namespace {

constexpr int smss = 1448;  // beside timestamps

/// Established with a round trip of 20 ms, with a peer that takes SACK and timestamps.
TcpTest established(Setup setup = {}) {
  setup.profile = ProfileId::linux_6;
  setup.peer_options = "<mss 1460,sackOK,TS val 100 ecr 0,wscale 10>";
  setup.peer_window = 64;  // scaled: as Linux offers
  auto t = TcpTest::in(State::syn_sent, std::move(setup));
  t.after(20ms).in("S. 0:0 ack 1 win 65160").out(". 1 ack 1");
  return t;
}

/// The i-th segment of full size, from 0.
std::string full(int i) { return line(".", 1 + i * smss, smss, 1); }
std::string ack_of(int segments) { return line(".", 1, 0, 1 + segments * smss); }
std::string sacked(int segments, int first, int end) {
  return ack_of(segments) + " <sack " + std::to_string(1 + first * smss) + ":" +
         std::to_string(1 + end * smss) + ">";
}

/// Established with a peer that offers 100 octets at first.
TcpTest small_window(ProfileId profile) {
  Setup setup{.profile = profile};
  auto t = TcpTest::in(State::syn_sent, std::move(setup));
  t.after(20ms).in("S. 0:0 ack 1 win 100").out(". 1 ack 1");
  return t;
}

void send_full(TcpTest& t, int segments) { t.send(static_cast<std::uint64_t>(segments) * smss); }

}  // namespace

// --- Sending ---

TEST_CASE("Linux: tcp_min_snd_mss is no reason for more than an IP packet takes", "[tcp][linux]") {
  auto t = TcpTest::in(State::established, {.profile = ProfileId::linux_6,
                                            .sysctl = {{"tcp_min_snd_mss", "65535"}},
                                            .peer_options = "<mss 500>"});
  t.send(10);
  t.out("P. 1:11 ack 1");
}

TEST_CASE("linux-6: TCP_MAXSEG is the size of segments for a peer that names none",
          "[tcp][linux]") {
  const auto [profile, octets] = GENERATE(
      table<ProfileId, std::string>({{ProfileId::linux_6, "1001"}, {ProfileId::rfc9293, "537"}}));
  Setup setup{.profile = profile, .options = {{SocketOption::tcp_maxseg, 1000}}};
  auto t = TcpTest::in(State::syn_sent, setup);
  t.in("S. 0:0 ack 1 win 65535 <wscale 1>").out(". 1 ack 1");
  t.send(3000);
  t.out(". 1:" + octets + " ack 1");
  t.skip_sent();
}

TEST_CASE("linux-6: what our own link cannot take never leaves, nor is it sent in part",
          "[tcp][linux]") {
  auto t = established({.sysctl = {{"tcp_min_snd_mss", "20000"}}});
  CHECK(t.send(2000).bytes == 2000);
  t.quiet();
  t.after(2s).quiet(State::established);
}

TEST_CASE("linux-6: two segments leave together on a long path, the second with PSH",
          "[tcp][linux]") {
  auto t = established();
  send_full(t, 5);
  for (int i = 0; i < 5; ++i) {
    t.out(full(i));
    CHECK(t.last_sent().segment.flags.has(tcp::Flags::psh) == (i == 1 || i == 3 || i == 4));
  }
}

TEST_CASE("linux-6: room for one segment is left until the next ACK makes it two", "[tcp][linux]") {
  auto t = established();
  send_full(t, 20);
  for (int i = 0; i < 10; ++i) t.out(full(i));
  t.after(20ms);
  // The first ACK finds the last write long past; the second comes just after.
  t.in(sacked(0, 1, 2)).out(full(10));
  t.in(sacked(0, 1, 3)).quiet();
}

TEST_CASE("linux-6: room for one segment is used if the next ACK is more than 1 ms away",
          "[tcp][linux]") {
  const auto [pause, sent] = GENERATE(table<SimDuration, std::size_t>({{12ms, 9}, {19ms, 8}}));
  auto t = established();  // a round trip takes 20 ms
  t.send(1);
  t.out("P. 1:2 ack 1");
  t.after(pause);
  send_full(t, 20);
  CHECK(t.skip_sent() == sent);  // the window is ten segments
}

TEST_CASE("linux-6: what was written into a small window leaves in pieces of that size",
          "[tcp][linux]") {
  auto t = small_window(ProfileId::linux_6);
  t.send(4000);
  t.out(". 1:101 ack 1");
  t.after(50ms).in(". 1 ack 1 win 65535");
  t.out(". 101:401 ack 1");  // one joined the first while it waited, one more when it went
  for (int at = 401; at < 2001; at += 200) t.out(line(".", at, 200, 1));
  t.send(3000);  // goes in segments of full size, when its turn comes
  t.after(50ms).in(". 1 ack 2001");
  for (int at = 2001; at < 3801; at += 200) t.out(line(".", at, 200, 1));
  CHECK(t.skip_sent() > 0);
}

TEST_CASE("linux-6: Nagle's rule is for the last of what was written, not for a chunk before it",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.after(20ms).in("S. 0:0 ack 1 win 400 <mss 536>").out(". 1 ack 1");
  t.send(4000);
  t.out("P. 1:401 ack 1");
  // As recorded on 6.18: chunks of 400 octets, two of which leave together. (There the third
  // segment has PSH, too.)
  t.after(100ms).in("F. 1:1 ack 1 win 65535");
  t.out(". 401:937 ack 2").out("P. 937:1473 ack 2").out(". 1473:2001 ack 2");
  t.out(". 2001:2537 ack 2").out("P. 2537:2801 ack 2").out(". 2801:3337 ack 2");
  t.out("P. 3337:3601 ack 2");
  t.skip_sent();
}

TEST_CASE("linux before 6.10: what was written into a small window leaves as it was written",
          "[tcp][linux]") {
  auto t = small_window(ProfileId::linux_5_10);
  t.send(4000);
  t.out(". 1:101 ack 1");
  t.after(50ms).in(". 1 ack 1 win 65535");
  for (int at = 101; at < 1001; at += 100) t.out(line(".", at, 100, 1));
}

TEST_CASE("linux-6: send takes what fits 46080 bytes of memory, as measured on 6.18",
          "[tcp][linux]") {
  const auto [write, taken] =
      GENERATE(table<std::uint64_t, std::uint64_t>({{1'000'000, 46'336}, {30'000, 46'336}}));
  auto t = established();
  std::uint64_t total = 0;
  std::size_t sent = 0;
  while (true) {
    const auto io = t.send(write);
    sent += t.skip_sent();
    total += io.bytes;
    if (io.bytes < write) break;
  }
  CHECK(total == taken);
  CHECK(sent == 10);
}

TEST_CASE("linux-6: a peer that takes larger segments than the path makes the send buffer larger",
          "[tcp][linux]") {
  const bool large = GENERATE(true, false);
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.after(20ms);
  t.in(large ? "S. 0:0 ack 1 win 36 <mss 6000>" : "S. 0:0 ack 1 win 36 <mss 1460>")
      .out(". 1 ack 1");
  // In chunks of 48 octets, each with its overhead; 6.18 took all 5000 from the first kind.
  CHECK((t.send(5000).bytes == 5000) == large);
  t.skip_sent();
}

TEST_CASE("linux-6: a larger SO_SNDBUF wakes who waits for room, and is filled", "[tcp][linux]") {
  auto t = established();
  REQUIRE(t.send(1'000'000).bytes == 46'336);
  t.skip_sent();
  t.woken();
  CHECK(t.set(SocketOption::so_sndbuf, 100'000) == tcp::Error::none);
  CHECK(t.woken());
  CHECK(t.send(1'000'000).bytes > 100'000);
}

TEST_CASE("linux-6: a smaller SO_SNDBUF holds for what is sent next", "[tcp][linux]") {
  auto t = established();
  CHECK(t.send(5000).bytes == 5000);
  t.skip_sent();
  CHECK(t.set(SocketOption::so_sndbuf, 0) == tcp::Error::none);  // 4608 bytes, the least
  CHECK(t.send(1).error == tcp::Error::would_block);
}

// --- Acknowledging ---

TEST_CASE("linux-6: an ACK of octets that were never sent is challenged, however near",
          "[tcp][linux]") {
  auto t = established();
  t.send(20);
  t.out("P. 1:21 ack 1");
  t.in(". 1 ack 21").quiet();
  t.in(". 1 ack 11").quiet();
  t.in(". 1 ack 0").quiet();  // its own SYN was the first number
  t.in(". 1 ack -1").out(". 21 ack 1");
  CHECK(t.last_sent().why == SendReason::challenge);
}

TEST_CASE("linux-6: three duplicate ACKs go at once, later ones share one a millisecond on",
          "[tcp][linux]") {
  auto t = established();
  t.set(SocketOption::tcp_quickack, 0);
  t.after(20ms);
  t.in(line(".", 1, smss, 1));  // shows the receiver a round trip of some 20 ms
  t.until_sent(1s);
  t.skip_sent();
  // The window has grown as far as the buffer lets it: growth calls for an ACK at once.
  int at = 1;
  const auto beyond_hole = [&] { return line(".", 1 + ++at * smss, smss, 1); };
  int before_silence = 0;
  while (true) {
    t.in(beyond_hole());
    if (t.skip_sent() == 0) break;
    ++before_silence;
    REQUIRE(before_silence < 40);
  }
  CHECK(before_silence >= 3);
  t.in(beyond_hole()).quiet();
  t.in(beyond_hole()).quiet();
  const SimDuration held = t.until_sent(1s);
  CHECK(held == 1ms);
  t.skip_sent();
  CHECK(t.last_sent().segment.options.sack[0].right ==
        tcp::Seq{5000} + static_cast<std::uint32_t>(1 + (at + 1) * smss));
  // A filled hole is acknowledged at once.
  t.in(beyond_hole()).quiet();
  t.in(line(".", 1 + smss, smss, 1));
  CHECK(t.skip_sent() == 1);
}

TEST_CASE("linux-6: the offered window grows by two segments with each that comes",
          "[tcp][linux]") {
  auto t = established();
  const std::uint32_t before = t.announced_window();
  t.in(line(".", 1, smss, 1));
  t.skip_sent();
  // Two segments more than what was left, rounded up to the scale of 1024.
  CHECK(t.announced_window() > before);
  CHECK(t.announced_window() <= before + 2 * smss + 1024);
}

TEST_CASE("linux-6: a listener does not hand TCP_QUICKACK on", "[tcp][linux]") {
  const ProfileId profile = GENERATE(ProfileId::linux_6, ProfileId::rfc9293);
  auto t = TcpTest::in(
      State::established,
      {.profile = profile, .role = Role::server, .options = {{SocketOption::tcp_quickack, 0}}});
  t.in("P. 1:11 ack 1");
  CHECK(t.skip_sent() == (profile == ProfileId::linux_6 ? 1U : 0U));
}

TEST_CASE("linux-6: TCP_QUICKACK 1 acknowledges at once what was read, not what waits to be read",
          "[tcp][linux]") {
  const bool reads = GENERATE(true, false);
  auto t = established();
  t.set(SocketOption::tcp_quickack, 0);
  t.in("P. 1:11 ack 1").quiet();
  if (reads) t.receive();
  t.set(SocketOption::tcp_quickack, 1);
  if (reads) {
    t.out(". 1 ack 11").quiet();
  } else {
    t.quiet();
  }
}

TEST_CASE("linux-6: what is held back waits for 200 ms at least, whatever the least timeout is",
          "[tcp][linux]") {
  auto t = established(
      {.sysctl = {{"tcp_rto_min_us", "1000"}}, .options = {{SocketOption::tcp_cork, 1}}});
  t.send(10);
  t.out_after(200ms, "P. 1:11 ack 1");
}

TEST_CASE("linux-6: a window smaller than a segment keeps it back if the crossed SYN's was larger",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.in("S 0:0 win 5000").out("S. 0:0 ack 1");
  t.in(". 1 ack 1 win 200").quiet(State::established);
  t.send(8000);
  t.quiet();
  t.in(". 1 ack 1 win 5000");
  CHECK(t.skip_sent() > 0);
}

TEST_CASE("linux-6: a third block is not held back: what came before is reported first",
          "[tcp][linux]") {
  auto t = established();
  const auto piece = [](int from, int to) {
    return "P. " + std::to_string(from) + ":" + std::to_string(to) + " ack 1";
  };
  const auto blocks = [&t] {
    const tcp::Options& options = t.last_sent().segment.options;
    std::string text;
    for (std::size_t i = 0; i < options.sack_count; ++i) {
      text += std::to_string(options.sack[i].left - tcp::Seq{5000}) + ":" +
              std::to_string(options.sack[i].right - tcp::Seq{5000}) + " ";
    }
    return text;
  };
  t.in(piece(101, 201)).out(". 1 ack 1");
  t.in(piece(301, 401)).out(". 1 ack 1");
  t.in(piece(401, 501)).out(". 1 ack 1");
  CHECK(blocks() == "301:501 101:201 ");
  t.in(piece(501, 601)).quiet();  // held back
  t.in(piece(701, 801)).out(". 1 ack 1");
  CHECK(blocks() == "301:601 101:201 ");
  t.after(5ms).quiet();  // the third block has no ACK of its own
  t.in(piece(601, 701)).quiet();
  t.after(1ms).out(". 1 ack 1");
  CHECK(blocks() == "301:801 101:201 ");
}

// --- No room in the receive buffer ---

TEST_CASE("linux-6: a FIN that meets a full buffer is acknowledged at once, with a closed window",
          "[tcp][linux]") {
  Setup setup{.profile = ProfileId::linux_6, .options = {{SocketOption::so_rcvbuf, 1}}};
  setup.peer_options = "<mss 1460,sackOK,TS val 100 ecr 0>";
  auto t = TcpTest::listener(setup);
  t.in("S 0:0").out("S. 0:0 ack 1 win 1152");
  t.in(". 1 ack 1").quiet();
  t.in(". 1:577 ack 1").out(". 1 ack 577 win 576");
  t.in("P. 577:1001 ack 1").quiet();
  t.in("F. 1001 ack 1").out(". 1 ack 1002 win 0").quiet(State::close_wait);
  CHECK(t.counters().PruneCalled == 1);
  REQUIRE(t.accept());
  CHECK(t.receive().bytes == 1000);
}

TEST_CASE("linux-6: what meets a full buffer is dropped while something waits to be read",
          "[tcp][linux]") {
  auto t = established();
  t.in(full(0)).out(ack_of(1));
  t.in(full(1)).out(ack_of(2));
  t.set(SocketOption::so_rcvbuf, 1);  // 2304 bytes, of which two segments take twice as many
  t.in(full(2)).out(ack_of(3));       // header prediction asks only whether its pages have room
  t.in(full(3)).out(ack_of(3) + " win 0");
  CHECK(t.counters().TCPRcvQDrop == 1);
  CHECK(t.discards().back() == "socket_memory");
  CHECK(t.receive().bytes == std::uint64_t{3} * smss);
  t.skip_sent();
  t.in(full(3)).quiet();  // taken now, and its ACK waits
  CHECK(t.receive().bytes == smss);
  t.skip_sent();
}

TEST_CASE("linux-6: for what fills a hole, what lies beyond gives way, and SACK forgets it",
          "[tcp][linux]") {
  auto t = established();
  for (int i = 1; i < 9; ++i) {
    t.in(full(i));
    t.skip_sent();
  }
  t.set(SocketOption::so_rcvbuf, 4000);  // 8000 bytes: three segments of 2304
  t.in(full(0));
  t.skip_sent();
  CHECK(t.last_sent().segment.options.sack_count == 0);
  CHECK(t.last_sent().segment.ack == tcp::Seq{5000} + static_cast<std::uint32_t>(1 + 4 * smss));
}

TEST_CASE("linux-6: a segment that goes beyond the window is dropped while something is unread",
          "[tcp][linux]") {
  Setup setup{.profile = ProfileId::linux_6, .options = {{SocketOption::so_rcvbuf, 5000}}};
  const bool unread = GENERATE(false, true);
  auto t = TcpTest::in(State::established, [&] {
    setup.role = Role::server;
    return setup;
  }());
  const std::uint32_t window = t.announced_window();
  t.in("P. 1:101 ack 1");
  t.skip_sent();
  if (!unread) t.receive();
  t.skip_sent();
  const std::uint32_t end = 1 + window;
  t.in("P. 101:" + std::to_string(end + 1) + " ack 1");
  if (unread) {
    t.out(". 1 ack 101");
    // The FIN alone may lie beyond it.
    t.in("F. 101:" + std::to_string(end) + " ack 1").quiet(State::close_wait);
  } else {
    CHECK(t.receive().bytes == window - 100 + 1);
  }
  t.skip_sent();
}

// --- Repairing ---

TEST_CASE("linux-6: what an ACK lets out acknowledges the text that came with it", "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.after(20ms).in("S. 0:0 ack 1 win 65160 <mss 1460>").out(". 1 ack 1");
  t.send(2000);
  t.out(". 1:1461 ack 1").out("P. 1461:2001 ack 1");
  t.until_sent(1s);
  t.out(". 1:1461 ack 1");
  t.in("P. 1:2 ack 1461 win 65160").out("P. 1461:2001 ack 2").quiet();
}

TEST_CASE("linux-6: the end of a burst that goes again whole is not joined by the FIN",
          "[tcp][linux]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.after(20ms).in("S. 0:0 ack 1 win 65160 <mss 1460>").out(". 1 ack 1");
  t.send(4420);
  t.out(". 1:1461 ack 1")
      .out("P. 1461:2921 ack 1")
      .out(". 2921:4381 ack 1")
      .out("P. 4381:4421 ack 1");
  t.close();
  t.out("F. 4421 ack 1");
  t.until_sent(1s);
  t.out(". 1:1461 ack 1");
  t.in(". 1 ack 2921");
  t.out(". 2921:4381 ack 1").out("P. 4381:4421 ack 1").out("F. 4421 ack 1").quiet();
}

TEST_CASE("linux-6: when RACK's wait ends, one segment goes again, not a window's worth",
          "[tcp][linux]") {
  auto t = established();
  send_full(t, 3);
  for (int i = 0; i < 3; ++i) t.out(full(i));
  t.after(20ms);
  t.in(sacked(0, 2, 3)).quiet();
  t.until_sent(1s);
  t.out(full(0)).quiet();
  CHECK(t.last_sent().why == SendReason::fast_retransmit);
  t.after(20ms).in(sacked(1, 2, 3)).out(full(1)).quiet();
}

TEST_CASE("linux-6: after a timeout two segments are new when the first ACK comes (F-RTO)",
          "[tcp][linux][rfc5682]") {
  const bool on = GENERATE(true, false);
  auto t = established({.sysctl = {{"tcp_frto", on ? "2" : "0"}, {"tcp_early_retrans", "0"}}});
  send_full(t, 12);
  for (int i = 0; i < 10; ++i) t.out(full(i));
  t.until_sent(1s);
  t.out(full(0));
  t.in(ack_of(1) + " <TS ecr 4294967295>");  // nothing that Eifel could use
  t.out(on ? full(10) : full(1));
  t.out(on ? full(11) : full(2));
  // The originals arrive after all: nothing was lost, and nothing is sent again.
  if (on) t.in(ack_of(2)).quiet();
  t.in(ack_of(on ? 12 : 10));
  CHECK(t.skip_sent() == (on ? 0 : 2));
}

TEST_CASE("linux-6: SACK blocks that nobody agreed on say nothing, not even in an old ACK",
          "[tcp][linux][rfc2018]") {
  auto t = TcpTest::in(State::syn_sent, {.profile = ProfileId::linux_6});
  t.after(20ms).in("S. 0:0 ack 1 win 65160 <mss 1460>").out(". 1 ack 1");
  t.send(20'000);
  CHECK(t.skip_sent() == 10);
  t.until_sent(1s);
  t.out(". 1:1461 ack 1");
  t.in(". 1 ack 1461");
  CHECK(t.skip_sent() == 2);  // new data: was the timeout too early? (F-RTO)
  t.in(". 1 ack 1 <sack 1:1>").quiet();
}

TEST_CASE("linux-6: an ACK of the original undoes a timeout's reduction (Eifel)",
          "[tcp][linux][rfc4015]") {
  auto t = established({.sysctl = {{"tcp_frto", "0"}, {"tcp_early_retrans", "0"}}});
  send_full(t, 30);
  for (int i = 0; i < 10; ++i) t.out(full(i));
  const std::uint32_t stamp = t.last_sent().segment.options.ts_val.raw();
  t.until_sent(1s);
  t.out(full(0));
  t.in(ack_of(1) + " <TS val 200 ecr " + std::to_string(stamp) + ">");
  CHECK(t.skip_sent() >= 2);  // the window is ten segments again, and nothing counts as lost
  CHECK(t.last_sent().segment.seq == tcp::Seq{1000} + static_cast<std::uint32_t>(1 + 11 * smss));
}

TEST_CASE("linux-6: an ACK of the original says nothing of what was sent before its copy",
          "[tcp][linux][rfc8985]") {
  auto t = established({.sysctl = {{"tcp_early_retrans", "0"}}});
  send_full(t, 10);
  for (int i = 0; i < 10; ++i) t.out(full(i));
  const std::uint32_t stamp = t.last_sent().segment.options.ts_val.raw();
  t.until_sent(1s);
  t.out(full(0));
  t.after(100ms).in(ack_of(1) + " <TS val 400 ecr " + std::to_string(stamp) + ">").quiet();
}

// --- The end ---

TEST_CASE("linux-6: with the FIN octets that came twice are reported no more", "[tcp][linux]") {
  auto t = established();
  t.in("P. 1:11 ack 1");
  t.skip_sent();
  t.in("FP. 1:21 ack 1").after(50ms).out(". 1 ack 22");
  CHECK(t.last_sent().segment.options.sack_count == 0);
}

TEST_CASE("linux-6: an orphan's FIN-WAIT-2 needs a record, or ends at once", "[tcp][linux]") {
  const bool room = GENERATE(true, false);
  auto t = established({.sysctl = {{"tcp_max_tw_buckets", room ? "1" : "0"}}});
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(room ? State::fin_wait_2 : State::closed);
  CHECK(t.counters().TCPTimeWaitOverflow == (room ? 0 : 1));
}

TEST_CASE("linux-6: TCP_LINGER2 below 0 answers the ACK of our FIN with a RST of its number",
          "[tcp][linux]") {
  auto t = established({.options = {{SocketOption::tcp_linger2, -1}}});
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").out("R 2").quiet(State::closed);
}
