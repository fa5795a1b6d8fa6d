// For how long a connection waits for a peer that is silent: the user timeout, probes of a closed
// window, keepalive.
#include <catch2/catch.hpp>

#include "keepalive_timer.hpp"
#include "send/user_timeout.hpp"
#include "send/zero_window_probe.hpp"
#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

constexpr SimTime start = sim_start + 5s;
const TimerGrid grid = TimerGrid::exact();

}  // namespace

// --- The user timeout (RFC 5482) ---

TEST_CASE("UserTimeout: 0 is none", "[tcp][rfc5482]") {
  CHECK_FALSE(UserTimeout{0}.set());
  CHECK(UserTimeout{0}.clamp(7s, start, start + 1h, grid) == 7s);
}

TEST_CASE("UserTimeout: passes by stamps of milliseconds", "[tcp][linux]") {
  const UserTimeout limit{1000};
  CHECK_FALSE(limit.passed(start, start + 999ms));
  CHECK(limit.passed(start, start + 1s));
  CHECK(limit.passed(start + 900us, start + 1s));  // stamps of 5000 and 6000
}

TEST_CASE("UserTimeout: the last wait ends with it, but is a jiffy at least", "[tcp][linux]") {
  const UserTimeout limit{10'000};
  CHECK(limit.clamp(3s, never, start, grid) == 3s);  // nothing is stuck
  CHECK(limit.clamp(3s, start, start + 2s, grid) == 3s);
  CHECK(limit.clamp(3s, start, start + 8s, grid) == 2s);
  CHECK(limit.clamp(3s, start, start + 11s, grid) == 4ms);
}

// --- Probes of a closed window (RFC 9293, 3.8.6.1) ---

TEST_CASE("ZeroWindowProbe: the first waits for a timeout, and each after it twice as long",
          "[tcp][rfc9293]") {
  ZeroWindowProbe probe;
  for (const SimDuration wait : {300ms, 600ms, 1200ms, 2400ms, 4800ms}) {
    CHECK(probe.interval(300ms, 200ms, 120s) == wait);
    probe.sent(15);
  }
}

TEST_CASE("ZeroWindowProbe: waits stay between the least and the longest timeout",
          "[tcp][rfc9293]") {
  ZeroWindowProbe probe;
  CHECK(probe.interval(1ms, 200ms, 120s) == 200ms);
  for (int i = 0; i < 100; ++i) probe.sent(1000);
  CHECK(probe.interval(300ms, 200ms, 120s) == 120s);
}

TEST_CASE("ZeroWindowProbe: with few retries the wait stops doubling", "[tcp][linux]") {
  ZeroWindowProbe probe;
  for (int i = 0; i < 10; ++i) probe.sent(2);
  CHECK(probe.interval(300ms, 200ms, 120s) == 1200ms);
}

TEST_CASE("ZeroWindowProbe: a window that opens ends it, an answer only the time", "[tcp][linux]") {
  ZeroWindowProbe probe;
  CHECK(probe.since() == never);
  probe.begin(start);
  probe.begin(start + 3s);
  CHECK(probe.since() == start);
  probe.sent(15);
  probe.end();
  CHECK(probe.since() == never);
  CHECK(probe.interval(300ms, 200ms, 120s) == 600ms);
  probe.opened();
  CHECK(probe.interval(300ms, 200ms, 120s) == 300ms);
}

TEST_CASE("ZeroWindowProbe: a user timeout counts from the first probe", "[tcp][rfc5482]") {
  ZeroWindowProbe probe;
  probe.begin(start);
  CHECK_FALSE(probe.outlasts(UserTimeout{1000}, start));
  CHECK_FALSE(probe.outlasts(UserTimeout{1000}, start + 999ms));
  CHECK(probe.outlasts(UserTimeout{1000}, start + 1s));
  CHECK_FALSE(probe.outlasts(UserTimeout{0}, start + 24h));
}

// --- Keepalive (RFC 9293, 3.8.4) ---

namespace {

using What = KeepaliveTimer::Answer::What;

KeepaliveTimer::Answer after(SimDuration silence, std::uint32_t unanswered,
                             std::int32_t user_timeout_ms = 0) {
  return KeepaliveTimer::due_after(silence, unanswered, {2h, 75s, 9, UserTimeout{user_timeout_ms}});
}

}  // namespace

TEST_CASE("KeepaliveTimer: waits for what is left of two hours", "[tcp][rfc9293]") {
  const auto answer = after(30min, 0);
  CHECK(answer.what == What::wait);
  CHECK(answer.next == 90min);
}

TEST_CASE("KeepaliveTimer: then probes every 75 s, nine times", "[tcp][rfc9293]") {
  for (std::uint32_t unanswered = 0; unanswered < 9; ++unanswered) {
    const auto answer = after(2h + unanswered * 75s, unanswered);
    CHECK(answer.what == What::probe);
    CHECK(answer.next == 75s);
  }
  CHECK(after(2h + 9 * 75s, 9).what == What::give_up);
}

TEST_CASE("KeepaliveTimer: a user timeout replaces the number of probes", "[tcp][linux]") {
  constexpr std::int32_t ms = 2 * 3'600'000 + 100'000;
  CHECK(after(2h, 0, 1000).what == What::probe);  // nothing was asked yet
  CHECK(after(2h + 75s, 1, ms).what == What::probe);
  CHECK(after(2h + 150s, 2, ms).what == What::give_up);
  CHECK(after(3h, 50, 4 * 3'600'000).what == What::probe);
}

TEST_CASE("KeepaliveTimer: silence ends with an ACK or with data", "[tcp][linux]") {
  KeepaliveTimer timer;
  timer.heard(start + 10s);
  CHECK(timer.silence(start, start + 15s) == 5s);
  CHECK(timer.silence(start + 12s, start + 15s) == 3s);
}

TEST_CASE("KeepaliveTimer: serves an orphan in FIN-WAIT-2 as well", "[tcp][linux]") {
  using Kind = KeepaliveTimer::Kind;
  KeepaliveTimer timer;
  CHECK_FALSE(timer.running());
  timer.arm(Kind::keepalive, start);
  CHECK(timer.name() == Timer::keepalive);
  timer.arm(Kind::fin_wait_2, start + 60s);
  CHECK(timer.name() == Timer::fin_wait_2);
  CHECK(timer.due() == start + 60s);
  timer.check_invariants();
  timer.stop();
  CHECK_FALSE(timer.running());
  timer.check_invariants();
}

TEST_CASE(
    "KeepaliveTimer: beyond the end of time it runs and never runs out, and a time alone is a bug",
    "[tcp][invariants]") {
  using Kind = KeepaliveTimer::Kind;
  KeepaliveTimer late;
  late.arm(Kind::keepalive, never);
  CHECK(late.running());
  late.check_invariants();
  CHECK(aborts([] {
    KeepaliveTimer timer;
    timer.arm(Kind::none, start);
    timer.check_invariants();
  }));
}
