#include "lastack/run/summary.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

constexpr const char* lost_syn = R"("name": "lost SYN", "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [{"send": 100}, {"until": "2s"}, {"close": true}]}],
  "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}])";

TEST_CASE("Summary: counts segments by kind, and those sent again by cause", "[run]") {
  const run::Summary summary = Story{lost_syn}.summary();
  CHECK(summary.sent_by_kind.at("syn") == 2);
  CHECK(summary.sent_by_kind.at("synack") == 1);
  CHECK(summary.sent_by_kind.at("data") == 1);
  CHECK(summary.sent_by_kind.at("fin") == 2);
  CHECK(summary.segments_lost == 1);
  CHECK(summary.lost_by_reason.at("fault") == 1);
  CHECK(summary.segments_retransmitted == 1);
  CHECK(summary.retransmitted_by_cause.at("rto") == 1);
  CHECK(summary.bytes_delivered == 100);
}

TEST_CASE("Summary: a connection's times run from connect, and from the first FIN", "[run]") {
  const run::Summary summary = Story{lost_syn}.summary();
  REQUIRE(summary.connections.size() == 1);
  const run::ConnectionSummary& connection = summary.connections.front();
  CHECK(connection.local == "client:40000");
  CHECK(connection.remote == "server:80");
  CHECK(connection.result == tcp::Error::none);
  CHECK(connection.connect_time == SimDuration{1020ms});
  CHECK(connection.close_time == SimDuration{60020ms});  // TIME_WAIT is the last to go
  CHECK(connection.retransmissions == 1);
  CHECK(connection.final_state == "CLOSED");
  CHECK(connection.final_state_remote == "CLOSED");
}

TEST_CASE("Summary: time in a state is summed over all sockets", "[run]") {
  const run::Summary summary = Story{lost_syn}.summary();
  CHECK(summary.time_in.at("SYN_SENT") == Approx(1.02));
  CHECK(summary.time_in.at("SYN_RCVD") == Approx(0.02));
  CHECK(summary.time_in.at("ESTABLISHED") == Approx(0.98 + 0.98));
  CHECK(summary.time_in.at("TIME_WAIT") == Approx(60));
}

TEST_CASE("Summary: bytes that nobody read count as delivered", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": 30}, {"hold": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"send": 100}, {"hold": true}]}])"};
  CHECK(story.summary().bytes_delivered == 100);
}

TEST_CASE("Summary: final states are those of the last connection with the same ends", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"sleep": "1s"}, {"abort": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "2s",
       "steps": [{"hold": true}]}])"};
  REQUIRE(story.summary().connections.size() == 2);
  CHECK(story.summary().connections[0].final_state == "CLOSED");
  CHECK(story.summary().connections[1].final_state == "ESTABLISHED");
  CHECK(story.summary().connections[1].final_state_remote == "ESTABLISHED");
}

TEST_CASE("Summary: of more than 10,000 connections the first are listed, all counted", "[run]") {
  const Story story{R"("hosts": {"client": {}, "server": {}}, "apps": [
    {"host": "client", "connect": "server:80", "count": 10050, "every": "1ms"}])"};
  CHECK(story.summary().connections.size() == 10'000);
  CHECK(story.summary().connects == 10'050);
  CHECK(story.summary().connect_errors.at("ECONNREFUSED") == 10'050);
}

TEST_CASE("Summary: the text is a few lines of what matters", "[run]") {
  const Story story{lost_syn};
  CHECK(run::to_text(story.summary(), 90) ==
        "connect     client:40000 > server:80  connected in 1.02 s, closed in 60.02 s,\n"
        "            1 retransmission\n"
        "segments    10 sent, 1 lost (fault), 1 retransmitted (rto), 100 bytes delivered\n"
        "time in     SYN_SENT 1.02 s, SYN_RCVD 20 ms, ESTABLISHED 1.96 s, FIN_WAIT_1 20 ms,\n"
        "            LAST_ACK 20 ms, TIME_WAIT 60 s\n"
        "run         62.02 s simulated, 13 events, seed 1\n");
}

TEST_CASE("Summary: no line of the text is wider than asked", "[run]") {
  const Story story{R"("links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.1}],
    "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 100, "every": "1ms",
     "steps": [{"send": 10000}, {"close": true}]}])"};
  for (const int columns : {60, 80, 120}) {
    const std::string text = run::to_text(story.summary(), columns);
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = text.find('\n', start);
      REQUIRE(end != std::string::npos);
      CHECK(end - start <= static_cast<std::size_t>(columns));
      start = end + 1;
    }
  }
}

TEST_CASE("Summary: the JSON has what the formats demand", "[run]") {
  const std::string json = run::to_json(Story{lost_syn}.summary());
  for (const char* key :
       {"events", "segments_sent", "segments_lost", "segments_retransmitted", "connects",
        "connects_ok", "connect_errors", "accepts", "simulated_seconds", "peak", "open_at_end"}) {
    CAPTURE(key);
    CHECK(json.find("\n  \"" + std::string{key} + "\": ") != std::string::npos);
  }
}

}  // namespace
}  // namespace lastack
