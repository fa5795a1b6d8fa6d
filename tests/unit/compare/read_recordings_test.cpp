// Recordings of kernels: what is read, and what is refused.
#include <catch2/catch.hpp>

#include "scratch_file.hpp"
#include "talk.hpp"

using namespace lastack;
using namespace lastack::test;
using compare::History;

namespace {

/// A row of each list.
constexpr auto wire =
    R"({"t":0.001,"from":"client","flags":"S","len":0,"win":64240,"sport":40000,"dport":80,"seq":0,"ts":true,"options":{"mss":1460},"fate":"dropped"})";
constexpr auto state =
    R"({"t":0.5,"host":"client","sport":40000,"dport":80,"was":"CLOSED","state":"SYN_SENT"})";
constexpr auto gone =
    R"({"t":0.6,"host":"client","sport":40000,"dport":80,"was":"SYN_SENT","state":null})";
constexpr auto call =
    R"({"t":0.7,"host":"client","who":"connect","call":"connected","result":"ok"})";

std::string recording_of(const std::string& wire_rows, const std::string& state_rows,
                         const std::string& diag_rows, const std::string& app_rows) {
  return R"({"scenario":"x.json","kernel":"6.18.44","hz":250,"lag":0.001,"wire":[)" + wire_rows +
         R"(],"state":[)" + state_rows + R"(],"diag":[)" + diag_rows + R"(],"app":[)" + app_rows +
         "]}";
}

std::string recording_with(const std::string& wire_rows) {
  return recording_of(wire_rows, "", "", "");
}

std::vector<History> read(const std::string& text) {
  const ScratchFile file{"x.trace.json", text};
  return compare::read_histories(file.path());
}

/// What is wrong with a recording that has this row in its wire.
std::string complaint_of_row(std::string row, const std::string& from, const std::string& to) {
  row.replace(row.find(from), from.size(), to);
  return complaint("x.trace.json", R"({"recordings":[)" + recording_with(row) + "]}");
}

}  // namespace

TEST_CASE("a recording: wire, states, table and calls are read", "[compare]") {
  const auto histories = read(R"({"recordings":[)" + recording_of(wire, state, gone, call) + "]}");
  REQUIRE(histories.size() == 1);
  const History& history = histories[0];
  CHECK(history.source.ends_with("x.trace.json, recording 1 of 1: Linux 6.18.44"));
  REQUIRE(history.segments.size() == 1);
  CHECK(to_text(history.segments[0]) == "S 0, dropped");
  CHECK(to_text(history.segments[0].options) == "mss 1460, timestamps");
  CHECK(history.segments[0].from == compare::SocketName{"client", 40000, 80});
  REQUIRE(history.states.size() == 1);
  CHECK(history.states[0].to == tcp::State::syn_sent);
  REQUIRE(history.table.has_value());
  REQUIRE(history.table->size() == 1);
  CHECK((*history.table)[0].to == std::nullopt);
  REQUIRE(history.calls.size() == 1);
  CHECK(to_text(history.calls[0]) == "connected ok");
}

TEST_CASE("a recording: a file may hold several, or one by itself", "[compare]") {
  const std::string one = recording_with(wire);
  CHECK(read(R"({"recordings":[)" + one + "," + one + "]}").size() == 2);
  CHECK(read(one).size() == 1);
  CHECK(read("\n{\n\"recordings\":\n[" + one + "]}").size() == 1);  // however it is laid out
}

TEST_CASE("a recording: numbers may follow a second or a forged SYN, or none", "[compare]") {
  const auto seq = [](const std::string& number) {
    std::string row = wire;
    row.replace(row.find("\"seq\":0"), 7, "\"seq\":" + number);
    return to_text(read(recording_with(row))[0].segments[0].seq);
  };
  CHECK(seq("17") == "17");
  CHECK(seq("\"#2+1\"") == "#2+1");
  CHECK(seq("\"old+1\"") == "old+1");
  CHECK(seq("\"abs:4711\"") == "abs");
}

TEST_CASE("a recording: forged segments are known as such, whatever their numbers", "[compare]") {
  constexpr auto forged =
      R"({"t":0.1,"from":"client","injected":true,"flags":"S.","seq":"iss+1","ack":null,"len":0,"sport":40000,"dport":80,"fate":"delivered"})";
  const auto histories = read(recording_with(forged));
  CHECK(histories[0].segments[0].maker == compare::SentSegment::Maker::forger);
}

TEST_CASE("a recording that is cut short is refused with the line", "[compare]") {
  const std::string whole = "{\n\"recordings\":[\n" + recording_with(wire) + "\n]}";
  CHECK_THAT(complaint("x.trace.json", whole.substr(0, whole.size() - 20)),
             Catch::StartsWith("x.trace.json:3: column"));
  CHECK_THAT(complaint("x.trace.json", whole.substr(0, whole.size() - 1)),
             Catch::StartsWith("x.trace.json:4: column"));
  CHECK_THAT(complaint("x.trace.json", ""), Catch::StartsWith("x.trace.json:1: "));
}

TEST_CASE("a recording of another version or shape is refused", "[compare]") {
  CHECK(complaint("x.trace.json", R"({"version":2,"recordings":[]})") ==
        "x.trace.json: /version: want an integer from 1 to 1, have 2");
  CHECK(complaint("x.trace.json", R"({"version":1,"recordings":[]})") ==
        "x.trace.json: /recordings: want at least one recording, have none");
  CHECK_THAT(complaint("x.trace.json", R"({"hosts":{}})"),
             Catch::StartsWith("x.trace.json: want a recording: an object with `recordings`"));
  CHECK_THAT(complaint("x.trace.json", "[1]"), Catch::StartsWith("x.trace.json: want a recording"));
  CHECK(complaint("x.trace.json", R"({"recordings":[{"wire":[]}]})") ==
        "x.trace.json: /recordings/0: want the key \"state\", have none");
}

TEST_CASE("a recording with a wrong value is refused with its place", "[compare]") {
  const std::string place = "x.trace.json: /recordings/0/wire/0";
  CHECK(complaint_of_row(wire, "\"dropped\"", "\"eaten\"")
            .starts_with(place + "/fate: want a fate, have \"eaten\""));
  CHECK(complaint_of_row(wire, "0.001", "\"now\"") ==
        place + "/t: want a time in seconds, have \"now\"");
  CHECK(complaint_of_row(wire, "\"seq\":0", "\"seq\":\"nil\"").starts_with(place + "/seq: want "));
  CHECK(complaint_of_row(wire, "\"win\":64240,", "") ==
        place + ": want the key \"win\", have none");
  CHECK(complaint_of_row(wire, "\"flags\":\"S\"", "\"flags\":\"S.\"") ==
        place + ": want the key \"ack\", have none");
  CHECK(complaint_of_row(wire, "40000", "70000")
            .starts_with(place + "/sport: want an integer from 0 to 65535"));
}

TEST_CASE("a recording: of more than two hosts, each socket's peer is read", "[compare]") {
  const auto from = [](const std::string& host, const std::string& to) {
    std::string row = wire;
    row.replace(row.find("\"from\":\"client\""), 15,
                R"("from":")" + host + R"(","to":")" + to + '"');
    return row;
  };
  const auto histories =
      read(recording_of(from("a", "server") + "," + from("b", "server"),
                        R"({"t":0.5,"host":"server","sport":80,"dport":40000,"peer":"b","was":null,
                            "state":"SYN_RCVD"})",
                        "", ""));
  CHECK(histories[0].segments[1].from == compare::SocketName{"b", 40000, 80, "server"});
  CHECK(histories[0].states[0].socket == compare::SocketName{"server", 80, 40000, "b"});
}

TEST_CASE("a recording: of two hosts, the peer goes without saying", "[compare]") {
  std::string row = wire;
  row.replace(row.find("\"from\""), 6, R"("to":"server","from")");
  CHECK(read(recording_with(row))[0].segments[0].from == compare::SocketName{"client", 40000, 80});
}
