#include "send/tail_loss_probe.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

using Flight = TailLossProbe::Flight;
using Progress = Acked::Progress;
using Verdict = TailLossProbe::Verdict;
using What = TailLossProbe::What;

constexpr Seq end{5001};  // SND.NXT behind the probe (TLP.end_seq)

SimDuration timeout(std::optional<SimDuration> srtt, Flight flight) {
  return TailLossProbe::timeout(srtt, flight, 200ms, TimerGrid::exact());
}

TailLossProbe outstanding(What what) {
  TailLossProbe probe;
  probe.sent(what, end);
  return probe;
}

Segment ack(Seq number) {
  Segment seg;
  seg.flags = Flags::ack;
  seg.ack = number;
  return seg;
}

/// What loss recovery makes of an ACK.
Acked saw(Progress progress) {
  Acked acked;
  acked.progress = progress;
  return acked;
}

}  // namespace

// --- When (RFC 8985, 7.2) ---

TEST_CASE("TailLossProbe: waits for two round trips, and Linux's 2 ms", "[tcp][rfc8985]") {
  CHECK(timeout(50ms, Flight::more) == 102ms);
  CHECK(timeout(3s, Flight::more) == 6002ms);
}

TEST_CASE("TailLossProbe: the ACK of a single segment may be delayed, which is waited for",
          "[tcp][rfc8985]") {
  CHECK(timeout(50ms, Flight::one_segment) == 300ms);
}

TEST_CASE("TailLossProbe: waits for a second where no round trip is known", "[tcp][rfc8985]") {
  CHECK(timeout(std::nullopt, Flight::one_segment) == 1s);
  CHECK(timeout(std::nullopt, Flight::more) == 1s);
}

TEST_CASE("TailLossProbe: with the wheel its wait is a whole number of jiffies", "[tcp][linux]") {
  const TimerGrid wheel = TimerGrid::wheel(SimDuration{0});
  CHECK(TailLossProbe::timeout(50ms, Flight::more, 200ms, wheel) == 104ms);
}

// --- What ACKs say of it (RFC 8985, 7.4.2) ---

TEST_CASE("TailLossProbe: one is out until recovery looks after everything", "[tcp][rfc8985]") {
  TailLossProbe probe;
  CHECK_FALSE(probe.outstanding());
  probe.sent(What::repetition, end);
  CHECK(probe.outstanding());
  probe.cancel();
  CHECK_FALSE(probe.outstanding());
  CHECK(probe.acknowledged(ack(end + 1000), saw(Progress::advanced)) == Verdict::nothing);
}

TEST_CASE("TailLossProbe: an ACK of what came before it says nothing", "[tcp][rfc8985]") {
  auto probe = outstanding(What::repetition);
  CHECK(probe.acknowledged(ack(end - 1), saw(Progress::advanced)) == Verdict::nothing);
  CHECK(probe.outstanding());
}

TEST_CASE("TailLossProbe: new data that is acknowledged repaired nothing", "[tcp][rfc8985]") {
  auto probe = outstanding(What::new_data);
  CHECK(probe.acknowledged(ack(end), saw(Progress::advanced)) == Verdict::nothing);
  CHECK_FALSE(probe.outstanding());
}

TEST_CASE("TailLossProbe: of octets sent twice, the ACK itself does not tell which arrived",
          "[tcp][rfc8985]") {
  auto probe = outstanding(What::repetition);
  CHECK(probe.acknowledged(ack(end), saw(Progress::advanced)) == Verdict::nothing);
  CHECK(probe.outstanding());
}

TEST_CASE("TailLossProbe: a D-SACK for it says that nothing was lost", "[tcp][rfc8985]") {
  auto probe = outstanding(What::repetition);
  probe.acknowledged(ack(end), saw(Progress::advanced));
  Acked twice = saw(Progress::advanced);
  twice.dsack_of_probe = true;
  CHECK(probe.acknowledged(ack(end + 1000), twice) == Verdict::nothing);
  CHECK_FALSE(probe.outstanding());
}

TEST_CASE("TailLossProbe: so does, without SACK, an ACK that comes twice", "[tcp][rfc8985]") {
  auto probe = outstanding(What::repetition);
  probe.acknowledged(ack(end), saw(Progress::advanced));
  CHECK(probe.acknowledged(ack(end), saw(Progress::duplicate)) == Verdict::nothing);
  CHECK_FALSE(probe.outstanding());
}

TEST_CASE("TailLossProbe: an ACK beyond it without either says that it repaired a loss",
          "[tcp][rfc8985]") {
  auto probe = outstanding(What::repetition);
  probe.acknowledged(ack(end), saw(Progress::advanced));
  CHECK(probe.acknowledged(ack(end + 1000), saw(Progress::advanced)) == Verdict::repaired_a_loss);
  CHECK_FALSE(probe.outstanding());
}

TEST_CASE("TailLossProbe: a duplicate ACK that SACKs something says nothing of it",
          "[tcp][linux]") {
  auto probe = outstanding(What::repetition);
  Acked with_sack = saw(Progress::duplicate);
  with_sack.newly_sacked = 1;
  CHECK(probe.acknowledged(ack(end), with_sack) == Verdict::nothing);
  CHECK(probe.outstanding());
}
