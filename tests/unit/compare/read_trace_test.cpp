// Traces of Lastack: what is read, and what is refused.
#include <catch2/catch.hpp>

#include "lastack/compare/check_case.hpp"
#include "lastack/compare/history_sink.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/trace/jsonl.hpp"
#include "scratch_file.hpp"
#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::History;

namespace {

/// A SYN, and what a line of each kind looks like.
constexpr auto syn =
    R"({"n":1,"t_ns":5000000,"ev":"send","id":1,"src":"client:40000","dst":"server:80","flags":"S","seq":4294967295,"len":0,"win":64240,"options":{"mss":1460,"wscale":7,"sack_permitted":true,"ts":[1,0]},"why":"syn"})"
    "\n";
constexpr auto synack =
    R"({"n":2,"cause":1,"t_ns":15000000,"ev":"send","id":2,"src":"server:80","dst":"client:40000","flags":"S.","seq":1000,"ack":0,"len":0,"win":65160,"options":{},"why":"synack"})"
    "\n";

History read(const std::string& text) {
  const ScratchFile file{"t.jsonl", text};
  auto histories = compare::read_histories(file.path());
  REQUIRE(histories.size() == 1);
  return std::move(histories.front());
}

std::string line(int n, const std::string& rest) {
  return R"({"n":)" + std::to_string(n) + R"(,"t_ns":20000000,)" + rest + "}\n";
}

/// A segment of the client's, relative to what the two SYNs said.
std::string from_client(const std::string& numbers) {
  const History history =
      read(std::string{syn} + synack +
           line(3, R"("ev":"send","id":3,"src":"client:40000","dst":"server:80",)" + numbers));
  return to_text(history.segments.back());
}

/// What is wrong with a trace that begins with the two SYNs.
std::string complaint_of(const std::string& more) {
  return complaint("t.jsonl", std::string{syn} + synack + more);
}

}  // namespace

TEST_CASE("a trace: a segment is read with times in seconds and numbers from the SYN's",
          "[compare]") {
  const History history = read(std::string{syn} + synack);
  REQUIRE(history.segments.size() == 2);
  const compare::SentSegment& first = history.segments[0];
  CHECK(first.at == compare::Seconds{0.005});
  CHECK(first.from == compare::SocketName{"client", 40000, 80});
  CHECK(first.win == 64240U);
  CHECK(to_text(first) == "S 0");
  CHECK(to_text(first.options) == "mss 1460, wscale 7, sackOK, timestamps");
  CHECK(to_text(history.segments[1]) == "S. 0 ack 1");  // beyond 2^32
  CHECK(to_text(history.segments[1].options) == "none");
  CHECK_FALSE(history.table.has_value());
}

TEST_CASE("a trace: data, SACK blocks and acknowledgments are relative to either side's SYN",
          "[compare]") {
  CHECK(from_client(R"("flags":"P.","seq":0,"ack":1001,"len":100)") == "P. 1:101 (100) ack 1");
  CHECK(from_client(R"("flags":".","seq":0,"ack":999,"len":0)") == ". 1 ack abs");
  CHECK(from_client(R"("flags":"R","seq":3000000000,"len":0)") == "R abs");
  const History history =
      read(std::string{syn} + synack +
           line(3, R"("ev":"send","id":3,"src":"client:40000","dst":"server:80","flags":".",)"
                   R"("seq":0,"ack":1001,"len":0,"options":{"sack":[[1101,1201]]})"));
  REQUIRE(history.segments[2].sack.size() == 1);
  CHECK(to_text(history.segments[2].sack[0].first) == "101");
  CHECK(to_text(history.segments[2].sack[0].second) == "201");
}

TEST_CASE("a trace: a second SYN starts a second count, a forged one an old one", "[compare]") {
  CHECK(from_client(R"("flags":"S","seq":500000,"len":0)") == "S #2+0");
  const std::string forged =
      line(3, R"("ev":"forge","id":3,"src":"client:40000","dst":"server:80","flags":"S",)"
              R"("seq":700000,"len":0)") +
      line(4, R"("ev":"send","id":4,"src":"server:80","dst":"client:40000","flags":"R.",)"
              R"("seq":0,"ack":700001,"len":0)");
  const History history = read(std::string{syn} + synack + forged);
  CHECK(to_text(history.segments[2]) == "forged S old+0");
  CHECK(to_text(history.segments[3]) == "R. abs ack old+1");
}

TEST_CASE("a trace: a forged SYN with a number of the connection's own begins no count",
          "[compare]") {
  const std::string forged =
      line(3, R"("ev":"forge","id":3,"src":"client:40000","dst":"server:80","flags":"S",)"
              R"("seq":100,"len":0,"relative":true)") +
      line(4, R"("ev":"send","id":4,"src":"server:80","dst":"client:40000","flags":".",)"
              R"("seq":0,"ack":101,"len":0)");
  const History history = read(std::string{syn} + synack + forged);
  CHECK(to_text(history.segments[2]) == "forged S 101");
  CHECK(to_text(history.segments[3]) == ". abs ack 102");
}

TEST_CASE("a trace: a SYN that is sent again keeps its number's name", "[compare]") {
  CHECK(from_client(R"("flags":"S","seq":4294967295,"len":0)") == "S 0");
}

TEST_CASE("a trace: the wire's last word is a segment's fate, a host's is not", "[compare]") {
  const auto fate = [](const std::string& events) {
    const History history = read(std::string{syn} + synack + events);
    return name_of(history.segments[0].fate);
  };
  CHECK(fate("") == "delivered");
  CHECK(fate(line(3, R"("ev":"drop","id":1,"at":"wire","reason":"fault")")) == "dropped");
  CHECK(fate(line(3, R"("ev":"drop","id":1,"at":"host","reason":"checksum")")) == "delivered");
  CHECK(fate(line(3, R"("ev":"delay","id":1,"by_ns":5)")) == "delayed");
  CHECK(fate(line(3, R"("ev":"duplicate","id":1,"by_ns":5)")) == "duplicated");
  CHECK(fate(line(3, R"("ev":"delay","id":1,"by_ns":5)") +
             line(4, R"("ev":"drop","id":1,"at":"wire","reason":"loss")")) == "dropped");
  CHECK(fate(line(3, R"("ev":"drop","id":77,"at":"wire","reason":"loss")")) == "delivered");
}

TEST_CASE("a trace: states and calls are read", "[compare]") {
  const History history =
      read(line(1, R"("ev":"state","local":"server:80","from":"CLOSED","to":"LISTEN","why":"x")") +
           line(2, R"("ev":"state","local":"client:40000","remote":"server:80",)"
                   R"("from":"CLOSED","to":"SYN_SENT","why":"x")") +
           line(3, R"("ev":"app","host":"client","who":"connect","call":"recv eof","result":7)") +
           line(4, R"("ev":"app","host":"client","who":"connect","call":"close")") +
           line(5, R"("ev":"recv","id":1,"host":"server")") +
           line(6, R"("ev":"timer","local":"client:40000","timer":"rto","do":"arm","due_ns":1)"));
  REQUIRE(history.states.size() == 2);
  CHECK(history.states[0].socket == compare::SocketName{"server", 80, 0});
  CHECK(history.states[1].to == tcp::State::syn_sent);
  REQUIRE(history.calls.size() == 2);
  CHECK(to_text(history.calls[0]) == "recv eof 7");
  CHECK(to_text(history.calls[1]) == "close");
}

TEST_CASE("a trace: keys that later versions may add are no matter", "[compare]") {
  CHECK(complaint_of(line(3, R"("ev":"recv","id":1,"host":"server","mood":"good")")).empty());
}

TEST_CASE("a trace that is read is the same as one that is watched", "[compare]") {
  const auto scenario = scenario::load_scenario(
      LASTACK_SOURCE_DIR "/tests/oracle/cases/stale-syn-before-new-syn.json");
  std::string text;
  trace::JsonLinesSink written{std::make_unique<StringWriter>(text)};
  compare::HistorySink watched;
  run::Simulation simulation{scenario, scenario.seed, {&written, &watched}};
  simulation.run();
  const History here = watched.take();
  const History there = read(text);
  CHECK(differing(here, there, compare::Tolerance::fixed(0ms)).empty());
  REQUIRE(here.segments.size() == there.segments.size());
  for (std::size_t i = 0; i < here.segments.size(); ++i) {
    CHECK(to_text(here.segments[i]) == to_text(there.segments[i]));
    CHECK(here.segments[i].at == there.segments[i].at);
  }
  CHECK(here.states.size() == there.states.size());
  CHECK(here.calls.size() == there.calls.size());
}

TEST_CASE("a trace that is cut short within a line is refused with that line", "[compare]") {
  CHECK_THAT(complaint_of(R"({"n":3,"t_ns":2000)"),
             Catch::StartsWith("t.jsonl:3: the trace is cut short: column"));
  CHECK_THAT(complaint("t.jsonl", R"({"n":1,"t_n)"),
             Catch::StartsWith("t.jsonl:1: the trace is cut short"));
}

TEST_CASE("a trace with a line that is no event is refused with that line", "[compare]") {
  CHECK_THAT(complaint_of("nonsense\n" + line(4, R"("ev":"recv","id":1,"host":"server")")),
             Catch::StartsWith("t.jsonl:3: column"));
  CHECK(complaint_of("[]\n") == "t.jsonl:3: want an event of a trace, have an empty array");
  CHECK_THAT(complaint_of("\n"), Catch::StartsWith("t.jsonl:3: "));
}

TEST_CASE("a trace of another version is refused: kinds of events and values it does not know",
          "[compare]") {
  CHECK_THAT(complaint_of(line(3, R"("ev":"teleport","id":1)")),
             Catch::StartsWith("t.jsonl:3: /ev: want a kind of event"));
  CHECK_THAT(complaint_of(line(3, R"("ev":"state","local":"server:80","to":"SLEEPING")")),
             Catch::StartsWith("t.jsonl:3: /to: want a state, have \"SLEEPING\""));
  CHECK(complaint("t.jsonl", "{\"version\": 2}\n") == "t.jsonl:1: want the key \"n\", have none");
}

TEST_CASE("a trace with a wrong value is refused with line and place", "[compare]") {
  const auto wrong = [](const std::string& rest) { return complaint_of(line(3, rest)); };
  CHECK(wrong(R"("ev":"recv2":1)").starts_with("t.jsonl:3: column"));
  CHECK(wrong(R"("ev":"send","id":"x","src":"client:40000","dst":"server:80")")
            .starts_with("t.jsonl:3: /id: want "));
  CHECK(wrong(R"("ev":"send","id":3,"src":"client","dst":"server:80")") ==
        "t.jsonl:3: /src: want an end such as \"client:40000\", have \"client\"");
  CHECK(wrong(R"("ev":"send","id":3,"src":"client:99999","dst":"server:80")")
            .starts_with("t.jsonl:3: /src: want an end"));
  CHECK(wrong(R"("ev":"send","id":3,"src":"c:1","dst":"s:2","flags":"Q","seq":1)")
            .starts_with("t.jsonl:3: /flags: want flags"));
  CHECK(wrong(R"("ev":"send","id":3,"src":"c:1","dst":"s:2","flags":".","seq":1)") ==
        "t.jsonl:3: want the key \"ack\", have none");
  CHECK(wrong(R"("ev":"send","id":3,"src":"c:1","dst":"s:2","flags":"S","seq":4294967296)")
            .starts_with("t.jsonl:3: /seq: want an integer from 0 to 4294967295"));
  CHECK(wrong(R"("ev":"send","id":3,"src":"c:1","dst":"s:2","flags":"S","seq":1,)"
              R"("options":{"sack":[[1]]})")
            .starts_with("t.jsonl:3: /options/sack/0: want [left, right]"));
  CHECK(wrong(R"("ev":"app","host":"c","who":"connect","call":"x","result":[1])")
            .starts_with("t.jsonl:3: /result: want a number, a word or nothing"));
}

TEST_CASE("a trace whose lines are out of order is refused", "[compare]") {
  CHECK(complaint_of(line(2, R"("ev":"recv","id":1,"host":"server")")) ==
        "t.jsonl:3: /n: want a number above 2, the line before's, have 2");
  CHECK(complaint_of(R"({"n":3,"t_ns":1,"ev":"recv","id":1,"host":"server"})"
                     "\n") == "t.jsonl:3: /t_ns: want a time no earlier than the line before's");
}

TEST_CASE("a file that is missing, empty or a folder is refused", "[compare]") {
  CHECK(complaint("t.jsonl", "") == "t.jsonl:1: want a trace or a recording, have an empty file");
  CHECK_THROWS_WITH(compare::read_histories("/nowhere/t.jsonl"),
                    "/nowhere/t.jsonl: cannot be read: No such file or directory");
  CHECK_THROWS_WITH(compare::read_histories("/tmp"),
                    "/tmp: want a trace or a recording, have a directory");
}
