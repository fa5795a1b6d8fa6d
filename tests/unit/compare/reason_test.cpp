// What sort of parting a first divergence is.
#include "lastack/compare/reason.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;

namespace {

/// The reason's name for two conversations that differ.
std::string reason(std::string_view left, std::string_view right) {
  const auto a = conversation(left);
  const auto b = conversation(right);
  const auto comparison = compare::compare(a, b);
  REQUIRE(comparison.first() != nullptr);
  return std::string{name_of(compare::reason_of(*comparison.first(), a, b))};
}

}  // namespace

TEST_CASE("reason: two segments of one instant in another order", "[compare]") {
  CHECK(reason(R"(0.100 client sends P. 1:2 ack 1
                  0.101 client sends F. 2 ack 1)",
               R"(0.100 client sends F. 2 ack 1
                  0.101 client sends P. 1:2 ack 1)") == "same-instant");
}

TEST_CASE("reason: ACKs of more or less of a burst", "[compare]") {
  CHECK(reason("0.100 server sends . 1 ack 3697", "0.102 server sends . 1 ack 3785") == "burst");
  CHECK(reason("0.100 server sends . 1 ack 3697", "0.102 server sends P. 1:2 ack 9") == "burst");
  CHECK(reason("0.100 server sends . 1 ack 3697", "0.150 server sends . 1 ack 3785") == "other");
  CHECK(reason("0.100 server sends . 1 ack 1", "0.102 server sends S. 0 ack 1") == "other");
}

TEST_CASE("reason: text in other pieces", "[compare]") {
  CHECK(reason("0.100 client sends P. 2:4 ack 1", "0.100 client sends P. 2:3 ack 1") == "cut");
  CHECK(reason("0.100 client sends P. 2:4 ack 1", "0.100 client sends P. 1:3 ack 1") == "other");
}

TEST_CASE("reason: timers a step apart, and others", "[compare]") {
  CHECK(reason("1.000 client sends S 0", "1.090 client sends S 0") == "timer-step");
  CHECK(reason("1.000 client sends S 0", "2.000 client sends S 0") == "timer");
}

TEST_CASE("reason: an RST, and nothing more at all", "[compare]") {
  CHECK(reason("0.100 client sends R 2", "0.100 client sends R 1") == "reset");
  CHECK(reason("0.100 client sends R 2", "0.100 client sends . 1 ack 1") == "reset");
  CHECK(reason("0.100 client sends . 1 ack 1", "") == "silence");
}

TEST_CASE("reason: races come first in the list, rules that are wrong behind", "[compare]") {
  CHECK(is_race(compare::Reason::same_instant));
  CHECK(is_race(compare::Reason::timer_step));
  CHECK_FALSE(is_race(compare::Reason::timer));
  CHECK_FALSE(is_race(compare::Reason::other));
}
