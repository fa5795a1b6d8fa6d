// Several recordings: whether they agree, and which is nearest to a trace.
#include "lastack/compare/nearest.hpp"

#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::Aspect;
using compare::History;
using compare::is_steady;

namespace {

/// A SYN that is sent again so much later.
History again_after(double seconds) {
  return recording("0.000 client sends S 0\n" + std::to_string(seconds) + " client sends S 0");
}

}  // namespace

TEST_CASE("recordings are steady when every host sent the same segments", "[compare]") {
  CHECK(is_steady({again_after(1), again_after(1.02), again_after(1.03)}));
  CHECK(is_steady({again_after(1)}));
  CHECK_FALSE(is_steady({again_after(1), again_after(1), recording("0.000 client sends S 0")}));
  CHECK_FALSE(is_steady(
      {recording("0.000 client sends S 0"), recording("0.000 client sends S 0, dropped")}));
  CHECK_FALSE(is_steady({recording("0.000 client sends S 0"),
                         recording("0.000 client sends S 0\n1.000 server sends R 1")}));
}

TEST_CASE("recordings are racy when a gap differs by 30 ms and 2.2 steps of the wheel",
          "[compare]") {
  CHECK(is_steady({again_after(1), again_after(1.099)}));
  CHECK_FALSE(is_steady({again_after(1), again_after(1.102)}));
  CHECK(is_steady({again_after(0.1), again_after(0.138)}));
  CHECK_FALSE(is_steady({again_after(0.1), again_after(0.140)}));
}

TEST_CASE("recordings are steady when only the start differs, or an ACK before a FIN",
          "[compare]") {
  CHECK(is_steady({recording("0.000 client sends S 0"), recording("0.900 client sends S 0")}));
  CHECK(is_steady({recording("1.000 server sends . 1 ack 2\n1.001 server sends F. 1 ack 2"),
                   recording("1.001 server sends F. 1 ack 2")}));
}

TEST_CASE("nearest: the recording that agrees wins, and of two alike the first", "[compare]") {
  const std::vector<History> recordings{again_after(3), again_after(1), again_after(1.001)};
  CHECK(nearest(recordings, again_after(1)).recording == 1);
  CHECK(nearest(recordings, again_after(1)).comparison.agrees());
  CHECK(nearest(recordings, again_after(7)).recording == 0);
}

TEST_CASE("nearest: other segments weigh more than all that follows", "[compare]") {
  const std::vector<History> recordings{
      recording("0.000 client sends S 0, dropped"),
      recording("5.000 client sends S 0 mss 9\n0.0 client connect: close")};
  const auto found = nearest(recordings, conversation("0.000 client sends S 0"));
  CHECK(found.recording == 1);
  CHECK(found.comparison.of(Aspect::segments).empty());
  CHECK_FALSE(found.comparison.of(Aspect::timing).empty());
}
