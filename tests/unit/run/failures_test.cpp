#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "lastack/run/simulation.hpp"
#include "lastack/run/summary.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;
using Counts = std::map<std::string, std::uint64_t>;

/// One connection from port 40000, 10 ms each way; the steps of both ends, and what else is said.
run::Summary talk(const std::string& client, const std::string& server,
                  const std::string& more = {}) {
  return Story{R"("apps": [{"host": "server", "listen": 80, "steps": [)" + server +
               R"(]}, {"host": "client", "connect": "server:80", "from_port": 40000, "steps": [)" +
               client + "]}]" + more}
      .summary();
}
constexpr const char* hold = R"({"hold": true})";
constexpr const char* wait = R"({"recv": 1000})";

bool says(const run::Summary& summary, const std::string& line, int columns = 100) {
  const std::string text = run::to_text(summary, columns);
  UNSCOPED_INFO(text);
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("failures: a recv that an abort of the peer ends", "[run]") {
  const run::Summary summary = talk(wait, R"({"sleep": "1s"}, {"abort": true})");
  CHECK(summary.recv_errors == Counts{{"ECONNRESET", 1}});
  CHECK(summary.send_errors.empty());
  CHECK(summary.connections_failed == 1);
  CHECK(summary.connections_reset == 1);
  CHECK(says(summary,
             "failures    1 connection failed after it was connected: recv ECONNRESET 1, "
             "1 connection reset"));
}

TEST_CASE("failures: a send on a connection that was reset", "[run]") {
  const run::Summary summary =
      talk(R"({"sleep": "2s"}, {"send": 10}, {"send": 10})", R"({"sleep": "1s"}, {"abort": true})");
  CHECK(summary.send_errors == Counts{{"ECONNRESET", 1}, {"EPIPE", 1}});  // told once, then EPIPE
  CHECK(summary.connections_failed == 1);
}

TEST_CASE("failures: a connection whose two ends time out is one", "[run]") {
  const run::Summary summary =
      talk(R"({"until": "2s"}, {"send": 10}, {"recv": 10})",
           R"({"until": "2s"}, {"send": 10}, {"recv": 20})",
           R"(, "events": [{"at": "1s", "link": ["client", "server"], "do": "down"}],
              "sysctl": {"tcp_retries2": 2})");
  CHECK(summary.recv_errors == Counts{{"ETIMEDOUT", 2}});
  CHECK(summary.connections_failed == 1);
  CHECK(summary.connections_reset == 0);  // nobody sent an RST
  CHECK(says(summary, "failures    1 connection failed after it was connected: recv ETIMEDOUT 2"));
}

TEST_CASE("failures: one that no call has seen yet", "[run]") {
  const run::Summary summary =
      talk(R"({"setsockopt": {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1,
                              "TCP_KEEPCNT": 2}}, {"hold": true})",
           hold, R"(, "events": [{"at": "1s", "host": "server", "do": "power_off"}])");
  CHECK(summary.recv_errors.empty());
  CHECK(summary.connections_failed == 1);
  CHECK(says(summary,
             "failures    1 connection failed after it was connected, 1 socket half-open at the "
             "end"));
}

TEST_CASE("failures: a call that fails by the application's own doing", "[run]") {
  const run::Summary summary = talk(R"({"shutdown": "write"}, {"send": 10})", hold);
  CHECK(summary.send_errors == Counts{{"EPIPE", 1}});
  CHECK(summary.connections_failed == 0);
  CHECK(says(summary, "failures    calls failed: send EPIPE 1"));
}

TEST_CASE("failures: nothing is said where nothing failed", "[run]") {
  const run::Summary closed =
      talk(R"({"send": 10}, {"close": true})", R"({"recv": "eof"}, {"close": true})");
  CHECK(closed.connections_failed == 0);
  CHECK(closed.connections_reset == 0);
  CHECK(run::to_text(closed, 80).find("failures") == std::string::npos);
  const run::Summary refused =
      Story{R"("apps": [{"host": "client", "connect": "server:80"}])"}.summary();
  CHECK(refused.connections_failed == 0);  // it never was connected
  CHECK(refused.connections_reset == 0);
  CHECK(run::to_text(refused, 80).find("failures") == std::string::npos);
}

TEST_CASE("failures: an orphan that is given up is no application's", "[run]") {
  const run::Summary summary =
      talk(R"({"until": "2s"}, {"close": true})", hold,
           R"(, "events": [{"at": "1s", "host": "server", "do": "power_off"}])");
  CHECK(summary.connections_failed == 0);
  CHECK(summary.connections_reset == 0);
}

TEST_CASE("resets: an RST that is sent or arrives, once for both ends", "[run]") {
  const std::string client = GENERATE(R"({"sleep": "1s"}, {"abort": true})",
                                      R"({"setsockopt": {"SO_LINGER": 0}}, {"close": true})");
  CAPTURE(client);
  CHECK(talk(client, hold).connections_reset == 1);
}

TEST_CASE("resets: a close with unread data, as Linux has it", "[run]") {
  const char* const linux_6 = R"(, "profile": "linux-6")";
  const run::Summary summary =
      talk(R"({"sleep": "1s"}, {"close": true})", R"({"send": 10}, {"hold": true})", linux_6);
  CHECK(summary.connections_reset == 1);
  CHECK(talk(R"({"recv": 10}, {"close": true})", R"({"send": 10}, {"hold": true})", linux_6)
            .connections_reset == 0);
}

TEST_CASE("resets: an RST that is lost counts at the end that sent it", "[run]") {
  const run::Summary summary =
      talk(R"({"until": "1s"}, {"abort": true})", hold,
           R"(, "faults": [{"on": "client->server", "flags": "R.", "do": "drop"}])");
  CHECK(summary.segments_lost == 1);
  CHECK(summary.connections_reset == 1);
  CHECK(summary.connections_failed == 0);  // the server still believes in it
}

TEST_CASE("resets: a rebooted host's RST counts where it arrives", "[run]") {
  const run::Summary summary =
      talk(R"({"until": "2s"}, {"send": 10}, {"recv": 1})", hold,
           R"(, "events": [{"at": "1s", "host": "server", "do": "reboot"}])");
  CHECK(summary.connections_reset == 1);
  CHECK(summary.recv_errors == Counts{{"ECONNRESET", 1}});
}

TEST_CASE("resets: an RST that ends an orphan's FIN_WAIT_2, full or a record", "[run]") {
  const std::string profile = GENERATE("textbook", "linux-6");
  CAPTURE(profile);
  const std::string more = ", \"profile\": \"" + profile + R"(", "stop_at": "5s", "inject": [
      {"at": "2s", "from": "server", "to": "client", "sport": 80, "dport": 40000, "flags": "R",
       "seq": "iss+1"}])";
  const run::Summary summary = talk(R"({"until": "1s"}, {"close": true})", hold, more);
  REQUIRE(summary.connections.at(0).final_state == tcp::State::closed);
  CHECK(summary.connections_reset == 1);
  CHECK(summary.connections_failed == 0);  // its application had closed it
}

TEST_CASE("resets: data for an orphan's FIN_WAIT_2 is answered by an RST", "[run]") {
  const run::Summary summary =
      talk(R"({"close": true})", R"({"until": "1s"}, {"send": 10}, {"hold": true})",
           R"(, "profile": "linux-6", "faults": [
             {"on": "client->server", "flags": "R", "do": "drop"}])");
  CHECK(summary.segments_lost > 0);  // so that only the client's record tells of it
  CHECK(summary.recv_errors.empty());
  CHECK(summary.connections_reset == 1);
}

TEST_CASE("resets: the same two ends again are another connection", "[run]") {
  const Story story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000,
       "steps": [{"sleep": "1s"}, {"abort": true}]},
      {"host": "client", "connect": "server:80", "from_port": 40000, "at": "2s",
       "steps": [{"sleep": "1s"}, {"abort": true}]}])"};
  REQUIRE(story.summary().connects_ok == 2);
  CHECK(story.summary().connections_reset == 2);
  CHECK(story.summary().connections_failed == 2);
}

TEST_CASE("resets: all are counted, however many connections there are", "[run]") {
  const scenario::Scenario scenario = test::usual_scenario(R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"recv": 1}]},
      {"host": "client", "connect": "server:80", "count": 10050, "every": "1ms",
       "steps": [{"abort": true}]}])");
  run::Simulation simulation{scenario, 1};  // without a trace, so that states are not followed
  simulation.run();
  const run::Totals totals = simulation.totals();
  REQUIRE(totals.connects_ok == 10'050);
  CHECK(totals.connections_reset == 10'050);
  CHECK(totals.recv_errors[static_cast<std::size_t>(tcp::Error::connection_reset)] == 10'050);
}

TEST_CASE("failures: SYN cookies that were sent", "[run]") {
  const run::Summary summary = Story{R"("profile": "linux-6",
    "hosts": {"client": {}, "server": {"sysctl": {"tcp_syncookies": 2}}}, "apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "client", "connect": "server:80", "count": 3, "every": "1s"}])"}
                                   .summary();
  CHECK(summary.connects_ok == 3);
  CHECK(summary.syn_cookies_sent == 3);
  CHECK(says(summary, "queues      3 SYN cookies sent"));
}

TEST_CASE("failures: the summary's JSON, and what scenarios may expect", "[run]") {
  const run::Summary summary = talk(wait, R"({"sleep": "1s"}, {"abort": true})", R"(, "expect": [
        {"metric": "recv_errors.ECONNRESET", "equals": 1}, {"metric": "send_errors.EPIPE", "max": 0},
        {"metric": "connections_failed", "equals": 1}, {"metric": "connections_reset", "equals": 1},
        {"metric": "syn_cookies_sent", "equals": 0}, {"metric": "connections_reset", "equals": 2}])");
  const std::string json = run::to_json(summary);
  for (const char* line : {"\n  \"recv_errors\": {\n    \"ECONNRESET\": 1\n  },",
                           "\n  \"send_errors\": {},", "\n  \"connections_failed\": 1,",
                           "\n  \"connections_reset\": 1,", "\n  \"syn_cookies_sent\": 0,"}) {
    CAPTURE(line);
    CHECK(json.find(line) != std::string::npos);
  }
  REQUIRE(summary.expectations.size() == 6);
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(summary.expectations[i].held);
  }
  CHECK_FALSE(summary.expectations[5].held);
}

TEST_CASE("counters: the text has what nstat shows, host by host, without zeros", "[run]") {
  const run::Summary summary = talk(R"({"until": "1s"}, {"abort": true})", R"({"recv": 1})");
  CHECK(says(summary,
             "counters    client: TcpActiveOpens 1, TcpEstabResets 1, TcpInSegs 1,\n"
             "            TcpOutSegs 3, TcpOutRsts 1, TcpExtTCPDelivered 1,\n"
             "            TcpExtTCPAbortOnData 1\n"
             "            server: TcpPassiveOpens 1, TcpEstabResets 1, TcpInSegs 3,\n"
             "            TcpOutSegs 1",
             80));
}

TEST_CASE("counters: a group's members are counted together, too many hosts all of them", "[run]") {
  const auto hosts = [](int groups) {
    std::string names = R"("hosts": {"server": {})";
    std::string links = R"(}, "links": [)";
    std::string apps = R"(], "apps": [{"host": "server", "listen": 80})";
    for (int i = 0; i < groups; ++i) {
      const std::string name = "\"group" + std::to_string(i) + "\"";
      names += ", " + name + R"(: {"count": 2})";
      links += (i > 0 ? ", " : "") + (R"({"a": "server", "b": )" + name + "}");
      apps += R"(, {"host": )" + name + R"(, "connect": "server:80"})";
    }
    return Story{names + links + apps + "]"}.summary();
  };
  const std::string few = run::to_text(hosts(2), 80);
  CHECK(few.find("group0: TcpActiveOpens 2,") != std::string::npos);
  CHECK(few.find("group1: TcpActiveOpens 2,") != std::string::npos);
  CHECK(few.find("group0[", few.find("counters")) == std::string::npos);
  const std::string many = run::to_text(hosts(8), 80);
  CHECK(many.find("counters    all 17 hosts: TcpActiveOpens 16, TcpPassiveOpens 16,") !=
        std::string::npos);
  CHECK(many.find("group0", many.find("counters")) == std::string::npos);
}

}  // namespace
}  // namespace lastack
