#include <string>

#define CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#include <catch2/catch.hpp>

#include "lastack/run/summary.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

TimeDistribution times(const std::vector<SimDuration>& all) { return TimeDistribution{all}; }

/// One connection, 10 ms each way; the steps of both ends, and what else the scenario says.
run::Summary talk(const std::string& client, const std::string& server,
                  const std::string& more = {}) {
  return Story{R"("apps": [{"host": "server", "listen": 80, "steps": [)" + server +
               R"(]}, {"host": "client", "connect": "server:80", "steps": [)" + client + "]}]" +
               more}
      .summary();
}
constexpr const char* ask = R"({"send": 100}, {"recv": 200})";
constexpr const char* answer = R"({"recv": 100}, {"send": 200})";

TEST_CASE("requests: from the first octet sent to the last octet of the answer", "[run]") {
  const run::Summary summary = talk(ask, answer);
  CHECK(summary.requests == 1);
  CHECK(summary.requests_ok == 1);
  CHECK(summary.request_times == times({20ms}));  // connecting takes 20 ms more, and is no part
}

TEST_CASE("requests: what the server thinks is part of it, what the client thinks is not",
          "[run]") {
  const run::Summary summary =
      talk(R"({"sleep": "5s"}, {"send": 100}, {"recv": 200}, {"sleep": "7s"})",
           R"({"recv": 100}, {"sleep": "1s"}, {"send": 200})");
  CHECK(summary.request_times == times({1020ms}));
}

TEST_CASE("requests: the answer's last octet counts, not its first", "[run]") {
  const run::Summary summary =
      talk(ask, R"({"recv": 100}, {"send": 199}, {"sleep": "2s"}, {"send": 1})");
  CHECK(summary.request_times == times({2020ms}));
}

TEST_CASE("requests: several sends before a recv are one", "[run]") {
  const run::Summary summary =
      talk(R"({"send": 60}, {"sleep": "1s"}, {"send": 40}, {"recv": 200})", answer);
  CHECK(summary.requests == 1);
  CHECK(summary.request_times == times({1020ms}));  // from the first of them
}

TEST_CASE("requests: one that does not fit the send buffer begins with its first octet", "[run]") {
  const run::Summary summary =
      talk(R"({"send": 2000000}, {"recv": 1})", R"({"recv": 2000000}, {"send": 1})",
           R"(, "links": [{"a": "client", "b": "server", "delay": "10ms", "rate": "8Mbit"}])");
  REQUIRE(summary.request_times.count() == 1);
  CHECK(summary.request_times.time_at(1000) > 2s);  // 2 MB at 1 MB/s
}

TEST_CASE("requests: a connection has one for each send and the recv after it", "[run]") {
  const std::string asks = std::string{ask} + ", " + ask;
  const std::string answers = std::string{answer} + R"(, {"sleep": "1s"}, )" + answer;
  const run::Summary summary = talk(asks, answers);
  CHECK(summary.requests == 2);
  CHECK(summary.request_times == times({20ms, 1000ms}));  // it sleeps from 30 ms to 1.03 s
}

TEST_CASE("requests: a recv without a send before it ends none", "[run]") {
  const run::Summary summary =
      talk(R"({"recv": 10}, {"send": 100}, {"recv": 200}, {"recv": 10})",
           R"({"send": 10}, {"recv": 100}, {"send": 200}, {"sleep": "3s"}, {"send": 10})");
  CHECK(summary.requests == 1);
  CHECK(summary.request_times == times({20ms}));
}

TEST_CASE("requests: there is none without a recv that is carried out", "[run]") {
  const std::string client =
      GENERATE(R"({"send": 100}, {"close": true})", R"({"send": 100}, {"hold": true}, {"recv": 1})",
               R"({"send": 100}, {"abort": true}, {"recv": 1})", R"({"recv": 1}, {"send": 100})");
  CAPTURE(client);
  const run::Summary summary = talk(client, R"({"send": 1}, {"hold": true})");
  CHECK(summary.requests == 0);
  CHECK(summary.requests_ok == 0);
}

TEST_CASE("requests: a listener's send and recv are none", "[run]") {
  const run::Summary summary = talk(R"({"recv": 10}, {"send": 1})", R"({"send": 10}, {"recv": 1})");
  CHECK(summary.requests == 0);
}

TEST_CASE("requests: an answer that EOF cuts short has failed", "[run]") {
  const run::Summary summary = talk(ask, R"({"recv": 100}, {"send": 199}, {"close": true})");
  CHECK(summary.requests == 1);
  CHECK(summary.requests_ok == 0);
  CHECK(summary.request_times.count() == 0);
}

TEST_CASE("requests: one whose connection is reset has failed", "[run]") {
  const run::Summary summary = talk(ask, R"({"recv": 100}, {"abort": true})");
  CHECK(summary.requests == 1);
  CHECK(summary.requests_ok == 0);
}

TEST_CASE("requests: one whose send failed has failed, whatever is received", "[run]") {
  const run::Summary summary =
      talk(R"({"shutdown": "write"}, {"send": 100}, {"recv": 200})", R"({"send": 200})");
  CHECK(summary.requests == 1);
  CHECK(summary.requests_ok == 0);
}

TEST_CASE("requests: one that waits at the end of the run is not answered", "[run]") {
  const run::Summary summary = talk(ask, R"({"recv": 100}, {"hold": true})");
  CHECK(summary.requests == 1);
  CHECK(summary.requests_ok == 0);
}

TEST_CASE("requests: where connect fails there are none", "[run]") {
  const Story story{R"("apps": [{"host": "client", "connect": "server:80", "steps": [)" +
                    std::string{ask} + "]}]"};
  CHECK(story.summary().connect_errors.at("ECONNREFUSED") == 1);
  CHECK(story.summary().requests == 0);
}

TEST_CASE("requests: an answer up to EOF has at least one octet", "[run]") {
  const char* const until_eof = R"({"send": 100}, {"recv": "eof"}, {"close": true})";
  const run::Summary some =
      talk(until_eof, R"({"recv": 100}, {"send": 1}, {"sleep": "1s"}, {"close": true})");
  CHECK(some.requests_ok == 1);
  CHECK(some.request_times == times({1020ms}));  // the FIN says which octet was the last
  const run::Summary none = talk(until_eof, R"({"recv": 100}, {"close": true})");
  CHECK(none.requests == 1);
  CHECK(none.requests_ok == 0);
}

TEST_CASE("requests: one that a reboot cut off does not go on in the host's next life", "[run]") {
  const run::Summary summary = Story{R"("apps": [
      {"host": "server", "listen": 80, "steps": [{"hold": true}]},
      {"host": "server", "listen": 81, "steps": [{"send": 10}, {"hold": true}]},
      {"host": "client", "connect": "server:80", "steps": [{"send": 100}, {"recv": 200}]},
      {"host": "client", "connect": "server:81", "at": "2s",
       "steps": [{"recv": 10}, {"send": 100}, {"recv": 200}]}],
    "events": [{"at": "1s", "host": "client", "do": "reboot"}])"}
                                   .summary();
  CHECK(summary.requests == 2);
  CHECK(summary.requests_ok == 0);
}

TEST_CASE("requests: the summary's JSON and text, and what scenarios may expect", "[run]") {
  const run::Summary summary = talk(ask, answer, R"(, "expect": [
      {"metric": "requests", "equals": 1}, {"metric": "requests_ok", "equals": 1},
      {"metric": "request_time", "equals": 0.02}, {"metric": "request_time", "max": 0.01}])");
  const std::string json = run::to_json(summary);
  for (const char* line :
       {"\n  \"requests\": 1,", "\n  \"requests_ok\": 1,", "\n  \"request_time\": 0.02,"}) {
    CAPTURE(line);
    CHECK(json.find(line) != std::string::npos);
  }
  CHECK(run::to_text(summary, 80).find("\nrequests    1 of 1 answered in 20 ms\n") !=
        std::string::npos);
  REQUIRE(summary.expectations.size() == 4);
  CHECK(summary.expectations[0].held);
  CHECK(summary.expectations[1].held);
  CHECK(summary.expectations[2].held);
  CHECK_FALSE(summary.expectations[3].held);
}

TEST_CASE("requests: without an answer the JSON has no time, and the text says so", "[run]") {
  const run::Summary summary = talk(ask, R"({"recv": 100}, {"hold": true})");
  CHECK(run::to_json(summary).find("\n  \"request_time\": null,") != std::string::npos);
  CHECK(run::to_text(summary, 80).find("\nrequests    0 of 1 answered\n") != std::string::npos);
}

}  // namespace
}  // namespace lastack
