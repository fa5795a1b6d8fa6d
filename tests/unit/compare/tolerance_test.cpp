#include "lastack/compare/tolerance.hpp"

#include <catch2/catch.hpp>

using namespace lastack;
using namespace lastack::compare;

TEST_CASE("the timer wheel: a step is 4 ms below 0.26 s, then 32 ms, 256 ms and 2 s", "[compare]") {
  CHECK(wheel_step(0ms) == 4ms);
  CHECK(wheel_step(259ms) == 4ms);
  CHECK(wheel_step(Seconds{0.26}) == Seconds{0.032});
  CHECK(wheel_step(2099ms) == Seconds{0.032});
  CHECK(wheel_step(Seconds{2.1}) == Seconds{0.256});
  CHECK(wheel_step(16499ms) == Seconds{0.256});
  CHECK(wheel_step(Seconds{16.5}) == Seconds{2.048});
  CHECK(wheel_step(120s) == Seconds{2.048});
}

TEST_CASE("a tolerance grows with the wait, unless it is fixed", "[compare]") {
  const Tolerance timers = Tolerance::of_kernel_timers();
  CHECK(timers.for_segment(200ms) == Seconds{0.010} + Seconds{0.004});
  CHECK(timers.for_segment(1s) == Seconds{0.010} + Seconds{0.032});
  CHECK(timers.for_call(1s) == Seconds{0.040} + Seconds{0.032});
  const Tolerance fixed = Tolerance::fixed(5ms);
  CHECK(fixed.for_segment(1s) == Seconds{0.005});
  CHECK(fixed.for_call(100s) == Seconds{0.005});
}

TEST_CASE("a tolerance says what it is, and is read from a duration only", "[compare]") {
  CHECK(Tolerance::fixed(5ms).text() == "5 ms");
  CHECK(Tolerance::parse("1.5s")->text() == "1.500 s");
  CHECK(Tolerance::parse("0s")->for_segment(1s) == 0s);
  CHECK(Tolerance::of_kernel_timers().text().find("10 ms") == 0);
  for (const char* wrong : {"", "5", "5 apples", "-1ms"}) CHECK(!Tolerance::parse(wrong));
}

TEST_CASE("durations are reported in the unit that people would take", "[compare]") {
  CHECK(duration_text(Seconds{0.000012}) == "0.012 ms");
  CHECK(duration_text(Seconds{0.0397}) == "39.7 ms");
  CHECK(duration_text(Seconds{1.0236}) == "1.024 s");
}
