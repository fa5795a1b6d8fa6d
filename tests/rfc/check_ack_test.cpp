// Fifth check of SEGMENT ARRIVES in the synchronized states: ACK (RFC 9293, 3.10.7.4).
#include <catch2/catch.hpp>

#include "rfc/synchronized.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::State;

namespace {

auto every_state() { return GENERATE(from_range(synchronized_states())); }
auto every_state_but_time_wait() {
  return GENERATE(filter([](const Synchronized& s) { return s.state != State::time_wait; },
                         from_range(synchronized_states())));
}

}  // namespace

TEST_CASE("synchronized: a segment without ACK is dropped", "[tcp][rfc9293]") {
  const Synchronized s = every_state();
  auto t = TcpTest::in(s.state);
  t.in("- " + std::to_string(s.rcv) + ":" + std::to_string(s.rcv + 10)).quiet(s.state);
  t.in("F " + std::to_string(s.rcv)).quiet(s.state);
}

TEST_CASE("synchronized: an ACK of something not yet sent is answered and dropped",
          "[tcp][rfc9293]") {
  const Synchronized s = every_state_but_time_wait();
  auto t = TcpTest::in(s.state);
  t.in(line(".", s.rcv, 0, s.nxt + 1)).out(bare_ack(s)).quiet(s.state);
}

TEST_CASE("ESTABLISHED: data with an ACK of something not yet sent is not taken",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 1:11 ack 2").out(". 1 ack 1").quiet(State::established);
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("ESTABLISHED: an ACK below SND.UNA is ignored", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in(". 1 ack 0").quiet(State::established);
}

TEST_CASE("ESTABLISHED: data with an old ACK is taken all the same", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.in("P. 1:11 ack 0").out(". 1 ack 11").quiet(State::established);
  CHECK(t.receive().bytes == 10);
}

TEST_CASE("synchronized: an ACK further back than the largest window is challenged",
          "[tcp][rfc5961]") {
  // RFC 5961, 5.2: acceptable is SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT.
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.in("P. 1:11 ack -2000").out(". 1 ack 1").quiet(State::established);
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("synchronized: old ACKs count back by the largest window, below the ISS too",
          "[tcp][rfc5961]") {
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.in("P. 1:11 ack -999").out(". 1 ack 11").quiet(State::established);
  t.in("P. 11:21 ack -1000").out(". 1 ack 11").quiet(State::established);
  CHECK(t.receive().bytes == 10);
}

TEST_CASE("synchronized: for Linux an ACK is old only as far as octets were acknowledged",
          "[tcp][linux]") {
  auto t =
      TcpTest::in(State::established, {.profile = tcp::ProfileId::linux_6, .peer_window = 1000});
  t.in("P. 1:11 ack -500").out(". 1 ack 1").quiet(State::established);
  CHECK(t.receive().bytes == 0);
}

TEST_CASE("ESTABLISHED: the ACK of what was sent frees it", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out(". 1:101 ack 1");
  CHECK(t.snapshot()->send_q == 100);
  t.in(". 1 ack 61").quiet(State::established);
  CHECK(t.snapshot()->send_q == 40);
  t.in(". 1 ack 101").quiet(State::established);
  CHECK(t.snapshot()->send_q == 0);
  t.after(10min).quiet(State::established);  // nothing to send again
}

TEST_CASE("ESTABLISHED: the window follows the newest segment only", "[tcp][rfc9293]") {
  // SND.WL1 and SND.WL2: a segment overtaken by a newer one must not take the window back.
  auto t = TcpTest::in(State::established, {.peer_window = 1000});
  t.in("P. 1:11 ack 1 win 600").out(". 1 ack 11");
  t.in(". 1 ack 1 win 5000");  // older: unacceptable by its sequence number, and answered
  t.skip_sent();
  t.send(1000);
  t.out(". 1:601 ack 11").quiet();
}

TEST_CASE("ESTABLISHED: a window update without data opens the window", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established,
                       {.options = {{tcp::SocketOption::tcp_nodelay, 1}}, .peer_window = 300});
  t.send(1000);
  t.out(". 1:301 ack 1").quiet();
  t.in(". 1 ack 1 win 1000").out(". 301:1001 ack 1").quiet();
}

TEST_CASE("FIN-WAIT-1: the ACK of our FIN leads to FIN-WAIT-2", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::fin_wait_1);
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
}

TEST_CASE("FIN-WAIT-1: an ACK of the data before our FIN does not acknowledge the FIN",
          "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::established);
  t.send(100);
  t.out(". 1:101 ack 1");
  t.shutdown();
  t.out("F. 101 ack 1").quiet(State::fin_wait_1);
  t.in(". 1 ack 101").quiet(State::fin_wait_1);
  t.in(". 1 ack 102").quiet(State::fin_wait_2);
}

TEST_CASE("FIN-WAIT-2: a duplicate ACK of our FIN changes nothing", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::fin_wait_2);
  t.in(". 1 ack 2").quiet(State::fin_wait_2);
}

TEST_CASE("CLOSING: the ACK of our FIN leads to TIME-WAIT", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::closing);
  t.in(". 2 ack 1").quiet(State::closing);
  t.in(". 2 ack 2").quiet(State::time_wait);
}

TEST_CASE("LAST-ACK: the ACK of our FIN closes", "[tcp][rfc9293]") {
  auto t = TcpTest::in(State::last_ack);
  t.in(". 2 ack 1").quiet(State::last_ack);
  t.in(". 2 ack 2").quiet(State::closed);
  t.after(20min).quiet(State::closed);
}
