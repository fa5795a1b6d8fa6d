// Which connection is explained, how much of it, and that the text reads well.
#include <filesystem>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "explained.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

using Catch::Matchers::Contains;

namespace lastack::explain {

namespace {

/// Three connections: the second one's first SYN is lost, the third one's are all lost.
const std::string three = R"("apps": [)" + listens +
                          R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                                "count": 3, "every": "10s", "steps": [{"close": true}]}],
  "sysctl": {"tcp_syn_retries": 1},
  "faults": [{"on": "client->server", "flags": "S", "after": "10s", "until": "10500ms", "do": "drop"},
             {"on": "client->server", "flags": "S", "after": "20s", "do": "drop"}])";

/// One that works without trouble, and one of which a SYN is lost.
const std::string two = R"("apps": [)" + listens +
                        R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                              "count": 2, "every": "10s", "steps": [{"close": true}]}],
  "faults": [{"on": "client->server", "flags": "S", "after": "10s", "until": "10500ms", "do": "drop"}])";

void check_sentence(const std::string& text) {
  CAPTURE(text);
  CHECK(text.ends_with('.'));
  CHECK_THAT(text, !Contains("..") && !Contains("  ") && !Contains("; ;") && !Contains(" ,") &&
                       !Contains("1 bytes") && !Contains("{}") && !Contains(" a RST") &&
                       !Contains("A RST") && !Contains("A data") && !Contains("1 of which"));
}

/// The sections that the rules of the whole catalogue may cite, by what the RFCs say there.
const std::set<std::string> sections{
    "RFC 9293, 3.5",      "RFC 9293, 3.5.1",       "RFC 9293, 3.6",        "RFC 9293, 3.6.1",
    "RFC 9293, 3.8.3",    "RFC 9293, 3.8.4",       "RFC 9293, 3.8.6.1",    "RFC 9293, 3.8.6.3",
    "RFC 9293, 3.10.1",   "RFC 9293, 3.10.2",      "RFC 9293, 3.10.3",     "RFC 9293, 3.10.4",
    "RFC 9293, 3.10.5",   "RFC 9293, 3.10.7.1",    "RFC 9293, 3.10.7.2",   "RFC 9293, 3.10.7.3",
    "RFC 9293, 3.10.7.4", "RFC 9293, 3.1",         "RFC 6298, 5.4 to 5.6", "RFC 6298, 5.4 and 5.6",
    "RFC 8985, 6.3",      "RFC 8985, 7.2 and 7.3", "RFC 5961, 3.2",        "RFC 5961, 4.2",
    "RFC 5961, 5.2",      "RFC 7323, 5.3",         "RFC 2525, 2.17",       "RFC 1337",
    "RFC 6191",           "RFC 4987, 3.6",         "RFC 6298, 2.1"};

void check_rule(const std::string& rule) {
  CAPTURE(rule);
  static const std::regex cited{R"(RFC \d+(, \d[\d.]*( (to|and) \d[\d.]*)?)?)"};
  std::set<std::string> seen;
  for (auto it = std::sregex_iterator{rule.begin(), rule.end(), cited};
       it != std::sregex_iterator{}; ++it) {
    CHECK(sections.contains(it->str()));
    CHECK(seen.insert(it->str()).second);  // none twice
  }
}

void check_story(const Story& story) {
  for (const Chain& chain : story.chains) {
    check_sentence(chain.outcome);
    if (!chain.why.empty()) check_sentence(chain.why);
    check_rule(chain.rule);
    SimTime before = sim_start;
    for (const Step& step : chain.steps) {
      check_sentence(step.text);
      check_rule(step.rule);
      CHECK(before <= step.at);
      CHECK(step.at <= chain.at);
      before = step.at;
    }
  }
  for (const Step& step : story.besides) check_sentence(step.text);
}

}  // namespace

TEST_CASE("explain: of many connections a failed connect comes first", "[explain]") {
  const Explained t{three};
  CHECK(t.explanation()->connections == 3);
  CHECK(t.explanation()->stories.size() == 1);
  CHECK(t.story().connection == "client:40002 > server:80");
}

TEST_CASE("explain: where every connect succeeded, the one with most losses is explained",
          "[explain]") {
  CHECK(Explained{two}.story().connection == "client:40001 > server:80");
}

TEST_CASE("explain: a connection that somebody has goes before forged SYNs of nobody's",
          "[explain]") {
  const Explained t{R"("hosts": {"client": {}, "server": {}, "nobody": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"},
              {"a": "nobody", "b": "server", "delay": "10ms"}],
    "events": [{"at": "0s", "host": "nobody", "do": "power_off"}],
    "inject": [{"at": "10ms", "from": "nobody", "to": "server", "sport": 50000, "dport": 80,
                "flags": "S", "seq": 0}],
    "apps": [{"host": "server", "listen": 80, "steps": [{"abort": true}]},
             {"host": "client", "connect": "server:80", "from_port": 40000, "at": "50ms",
              "steps": [{"hold": true}]}])"};
  CHECK(t.explanation()->connections == 2);
  CHECK(t.story().connection == "client:40000 > server:80");
}

TEST_CASE("explain: a forged SYN's end is reported beside the connection that its ends have",
          "[explain]") {
  const Explained t{forged_syn_first};
  CHECK(t.explanation()->connections == 2);
  REQUIRE(t.explanation()->stories.size() == 2);
  CHECK(t.story(0).chains.front().outcome.starts_with("connect() of client succeeded"));
  CHECK(t.story(1).chains.front().outcome.starts_with("server:80 went from SYN_RCVD to CLOSED"));
}

TEST_CASE("explain: a forged SYN that was repeated in vain does not go before what hosts opened",
          "[explain]") {
  const Explained t{R"("events": [{"at": "2s", "host": "client", "do": "power_off"}],
    "inject": [{"at": "5s", "from": "client", "to": "server", "sport": 40001, "dport": 80,
                "flags": "S", "seq": 9000}],
    "apps": [{"host": "server", "listen": 80, "steps": [{"close": true}]},
             {"host": "client", "connect": "server:80", "from_port": 40000,
              "steps": [{"close": true}]}])"};
  CHECK(t.story().connection == "client:40000 > server:80");
}

TEST_CASE("explain: the longest connect is explained where that is asked, failed ones aside",
          "[explain]") {
  const Explained t{three, {std::nullopt, Question::Choice::longest_connect}};
  CHECK(t.story().connection == "client:40001 > server:80");
}

TEST_CASE("explain: where nothing was lost, the longest wait for accept is explained",
          "[explain]") {
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "limits": {"nofile": 5},
     "steps": [{"sleep": "1s"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "10ms",
     "steps": [{"recv": "eof"}, {"close": true}]}])"};
  CHECK(t.story().connection == "client:40001 > server:80");
}

TEST_CASE("explain: what a limit cut off goes before what was lost for long", "[explain]") {
  // From 500 ms the first one's data is lost, again and again; the second one closes at 50 s, when
  // a host may have no orphans any more.
  const Explained t{R"("profile": "linux-6", "sysctl": {"tcp_max_orphans": 0}, "apps": [)" +
                    listens +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "setsockopt": {"TCP_USER_TIMEOUT": 20000},
                     "steps": [{"until": "1s"}, {"send": 100}, {"hold": true}]},
                    {"host": "client", "connect": "server:80", "from_port": 40001, "at": "49s",
                     "steps": [{"until": "50s"}, {"close": true}]}],
    "faults": [{"on": "client->server", "after": "500ms", "until": "40s", "do": "drop"}])"};
  CHECK(t.story().connection == "client:40001 > server:80");
}

TEST_CASE("explain: a socket names the connection by either end", "[explain]") {
  CHECK(Explained{three, {"client:40000"}}.story().connection == "client:40000 > server:80");
  CHECK(Explained{three, {"server:80"}}.explanation()->stories.size() == 3);
  CHECK_FALSE(Explained{three, {"client:1"}}.explanation());
  const test::Story story{three};
  CHECK(some_sockets(story.recording(), 2) ==
        std::vector<std::string>{"client:40000", "client:40001"});
}

TEST_CASE("explain: without a connect there is nothing to explain", "[explain]") {
  CHECK_FALSE(Explained{R"("apps": [)" + listens + "]"}.explanation());
}

TEST_CASE("explain: each connection's accept goes back to its own handshake", "[explain]") {
  // Both third segments arrive at 30 ms, and one wakes the application for both.
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "0s",
     "steps": [{"hold": true}]}])",
                    {"client:40001"}};
  for (const Chain& chain : t.story().chains) {
    for (const Step& step : chain.steps) CHECK_THAT(step.text, !Contains("client:40000"));
  }
  const std::string text = t.text();
  const std::string opened = "The application of client called connect()";
  CHECK(text.find(opened) == text.rfind(opened));
}

TEST_CASE("explain: a long exchange of data is folded", "[explain]") {
  std::string steps;
  for (int i = 0; i < 50; ++i) steps += R"({"send": 100}, {"recv": 100}, )";
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [)" +
                    steps + R"({"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [)" + steps +
                    R"({"close": true}]}])"};
  std::size_t steps_shown = 0;
  for (const Chain& chain : t.story().chains) steps_shown += chain.steps.size();
  CHECK(steps_shown < 25);
  CHECK_THAT(t.text(), Contains("And so on: ") && Contains("nothing was lost"));
}

TEST_CASE("explain: durations are reported in the unit that suits them", "[explain]") {
  CHECK(how_long(0s) == "0 s");
  CHECK(how_long(7100ms) == "7.1 s");
  CHECK(how_long(10ms) == "10 ms");
  CHECK(how_long(250us) == "0.25 ms");
  CHECK(how_long(7200s) == "7200 s");
  CHECK(how_long(5ns) == "5 ns");
}

TEST_CASE("explain: what is reported of the catalogue reads well and cites known sections",
          "[explain]") {
  const std::filesystem::path root{LASTACK_SOURCE_DIR "/scenarios"};
  std::size_t steps_shown = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    const std::string file = entry.path().string();
    const bool large = entry.path().parent_path().filename() == "big";
    if (entry.path().extension() != ".json" || large || file.find("schema") != file.npos) continue;
    if (scenario::kind_of_file(file) != scenario::FileKind::scenario) continue;
    const scenario::Scenario scenario = scenario::load_scenario(file);
    trace::Recording recording;
    run::Simulation{scenario, scenario.seed, {&recording}}.run();
    if (recording.events().size() > 200'000) continue;
    const auto explanation = explain(recording, scenario, {});
    if (!explanation) continue;
    CAPTURE(file);
    for (const Story& story : explanation->stories) check_story(story);
    ++steps_shown;
  }
  CHECK(steps_shown > 80);
}

}  // namespace lastack::explain
