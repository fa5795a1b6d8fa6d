// What a host counts and limits over all its connections, and how it numbers them.
#include "host/host.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "host/options.hpp"
#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::Seq;
using tcp::State;

namespace {

/// ISS of the SYN that a client of this seed sends at `at` from `port`.
Seq iss_of(std::uint64_t seed, SimTime at, tcp::Port port, std::uint32_t boots = 0,
           ProfileId profile = ProfileId::rfc9293) {
  tcp::StackConfig config = profile_config(profile);
  config.seed = seed;
  config.boots = boots;
  DrivenStack driven{config};
  driven.run([&](tcp::Stack& stack, tcp::Output& out) {
    const auto socket = stack.open();
    stack.bind(socket, port);
    stack.connect(at, socket, {tcp::Address{0x0a000002}, 80}, out);
  });
  for (const tcp::Effect& effect : driven.take_effects()) {
    if (const auto* sent = std::get_if<tcp::Sent>(&effect)) return sent->segment.seq;
  }
  FAIL("no SYN");
  return Seq{};
}

}  // namespace

// --- Initial sequence numbers (RFC 9293, 3.4.1; RFC 6528) ---

TEST_CASE("ISS: the same for the same seed, connection and time", "[tcp][iss]") {
  CHECK(iss_of(1, sim_start, 40000) == iss_of(1, sim_start, 40000));
}

TEST_CASE("ISS: another for each seed, connection and boot", "[tcp][iss]") {
  std::set<std::uint32_t> seen;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    seen.insert(iss_of(seed, sim_start, 40000).raw());
  }
  for (tcp::Port port = 40001; port <= 40010; ++port) {
    seen.insert(iss_of(1, sim_start, port).raw());
  }
  for (std::uint32_t boots = 1; boots <= 10; ++boots) {
    seen.insert(iss_of(1, sim_start, 40000, boots).raw());
  }
  CHECK(seen.size() == 30);
}

TEST_CASE("ISS: of one pair of ends it moves on with a clock", "[tcp][iss]") {
  const ProfileId profile = GENERATE(ProfileId::rfc9293, ProfileId::linux_6);
  const Seq first = iss_of(1, sim_start, 40000, 0, profile);
  const Seq later = iss_of(1, sim_start + 1s, 40000, 0, profile);
  const Seq much_later = iss_of(1, sim_start + 10s, 40000, 0, profile);
  CHECK(after(later, first));
  CHECK(after(much_later, later));
  // RFC 9293, 3.4.1: a tick about every 4 us; Linux's clock (seq_scale) ticks every 64 ns.
  CHECK(later - first == (profile == ProfileId::linux_6 ? 15'625'000 : 250'000));
  CHECK(much_later - later == 9 * (later - first));
}

TEST_CASE("ISS: is known for a live connection only", "[tcp][iss]") {
  auto t = TcpTest::in(State::syn_rcvd, {.role = Role::server});
  const tcp::SocketAddress local{tcp::Address{0x0a000001}, 80};
  const tcp::SocketAddress remote{tcp::Address{0x0a000002}, 40000};
  CHECK(t.stack().iss(local, remote) == Seq{1000});
  t.in(". 1 ack 1");
  CHECK(t.stack().iss(local, remote) == Seq{1000});
  t.in("R 1");
  CHECK_FALSE(t.stack().iss(local, remote));
}

// --- Orphans ---

// --- MSS ---

TEST_CASE("MSS: Linux advertises 256 at the least, however small its link is", "[tcp][linux]") {
  const auto advertised = [](ProfileId profile, std::uint32_t mtu) {
    tcp::StackConfig config = profile_config(profile);
    config.mtu = mtu;
    const tcp::Host host{config};
    return host.advertised_mss(tcp::no_options);
  };
  CHECK(advertised(ProfileId::linux_6, 1500) == 1460);
  CHECK(advertised(ProfileId::linux_6, 200) == 256);
  CHECK(advertised(ProfileId::rfc9293, 200) == 160);
}

TEST_CASE("orphans: beyond tcp_max_orphans a closed connection is reset", "[tcp][orphan]") {
  auto t = TcpTest::in(State::established,
                       {.profile = ProfileId::linux_6, .sysctl = {{"tcp_max_orphans", "0"}}});
  t.close();
  REQUIRE(t.skip_sent() >= 1);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::rst));
  t.quiet(State::closed);
  CHECK(t.counters().TCPAbortOnMemory == 1);
}

TEST_CASE("orphans: a connection whose socket is held is none", "[tcp][orphan]") {
  auto t = TcpTest::in(State::fin_wait_1,
                       {.profile = ProfileId::linux_6, .sysctl = {{"tcp_max_orphans", "0"}}});
  t.quiet(State::fin_wait_1);
}

// --- Counters and census ---

TEST_CASE("counters: a connection's life", "[tcp][counters]") {
  auto t = TcpTest::in(State::established);
  CHECK(t.counters().ActiveOpens == 1);
  CHECK(t.counters().PassiveOpens == 0);
  CHECK(t.counters().InSegs == 1);
  CHECK(t.counters().OutSegs == 2);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.until_sent(10s);
  t.out(". 1:101 ack 1");
  CHECK(t.counters().RetransSegs == 1);
  CHECK(t.counters().OutSegs == 3);  // what is sent again is none (RFC 4022, tcpOutSegs)
  CHECK(t.counters().TCPTimeouts == 1);
  t.in("R 1");
  CHECK(t.counters().EstabResets == 1);
  CHECK(t.counters().AttemptFails == 0);
}

TEST_CASE("counters: an abort leaves ESTABLISHED for CLOSED directly", "[tcp][counters]") {
  const State state = GENERATE(State::established, State::close_wait);
  auto t = TcpTest::in(state);
  t.abort();
  t.out(state == State::established ? "R. 1:1 ack 1" : "R. 1:1 ack 2");
  CHECK(t.counters().EstabResets == 1);  // RFC 4022, tcpEstabResets
  CHECK(t.counters().AttemptFails == 0);
}

TEST_CASE("counters: what ends after a close is no reset of ESTABLISHED", "[tcp][counters]") {
  const State state = GENERATE(State::fin_wait_1, State::fin_wait_2);
  auto t = TcpTest::in(state);
  t.abort();
  t.out("R. 2:2 ack 1");
  CHECK(t.counters().EstabResets == 0);
}

TEST_CASE("reports: an RST that arrives resets a connection that was not finished", "[tcp]") {
  const State state =
      GENERATE(State::established, State::fin_wait_1, State::fin_wait_2, State::close_wait);
  CAPTURE(state);
  auto t = TcpTest::in(state);
  t.in(state == State::close_wait ? "R 2" : "R 1");
  t.quiet(State::closed);
  CHECK(t.resets() == 1);
  CHECK(t.failures() == 1);  // the application's next call sees it
}

TEST_CASE("reports: an RST after both FINs, or before ESTABLISHED, resets nothing", "[tcp]") {
  const State state =
      GENERATE(State::syn_sent, State::syn_rcvd, State::closing, State::last_ack, State::time_wait);
  CAPTURE(state);
  auto t = TcpTest::in(state);
  t.in(state == State::syn_sent ? "R. 0 ack 1" : state == State::syn_rcvd ? "R 1" : "R 2");
  CHECK(t.resets() == 0);
}

TEST_CASE("reports: an abort resets, and is no failure of who aborts", "[tcp]") {
  auto t = TcpTest::in(State::established);
  t.abort();
  t.out("R. 1:1 ack 1");
  CHECK(t.resets() == 1);
  CHECK(t.failures() == 0);
}

TEST_CASE("counters: a refused attempt", "[tcp][counters]") {
  auto t = TcpTest::in(State::syn_sent);
  t.in("R. 0 ack 1");
  CHECK(t.counters().AttemptFails == 1);
  CHECK(t.counters().EstabResets == 0);
}

TEST_CASE("counters: passive opens and resets sent", "[tcp][counters]") {
  auto t = TcpTest::in(State::established, {.role = Role::server});
  CHECK(t.counters().PassiveOpens == 1);
  t.conversation(40001).in(". 1 ack 7").out("R 7");
  CHECK(t.counters().OutRsts == 1);
}

TEST_CASE("counters: every counter has a name of its own", "[tcp][counters]") {
  std::set<std::string_view> names;
  for (const tcp::CounterInfo& info : tcp::counter_infos()) {
    CHECK((info.name.starts_with("Tcp")));
    names.insert(info.name);
  }
  CHECK(names.size() == sizeof(tcp::Counters) / sizeof(std::uint64_t));
}

TEST_CASE("census: who is in which state, and for how long", "[tcp][census]") {
  auto t = TcpTest::in(State::syn_rcvd, {.role = Role::server});
  const auto& census = t.stack().census();
  CHECK(census.current(State::listen) == 1);
  CHECK(census.current(State::syn_rcvd) == 1);
  t.after(500ms).in(". 1 ack 1");
  CHECK(census.current(State::syn_rcvd) == 0);
  CHECK(census.current(State::established) == 1);
  CHECK(census.peak(State::syn_rcvd) == 1);
  CHECK(census.socket_seconds(State::syn_rcvd, t.now()) == Approx(0.5));
  t.after(2s);
  CHECK(census.socket_seconds(State::established, t.now()) == Approx(2));
  t.in("R 1");
  CHECK(census.current(State::established) == 0);
  CHECK(census.peak(State::established) == 1);
  CHECK(census.current(State::listen) == 1);
}

TEST_CASE("census: follows a connection to its end", "[tcp][census]") {
  auto t = TcpTest::in(State::time_wait);
  const auto& census = t.stack().census();
  CHECK(census.current(State::time_wait) == 1);
  CHECK(census.peak(State::fin_wait_2) == 1);
  t.after(4min);
  for (std::size_t s = 1; s < tcp::state_count; ++s) {
    CHECK(census.current(static_cast<State>(s)) == 0);
  }
}

// --- What-if handshakes ---

TEST_CASE("two-way handshake: the SYN alone makes the connection", "[tcp][what_if]") {
  auto t =
      TcpTest::listener({.profile = ProfileId::textbook, .handshake = tcp::Handshake::two_way});
  t.in("S 0:0").out("S. 0:0 ack 1").quiet(State::established);
  CHECK(t.accept());
  t.after(24h).quiet(State::established);  // the zombie: nobody may be at the other end
}

TEST_CASE("four-way handshake: ACK and SYN come apart", "[tcp][what_if]") {
  auto t =
      TcpTest::listener({.profile = ProfileId::textbook, .handshake = tcp::Handshake::four_way});
  t.in("S 0:0");
  CHECK(t.skip_sent() == 2);
  CHECK(t.last_sent().segment.flags.has(tcp::Flags::syn));
  t.in(". 1 ack 1").quiet(State::established);
}
