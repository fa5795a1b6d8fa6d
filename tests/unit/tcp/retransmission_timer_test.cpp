#include "send/retransmission_timer.hpp"

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

using Kind = RetransmissionTimer::Kind;

const RtoLimits rfc{RtoFormula::rfc6298, 1s, 120s, TimerGrid::exact()};
const RtoLimits linux_limits{RtoFormula::linux, 200ms, 120s, TimerGrid::exact()};

constexpr SimTime start = sim_start + 5s;

RetransmissionTimer::Budget budget(RetryBudget by, std::int32_t retries,
                                   std::int32_t user_timeout_ms = 0) {
  return {by, retries, retry_budget_start, 120s, UserTimeout{user_timeout_ms}};
}

/// One that has timed out so often, for the first time at `start`.
RetransmissionTimer after_timeouts(int count) {
  RetransmissionTimer timer{1s};
  for (int i = 0; i < count; ++i) {
    timer.retrying_since(start);
    timer.timed_out();
  }
  return timer;
}

}  // namespace

TEST_CASE("RetransmissionTimer: runs from when it is set until it runs out or is stopped",
          "[tcp][rfc6298]") {
  RetransmissionTimer timer{1s};
  CHECK_FALSE(timer.running());
  CHECK(timer.due() == never);
  timer.arm(Kind::rto, start + timer.rto());
  CHECK(timer.running());
  CHECK(timer.due() == start + 1s);
  timer.stop();
  CHECK_FALSE(timer.running());
  CHECK(timer.due() == never);
}

TEST_CASE("RetransmissionTimer: a probe of the tail has a name of its own, others share one",
          "[tcp][linux]") {
  CHECK(RetransmissionTimer::name_of(Kind::tlp) == Timer::tlp);
  for (const Kind kind : {Kind::rto, Kind::probe, Kind::reorder}) {
    CHECK(RetransmissionTimer::name_of(kind) == Timer::rto);
  }
}

TEST_CASE("RetransmissionTimer: each timeout doubles the next, until a new round trip is known",
          "[tcp][rfc6298]") {
  RetransmissionTimer timer{1s};
  timer.sample(500ms, Seq{1}, Seq{1001}, rfc);
  REQUIRE(timer.rto() == 1500ms);  // SRTT 500, RTTVAR 250 ms
  timer.back_off(rfc);
  CHECK(timer.rto() == 3s);
  timer.back_off(rfc);
  CHECK(timer.rto() == 6s);
  timer.sample(500ms, Seq{1001}, Seq{2001}, rfc);
  CHECK(timer.rto() == 1250ms);  // RTTVAR is 3/4 of 250 ms
}

TEST_CASE("RetransmissionTimer: a handshake without a sample leaves 3 s", "[tcp][rfc6298]") {
  RetransmissionTimer timer{1s};
  timer.back_off(rfc);
  timer.reset(3s);  // RFC 6298, 5.7
  CHECK(timer.rto() == 3s);
  CHECK_FALSE(timer.has_sample());
}

TEST_CASE("RetransmissionTimer: what is left of a timeout counts from the sending",
          "[tcp][rfc6298]") {
  const RetransmissionTimer timer{1s};
  CHECK(timer.left(start, start + 300ms) == 700ms);
  CHECK(timer.left(start, start + 1200ms) == -200ms);
}

TEST_CASE("RetransmissionTimer: Linux lets the variance fall once a window, not with each ACK",
          "[tcp][linux]") {
  RetransmissionTimer timer{1s};
  timer.begin(Seq{1});
  timer.sample(400ms, Seq{1}, Seq{10'001}, linux_limits);
  REQUIRE(timer.rto() == 1200ms);
  for (std::uint32_t una = 1001; una <= 10'001; una += 1000) {  // one window of even round trips
    timer.sample(400ms, Seq{una}, Seq{20'001}, linux_limits);
  }
  CHECK(timer.rto() == 1200ms);
  timer.sample(400ms, Seq{10'002}, Seq{20'001}, linux_limits);
  timer.sample(400ms, Seq{20'001}, Seq{30'001}, linux_limits);
  CHECK(timer.rto() == 1200ms);
  timer.sample(400ms, Seq{20'002}, Seq{30'001}, linux_limits);
  CHECK(timer.rto() < 1200ms);
}

// --- For how long (RFC 9293, 3.8.3) ---

TEST_CASE("RetransmissionTimer: n retries are used up after n retransmissions", "[tcp][rfc9293]") {
  const auto three = budget(RetryBudget::count, 3);
  CHECK_FALSE(after_timeouts(2).used_up(three, start + 24h));
  CHECK(after_timeouts(3).used_up(three, start));
  CHECK(after_timeouts(0).used_up(budget(RetryBudget::count, 0), start));
}

TEST_CASE("RetransmissionTimer: with Linux n retries are a time, 15 of them 924.6 s",
          "[tcp][linux]") {
  const auto timer = after_timeouts(1);
  const auto fifteen = budget(RetryBudget::elapsed_time, 15);  // ip-sysctl: tcp_retries2
  CHECK_FALSE(timer.used_up(fifteen, start + 924599ms));
  CHECK(timer.used_up(fifteen, start + 924600ms));
  const auto three = budget(RetryBudget::elapsed_time, 3);  // 0.2 + 0.4 + 0.8 + 1.6 s
  CHECK_FALSE(after_timeouts(100).used_up(three, start + 2999ms));
  CHECK(timer.used_up(three, start + 3s));
}

TEST_CASE("RetransmissionTimer: a time is not over before something was retried", "[tcp][linux]") {
  const auto none = budget(RetryBudget::elapsed_time, 0);
  CHECK_FALSE(after_timeouts(0).used_up(none, start + 24h));
  auto timer = after_timeouts(2);
  timer.progress();  // something got through meanwhile
  CHECK_FALSE(timer.used_up(none, start + 24h));
}

TEST_CASE("RetransmissionTimer: the user timeout replaces either budget", "[tcp][rfc5482]") {
  const RetryBudget by = GENERATE(RetryBudget::count, RetryBudget::elapsed_time);
  const auto half_a_minute = budget(by, 1, 30'000);
  CHECK_FALSE(after_timeouts(9).used_up(half_a_minute, start + 29'999ms));
  CHECK(after_timeouts(1).used_up(half_a_minute, start + 30s));
}

TEST_CASE("RetransmissionTimer: progress starts the count anew, repair the time", "[tcp][linux]") {
  auto timer = after_timeouts(2);
  timer.retrying_since(start + 10s);
  CHECK(timer.stuck_since() == start);  // retries count from the first
  timer.progress();
  CHECK(timer.retransmits() == 0);
  CHECK(timer.timeouts() == 2);
  CHECK(timer.stuck_since() == start);
  timer.repaired();
  CHECK(timer.stuck_since() == never);
  timer.check_invariants();
}

TEST_CASE("RetransmissionTimer: beyond the end of time it runs, and never runs out",
          "[tcp][invariants]") {
  RetransmissionTimer timer{1s};
  timer.arm(Kind::rto, never);
  CHECK(timer.running());
  timer.check_invariants();
}

TEST_CASE(
    "RetransmissionTimer: one that runs out though it does not run, and a timeout of 0, are bugs",
    "[tcp][invariants]") {
  CHECK(aborts([] {
    RetransmissionTimer timer{1s};
    timer.arm(Kind::none, start);
    timer.check_invariants();
  }));
  CHECK(aborts([] { RetransmissionTimer{0s}.check_invariants(); }));
}
