#include "lastack/tcp/congestion_control.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

/// A window's worth of ACKs, one for each segment.
void round_trip(CongestionControl& control, SimTime now, SimDuration srtt) {
  for (std::uint32_t left = control.cwnd(); left > 0; --left) control.acknowledged(1, now, srtt);
}

}  // namespace

TEST_CASE("CongestionControl: starts with ten segments, in slow start", "[tcp][rfc6928]") {
  const CongestionControl control{GENERATE(CongestionAlgorithm::reno, CongestionAlgorithm::cubic)};
  CHECK(control.cwnd() == 10);
  CHECK(control.in_slow_start());
}

TEST_CASE("CongestionControl: slow start doubles the window in a round trip", "[tcp][rfc5681]") {
  CongestionControl control{GENERATE(CongestionAlgorithm::reno, CongestionAlgorithm::cubic)};
  round_trip(control, sim_start, 100ms);
  CHECK(control.cwnd() == 20);
}

TEST_CASE("CongestionControl: Reno halves after a loss, never below two segments",
          "[tcp][rfc5681]") {
  CongestionControl control{CongestionAlgorithm::reno};
  control.loss_detected();
  CHECK(control.ssthresh() == 5);
  control.set_cwnd(3);
  control.loss_detected();
  CHECK(control.ssthresh() == 2);
}

TEST_CASE("CongestionControl: Reno grows by a segment in a round trip past ssthresh",
          "[tcp][rfc5681]") {
  CongestionControl control{CongestionAlgorithm::reno};
  control.loss_detected();
  control.set_cwnd(control.ssthresh());
  for (std::uint32_t wanted = 6; wanted < 12; ++wanted) {
    round_trip(control, sim_start, 100ms);
    CHECK(control.cwnd() == wanted);
  }
}

TEST_CASE("CongestionControl: a timeout starts again from one segment", "[tcp][rfc5681]") {
  CongestionControl control{GENERATE(CongestionAlgorithm::reno, CongestionAlgorithm::cubic)};
  control.loss_detected();
  control.collapse(Seq{0}, sim_start);
  CHECK(control.cwnd() == 1);
  CHECK(control.in_slow_start());
}

TEST_CASE("CongestionControl: a loss that was none is undone", "[tcp]") {
  CongestionControl control{GENERATE(CongestionAlgorithm::reno, CongestionAlgorithm::cubic)};
  round_trip(control, sim_start, 100ms);
  control.loss_detected();
  control.collapse(Seq{0}, sim_start);
  control.undo();
  CHECK(control.cwnd() == 20);
  CHECK(control.in_slow_start());
}

TEST_CASE("CongestionControl: CUBIC keeps seven tenths after a loss", "[tcp][rfc9438]") {
  CongestionControl control{CongestionAlgorithm::cubic};
  control.set_cwnd(100);
  control.loss_detected();
  CHECK(control.ssthresh() == 70);
}

TEST_CASE("CongestionControl: CUBIC comes back to the old window in K seconds, then probes beyond",
          "[tcp][rfc9438]") {
  CongestionControl control{CongestionAlgorithm::cubic};
  control.set_cwnd(100);
  control.loss_detected();
  control.set_cwnd(control.ssthresh());
  // K = cbrt(100 x 0.3 / 0.4) = 4.2 s
  SimTime now = sim_start;
  std::uint32_t at_half = 0;
  for (; now < sim_start + 12s; now += 100ms) {
    if (now == sim_start + 2s) at_half = control.cwnd();
    if (now == sim_start + 4s) {
      CHECK(control.cwnd() >= 93);
      CHECK(control.cwnd() <= 104);
    }
    round_trip(control, now, 100ms);
  }
  CHECK(at_half > 75);
  CHECK(at_half < 99);
  CHECK(control.cwnd() > 120);
}

TEST_CASE("CongestionControl: an idle connection loses half its window for each RTO", "[tcp]") {
  CongestionControl control{CongestionAlgorithm::reno};
  control.set_cwnd(80);
  SECTION("one") {
    control.restart_after_idle(1500ms, 1s);
    CHECK(control.cwnd() == 40);
  }
  SECTION("many: not below the initial window") {
    control.restart_after_idle(1h, 1s);
    CHECK(control.cwnd() == 10);
  }
}

// --- HyStart ---

TEST_CASE(
    "CongestionControl: slow start ends after eight samples of a round trip that grew by an eighth",
    "[tcp][hystart]") {
  CongestionControl control{CongestionAlgorithm::cubic};
  SimTime now = sim_start;
  control.begin(Seq{0}, now);
  control.round_trip(100ms, Seq{0}, Seq{1000}, now, 0ms);
  control.set_cwnd(16);
  const SimDuration rtt = GENERATE(100ms + 12ms, 100ms + 13ms);
  for (std::uint32_t sample = 1; sample <= 10; ++sample) {
    now += 3ms;  // too far apart for a train
    control.round_trip(rtt, Seq{1}, Seq{1000}, now, 0ms);
  }
  CHECK(control.in_slow_start() == (rtt < 113ms));
}

TEST_CASE("CongestionControl: slow start ends when ACKs come close together for half a round trip",
          "[tcp][hystart]") {
  CongestionControl control{CongestionAlgorithm::cubic};
  SimTime now = sim_start;
  control.begin(Seq{0}, now);
  control.set_cwnd(16);
  int acks = 0;
  while (control.in_slow_start() && acks < 1000) {
    now += 1ms;
    ++acks;
    control.round_trip(100ms, Seq{0}, Seq{1000}, now, 0ms);
  }
  CHECK(acks == 51);
  CHECK(control.ssthresh() == 16);
}
