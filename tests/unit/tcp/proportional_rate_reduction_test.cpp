#include "send/proportional_rate_reduction.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace lastack::tcp;

namespace {

using Repair = ProportionalRateReduction::Repair;
using Prr = ProportionalRateReduction;

/// A recovery with `flight` segments out, to which each ACK brings one more delivery; what may
/// leave does. A digit each: how many segments an ACK lets out.
std::string recovery(std::uint32_t flight, std::uint32_t lost, std::uint32_t ssthresh,
                     Repair repair) {
  Prr prr;
  prr.begin(flight);
  std::uint32_t pipe = flight - lost;
  std::string sent;
  for (std::uint32_t ack = 0; ack < flight - lost; ++ack) {
    prr.delivered(1);
    --pipe;
    const std::uint32_t allowed = prr.allowance(pipe, ssthresh, 1, repair);
    for (std::uint32_t i = 0; i < allowed; ++i) prr.sent();
    pipe += allowed;
    sent += std::to_string(allowed);
  }
  return sent;
}

}  // namespace

// sndcnt = CEIL(prr_delivered * ssthresh / RecoverFS) - prr_out while pipe > ssthresh.

TEST_CASE("ProportionalRateReduction: halving, every second ACK lets a segment out",
          "[tcp][rfc6937]") {
  // 20 segments, one of them lost, ssthresh 10: CEIL(n / 2) of them after the nth delivery.
  CHECK(recovery(20, 1, 10, Repair::none).substr(0, 16) == "1010101010101010");
}

TEST_CASE("ProportionalRateReduction: CUBIC's 0.7 lets out seven for ten", "[tcp][rfc6937]") {
  // CEIL(0.7 n): 1 2 3 3 4 5 5 6 7 7
  CHECK(recovery(20, 1, 14, Repair::none).substr(0, 10) == "1110110110");
}

TEST_CASE("ProportionalRateReduction: ends with the window at ssthresh", "[tcp][rfc6937]") {
  Prr prr;
  prr.begin(20);
  std::uint32_t pipe = 19;
  for (int ack = 0; ack < 19; ++ack) {
    prr.delivered(1);
    --pipe;
    const std::uint32_t allowed = prr.allowance(pipe, 10, 1, Repair::none);
    for (std::uint32_t i = 0; i < allowed; ++i) prr.sent();
    pipe += allowed;
  }
  CHECK(pipe == 10);
}

TEST_CASE("ProportionalRateReduction: one ACK for many makes up for what was held back",
          "[tcp][rfc6937]") {
  Prr prr;
  prr.begin(20);
  prr.delivered(6);
  CHECK(prr.allowance(13, 10, 6, Repair::none) == 3);
  prr.sent();
  CHECK(prr.allowance(13, 10, 6, Repair::none) == 2);
}

// Below ssthresh: MIN(ssthresh - pipe, limit). The conservative bound sends what was delivered;
// one more where SND.UNA moves and nothing more is lost (Linux; RFC 9937's SafeACK).

TEST_CASE("ProportionalRateReduction: after a burst of losses packets are conserved",
          "[tcp][rfc6937]") {
  CHECK(recovery(20, 15, 10, Repair::none) == "11111");
}

TEST_CASE("ProportionalRateReduction: while repair goes well the window grows as in slow start",
          "[tcp][rfc6937]") {
  CHECK(recovery(20, 16, 10, Repair::goes_well) == "2222");
}

TEST_CASE("ProportionalRateReduction: never lets out more than reaches ssthresh",
          "[tcp][rfc6937]") {
  Prr prr;
  prr.begin(20);
  prr.delivered(12);
  CHECK(prr.allowance(8, 10, 12, Repair::goes_well) == 2);
  CHECK(prr.allowance(10, 10, 12, Repair::goes_well) == 0);
}

TEST_CASE("ProportionalRateReduction: what was sent beyond the share is waited for",
          "[tcp][rfc6937]") {
  Prr prr;
  prr.begin(20);
  CHECK(prr.nothing_sent());
  prr.delivered(1);
  prr.sent();
  prr.sent();
  CHECK_FALSE(prr.nothing_sent());
  CHECK(prr.allowance(19, 10, 1, Repair::none) == 0);
}

TEST_CASE("ProportionalRateReduction: a new recovery owes nothing to the one before",
          "[tcp][rfc6937]") {
  Prr prr;
  prr.begin(20);
  prr.delivered(8);
  prr.sent();
  prr.begin(10);
  CHECK(prr.nothing_sent());
  prr.delivered(1);
  CHECK(prr.allowance(9, 5, 1, Repair::none) == 1);
}
