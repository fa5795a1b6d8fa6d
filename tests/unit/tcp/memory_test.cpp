// The host's memory for sockets (tcp_mem): what counts, and what happens when it runs short.
#include "host/memory.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "host/held_memory.hpp"
#include "support/printers.hpp"
#include "support/tcp_test.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::ProfileId;
using tcp::SocketMemory;
using tcp::State;

namespace {

constexpr std::uint64_t smss = 1448;  // beside timestamps
constexpr SocketMemory::Limits limits{10, 20, 30};

/// Established, with this tcp_mem; the peer offers 64 KiB and acknowledges what the test says.
TcpTest with_memory(const std::string& tcp_mem,
                    const std::string& tcp_rmem = "4096 131072 33554432",
                    const std::string& tcp_wmem = "4096 16384 4194304") {
  Setup setup{.profile = ProfileId::linux_6,
              .sysctl = {{"tcp_mem", tcp_mem}, {"tcp_rmem", tcp_rmem}, {"tcp_wmem", tcp_wmem}}};
  setup.peer_options = "<mss 1460,sackOK,TS val 100 ecr 0,wscale 10>";
  setup.peer_window = 64;
  auto t = TcpTest::in(State::syn_sent, std::move(setup));
  t.after(20ms).in("S. 0:0 ack 1 win 65160").out(". 1 ack 1");
  return t;
}

std::string segment(std::uint64_t number) {
  const std::uint64_t first = 1 + number * smss;
  return ". " + std::to_string(first) + ":" + std::to_string(first + smss) + " ack 1";
}

}  // namespace

TEST_CASE("SocketMemory: pressure begins above the second limit and ends below the first",
          "[tcp][memory]") {
  using Answer = SocketMemory::Answer;
  SocketMemory memory;
  CHECK(memory.ask(10, limits).answer == Answer::granted);
  memory.add(10);
  CHECK(memory.ask(10, limits).answer == Answer::depends);
  CHECK_FALSE(memory.under_pressure());  // 20 is not above 20
  CHECK(memory.ask(11, limits).pressure_begins);
  CHECK_FALSE(memory.ask(11, limits).pressure_begins);  // it has begun
  CHECK(memory.under_pressure());
  CHECK(memory.ask(20, limits).answer == Answer::depends);
  CHECK(memory.ask(21, limits).answer == Answer::too_many);
  memory.add(5);
  memory.remove(5, limits);
  CHECK(memory.under_pressure());  // 10 is not below 10
  memory.remove(1, limits);
  CHECK_FALSE(memory.under_pressure());
  CHECK(memory.peak() == 15);
}

TEST_CASE("SocketMemory: who asks for little while little is held ends the pressure",
          "[tcp][memory]") {
  SocketMemory memory;
  memory.add(15);
  memory.ask(10, limits);
  REQUIRE(memory.under_pressure());
  memory.remove(5, limits);
  REQUIRE(memory.under_pressure());
  CHECK(memory.ask(0, limits).answer == SocketMemory::Answer::granted);
  CHECK_FALSE(memory.under_pressure());
}

TEST_CASE("HeldMemory: a connection holds whole pages of its host's, no more than it needs",
          "[tcp][memory]") {
  tcp::Host host{tcp::StackConfig{}};
  tcp::HeldMemory one;
  tcp::HeldMemory other;
  one.settle(1, host);
  CHECK(one.pages() == 1);
  one.settle(4097, host);
  CHECK(one.pages() == 2);
  CHECK(one.bytes() == 8192);
  other.settle(4096, host);
  CHECK(host.memory.pages() == 3);
  one.settle(0, host);
  CHECK(one.pages() == 0);
  CHECK(host.memory.pages() == 1);
  CHECK(host.memory.peak() == 3);
}

TEST_CASE("HeldMemory: what is taken beyond all limits is held until it is settled",
          "[tcp][memory]") {
  tcp::Host host{tcp::StackConfig{}};
  host.config.settings.tcp_mem = {2, 3, 4};
  tcp::HeldMemory held;
  held.take(9, host);
  CHECK(held.pages() == 9);
  CHECK(host.memory.pages() == 9);
  host.memory.ask(0, host.settings().tcp_mem);
  REQUIRE(host.memory.under_pressure());
  held.settle(4096, host);
  CHECK(held.pages() == 1);
  CHECK_FALSE(host.memory.under_pressure());  // below tcp_mem[0]
}

TEST_CASE("memory: a SYN, data in either buffer and a FIN take whole pages", "[tcp][memory]") {
  auto t = with_memory("1000 2000 3000");
  CHECK(t.stack().memory_pages() == 0);  // an idle connection holds nothing
  CHECK(t.stack().memory_pages_peak() == 1);
  t.send(5 * smss);
  for (std::uint64_t i = 0; i < 5; ++i) t.out(segment(i));
  CHECK(t.stack().memory_pages() == 3);  // 7240 octets and three bursts of 832 bytes
  t.in(". 1 ack 7241").in("P. 1:1449 ack 7241").out(". 7241 ack 1449");
  CHECK(t.stack().memory_pages() == 1);  // 2304 bytes in the receive buffer
  t.receive();
  CHECK(t.stack().memory_pages() == 0);
  t.close();
  t.out("F. 7241 ack 1449");
  CHECK(t.stack().memory_pages() == 1);
  t.in(". 1449 ack 7242").quiet();
  CHECK(t.stack().memory_pages() == 0);
}

TEST_CASE("memory: what is aborted gives its pages back", "[tcp][memory]") {
  auto t = with_memory("1000 2000 3000");
  t.send(5 * smss);
  t.skip_sent();
  t.abort();
  t.skip_sent();
  CHECK(t.stack().memory_pages() == 0);
}

TEST_CASE("memory: closing with data queued above the high limit resets the connection",
          "[tcp][memory][orphan]") {
  auto t = with_memory("1 2 3");
  t.send(10 * smss);
  for (std::uint64_t i = 0; i < 10; ++i) t.out(segment(i));
  REQUIRE(t.stack().memory_pages() > 3);
  t.close();
  t.out("R. 14482 ack 1").quiet(State::closed);  // the FIN counts, though it never left
  CHECK(t.counters().TCPAbortOnMemory == 1);
  CHECK(t.stack().memory_pages() == 0);
}

TEST_CASE("memory: an orphan with little queued is spared", "[tcp][memory][orphan]") {
  auto t = with_memory("0 0 0");
  t.send(smss);
  t.out(segment(0));
  t.close();
  t.quiet(State::fin_wait_1);
  CHECK(t.counters().TCPAbortOnMemory == 0);
}

TEST_CASE("memory: an orphan that is resent above the high limit is reset",
          "[tcp][memory][orphan]") {
  auto t = with_memory("100 200 300");
  t.send(10 * smss);
  for (std::uint64_t i = 0; i < 10; ++i) t.out(segment(i));
  t.close();
  t.skip_sent();
  CHECK_FALSE(tcp::apply_setting(t.stack().settings(), "tcp_mem", "1 2 3"));
  t.until_sent(1s);
  t.skip_sent();  // the tail-loss probe looks at nothing
  t.until_sent(1s);
  t.out("R. 14482 ack 1").quiet(State::closed);
  CHECK(t.counters().TCPAbortOnMemory == 1);
}

TEST_CASE(
    "memory: a small send above the high limit waits some jiffies, a large one is let through",
    "[tcp][memory]") {
  auto t = with_memory("0 0 0", "4096 131072 33554432", "100 16384 4194304");
  CHECK(t.send(1000).bytes == 1000);  // with nothing queued the chunk itself is granted
  t.skip_sent();
  CHECK(t.send(1000).bytes == 1000);  // its page has room
  t.skip_sent();
  CHECK(t.send(500).bytes == 432);  // as much as that page still has
  const tcp::IoResult refused = t.send(500);
  CHECK(refused.error == tcp::Error::would_block);
  CHECK(refused.bytes == 0);
  CHECK(refused.try_again >= t.now() + 8ms);
  CHECK(refused.try_again <= t.now() + 204ms);
  CHECK(t.send(20'000).bytes > 0);  // it cannot wait for room in a buffer that it would fill
  t.skip_sent();
}

TEST_CASE("memory: up to tcp_wmem[0] everybody may queue", "[tcp][memory]") {
  auto t = with_memory("0 0 0", "4096 131072 33554432", "20000 20000 4194304");
  std::uint64_t taken = 0;
  for (int i = 0; i < 12; ++i) {
    taken += t.send(1000).bytes;
    t.skip_sent();
  }
  CHECK(taken == 12'000);
}

TEST_CASE("memory: without memory what comes is dropped with a closed window, but for the first",
          "[tcp][memory]") {
  auto t = with_memory("0 0 0", "1 131072 33554432");
  t.in("P. 1:1449 ack 1").out(". 1 ack 1449 win 0");
  CHECK(t.counters().TCPRcvQDrop == 0);
  CHECK(t.woken());
  t.in("P. 1449:2897 ack 1").out(". 1 ack 1449 win 6");  // closed, so it asks what is offered now
  t.in("P. 1449:2897 ack 1").out(". 1 ack 1449 win 0");
  CHECK(t.counters().TCPRcvQDrop == 1);
  CHECK(t.discards().back() == "socket_memory");
  CHECK(t.receive().bytes == 1448);
  t.out(". 1 ack 1449");                    // the window opens again
  CHECK(t.announced_window() == 6 * 1024);  // four segments, as pressure allows
}

TEST_CASE("memory: without memory what lies beyond a hole is dropped in silence", "[tcp][memory]") {
  auto t = with_memory("0 0 0", "1 131072 33554432");
  t.in("P. 1449:2897 ack 1").quiet();
  CHECK(t.counters().TCPOFODrop == 1);
}

TEST_CASE("memory: up to tcp_rmem[0] everybody may receive, and below an equal share",
          "[tcp][memory]") {
  auto least = with_memory("0 0 100", "8000 131072 33554432");
  least.in("P. 1:1449 ack 1").out(". 1 ack 1449");
  least.in("P. 1449:2897 ack 1").out(". 1 ack 2897");
  CHECK(least.counters().TCPRcvQDrop == 0);
  auto share = with_memory("0 0 100", "1 131072 33554432");
  share.in("P. 1:1449 ack 1").out(". 1 ack 1449");
  share.in("P. 1449:2897 ack 1").out(". 1 ack 2897");
  CHECK(share.counters().TCPRcvQDrop == 0);
  CHECK(share.counters().TCPMemoryPressures == 1);
}

TEST_CASE("memory: under pressure the offer stops growing, at four segments", "[tcp][memory]") {
  const auto offer_after_20 = [](const std::string& tcp_mem) {
    auto t = with_memory(tcp_mem);
    for (std::uint64_t i = 0; i < 20; ++i) {
      t.in("P. " + std::to_string(1 + i * smss) + ":" + std::to_string(1 + (i + 1) * smss) +
           " ack 1");
      t.skip_sent();
      t.receive();
      t.skip_sent();
    }
    return t.announced_window();
  };
  CHECK(offer_after_20("1000 2000 3000") > 64'000);
  CHECK(offer_after_20("0 0 100") < 64'000);
}

TEST_CASE("memory: under pressure the FIN joins the last segment that is out", "[tcp][memory]") {
  auto t = with_memory("0 0 100");
  t.send(smss);
  t.out(segment(0));
  t.close();
  t.quiet(State::fin_wait_1);
  t.until_sent(1s);
  t.out("F. 1:1449 ack 1");  // the tail-loss probe takes it along
  t.in(". 1 ack 1450").quiet();
  CHECK(t.state() == State::fin_wait_2);
}
