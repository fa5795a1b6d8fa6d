#include "lastack/tcp/rto_estimator.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

const RtoLimits rfc{RtoFormula::rfc6298, 1s, 120s, TimerGrid::exact()};
const RtoLimits linux_limits{RtoFormula::linux, 200ms, 120s, TimerGrid::exact()};

RtoEstimator after_samples(std::initializer_list<SimDuration> samples, const RtoLimits& limits) {
  RtoEstimator estimator{1s};
  for (const SimDuration rtt : samples) estimator.sample(rtt, WindowTurn::passed, limits);
  return estimator;
}

}  // namespace

TEST_CASE("RtoEstimator: an initial timeout of centuries backs off to the maximum", "[tcp][rto]") {
  RtoEstimator rto{SimDuration::max()};
  rto.back_off({.min = 1s, .max = 120s});
  CHECK(rto.rto() == 120s);
  RtoEstimator unlimited{SimDuration::max() / 2 + 1ns};
  unlimited.back_off({.min = 1s, .max = SimDuration::max()});
  CHECK(unlimited.rto() == SimDuration::max());
}

TEST_CASE("RtoEstimator: the initial timeout before the first sample", "[tcp][rfc6298]") {
  const RtoEstimator estimator{3s};
  CHECK(estimator.rto() == 3s);
  CHECK_FALSE(estimator.has_sample());
}

TEST_CASE("RtoEstimator: what was backed off is taken back by what the round trips say",
          "[tcp][linux]") {
  auto estimator = after_samples({500ms}, rfc);
  estimator.back_off(rfc);
  REQUIRE(estimator.rto() == 3s);
  estimator.restart(rfc);
  CHECK(estimator.rto() == 1500ms);
}

TEST_CASE("RtoEstimator: first sample: SRTT = R, RTO = R + 4 (R/2)", "[tcp][rfc6298]") {
  const auto estimator = after_samples({500ms}, rfc);
  CHECK(estimator.srtt() == 500ms);
  CHECK(estimator.rto() == 1500ms);
}

TEST_CASE("RtoEstimator: later samples weigh 1/8 and 1/4", "[tcp][rfc6298]") {
  CHECK(after_samples({600ms, 1000ms}, rfc).srtt() == 650ms);
  CHECK(after_samples({600ms, 1000ms}, rfc).rto() == 650ms + 4 * 325ms);
  CHECK(after_samples({600ms, 200ms}, rfc).srtt() == 550ms);
  CHECK(after_samples({600ms, 200ms}, rfc).rto() == 550ms + 4 * 325ms);
}

TEST_CASE("RtoEstimator: a steady round trip brings RTO down to it, but not below the minimum",
          "[tcp][rfc6298]") {
  RtoEstimator estimator{1s};
  for (int i = 0; i < 100; ++i) estimator.sample(2s, WindowTurn::passed, rfc);
  CHECK(estimator.srtt() == 2s);
  CHECK(estimator.rto() >= 2s);
  CHECK(estimator.rto() <= 2001ms);
  for (int i = 0; i < 100; ++i) estimator.sample(10ms, WindowTurn::passed, rfc);
  CHECK(estimator.rto() == 1s);
}

TEST_CASE("RtoEstimator: backing off doubles, up to the maximum", "[tcp][rfc6298]") {
  auto estimator = after_samples({10s}, rfc);
  REQUIRE(estimator.rto() == 30s);
  estimator.back_off(rfc);
  CHECK(estimator.rto() == 60s);
  estimator.back_off(rfc);
  CHECK(estimator.rto() == 120s);
  estimator.back_off(rfc);
  CHECK(estimator.rto() == 120s);
}

TEST_CASE("RtoEstimator: of a minimum above the maximum the maximum counts", "[tcp][rfc6298]") {
  const RtoLimits turned{RtoFormula::rfc6298, 120s, 1s, TimerGrid::exact()};
  CHECK(after_samples({10ms}, turned).rto() == 1s);
  auto estimator = after_samples({10s}, turned);
  estimator.restart(turned);
  CHECK(estimator.rto() == 1s);
}

TEST_CASE("RtoEstimator: a new sample ends the backoff", "[tcp][rfc6298]") {
  auto estimator = after_samples({500ms}, rfc);
  estimator.back_off(rfc);
  estimator.sample(500ms, WindowTurn::passed, rfc);
  CHECK(estimator.rto() == 500ms + 4 * 187500us);
}

TEST_CASE("RtoEstimator: Linux's minimum is on the variance", "[tcp][linux]") {
  CHECK(after_samples({20ms}, linux_limits).rto() == 220ms);
  CHECK(after_samples({20ms, 20ms, 20ms, 20ms}, linux_limits).rto() == 220ms);
  CHECK(after_samples({300ms}, linux_limits).rto() == 900ms);  // above it, RFC 6298's
}

TEST_CASE("RtoEstimator: Linux's variance does not grow fast when round trips get shorter",
          "[tcp][linux]") {
  const auto shorter = after_samples({800ms, 100ms}, linux_limits);
  const auto plain = after_samples({800ms, 100ms}, rfc);
  CHECK(shorter.rto() < plain.rto());
}

TEST_CASE("RtoEstimator: rounds up to the timer's unit", "[tcp][linux]") {
  const RtoLimits wheel{RtoFormula::linux, 200ms, 120s, TimerGrid::wheel(SimDuration{0})};
  CHECK(after_samples({21ms}, wheel).rto() == 224ms);
}
