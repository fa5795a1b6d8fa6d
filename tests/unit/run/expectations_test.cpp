#include <string>

#include <catch2/catch.hpp>

#include "lastack/run/summary.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

/// The result of one expectation on a connection whose first SYN is lost: it connects at 1.02 s,
/// closes at 2 s, and the peer closes in answer.
run::ExpectationResult expect(const std::string& expectation) {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"send": 100}, {"until": "2s"}, {"close": true}]}],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}],
    "expect": [)" + expectation +
                    "]"};
  REQUIRE(story.summary().expectations.size() == 1);
  return story.summary().expectations.front();
}

void holds(const std::string& expectation) {
  const run::ExpectationResult result = expect(expectation);
  INFO(expectation << " wanted " << result.wanted << ", seen " << result.seen);
  CHECK(result.held);
}

run::ExpectationResult fails(const std::string& expectation) {
  const run::ExpectationResult result = expect(expectation);
  INFO(expectation);
  CHECK_FALSE(result.held);
  CHECK(result.pointer == "/expect/0");
  return result;
}

TEST_CASE("Expect a call: its result and the time of it", "[run]") {
  holds(R"({"call": "connected", "host": "client", "who": "connect", "result": "ok",
            "after": "1020ms", "until": "1020ms"})");
  holds(R"({"call": "send", "host": "client", "result": 100})");
  holds(R"({"call": "recv eof", "host": "server", "who": "accept#1", "result": 100})");

  const auto result = fails(R"({"call": "connected", "host": "client", "result": "ETIMEDOUT"})");
  CHECK(result.wanted == "client: connected -> ETIMEDOUT");
  CHECK(result.seen == "ok at 1.02 s");
  CHECK(result.where.find("at 1.02 s: client connect: connected -> ok") != std::string::npos);
  const auto late = fails(R"({"call": "connected", "host": "client", "until": "1s"})");
  CHECK(late.wanted == "client: connected, until 1 s");
}

TEST_CASE("Expect a call: one that never comes says so", "[run]") {
  CHECK(fails(R"({"call": "accepted", "host": "client"})").seen == "no such call");
  CHECK(fails(R"({"call": "accepted", "host": "server", "nth": 2})").seen == "only 1 such calls");
}

TEST_CASE("Expect a number of calls", "[run]") {
  holds(R"({"call": "accepted", "host": "server", "count": 1})");
  holds(R"({"call": "connected", "host": "client", "result": "ETIMEDOUT", "count": 0})");
  holds(R"({"call": "close", "host": "server", "after": "2s", "min": 1})");
  CHECK(fails(R"({"call": "close", "host": "server", "until": "1s", "min": 1})").seen == "0");
}

TEST_CASE("Expect segments: by direction, kind, payload, reason, time and fate", "[run]") {
  holds(R"({"segments": {"on": "client->server", "flags": "S"}, "count": 2})");
  holds(R"({"segments": {"on": "client->server", "flags": "S", "fate": "lost"}, "count": 1})");
  holds(R"({"segments": {"on": "client->server", "flags": "S", "fate": "delivered"}, "count": 1})");
  holds(R"({"segments": {"on": "client->server", "payload": true}, "count": 1})");
  holds(R"({"segments": {"from": "client", "why": "rto"}, "count": 1})");
  holds(R"({"segments": {"to": "client", "flags": "S."}, "count": 1})");
  holds(R"({"segments": {"on": "client->server", "flags": "F.", "after": "2s"}, "count": 1})");
  holds(R"({"segments": {"on": "client->server", "flags": "F.", "until": "2s"}, "count": 0})");
  holds(R"({"segments": {"on": "client->server"}, "min": 5, "max": 6})");

  const auto result = fails(R"({"segments": {"on": "client->server", "flags": "S"}, "count": 3})");
  CHECK(result.wanted == "3 segments client->server S");
  CHECK(result.seen == "2");
  CHECK(result.where.find("at 1 s: send S client:40000 > server:80") != std::string::npos);
}

TEST_CASE("Expect a state: at a time or at the end", "[run]") {
  holds(R"({"state": "SYN_SENT", "socket": "client:40000", "at": "1019ms"})");
  holds(R"({"state": "ESTABLISHED", "socket": "client:40000", "at": "1020ms"})");
  holds(
      R"({"state": "ESTABLISHED", "socket": "server:80", "peer": "client:40000", "at": "1500ms"})");
  holds(R"({"state": "LISTEN", "socket": "server:80", "at": "end"})");
  holds(R"({"state": "CLOSED", "socket": "client:40000", "at": "end"})");
  holds(R"({"state": "CLOSED", "socket": "client:50000", "at": "end"})");  // never was

  const auto result = fails(R"({"state": "ESTABLISHED", "socket": "client:40000", "at": "3s"})");
  CHECK(result.wanted == "client:40000 in ESTABLISHED at 3 s");
  CHECK(result.seen == "TIME_WAIT");
  CHECK(result.where.find("client:40000 FIN_WAIT_2 -> TIME_WAIT") != std::string::npos);
  CHECK(fails(R"({"state": "CLOSED", "socket": "client:40000", "at": "1s"})").seen == "SYN_SENT");
}

/// Clients of a group that connect one after the other from one port each, and close.
run::ExpectationResult expect_of_many(const std::string& expectation) {
  const Story story{R"("hosts": {"clients": {"count": 3}, "client": {}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"},
              {"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "clients", "connect": "server:80", "from_port": 40000, "at": "1s",
       "steps": [{"until": "3s"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "2s",
       "steps": [{"until": "4s"}, {"abort": true}]}],
    "expect": [)" + expectation +
                    "]"};
  REQUIRE(story.summary().expectations.size() == 1);
  return story.summary().expectations.front();
}

TEST_CASE("Expect of many sockets: one, those of a group, or all that a listener made", "[run]") {
  const auto seen = [](const std::string& expectation) { return expect_of_many(expectation).seen; };
  const auto held = [](const std::string& expectation) { return expect_of_many(expectation).held; };
  CHECK(held(R"({"segments": {"from": "clients", "flags": "S"}, "count": 3})"));
  CHECK(held(R"({"segments": {"from": "clients[1]", "flags": "S"}, "count": 1})"));
  CHECK(held(R"({"segments": {"flags": "S"}, "count": 4})"));
  CHECK(held(R"({"segments": {"to": "clients", "flags": "S.", "until": "1s"}, "count": 0})"));
  CHECK(held(R"({"call": "connected", "host": "clients", "result": "ok", "count": 3})"));
  CHECK(held(R"({"call": "connected", "host": "clients[2]", "who": "connect", "count": 1})"));
  CHECK(seen(R"({"call": "connected", "host": "clients", "nth": 4})") == "only 3 such calls");
  // Of the server's four sockets some are closed later than others.
  CHECK(held(R"({"state": "ESTABLISHED", "socket": "server:80", "at": "3500ms"})"));
  CHECK_FALSE(held(R"({"state": "ESTABLISHED", "socket": "server:80",
                       "peer": "clients[0]:40000", "at": "3500ms"})"));
  CHECK_FALSE(held(R"({"state": "CLOSED", "socket": "server:80", "at": "3500ms"})"));
  CHECK(held(R"({"state": "CLOSED", "socket": "server:80", "at": "999ms"})"));
  CHECK(held(R"({"state": "CLOSED", "socket": "server:80", "peer": "clients[1]:40000"})"));
  CHECK(seen(R"({"state": "LAST_ACK", "socket": "server:80"})") == "CLOSED");
  CHECK(held(R"({"path": ["SYN_RCVD", "ESTABLISHED", "CLOSED"], "socket": "server:80",
                 "peer": "client:40000"})"));
}

TEST_CASE("Expect a path: every state in order", "[run]") {
  holds(R"({"path": ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED"],
            "socket": "client:40000"})");
  holds(R"({"path": ["SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"],
            "socket": "server:80", "peer": "client:40000"})");
  holds(R"({"path": ["LISTEN"], "socket": "server:80"})");

  const auto result = fails(R"({"path": ["SYN_SENT", "ESTABLISHED", "CLOSE_WAIT"],
                                "socket": "client:40000"})");
  CHECK(result.wanted == "client:40000 through SYN_SENT, ESTABLISHED, CLOSE_WAIT");
  CHECK(result.seen == "SYN_SENT, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, CLOSED");
  CHECK(result.where.find("ESTABLISHED -> FIN_WAIT_1") != std::string::npos);
  CHECK(fails(R"({"path": ["LISTEN"], "socket": "server:81"})").seen == "no such socket");
}

TEST_CASE("Expect a metric: a number of the summary, 0 for what it does not hold", "[run]") {
  holds(R"({"metric": "segments_lost", "equals": 1})");
  holds(R"({"metric": "peak.TIME_WAIT", "equals": 1})");
  holds(R"({"metric": "peak.ESTABLISHED", "equals": 2})");  // both ends
  holds(R"({"metric": "connect_errors.ETIMEDOUT", "equals": 0})");
  holds(R"({"metric": "lost_by_reason.fault", "equals": 1})");
  holds(R"({"metric": "discarded_by_reason.accept_queue", "equals": 0})");
  holds(R"({"metric": "connect_time", "equals": 1.02})");
  holds(R"({"metric": "hosts.client.counters.TcpActiveOpens", "equals": 1})");
  const auto result = fails(R"({"metric": "segments_lost", "min": 2, "max": 3})");
  CHECK(result.wanted == "segments_lost: 2 to 3");
  CHECK(result.seen == "1");
}

}  // namespace
}  // namespace lastack
