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
  CHECK(connection.final_state == tcp::State::closed);
  CHECK(connection.final_state_remote == tcp::State::closed);
}

/// One connection from port 40000; the steps of both ends, and what else the scenario says.
Story closing(const std::string& client, const std::string& server, const std::string& more = {}) {
  return Story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [)" +
               server + R"(]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "steps": [)" +
               client + "]}]" + more};
}
constexpr const char* until_eof = R"({"recv": "eof"}, {"close": true})";
constexpr const char* close_at_2s = R"({"until": "2s"}, {"close": true})";

TEST_CASE("Summary: an active close lasts from the first FIN to TIME_WAIT", "[run]") {
  const run::ConnectionSummary c = closing(close_at_2s, until_eof).summary().connections.at(0);
  CHECK(c.active_close_time == SimDuration{20ms});
  CHECK(c.orphan_time == SimDuration{20ms});
  CHECK(c.orphan_time_remote == SimDuration{20ms});  // LAST_ACK, until the FIN is acknowledged
}

TEST_CASE("Summary: a lost FIN makes active close and orphan longer", "[run]") {
  const Story story =
      closing(close_at_2s, until_eof,
              R"(, "faults": [{"on": "client->server", "flags": "F.", "nth": 1, "do": "drop"}])");
  const run::ConnectionSummary c = story.summary().connections.at(0);
  CHECK(c.active_close_time == SimDuration{1020ms});  // the RTO is 1 s
  CHECK(c.orphan_time == SimDuration{1020ms});
  CHECK(c.orphan_time_remote == SimDuration{20ms});
}

TEST_CASE("Summary: an orphan's FIN_WAIT_2 counts, up to its timeout", "[run]") {
  const run::ConnectionSummary c =
      closing(R"({"hold": true})", close_at_2s).summary().connections.at(0);
  CHECK(c.active_close_time == SimDuration{60s + 20ms});  // of the server's end
  CHECK(c.orphan_time == std::nullopt);
  CHECK(c.orphan_time_remote == SimDuration{60s + 20ms});
  CHECK(c.close_time == std::nullopt);
}

TEST_CASE("Summary: an orphan that is given up ends with its last retry", "[run]") {
  const Story story = closing(R"({"until": "2s"}, {"close": true})", R"({"hold": true})", R"(,
      "sysctl": {"tcp_orphan_retries": 2}, "events": [{"at": "1s", "host": "server", "do": "power_off"}])");
  const run::ConnectionSummary c = story.summary().connections.at(0);
  CHECK(c.orphan_time == SimDuration{1s + 2s + 4s});
  CHECK(c.active_close_time == SimDuration{1s + 2s + 4s});
}

TEST_CASE("Summary: a connection is no orphan before close, and shutdown is none", "[run]") {
  const run::ConnectionSummary c =
      closing(R"({"until": "2s"}, {"shutdown": "write"}, {"until": "2.005s"}, {"close": true})",
              until_eof)
          .summary()
          .connections.at(0);
  CHECK(c.active_close_time == SimDuration{20ms});
  CHECK(c.orphan_time == SimDuration{15ms});
}

TEST_CASE("Summary: who closes when nothing is left to do leaves no orphan", "[run]") {
  const run::ConnectionSummary c =
      closing(R"({"until": "2s"}, {"shutdown": "write"}, {"until": "3s"}, {"close": true})",
              until_eof)
          .summary()
          .connections.at(0);
  CHECK(c.active_close_time == SimDuration{20ms});
  CHECK(c.orphan_time == std::nullopt);  // it closes in TIME_WAIT
}

TEST_CASE("Summary: an abort leaves no orphan", "[run]") {
  const char* const how =
      GENERATE(R"({"abort": true})", R"({"setsockopt": {"SO_LINGER": 0}}, {"close": true})");
  const run::ConnectionSummary c =
      closing(std::string{R"({"until": "2s"}, )"} + how, until_eof).summary().connections.at(0);
  CHECK(c.final_state == tcp::State::closed);
  CHECK(c.orphan_time == std::nullopt);
  CHECK(c.active_close_time == std::nullopt);
}

TEST_CASE("Summary: an orphan whose host is rebooted ends there", "[run]") {
  const Story story = closing(close_at_2s, R"({"hold": true})", R"(, "events": [
      {"at": "5s", "host": "client", "do": "reboot"}], "stop_at": "6s")");
  const run::ConnectionSummary c = story.summary().connections.at(0);
  CHECK(c.orphan_time == SimDuration{3s});
  CHECK(c.active_close_time == SimDuration{3s});
}

TEST_CASE("Summary: an active close goes on when the passive end is gone first", "[run]") {
  const Story story = closing(close_at_2s, R"({"hold": true})",
                              R"(, "events": [{"at": "5s", "host": "server", "do": "reboot"}])");
  const run::ConnectionSummary c = story.summary().connections.at(0);
  CHECK(c.final_state_remote == tcp::State::closed);
  CHECK(c.active_close_time == SimDuration{60s + 20ms});
}

TEST_CASE("Summary: an orphan that lives at the end has no time yet", "[run]") {
  const Story story = closing(close_at_2s, R"({"hold": true})", R"(, "stop_at": "6s")");
  const run::ConnectionSummary c = story.summary().connections.at(0);
  CHECK(c.final_state == tcp::State::fin_wait_2);
  CHECK(c.orphan_time == std::nullopt);
  CHECK(c.active_close_time == std::nullopt);
}

TEST_CASE("Summary: half-open is a socket whose peer's host knows nothing of it", "[run]") {
  const char* const hold = R"({"hold": true})";
  CHECK(closing(hold, hold).summary().half_open_at_end == 0);
  const Story rebooted =
      closing(hold, hold, R"(, "events": [{"at": "1s", "host": "server", "do": "reboot"}])");
  CHECK(rebooted.summary().open_at_end.at("ESTABLISHED") == 1);
  CHECK(rebooted.summary().half_open_at_end == 1);
}

TEST_CASE("Summary: half-open is CLOSE_WAIT too, once the peer's orphan is gone", "[run]") {
  const std::string profile = GENERATE("textbook", "linux-6");
  CAPTURE(profile);
  const std::string more = ", \"profile\": \"" + profile + "\"";
  const Story waits = closing(close_at_2s, R"({"hold": true})", more + R"(, "stop_at": "50s")");
  CHECK(waits.summary().open_at_end.at("FIN_WAIT_2") == 1);
  CHECK(waits.summary().half_open_at_end == 0);
  const Story gone = closing(close_at_2s, R"({"hold": true})", more + R"(, "stop_at": "100s")");
  CHECK(gone.summary().open_at_end.at("CLOSE_WAIT") == 1);
  CHECK(gone.summary().half_open_at_end == 1);
}

TEST_CASE("Summary: neither SYN_SENT nor TIME_WAIT is half-open", "[run]") {
  const Story trying{R"("apps": [{"host": "client", "connect": "server:80"}],
    "events": [{"at": "0s", "host": "server", "do": "power_off"}], "stop_at": "10s")"};
  CHECK(trying.summary().open_at_end.at("SYN_SENT") == 1);
  CHECK(trying.summary().half_open_at_end == 0);
  const Story waiting = closing(close_at_2s, until_eof, R"(, "stop_at": "10s")");
  CHECK(waiting.summary().open_at_end.at("TIME_WAIT") == 1);
  CHECK(waiting.summary().half_open_at_end == 0);
}

TEST_CASE("Summary: the JSON has every connection's times, and their means", "[run]") {
  const std::string json = run::to_json(closing(close_at_2s, until_eof).summary());
  for (const char* line :
       {"\n  \"active_close_time\": 0.02,", "\n  \"orphan_time\": 0.02,",
        "\n  \"half_open_at_end\": 0,", "\n      \"active_close_time\": 0.02,",
        "\n      \"orphan_time\": 0.02,", "\n      \"orphan_time_remote\": 0.02,"}) {
    CAPTURE(line);
    CHECK(json.find(line) != std::string::npos);
  }
}

TEST_CASE("Summary: scenarios may expect of closing and half-open sockets", "[run]") {
  const Story story = closing(close_at_2s, R"({"hold": true})", R"(, "expect": [
      {"metric": "active_close_time", "equals": 60.02}, {"metric": "orphan_time", "equals": 60.02},
      {"metric": "half_open_at_end", "equals": 1}, {"metric": "half_open_at_end", "equals": 0}])");
  const std::vector<run::ExpectationResult>& results = story.summary().expectations;
  REQUIRE(results.size() == 4);
  CHECK(results[0].held);
  CHECK(results[1].held);
  CHECK(results[2].held);
  CHECK_FALSE(results[3].held);
}

TEST_CASE("Summary: a peak counts sockets of all hosts, also in a state that lasts no time",
          "[run]") {
  // From 1 s on one client is in FIN_WAIT_2. At 2 s the other gets ACK and FIN in one segment.
  const Story story{R"("hosts": {"client": {}, "other": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"},
              {"a": "other", "b": "server", "delay": "10ms"}], "apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "server", "listen": 81, "steps": [{"recv": "eof"}, {"close": true}]},
      {"host": "client", "connect": "server:80", "steps": [{"until": "1s"}, {"shutdown": "write"}]},
      {"host": "other", "connect": "server:81", "steps": [{"until": "2s"}, {"close": true}]}])"};
  CHECK(story.summary().peak.at("FIN_WAIT_2") == 2);
}

TEST_CASE("Totals: the summary's numbers", "[run]") {
  const scenario::Scenario scenario = test::usual_scenario(R"("hosts": {
      "client": {"count": 3}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.2}], "apps": [
    {"host": "server", "listen": 80, "backlog": 1, "accept": "1s",
     "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 10, "every": "1ms",
     "steps": [{"send": 10000}, {"close": true}]},
    {"host": "client", "connect": "server:81", "count": 2}],
    "events": [{"at": "3s", "host": "server", "do": "reboot"}])");
  run::Simulation simulation{scenario, 1};
  simulation.run();
  const run::Summary summary = simulation.summary();
  const run::Totals totals = simulation.totals();
  CHECK(to_seconds(totals.simulated) == summary.simulated_seconds);
  CHECK(totals.events == summary.events);
  CHECK(totals.segments_sent == summary.segments_sent);
  CHECK(totals.segments_lost == summary.segments_lost);
  CHECK(totals.segments_retransmitted == summary.segments_retransmitted);
  CHECK(totals.sent_by_kind[static_cast<std::size_t>(run::SegmentKind::fin)] ==
        summary.sent_by_kind.at("fin"));
  CHECK(totals.bytes_delivered == summary.bytes_delivered);
  CHECK(totals.connects == 36);
  CHECK(totals.connect_errors[static_cast<std::size_t>(tcp::Error::connection_refused)] ==
        summary.connect_errors.at("ECONNREFUSED"));
  CHECK(totals.listen_drops == summary.listen_drops);
  CHECK(totals.listen_drops > 0);
  CHECK(totals.half_open_at_end == summary.half_open_at_end);
  constexpr auto established = static_cast<std::size_t>(tcp::State::established);
  CHECK(totals.peak[established] == summary.peak.at("ESTABLISHED"));
  CHECK(totals.time_in[established] == summary.time_in.at("ESTABLISHED"));
  REQUIRE(totals.time_in_hosts.size() == 2);  // the group and the server
  double clients = 0;
  for (std::size_t member = 0; member < 3; ++member) {
    clients += summary.hosts[member].socket_seconds[established];
  }
  CHECK(totals.time_in_hosts[0][established] == clients);
  CHECK(totals.time_in_hosts[1] == summary.hosts[3].socket_seconds);
  std::size_t orphans = 0;
  for (const run::ConnectionSummary& c : summary.connections) {
    orphans += (c.orphan_time ? 1U : 0U) + (c.orphan_time_remote ? 1U : 0U);
  }
  CHECK(totals.orphan_times.count() == orphans);
  CHECK(totals.connect_times.count() == summary.connects_ok);
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
  CHECK(story.summary().connections[0].final_state == tcp::State::closed);
  CHECK(story.summary().connections[1].final_state == tcp::State::established);
  CHECK(story.summary().connections[1].final_state_remote == tcp::State::established);
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
        "orphans     2 ended after 20 ms\n"
        "counters    client: TcpActiveOpens 1, TcpInSegs 4, TcpOutSegs 5, TcpRetransSegs 1,\n"
        "            TcpExtTCPTimeouts 1, TcpExtTCPSynRetrans 1, TcpExtTCPDelivered 3, TcpExtTW 1\n"
        "            server: TcpPassiveOpens 1, TcpInSegs 5, TcpOutSegs 4, TcpExtTCPDelivered 1\n"
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
