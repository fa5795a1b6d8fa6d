#include "lastack/compare/side_by_side.hpp"

#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::SideBySide;

namespace {

/// The lines around the first difference, as "left | right", the one that differs marked with >.
std::string around(const compare::History& left, const compare::History& right,
                   std::size_t before = 9, std::size_t after = 9) {
  const auto comparison = compare::compare(left, right);
  REQUIRE(comparison.first() != nullptr);
  std::string text;
  for (const SideBySide& line : compare::around(*comparison.first(), left, right, before, after)) {
    text += line.place == SideBySide::Place::here ? "> " : "  ";
    text += (line.left ? line.left->text : "") + " | " + (line.right ? line.right->text : "");
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("side by side: the difference stands in one line, like deeds beside each other",
          "[compare]") {
  CHECK(around(conversation(R"(
    0.000 client connect: connect
    0.000 client sends S 0, dropped
    1.000 client sends S 0
    1.020 client sends . 1 ack 1
  )"),
               conversation(R"(
    0.000 client connect: connect
    0.000 client sends S 0, dropped
    3.000 client sends S 0
    3.020 client sends . 1 ack 1
  )")) ==
        "  connect: connect | connect: connect\n"
        "  S 0, dropped | S 0, dropped\n"
        "> S 0 | S 0\n"
        "  . 1 ack 1 | . 1 ack 1\n");
}

TEST_CASE("side by side: what one side lacks leaves a gap", "[compare]") {
  CHECK(
      around(conversation("0.0 client sends S 0\n1.0 client sends R 1\n1.5 client connect: close"),
             conversation("0.0 client sends S 0\n1.5 client connect: close")) ==
      "  S 0 | S 0\n"
      "> R 1 | \n"
      "  connect: close | connect: close\n");
}

TEST_CASE("side by side: of several that read alike those of about the same time pair up",
          "[compare]") {
  CHECK(around(conversation(R"(
    1.000 client sends S 0
    2.000 client sends S 0
    3.000 client sends R 1
  )"),
               conversation(R"(
    1.000 client sends S 0
    2.000 client sends S 0
    2.500 client host: power_on
    3.000 client sends F 1
  )"),
               2) ==
        "  S 0 | S 0\n"
        "   | host: power_on\n"
        "> R 1 | F 1\n");
}

TEST_CASE("side by side: what a socket table noticed a little later still pairs up", "[compare]") {
  const auto lines = [](std::string_view noticed) {
    return around(conversation("0.001 client sends S 0\n" + std::string{noticed} +
                               " client shows SYN_SENT\n3.000 client sends R 1"),
                  conversation("0.000 client enters SYN_SENT\n0.001 client sends S 0\n"
                               "3.000 client sends F 1"));
  };
  CHECK(lines("0.020") == "  SYN_SENT | SYN_SENT\n  S 0 | S 0\n> R 1 | F 1\n");
  CHECK(lines("0.100") == "   | SYN_SENT\n  S 0 | S 0\n  SYN_SENT | \n> R 1 | F 1\n");
}

TEST_CASE("side by side: of several deeds of one instant the one that differs is marked",
          "[compare]") {
  CHECK(around(conversation("0.0 client enters ESTABLISHED\n0.0 client enters FIN_WAIT_1"),
               conversation("0.0 client enters ESTABLISHED\n0.0 client enters LAST_ACK")) ==
        "  ESTABLISHED | ESTABLISHED\n"
        "> FIN_WAIT_1 | LAST_ACK\n");
}

TEST_CASE("side by side: only so many lines before and after", "[compare]") {
  std::string many;
  for (int i = 0; i < 9; ++i) many += std::to_string(i) + " client sends S 0\n";
  CHECK(around(conversation(many + "9 client sends R 1\n" + "10 client connect: close"),
               conversation(many + "9 client sends F 1"), 2, 0) ==
        "  S 0 | S 0\n"
        "  S 0 | S 0\n"
        "> R 1 | F 1\n");
}

TEST_CASE("side by side: the ports are named where a host has several sockets", "[compare]") {
  compare::History left = conversation("0.0 client enters SYN_SENT\n1.0 client enters CLOSED");
  left.states[1].socket.local = 40001;
  const auto deeds = compare::deeds_of(left, "client");
  REQUIRE(deeds.size() == 2);
  CHECK(deeds[0].text == "SYN_SENT (40000)");
  CHECK(deeds[1].text == "closed (40001)");
}
