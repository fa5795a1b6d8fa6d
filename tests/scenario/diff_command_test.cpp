// `lastack diff`, as its user meets it.
#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::string recordings = LASTACK_SOURCE_DIR "/tests/oracle/traces/abort.trace.json";

/// Two traces of a connection: in the second the first SYN is lost.
struct Traces : Shell {
  Traces() {
    file("s.json", connects_after(20));
    lastack("run s.json --quiet --trace a.jsonl");
    lastack(R"(run s.json --quiet --trace b.jsonl --set 'faults=[{"on": "client->server", )"
            R"("flags": "S", "nth": 1, "do": "drop"}]')");
  }

  /// `text` with the lines of the file that `keep` (a sed script) leaves.
  void edited(const std::string& script, const std::string& from, const std::string& to) {
    run("sed '" + script + "' " + from + " > " + to);
  }
};

}  // namespace

TEST_CASE("diff: a trace and itself are alike, exit code 0", "[command]") {
  Traces t;
  t.lastack("diff a.jsonl a.jsonl --tolerance 0s");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), StartsWith("A  a.jsonl\nB  a.jsonl\n   Times may differ by 0 ms.\n"));
  CHECK_THAT(t.out(),
             Contains("Alike: 6 segments, 11 state changes, 6 calls.\n") || Contains("Alike: "));
}

TEST_CASE("diff: the first divergence is reported in words and in two columns, exit code 1",
          "[command]") {
  Traces t;
  t.lastack("diff a.jsonl b.jsonl");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("First divergence, at 0.000 s (segments): client's 1st segment is "
                               "not the same.\n"
                               "  A  S 0 at 0.000 s\n"
                               "  B  S 0, dropped at 0.000 s\n"
                               "     other fate\n"));
  CHECK_THAT(t.out(), Contains("  time/s    A: client                     time/s    B: client\n"));
  CHECK_THAT(t.out(),
             Contains("\n*    0.000  S 0                         |    0.000  S 0, dropped\n"));
  CHECK_THAT(t.out(), Contains("What else differs:\n"));
  CHECK_THAT(t.out(), Contains("server #1: A S. 0 ack 1 at 0.010 s"));
  t.lastack("diff a.jsonl b.jsonl --quiet");
  CHECK(t.exit_code() == 1);
  CHECK(t.out().empty());
}

TEST_CASE("diff: no line is wider than 80 columns where there is no terminal", "[command]") {
  Traces t;
  t.run("$LASTACK diff a.jsonl b.jsonl | awk 'length > 80'");
  CHECK(t.out().empty());
}

TEST_CASE("diff: times may differ by what --tolerance says", "[command]") {
  Traces t;
  t.lastack("run s.json --quiet --trace late.jsonl --set links.0.delay=12ms");
  t.lastack("diff a.jsonl late.jsonl");  // by default 14 ms
  CHECK(t.exit_code() == 0);
  t.lastack("diff a.jsonl late.jsonl --tolerance 1ms");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("Times may differ by 1 ms.\n"));
  CHECK_THAT(t.out(), Contains("(timing): server's 1st segment comes at another\ntime.\n"));
  CHECK_THAT(t.out(), Contains("2 ms apart, where 1 ms are allowed\n"));
  t.lastack("diff a.jsonl late.jsonl --tolerance 2.5ms");
  CHECK(t.exit_code() == 1);  // the client's answer is 4 ms late
  t.lastack("diff a.jsonl late.jsonl --tolerance 1");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--tolerance: want a duration such as 5ms, have 1"));
}

TEST_CASE("diff: other states and calls are reported", "[command]") {
  Traces t;
  t.edited(R"(s/"to":"FIN_WAIT_1"/"to":"LAST_ACK"/)", "a.jsonl", "state.jsonl");
  t.lastack("diff a.jsonl state.jsonl");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("(states): client:40000's 3rd state is not the same.\n"));
  CHECK_THAT(t.out(), Contains("  A  FIN_WAIT_1 at 0.020 s\n  B  LAST_ACK at 0.020 s\n"));
  t.edited(R"(s/"call":"connected","result":"ok"/"call":"connected","result":"ETIMEDOUT"/)",
           "a.jsonl", "call.jsonl");
  t.lastack("diff a.jsonl call.jsonl");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("(calls): client's connect: the 2nd call is not the"));
}

TEST_CASE("diff: other windows are counted apart, exit code 0", "[command]") {
  Traces t;
  t.edited(R"(s/"win":[0-9]*/"win":7/)", "a.jsonl", "window.jsonl");
  t.lastack("diff a.jsonl window.jsonl");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("Alike: "));
  CHECK_THAT(t.out(), Contains("Counted apart: windows in ") && Contains("(client #1, #2"));
}

TEST_CASE("diff: a segment that is on one side only", "[command]") {
  Traces t;
  t.file("more.jsonl", t.read("a.jsonl") +
                           R"({"n":999,"t_ns":99000000000,"ev":"send","id":99,)"
                           R"("src":"client:40000","dst":"server:80","flags":"R","seq":0})");
  t.lastack("diff more.jsonl a.jsonl");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("client's 4th segment is there on one\nside only.\n"));
  CHECK_THAT(t.out(), Contains("  B  nothing more\n"));
}

TEST_CASE("diff: of a file with recordings the nearest is taken, or the one that is asked for",
          "[command]") {
  Traces t;
  t.lastack("diff " + recordings + " " + recordings);
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("abort.trace.json, recording 1 of 8: Linux 6.18.44\n"));
  CHECK_THAT(t.out(), EndsWith("this is the nearest; --recording N takes another.\n"));
  t.lastack("diff " + recordings + " a.jsonl --recording 3");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("abort.trace.json, recording 3 of 8: Linux 6.18.44\nB  a.jsonl\n"));
  t.lastack("diff " + recordings + " " + recordings + " --recording 2 --recording 5");
  CHECK_THAT(t.out(), Contains("recording 2 of 8") && Contains("recording 5 of 8"));
  CHECK_THAT(t.out(), !Contains("takes another"));
  t.lastack("diff " + recordings + " a.jsonl --recording 9");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--recording: want a number from 1 to 8"));
}

TEST_CASE("diff: input that is cut short, of another version or missing is refused with its line",
          "[command]") {
  Traces t;
  const auto refused = [&](const std::string& file, const std::string& why) {
    t.lastack("diff a.jsonl " + file);
    CHECK(t.exit_code() == 2);
    CHECK(t.out().empty());
    CHECK_THAT(t.err(), StartsWith("lastack: error: " + file + why));
  };
  t.run("head -c 300 a.jsonl > cut.jsonl");
  refused("cut.jsonl", ":3: the trace is cut short: column ");
  t.run("head -c 3000 " + recordings + " > cut.trace.json");
  refused("cut.trace.json", ":1: column 3001: ");
  t.run(R"(sed '3s/"ev":"[a-z]*"/"ev":"teleport"/' a.jsonl > new.jsonl)");
  refused("new.jsonl", ":3: /ev: want a kind of event (in version 1 of the format), have ");
  t.file("new.trace.json", "{\n \"version\": 2,\n \"recordings\": []\n}\n");
  refused("new.trace.json", ":2: /version: want an integer from 1 to 1, have 2");
  refused("s.json", ":1: want a recording: an object with `recordings` or `wire`");
  refused("missing.jsonl", ": cannot be read: No such file or directory");
}
