// What applications called, when, and what came of it.
#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::Aspect;

TEST_CASE("calls: another call, another result or none is a difference", "[compare]") {
  constexpr auto close = "1.000 client connect: recv eof = 0\n1.001 client connect: close";
  CHECK(differing(close, close).empty());
  CHECK(differing(close, "1.000 client connect: recv eof = 5\n1.001 client connect: close") ==
        "calls");
  CHECK(differing(close,
                  "1.000 client connect: recv eof = ECONNRESET\n"
                  "1.001 client connect: close") == "calls");
  CHECK(differing(close, "1.000 client connect: recv eof = 0\n1.001 client connect: abort") ==
        "calls");
  CHECK(differing(close, "1.000 client connect: recv eof = 0") == "calls");
  CHECK(differing("", close) == "calls");
}

TEST_CASE("calls: a result of 0 and none at all are two things", "[compare]") {
  CHECK(differing("1.000 client connect: close", "1.000 client connect: close = 0") == "calls");
}

TEST_CASE("calls: the first that went otherwise is reported", "[compare]") {
  const auto comparison = compare::compare(
      conversation("0.0 client connect: connect\n0.5 client connect: connected = ok"),
      conversation("0.0 client connect: connect\n0.6 client connect: connected = EPIPE\n"
                   "0.7 client connect: close"));
  REQUIRE(comparison.of(Aspect::calls).size() == 1);
  const compare::Difference& other = comparison.of(Aspect::calls)[0];
  CHECK(other.what == "client's connect: the 2nd call is not the same");
  CHECK(other.left == "connected ok at 0.500 s");
  CHECK(other.right == "connected EPIPE at 0.600 s");
}

TEST_CASE("calls: each application stands for itself", "[compare]") {
  CHECK(differing("1.0 server accept#1: close\n1.0 server accept#2: accepted",
                  "1.0 server accept#2: accepted\n1.0 server accept#1: close")
            .empty());
  CHECK(differing("1.0 server accept#1: close", "1.0 server accept#2: close") == "calls");
}

TEST_CASE("calls: power and settings are the scenario's", "[compare]") {
  CHECK(differing("1.0 client host: power_off", "").empty());
}

TEST_CASE("calls: one may be off by 40 ms and a step of the wheel at its host's quiet time",
          "[compare]") {
  const auto close_at = [](double at) {
    return "1.000 client sends S 0\n" + std::to_string(at) + " client connect: close";
  };
  CHECK(differing(close_at(1.100), close_at(1.143)).empty());
  CHECK(differing(close_at(1.100), close_at(1.145)) == "calls");
  CHECK(differing(close_at(2.000), close_at(2.071)).empty());
  CHECK(differing(close_at(2.000), close_at(2.073)) == "calls");
}

TEST_CASE("calls: one is excused when a segment of its host is as late", "[compare]") {
  const auto comparison = compare::compare(
      conversation("1.000 client sends S 0\n1.020 client connect: connected = ok"),
      conversation("3.000 client sends S 0\n3.020 client connect: connected = ok"));
  CHECK(comparison.of(Aspect::timing).size() == 1);
  CHECK(comparison.of(Aspect::calls).empty());
}

TEST_CASE("calls: what may have come when the run was over is none", "[compare]") {
  const auto stopped_at = [](double seconds) {
    compare::History cut = conversation("0.900 client connect: connect");
    cut.stopped = compare::Seconds{seconds};
    return cut;
  };
  const compare::History both =
      conversation("0.900 client connect: connect\n1.000 client connect: close");
  // 40 ms and a step of the wheel at one second, 32 ms, are allowed.
  CHECK(differing(both, stopped_at(1.000)).empty());
  CHECK(differing(stopped_at(1.070), both).empty());
  CHECK(differing(both, stopped_at(1.080)) == "calls");
  CHECK(differing(both, conversation("0.900 client connect: connect")) == "calls");
}
