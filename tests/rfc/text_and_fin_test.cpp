// Seventh and eighth step of SEGMENT ARRIVES: segment text and FIN (RFC 9293, 3.10.7.4).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::State;

namespace {

const SimDuration msl = 2min;  // of rfc9293

}  // namespace

TEST_CASE("data is taken and acknowledged in ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2",
          "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::established, 1, 1, 1}, Synchronized{State::fin_wait_1, 1, 2, 1},
               Synchronized{State::fin_wait_2, 2, 2, 1});
  auto t = TcpTest::in(s.state, {.role = GENERATE(Role::client, Role::server)});
  t.in(line("P.", 1, 10, s.una)).out(line(".", s.nxt, 0, 11)).quiet(s.state);
  CHECK(t.woken());
  const auto result = t.receive();
  CHECK(result.bytes == 10);
  CHECK_FALSE(result.eof);
}

TEST_CASE("data after the peer's FIN is not taken", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::close_wait, 1, 1, 2}, Synchronized{State::closing, 1, 2, 2},
               Synchronized{State::last_ack, 1, 2, 2}, Synchronized{State::time_wait, 2, 2, 2});
  auto t = TcpTest::in(s.state);
  t.in(line("P.", 2, 10, s.una));
  t.skip_sent();
  t.quiet(s.state);
  if (s.state == State::close_wait) CHECK(t.receive().bytes == 0);
}

TEST_CASE("ESTABLISHED: data out of order is held and answered at once with the ACK wanted",
          "[tcp][rfc9293][rfc5681]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 11:21 ack 1").out(". 1 ack 1");
  CHECK(t.receive().bytes == 0);
  t.in("P. 31:41 ack 1").out(". 1 ack 1");
  t.in("P. 1:11 ack 1").out(". 1 ack 21");
  CHECK(t.receive().bytes == 20);
  t.in("P. 21:31 ack 1").out(". 1 ack 41");
  CHECK(t.receive().bytes == 20);
}

TEST_CASE("ESTABLISHED: octets that overlap are delivered once", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  SECTION("to the left") {
    t.in("P. 1:11 ack 1").out(". 1 ack 11");
    t.in("P. 6:21 ack 1").out(". 1 ack 21");
  }
  SECTION("to the right") {
    t.in("P. 11:21 ack 1").out(". 1 ack 1");
    t.in("P. 1:16 ack 1").out(". 1 ack 21");
  }
  SECTION("all around") {
    t.in("P. 6:11 ack 1").out(". 1 ack 1");
    t.in("P. 1:21 ack 1").out(". 1 ack 21");
  }
  SECTION("the same again, while a hole is open") {
    t.in("P. 11:21 ack 1").out(". 1 ack 1");
    t.in("P. 11:21 ack 1").out(". 1 ack 1");
    t.in("P. 1:11 ack 1").out(". 1 ack 21");
  }
  CHECK(t.receive().bytes == 20);
  CHECK(t.receive().error == Error::would_block);
}

TEST_CASE("ESTABLISHED: data that reaches beyond the window is cut off there", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{tcp::SocketOption::so_rcvbuf, 4096}}});
  const auto window = static_cast<int>(t.announced_window());
  REQUIRE(window > 0);
  t.in(line("P.", 1, window + 100, 1));
  t.skip_sent();
  CHECK(t.receive().bytes <= static_cast<unsigned>(window));
  t.skip_sent();
}

TEST_CASE("ESTABLISHED: reading frees the window, and the sender learns it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established, {.options = {{tcp::SocketOption::so_rcvbuf, 4096}}});
  int next = 1;
  while (t.announced_window() != 0) {
    const auto octets = static_cast<int>(std::min(t.announced_window(), 1000U));
    t.in(line("P.", next, octets, 1));
    next += octets;
    t.skip_sent();
    REQUIRE(next < 100'000);
  }
  CHECK(t.receive().bytes == static_cast<unsigned>(next - 1));
  t.out(line(".", 1, 0, next)).quiet();
  CHECK(t.announced_window() > 0);
}

TEST_CASE("a FIN is acknowledged and leads on", "[tcp][rfc9293]") {
  SECTION("ESTABLISHED to CLOSE-WAIT") {
    auto t = TcpTest::in(State::established, {.role = GENERATE(Role::client, Role::server)});
    t.in("F. 1:1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
    CHECK(t.woken());
    CHECK(t.receive().eof);
  }
  SECTION("FIN-WAIT-1 to CLOSING, when it does not acknowledge ours") {
    auto t = TcpTest::in(State::fin_wait_1);
    t.in("F. 1:1 ack 1").out(". 2 ack 2").quiet(State::closing);
  }
  SECTION("FIN-WAIT-1 to TIME-WAIT, when it acknowledges ours") {
    auto t = TcpTest::in(State::fin_wait_1);
    t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::time_wait);
  }
  SECTION("FIN-WAIT-2 to TIME-WAIT") {
    auto t = TcpTest::in(State::fin_wait_2);
    t.in("F. 1:1 ack 2").out(". 2 ack 2").quiet(State::time_wait);
  }
}

TEST_CASE("a repeated FIN is acknowledged again and changes no state", "[tcp][rfc9293]") {
  const Synchronized s =
      GENERATE(Synchronized{State::close_wait, 1, 1, 2}, Synchronized{State::closing, 1, 2, 2},
               Synchronized{State::last_ack, 1, 2, 2}, Synchronized{State::time_wait, 2, 2, 2});
  auto t = TcpTest::in(s.state);
  t.in(line("F.", 1, 0, s.una)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("a FIN with data: the data is delivered, then the end", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("FP. 1:11 ack 1").out(". 1 ack 12").quiet(State::close_wait);
  const auto data = t.receive();
  CHECK(data.bytes == 10);
  const auto end = t.receive();
  CHECK(end.bytes == 0);
  CHECK(end.eof);
}

TEST_CASE("a FIN out of order waits for the octets before it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("F. 11:11 ack 1").out(". 1 ack 1").quiet(State::established);
  t.in("P. 1:11 ack 1").out(". 1 ack 12").quiet(State::close_wait);
  CHECK(t.receive().bytes == 10);
}

TEST_CASE("what came early from beyond a FIN is thrown away with it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 2:12 ack 1").out(". 1 ack 1");
  t.in("F. 1:1 ack 1").out(". 1 ack 2").quiet(State::close_wait);
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("FIN-WAIT-1: data and FIN and the ACK of ours in one segment", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::fin_wait_1);
  t.in("FP. 1:11 ack 2").out(". 2 ack 12").quiet(State::time_wait);
}

TEST_CASE("TIME-WAIT: lasts 2 MSL", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::time_wait);
  t.after(2 * msl - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("TIME-WAIT: a repeated FIN starts the 2 MSL anew", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::time_wait);
  t.after(3min).in("F. 1:1 ack 2").out(". 2 ack 2");
  t.after(2 * msl - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("TIME-WAIT: an acceptable ACK does not start the 2 MSL anew", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::time_wait);
  t.after(3min).in(". 2 ack 2").quiet(State::time_wait);
  t.after(1min - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}

TEST_CASE("CLOSING: ends through TIME-WAIT after 2 MSL", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::fin_wait_1);
  t.in("F. 1:1 ack 1").out(". 2:2 ack 2");
  CHECK(t.state() == State::closing);
  t.in(". 2:2 ack 2");
  t.after(2 * msl - 1ns).quiet(State::time_wait);
  t.after(1ns).quiet(State::closed);
}
