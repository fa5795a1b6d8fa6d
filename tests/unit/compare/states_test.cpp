// The states of sockets: a recording's socket table, or one account of changes against another.
#include <catch2/catch.hpp>

#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::Aspect;

TEST_CASE("states: near both ends and in the middle of what the table shows the trace agrees",
          "[compare]") {
  constexpr auto table = R"(
    0.020 client shows SYN_SENT
    1.020 client shows ESTABLISHED
    3.000 client shows nothing
  )";
  CHECK(differing(table, R"(
    0.000 client enters SYN_SENT
    1.000 client enters ESTABLISHED
    2.900 client enters CLOSED
  )")
            .empty());
  CHECK(differing(table, R"(
    0.000 client enters SYN_SENT
    0.800 client enters ESTABLISHED  # too early: the table knows until 1.020 s
    2.900 client enters CLOSED
  )") == "states");
  CHECK(differing(table, R"(
    0.000 client enters SYN_SENT
    1.300 client enters ESTABLISHED  # too late
    2.900 client enters CLOSED
  )") == "states");
  CHECK(differing(table, R"(
    0.000 client enters SYN_SENT
    1.000 client enters ESTABLISHED
    1.900 client enters CLOSE_WAIT  # in the middle
    2.100 client enters ESTABLISHED
    2.900 client enters CLOSED
  )") == "states");
}

TEST_CASE("states: what the table shows for less than 150 ms is not compared", "[compare]") {
  constexpr auto trace = "0.000 client enters SYN_SENT\n0.300 client enters TIME_WAIT";
  CHECK(differing("0.000 client shows SYN_SENT\n0.200 client shows LAST_ACK\n"
                  "0.345 client shows TIME_WAIT",
                  trace)
            .empty());
  CHECK(differing("0.000 client shows SYN_SENT\n0.200 client shows LAST_ACK\n"
                  "0.360 client shows TIME_WAIT",
                  trace) == "states");
}

TEST_CASE("states: later on, timers may be later", "[compare]") {
  // The margin is 50 ms, 4 % of the time at which the interval ends, and a step of the wheel.
  const auto late_by = [](double seconds) {
    return differing("0.000 client shows FIN_WAIT_1\n100.000 client shows nothing",
                     "0.000 client enters FIN_WAIT_1\n" + std::to_string(100 - seconds) +
                         " client enters CLOSED");
  };
  CHECK(late_by(6.0).empty());
  CHECK(late_by(6.2) == "states");
}

TEST_CASE("states: the table's last row holds for a second, until the recording's end",
          "[compare]") {
  constexpr auto trace = "0.000 client enters SYN_SENT\n0.600 client enters CLOSED";
  CHECK(differing("0.000 client shows SYN_SENT", trace) == "states");
  CHECK(differing("0.000 client shows TIME_WAIT\n0.040 client shows SYN_SENT",
                  "0.000 client enters SYN_SENT")
            .empty());
}

TEST_CASE("states: a socket that is gone is so for sure only at the end", "[compare]") {
  constexpr auto alive = "0.000 client enters ESTABLISHED";
  CHECK(differing("0.000 client shows ESTABLISHED\n1.000 client shows nothing\n"
                  "2.000 client shows ESTABLISHED",
                  alive)
            .empty());
  CHECK(differing("0.000 client shows ESTABLISHED\n1.000 client shows nothing", alive) == "states");
}

TEST_CASE("states: sockets that are closed or listen are not compared", "[compare]") {
  CHECK(differing("0.000 client shows CLOSED\n1.000 client shows LISTEN",
                  "0.000 client enters ESTABLISHED")
            .empty());
}

TEST_CASE("states: a connection outlives its listener, and one that listens again", "[compare]") {
  CHECK(differing("0.000 server shows ESTABLISHED",
                  "0.000 server listens\n0.000 server enters ESTABLISHED\n0.300 server listens")
            .empty());
  CHECK(differing("0.000 server shows ESTABLISHED\n1.000 server shows nothing",
                  "0.000 server enters ESTABLISHED\n0.990 server listens") == "states");
}

TEST_CASE("states: the table's sockets with ports that hosts chose belong to the other's in order",
          "[compare]") {
  const auto set_ports = [](std::vector<compare::StateChange>& changes, tcp::Port first,
                            tcp::Port second) {
    changes[0].socket.local = first;
    changes[1].socket.local = second;
  };
  const auto shown = [&](tcp::Port first, tcp::Port second) {
    compare::History history =
        conversation("0.0 client shows SYN_SENT\n0.5 client shows ESTABLISHED");
    set_ports(*history.table, first, second);
    return history;
  };
  const auto entered = [&](tcp::Port first, tcp::Port second, const std::string& state) {
    compare::History history =
        conversation("0.0 client enters SYN_SENT\n0.5 client enters " + state);
    set_ports(history.states, first, second);
    return history;
  };
  const compare::History kernel = shown(50001, 50002);
  CHECK(differing(kernel, entered(60009, 60001, "ESTABLISHED")).empty());
  CHECK(differing(kernel, entered(60009, 60001, "SYN_RCVD")) == "states");
  CHECK(differing(kernel, entered(50002, 60001, "ESTABLISHED")) == "states");  // a known name
}

TEST_CASE("states: which side has the table does not matter", "[compare]") {
  const auto table = conversation("0.000 client shows SYN_SENT");
  const auto trace = conversation("0.000 client enters LAST_ACK");
  const auto left = compare::compare(table, trace);
  const auto right = compare::compare(trace, table);
  REQUIRE(left.of(Aspect::states).size() == 1);
  REQUIRE(right.of(Aspect::states).size() == 1);
  CHECK(left.of(Aspect::states)[0].left == "SYN_SENT");
  CHECK(right.of(Aspect::states)[0].right == "SYN_SENT");
  CHECK(right.of(Aspect::states)[0].left == "LAST_ACK");
}

TEST_CASE("states: a recording without rows has nothing to say of them", "[compare]") {
  CHECK(differing(recording(""), conversation("0.000 client enters ESTABLISHED")).empty());
}

TEST_CASE("states: two traces must show the same changes", "[compare]") {
  constexpr auto trace = "0.000 client enters SYN_SENT\n0.020 client enters ESTABLISHED";
  CHECK(differing(trace, trace).empty());
  CHECK(differing(trace, "0.000 client enters SYN_SENT\n0.020 client enters SYN_RCVD") == "states");
  CHECK(differing(trace, "0.000 client enters SYN_SENT") == "states");
  CHECK(differing("0.000 client enters SYN_SENT", trace) == "states");
}

TEST_CASE("states: sockets whose ports the hosts chose belong together in their order",
          "[compare]") {
  const auto two_sockets = [](tcp::Port first, tcp::Port second, std::string_view last_state) {
    compare::History history =
        conversation("0.0 client enters SYN_SENT\n0.5 client enters SYN_SENT\n0.7 client enters " +
                     std::string{last_state});
    history.states[0].socket.local = first;
    history.states[1].socket.local = history.states[2].socket.local = second;
    return history;
  };
  const compare::History left = two_sockets(50001, 50002, "ESTABLISHED");
  CHECK(differing(left, two_sockets(60009, 60001, "ESTABLISHED")).empty());
  CHECK(differing(left, two_sockets(50002, 50001, "ESTABLISHED")) == "states");  // known names
  CHECK(differing(left, two_sockets(60009, 60001, "SYN_RCVD")) == "states");
  CHECK(differing(left, conversation("")) == "states");
  CHECK(differing(conversation(""), left) == "states");
}

TEST_CASE("states: changes of two traces happen at like times", "[compare]") {
  constexpr auto trace = "0.000 client enters SYN_SENT\n0.020 client enters ESTABLISHED";
  CHECK(differing(trace, "0.000 client enters SYN_SENT\n0.033 client enters ESTABLISHED").empty());
  CHECK(differing(trace, "0.000 client enters SYN_SENT\n0.035 client enters ESTABLISHED") ==
        "states");
  CHECK(differing(trace, "0.000 client enters SYN_SENT\n0.030 client enters ESTABLISHED",
                  compare::Tolerance::fixed(5ms)) == "states");
}

TEST_CASE("states: a change is excused when its host's segments are as late", "[compare]") {
  const auto comparison =
      compare::compare(conversation("0.100 client sends S 0\n0.120 client enters ESTABLISHED"),
                       conversation("0.200 client sends S 0\n0.220 client enters ESTABLISHED"));
  CHECK(comparison.of(Aspect::timing).size() == 1);
  CHECK(comparison.of(Aspect::states).empty());
}
