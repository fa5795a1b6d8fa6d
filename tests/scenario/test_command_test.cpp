// `lastack test`, as continuous integration meets it.
#include <algorithm>
#include <regex>

#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// A tree with one file of each kind but bad ones.
struct Tree : Shell {
  Tree() {
    file("tree/good.json", holds);
    file("tree/deep/wrong.json", fails);
    file("tree/idle.json", expects_nothing);
    file("tree/sweep.json", R"({"scenario": "good.json", "vary": {"seed": [1, 2]}})");
    file("tree/other.json", R"({"name": "neither"})");
    file("tree/notes.txt", "no JSON at all");
  }
};

std::string without_time(const std::string& text) {
  return std::regex_replace(text, std::regex{R"(\(\d+\.\d+ s\))"}, "(time)");
}

}  // namespace

TEST_CASE("test: runs a tree, names what failed and what was skipped, exit code 1", "[command]") {
  Tree t;
  t.lastack("test tree");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), Contains("failed tree/deep/wrong.json\n       /expect/0\n"));
  CHECK_THAT(t.out(), Contains("replay: lastack run tree/deep/wrong.json\n"));
  CHECK_THAT(t.out(), Contains("skipped tree/sweep.json: a sweep without `expect`\n"));
  CHECK_THAT(t.out(), Contains("skipped tree/other.json: neither"));
  CHECK_THAT(t.out(), Contains("3 scenarios ran: 1 held, 1 failed, 1 not checked (no `expect`); "
                               "2 files skipped"));
}

TEST_CASE("test: all held is exit code 0, and --quiet then says nothing", "[command]") {
  Tree t;
  t.lastack("test tree/good.json tree/idle.json --quiet");
  CHECK(t.exit_code() == 0);
  CHECK(t.out().empty());
}

TEST_CASE("test: the command that it prints repeats the failure", "[command]") {
  Tree t;
  t.lastack("test tree --seed 5");
  REQUIRE_THAT(t.out(), Contains("replay: lastack run tree/deep/wrong.json --seed 5\n"));
  t.lastack("run tree/deep/wrong.json --seed 5");
  CHECK(t.exit_code() == 1);
}

TEST_CASE("test: a bad file is reported while the others run, exit code 2", "[command]") {
  Tree t;
  t.file("tree/bad.json", two_mistakes);
  t.file("tree/broken.json", "{");
  t.lastack("test tree missing.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("tree/bad.json: /links/0/dely: "));
  CHECK_THAT(t.out(), Contains("tree/broken.json: line 1"));
  CHECK_THAT(t.out(), Contains("missing.json: "));
  CHECK_THAT(t.out(), Contains("1 held, 1 failed, 1 not checked (no `expect`); 3 bad files"));
}

TEST_CASE("test: nothing to test is a usage error", "[command]") {
  Shell t;
  t.file("empty/notes.txt", "");
  t.lastack("test empty");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("no *.json in empty"));
}

TEST_CASE("test: any number of threads prints the same", "[command]") {
  Tree t;
  for (int i = 0; i < 20; ++i) t.file("tree/many/" + std::to_string(i) + ".json", fails);
  t.lastack("test tree -j 1");
  const std::string alone = without_time(t.out());
  t.lastack("test tree -j 8");
  CHECK(without_time(t.out()) == alone);
}

TEST_CASE("test: --junit writes XML with the same counts", "[command]") {
  Tree t;
  t.file("tree/bad <&\">.json", two_mistakes);
  t.lastack("test tree --junit report.xml");
  CHECK(t.exit_code() == 2);
  t.run(R"(python3 -c '
import xml.etree.ElementTree as ET
root = ET.parse("report.xml").getroot()
print(root.tag, *(root.attrib[k] for k in ("tests", "failures", "errors", "skipped")))
for case in root.iter("testcase"):
    print(case.attrib["file"], *(child.tag for child in case))
')");
  CHECK(t.out() ==
        "testsuites 6 1 1 2\n"
        "tree/bad <&\">.json error\n"
        "tree/good.json\n"
        "tree/idle.json\n"
        "tree/other.json skipped\n"
        "tree/sweep.json skipped\n"
        "tree/deep/wrong.json failure\n");
}

TEST_CASE("test: --junit to where nothing can be written is exit code 2, before anything runs",
          "[command]") {
  Tree t;
  t.lastack("test tree --junit nowhere/report.xml");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("nowhere/report.xml"));
  CHECK(t.out().empty());
}

TEST_CASE("test: --junit writes over none of the scenarios", "[command]") {
  Tree t;
  t.lastack("test tree --junit tree/good.json");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("--junit: want a file of its own, have tree/good.json"));
  t.lastack("test tree/good.json");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("test: --tap prints a plan, then a line for each file, in order", "[command]") {
  Tree t;
  t.lastack("test tree --tap");
  CHECK(t.exit_code() == 1);
  CHECK_THAT(t.out(), StartsWith("TAP version 13\n1..5\nnot ok 1 - tree/deep/wrong.json\n  ---\n"));
  CHECK_THAT(t.out(), Contains("  ...\nok 2 - tree/good.json\nok 3 - tree/idle.json"));
  CHECK_THAT(t.out(), EndsWith("ok 5 - tree/sweep.json # SKIP a sweep without `expect`\n"));
}

TEST_CASE("test: --github annotates the line of the expectation that failed", "[command]") {
  Tree t;
  t.lastack("test tree --github");
  CHECK_THAT(t.out(), Contains("\n::error file=tree/deep/wrong.json,line=12,title=expectation "
                               "failed%3A /expect/0::wanted "));
}

TEST_CASE("test: past --max-memory a run counts as a failure, exit code 3", "[command]") {
  Shell t;
  t.file("s.json", holds);
  t.lastack("test s.json --max-memory 1M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(), Contains("s.json: stopped at --max-memory 1M after 0 events"));
  t.lastack("test s.json --max-memory 1000G");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("test: what takes more memory than there may be is told before it is tried",
          "[command]") {
  Shell t;
  t.file("many.json", R"({"hosts": {"c": {"count": 1000000}}})");
  t.lastack("test many.json --max-memory 300M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(), Contains("many.json: takes at least 3.0 GB before its first event, more than "
                               "--max-memory 300M"));
  t.lastack("run many.json --max-memory 300M --summary s.json");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.err(), Contains("takes at least 3.0 GB"));
  t.run("ls s.json");
  CHECK(t.exit_code() != 0);
  // What fits is not refused: the reckoning is below what is really taken.
  t.file("some.json", R"({"hosts": {"c": {"count": 2000}, "s": {}},
      "links": [{"a": "c", "b": "s", "delay": "1ms"}]})");
  t.lastack("run some.json --max-memory 250M --quiet");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("test: files that fit only one after the other are run so", "[command]") {
  if (takes_memory_of_its_own) {
    WARN("skipped: the sanitizer's memory counts as well");
    return;
  }
  Shell t;
  for (const char* name : {"tree/a.json", "tree/b.json", "tree/c.json", "tree/d.json"}) {
    t.file(name, R"({"hosts": {"c": {"count": 50000}}, "expect": [{"metric": "segments_lost",
                     "max": 0}]})");
  }
  t.lastack("test tree -j 4 --max-memory 250M");
  INFO("each takes 150 MB at the least, and less than 250M, which are 262 MB");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.out(), Contains("4 held"));
}

TEST_CASE("test: an interrupt ends it early, and says so", "[command]") {
  Shell t;
  t.file("tree/long.json", never_ends);
  t.lastack_interrupted("test tree --junit report.xml");
  CHECK(t.exit_code() == 130);
  CHECK_THAT(t.out(), Contains("1 not run"));
  CHECK_THAT(t.read("report.xml"), EndsWith("</testsuites>\n"));
}

TEST_CASE("test: what an interrupted run expected is not judged", "[command]") {
  Shell t;
  std::string text = never_ends;
  text.insert(text.rfind('}'), R"(, "expect": [{"metric": "segments_lost", "max": 0},
                                                {"metric": "accepts", "max": 9}])");
  t.file("tree/long.json", text);
  t.lastack_interrupted("test tree --github --junit report.xml");
  CHECK(t.exit_code() == 130);
  CHECK_THAT(t.out(), Contains("not judged tree/long.json: interrupted after "));
  CHECK_THAT(t.out(), Contains("; 2 expectations were not judged\n"));
  CHECK_THAT(t.out(),
             Contains("::error file=tree/long.json,line=11,title=expectations not judged::"));
  CHECK_THAT(t.out(), !Contains("/expect/"));
  CHECK_THAT(t.read("report.xml"), Contains("<skipped message=\"interrupted after ") &&
                                       Contains("2 expectations were not judged"));
  t.lastack_interrupted("test tree --tap --junit report.xml");
  CHECK_THAT(t.out(), Contains("not ok 1 - tree/long.json") &&
                          Contains("2 expectations were not judged") && !Contains("failed:"));
  t.lastack("test tree --max-memory 1M");
  CHECK(t.exit_code() == 3);
  CHECK_THAT(t.out(), Contains("; 2 expectations were not judged\n"));
}

TEST_CASE("test: what could never match is a warning, with --strict the file is bad", "[command]") {
  Shell t;
  t.file("s.json", with_faults(R"({"on": "client->server", "flags": "F", "do": "drop"})"));
  t.lastack("test s.json --tap --github --junit report.xml");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.err(), Contains("lastack: warning: s.json: /faults/0: could never match: "));
  CHECK_THAT(t.out(), Contains("ok 1 - s.json\n# warning: s.json: /faults/0: could never match: "));
  CHECK_THAT(
      t.out(),
      Contains("::warning file=s.json,line=7,title=matches nothing%3A /faults/0::could never "));
  CHECK_THAT(t.read("report.xml"),
             Contains("<system-out>warning: s.json: /faults/0: could never "));
  t.lastack("test s.json --strict");
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.out(), Contains("bad    s.json: /faults/0: could never match: "));
}

TEST_CASE("test: what met nothing in the run is a warning, with --strict a failure", "[command]") {
  Shell t;
  t.file("s.json", with_faults(R"({"on": "client->server", "flags": "R", "do": "drop"})"));
  t.lastack("test s.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.err(), Contains("warning: s.json: /faults/0: matched no segment in this run: "));
  t.lastack("test s.json --strict --tap");
  CHECK(t.exit_code() == 1);
  CHECK(t.err().empty());
  CHECK_THAT(t.out(), Contains("not ok 1 - s.json") && Contains("expectation: \"/faults/0\"") &&
                          Contains("seen: \"matched no segment in this run: "));
}
