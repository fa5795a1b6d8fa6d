// TIME-WAIT as a host keeps it: records, their limit, and when a pair of ends may be used again.
#include <catch2/catch.hpp>

#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;
using tcp::State;

namespace {

const std::string stamped = "<mss 1460,TS>";

/// A client whose connection from port 40000 is in TIME-WAIT, its socket given up.
TcpTest client_in_time_wait(Setup setup) {
  auto t = TcpTest::in(State::established, std::move(setup));
  t.close();
  t.out("F. 1 ack 1");
  t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::time_wait);
  return t;
}

}  // namespace

TEST_CASE("TIME-WAIT: the application's close does not end it", "[tcp][time_wait]") {
  auto t = client_in_time_wait({.profile = GENERATE(ProfileId::linux_6, ProfileId::linux_4,
                                                    ProfileId::rfc9293, ProfileId::textbook)});
  t.after(59s).quiet(State::time_wait);
  t.after(5min).quiet(State::closed);
}

TEST_CASE("TIME-WAIT: a SYN with a newer number opens the pair again", "[tcp][time_wait]") {
  // RFC 9293, MAY-2, with a number beyond the largest of the old connection.
  auto t = TcpTest::in(State::time_wait, {.profile = ProfileId::linux_6, .role = Role::server});
  t.in("S 100:100").out("S. 0:0 ack 101").quiet(State::syn_rcvd);
  t.in(". 101 ack 1").quiet(State::established);
}

TEST_CASE("TIME-WAIT: the pair opened again begins beyond the old numbers", "[tcp][time_wait]") {
  auto t = TcpTest::in(State::time_wait,
                       {.profile = ProfileId::linux_6, .role = Role::server, .iss = {}});
  const auto old_iss =
      t.stack().iss({tcp::Address{0x0a000001}, 80}, {tcp::Address{0x0a000002}, 40000});
  REQUIRE(old_iss);
  t.in("S 100:100").out("S. 0:0 ack 101");
  CHECK(after(t.last_sent().segment.seq, *old_iss + 2));
}

TEST_CASE("TIME-WAIT: an old SYN does not open the pair again", "[tcp][time_wait]") {
  auto t = TcpTest::in(
      State::time_wait,
      {.profile = GENERATE(ProfileId::linux_6, ProfileId::rfc9293), .role = Role::server});
  t.in("S 0:0").out(". 2 ack 2").quiet(State::time_wait);
}

TEST_CASE("TIME-WAIT: with timestamps an older one does not open the pair again, a newer one does",
          "[tcp][time_wait][rfc6191]") {
  auto t =
      TcpTest::in(State::time_wait,
                  {.profile = ProfileId::linux_6, .role = Role::server, .peer_options = stamped});
  t.in("S 100:100 <mss 1460,TS val 10>").out(". 2 ack 2").quiet(State::time_wait);
  t.after(2s).in("S -5000:-5000 <mss 1460,TS>").out("S. 0:0 ack -4999").quiet(State::syn_rcvd);
}

TEST_CASE("TIME-WAIT: a RST ends it, unless tcp_rfc1337 forbids", "[tcp][time_wait][rfc1337]") {
  const bool protects = GENERATE(false, true);
  auto t = TcpTest::in(State::time_wait, {.profile = ProfileId::linux_6,
                                          .sysctl = {{"tcp_rfc1337", protects ? "1" : "0"}}});
  t.in("R 2").quiet(protects ? State::time_wait : State::closed);
}

TEST_CASE("TIME-WAIT: no more records than tcp_max_tw_buckets", "[tcp][time_wait]") {
  auto t = TcpTest::in(State::established,
                       {.profile = ProfileId::linux_6, .sysctl = {{"tcp_max_tw_buckets", "1"}}});
  t.close();
  t.out("F. 1 ack 1");
  t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::time_wait);
  t.conversation(40001);
  t.connect();
  t.out("S 0:0");
  t.in("S. 0:0 ack 1").out(". 1 ack 1");
  t.close();
  t.out("F. 1 ack 1");
  t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::closed);
  CHECK(t.counters().TCPTimeWaitOverflow == 1);
}

TEST_CASE("TIME-WAIT: its port is taken until it ends", "[tcp][time_wait]") {
  auto t = client_in_time_wait(
      {.profile = ProfileId::rfc9293, .sysctl = {{"ip_local_port_range", "40000 40000"}}});
  const auto connect_from_any = [&] {
    tcp::Output out{tcp::Reports::none};
    const auto socket = t.stack().open();
    const Error error = t.stack().connect(t.now(), socket, {tcp::Address{0x0a000002}, 80}, out);
    t.stack().close(t.now(), socket, out);
    return error;
  };
  CHECK(connect_from_any() == Error::address_not_available);
  t.after(239s);
  CHECK(connect_from_any() == Error::address_not_available);
  t.after(2s).quiet(State::closed);
  CHECK(connect_from_any() == Error::none);
}

TEST_CASE("TIME-WAIT: tcp_tw_reuse lets a client have the port again after a second",
          "[tcp][time_wait]") {
  const bool reuse = GENERATE(false, true);
  auto t = client_in_time_wait(
      {.profile = ProfileId::linux_6,
       .sysctl = {{"tcp_tw_reuse", reuse ? "1" : "0"}, {"ip_local_port_range", "40000 40000"}},
       .peer_options = stamped});
  const auto connect_from_any = [&] {
    tcp::Output out{tcp::Reports::none};
    return t.stack().connect(t.now(), t.stack().open(), {tcp::Address{0x0a000002}, 80}, out);
  };
  CHECK(connect_from_any() == Error::address_not_available);
  t.after(2s);
  CHECK(connect_from_any() == (reuse ? Error::none : Error::address_not_available));
}

TEST_CASE("TIME-WAIT: without timestamps tcp_tw_reuse does nothing", "[tcp][time_wait]") {
  auto t = client_in_time_wait(
      {.profile = ProfileId::linux_6,
       .sysctl = {{"tcp_tw_reuse", "1"}, {"ip_local_port_range", "40000 40000"}}});
  tcp::Output out{tcp::Reports::none};
  t.after(5s);
  CHECK(t.stack().connect(t.now(), t.stack().open(), {tcp::Address{0x0a000002}, 80}, out) ==
        Error::address_not_available);
}

TEST_CASE("FIN-WAIT-2: connect from a bound port takes over what an orphan left, if stamps tell",
          "[tcp][time_wait][linux]") {
  // Linux, tcp_twsk_unique: the record of an orphan in FIN-WAIT-2 is taken for one of TIME-WAIT.
  const bool stamps = GENERATE(false, true);
  auto t = TcpTest::in(State::established,
                       {.profile = ProfileId::linux_6, .peer_options = stamps ? stamped : ""});
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
  const auto connect_from = [&](tcp::Port port) {
    tcp::Output out{tcp::Reports::none};
    const auto socket = t.stack().open({{tcp::SocketOption::so_reuseaddr, 1}});
    REQUIRE(t.stack().bind(socket, port) == Error::none);
    const Error error = t.stack().connect(t.now(), socket, {tcp::Address{0x0a000002}, 80}, out);
    if (error == Error::none) {
      const auto& syn = std::get<tcp::Sent>(out.effects.front()).segment;
      CHECK(syn.options.ts_ecr != tcp::Timestamp{});  // what the peer showed last
      CHECK(syn.wnd == 65160);                        // 45 segments of 1448
    }
    return error;
  };
  CHECK(connect_from(40000) == (stamps ? Error::none : Error::address_not_available));
}

TEST_CASE("FIN-WAIT-2: what an orphan left is no free port, tcp_tw_reuse or not",
          "[tcp][time_wait][linux]") {
  auto t = TcpTest::in(State::established,
                       {.profile = ProfileId::linux_6,
                        .sysctl = {{"tcp_tw_reuse", "1"}, {"ip_local_port_range", "40000 40000"}},
                        .peer_options = stamped});
  t.close();
  t.out("F. 1 ack 1");
  t.in(". 1 ack 2").after(5s).quiet(State::fin_wait_2);
  tcp::Output out{tcp::Reports::none};
  CHECK(t.stack().connect(t.now(), t.stack().open(), {tcp::Address{0x0a000002}, 80}, out) ==
        Error::address_not_available);
}

TEST_CASE("TIME-WAIT: a listener starts again over it only with SO_REUSEADDR", "[tcp][time_wait]") {
  const bool reuse = GENERATE(false, true);
  auto t = TcpTest::in(State::time_wait, {.profile = ProfileId::linux_6, .role = Role::server});
  t.close_listener();
  tcp::Output out{tcp::Reports::none};
  tcp::ListenerId id{};
  const Error error = t.stack().listen(
      t.now(), 80, 1, {{tcp::SocketOption::so_reuseaddr, reuse ? 1 : 0}}, {}, id, out);
  CHECK(error == (reuse ? Error::none : Error::address_in_use));
}
