// What each host sent, in order; when; options, windows and SACK blocks.
#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::Aspect;
using compare::Tolerance;

namespace {

constexpr auto handshake = R"(
  0.000 client sends S 0
  0.010 server sends S. 0 ack 1
  0.020 client sends . 1 ack 1
)";

/// Whether a segment that the server sends after a second, and this one instead, are the same.
std::string instead_of(std::string_view segment, std::string_view other) {
  return differing("1.000 server sends " + std::string{segment},
                   "1.000 server sends " + std::string{other});
}

/// Two segments of the client, so far apart, each.
std::string gaps(double left, double right) {
  const auto pair = [](double gap) {
    return "0.000 client sends S 0\n" + std::to_string(gap) + " client sends S 0";
  };
  return differing(pair(left), pair(right));
}

}  // namespace

TEST_CASE("segments: the same conversation agrees with itself", "[compare]") {
  CHECK(differing(handshake, handshake).empty());
}

TEST_CASE("segments: other flags, numbers, length or fate make another segment", "[compare]") {
  CHECK(instead_of("F. 1 ack 1", ". 1 ack 1") == "segments");
  CHECK(instead_of(". 1 ack 1", ". 2 ack 1") == "segments");
  CHECK(instead_of(". 1 ack 1", ". #2+1 ack 1") == "segments");
  CHECK(instead_of(". 1 ack 1", ". 1 ack 2") == "segments");
  CHECK(instead_of("R 1", "R. 1 ack 0") == "segments");
  CHECK(instead_of(". 1:101 ack 1", ". 1:102 ack 1") == "segments");
  CHECK(instead_of(". 1 ack 1", ". 1 ack 1, dropped") == "segments");
  CHECK(instead_of(". 1 ack 1, delayed", ". 1 ack 1, duplicated") == "segments");
}

TEST_CASE("segments: PSH makes no other segment", "[compare]") {
  CHECK(instead_of("P. 1:101 ack 1", ". 1:101 ack 1").empty());
}

TEST_CASE("segments: numbers that follow no initial sequence number are alike", "[compare]") {
  CHECK(instead_of("R abs", "R abs").empty());
  CHECK(instead_of("R abs", "R 1") == "segments");
  compare::History left = conversation("1.000 server sends R abs");
  left.segments[0].seq.offset = 4711;
  CHECK(differing(left, conversation("1.000 server sends R abs")).empty());
}

TEST_CASE("segments: a number of an earlier connection is as exact as the time when that began",
          "[compare]") {
  CHECK(instead_of("R 4607500", "R 4610055").empty());  // 0.16 ms
  CHECK(instead_of("R 4607500", "R 4700000") == "segments");
  CHECK(instead_of("R 1000", "R 1001") == "segments");
}

TEST_CASE("segments: after the first that is another, none of that host are compared",
          "[compare]") {
  const auto comparison = compare::compare(conversation(R"(
    0.000 client sends S 0
    0.020 client sends . 1 ack 1
    0.500 client sends F. 1 ack 1
    0.000 server sends S. 0 ack 1
  )"),
                                           conversation(R"(
    0.000 client sends S 0
    0.020 client sends R 1
    9.000 client sends R 1
    0.000 server sends S. 0 ack 1, dropped
  )"));
  REQUIRE(comparison.of(Aspect::segments).size() == 2);
  CHECK(comparison.of(Aspect::segments)[0].where == "client #2");
  CHECK(comparison.of(Aspect::segments)[1].where == "server #1");
  CHECK(comparison.of(Aspect::timing).empty());
}

TEST_CASE("segments: one that only one side sent is reported as such", "[compare]") {
  const auto comparison =
      compare::compare(conversation(handshake), conversation("0.000 client sends S 0"));
  REQUIRE(comparison.of(Aspect::segments).size() == 2);
  const compare::Difference& client = comparison.of(Aspect::segments)[0];
  CHECK(client.what == "client's 2nd segment is there on one side only");
  CHECK(client.left == ". 1 ack 1 at 0.020 s");
  CHECK(client.right == "nothing more");
  CHECK(client.at() == compare::Seconds{0.020});
  CHECK(comparison.of(Aspect::segments)[1].where == "server #1");
}

TEST_CASE("segments: forged ones are the scenario's, not the host's", "[compare]") {
  CHECK(differing("1.000 client forges S old+0\n2.000 client sends S 0", "2.000 client sends S 0")
            .empty());
}

TEST_CASE("segments: an ACK right before a FIN with the same numbers counts as the FIN",
          "[compare]") {
  const auto both = [](std::string_view ack, std::string_view fin) {
    return differing("1.000 server sends " + std::string{ack} + "\n" + std::string{fin},
                     "1.002 server sends F. 1 ack 2");
  };
  CHECK(both(". 1 ack 2", "1.0049 server sends F. 1 ack 2").empty());
  CHECK(both(". 1 ack 2", "1.0051 server sends F. 1 ack 2") == "segments");
  CHECK(both(". 1 ack 2, dropped", "1.001 server sends F. 1 ack 2") == "segments");
  CHECK(both(". 1 ack 1", "1.001 server sends F. 1 ack 2") == "segments");
  CHECK(both(". 0:1 ack 2", "1.001 server sends F. 1 ack 2") == "segments");
  CHECK(both("F. 1 ack 2", "1.001 server sends F. 1 ack 2") == "segments");
}

TEST_CASE("timing: a segment may be off by 10 ms and a step of the timer wheel", "[compare]") {
  CHECK(gaps(0.200, 0.2135).empty());
  CHECK(gaps(0.200, 0.2145) == "timing");
  CHECK(gaps(1.000, 1.0415).empty());
  CHECK(gaps(1.0425, 1.000) == "timing");
  CHECK(gaps(4.000, 4.265).empty());
  CHECK(gaps(4.000, 4.267) == "timing");
  CHECK(gaps(32.000, 34.050).empty());
  CHECK(gaps(32.000, 34.060) == "timing");
}

TEST_CASE("timing: the longer of both gaps says how coarse the timer was", "[compare]") {
  CHECK(gaps(0.258, 0.295).empty());
  CHECK(gaps(0.295, 0.258).empty());
}

TEST_CASE("timing: the first segment's time counts from the start", "[compare]") {
  CHECK(differing("0.100 client sends S 0", "0.113 client sends S 0").empty());
  CHECK(differing("0.100 client sends S 0", "0.115 client sends S 0") == "timing");
}

TEST_CASE("timing: what follows a late segment is late by as much, and not reported again",
          "[compare]") {
  const auto comparison = compare::compare(conversation(R"(
    0.000 client sends S 0
    1.000 client sends S 0
    1.020 client sends . 1 ack 1
    1.500 client sends F. 1 ack 1
  )"),
                                           conversation(R"(
    0.000 client sends S 0
    3.000 client sends S 0
    3.020 client sends . 1 ack 1  # late as the one before
    1.500 client sends F. 1 ack 1  # a step at a fixed time takes it back
  )"));
  REQUIRE(comparison.of(Aspect::timing).size() == 1);
  const compare::Difference& late = comparison.of(Aspect::timing)[0];
  CHECK(late.where == "client #2");
  CHECK(late.left == "S 0 at 1.000 s, 1.000 s after the one before");
  CHECK(late.note == "2.000 s apart, where 266 ms are allowed");
}

TEST_CASE("timing: one host's delay excuses no other's", "[compare]") {
  CHECK(
      differing("0.000 client sends S 0\n1.000 client sends S 0\n1.010 server sends S. 0 ack 1",
                "0.000 client sends S 0\n1.000 client sends S 0\n1.510 server sends S. 0 ack 1") ==
      "timing");
}

TEST_CASE("timing: with a fixed tolerance waits do not matter", "[compare]") {
  const auto late_by = [](std::string_view at, const Tolerance& tolerance) {
    return differing("32.000 client sends S 0", std::string{at} + " client sends S 0", tolerance);
  };
  CHECK(late_by("32.005", Tolerance::fixed(6ms)).empty());
  CHECK(late_by("32.005", Tolerance::fixed(4ms)) == "timing");
  CHECK(late_by("32.000", Tolerance::fixed(0ms)).empty());
}

TEST_CASE("options: those of a SYN are compared, each of them", "[compare]") {
  constexpr auto full = "S 0 mss 1460 wscale 10 sackOK timestamps";
  CHECK(instead_of(full, full).empty());
  CHECK(instead_of(full, "S 0 mss 1400 wscale 10 sackOK timestamps") == "options");
  CHECK(instead_of(full, "S 0 wscale 10 sackOK timestamps") == "options");
  CHECK(instead_of(full, "S 0 mss 1460 sackOK timestamps") == "options");
  CHECK(instead_of(full, "S 0 mss 1460 wscale 10 timestamps") == "options");
  CHECK(instead_of(full, "S 0 mss 1460 wscale 10 sackOK") == "options");
}

TEST_CASE("options: those of other segments are not", "[compare]") {
  CHECK(instead_of(". 1 ack 1 timestamps", ". 1 ack 1").empty());
}

TEST_CASE("windows and SACK blocks are counted apart, and do not decide", "[compare]") {
  CHECK(instead_of(". 1 ack 1 win 63", ". 1 ack 1 win 64") == "(win)");
  CHECK(instead_of(". 1 ack 1 sack 11-21", ". 1 ack 1") == "(sack)");
  CHECK(instead_of(". 1 ack 1 sack 11-21", ". 1 ack 1 sack 11-31") == "(sack)");
  CHECK(instead_of(". 1 ack 1 sack 11-21 win 7", ". 1 ack 1 sack 11-21 win 7").empty());
  const auto comparison = compare::compare(conversation("1.000 client sends S 0 win 1"),
                                           conversation("1.000 client sends S 0 win 2"));
  CHECK(comparison.agrees());
  CHECK(comparison.first() == nullptr);
}

TEST_CASE("the first difference is the earliest of all aspects", "[compare]") {
  const auto comparison = compare::compare(conversation(R"(
    0.000 client sends S 0
    3.000 client sends S 0, dropped
    1.000 client connect: connected = ok
  )"),
                                           conversation(R"(
    0.000 client sends S 0
    3.000 client sends S 0
    1.000 client connect: connected = ETIMEDOUT
  )"));
  REQUIRE(comparison.first() != nullptr);
  CHECK(comparison.first()->aspect == Aspect::calls);
  CHECK(to_text(*comparison.first(), "A", "B") ==
        "client connect #1: A connected ok at 1.000 s; B connected ETIMEDOUT at 1.000 s");
}

TEST_CASE("segments: what may have come when the run was over is none", "[compare]") {
  const auto stopped_at = [](double seconds) {
    compare::History cut = conversation("0.000 client sends S 0");
    cut.stopped = compare::Seconds{seconds};
    return cut;
  };
  const compare::History both = conversation("0.000 client sends S 0\n1.000 client sends S 0");
  // After a second's wait 10 ms and a step of the wheel, 32 ms, are allowed.
  CHECK(differing(both, stopped_at(1.040)).empty());
  CHECK(differing(stopped_at(1.040), both).empty());
  CHECK(differing(both, stopped_at(1.050)) == "segments");
  CHECK(differing(both, conversation("0.000 client sends S 0")) == "segments");  // who knows when
  compare::History other = conversation("0.000 client sends S 0\n1.000 client sends R 1");
  other.stopped = compare::Seconds{1.001};
  CHECK(differing(both, other) == "segments");  // both were there, and not the same
}
