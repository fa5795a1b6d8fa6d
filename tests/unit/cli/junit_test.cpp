#include <catch2/catch.hpp>

#include "ci/formats.hpp"
#include "results.hpp"

using Catch::Matchers::Contains;
using namespace lastack::cli;

TEST_CASE("junit_xml: a suite for each folder, a case for each file", "[cli]") {
  const std::string xml = junit_xml({held("close/a.json"), held("loss/b.json")});
  CHECK_THAT(xml, Contains("<testsuite name=\"close\" tests=\"1\""));
  CHECK_THAT(xml, Contains("<testcase classname=\"loss\" name=\"b\" file=\"loss/b.json\""));
}

TEST_CASE("junit_xml: a failure says what was wanted, seen and where", "[cli]") {
  const std::string xml = junit_xml({failed("a.json"), held("b.json")});
  CHECK_THAT(xml, Contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""));
  CHECK_THAT(xml, Contains("<failure message=\"1 of 2 expectations failed: wanted 3 "
                           "segments client-&gt;server S; seen 2 (trace line 17 at 1.03 s: send S "
                           "client:40000 &gt; server:80)\">/expect/1"));
  CHECK_THAT(xml, Contains("3 segments client-&gt;server S"));
  CHECK_THAT(xml, Contains("replay: lastack run a.json"));
}

TEST_CASE("junit_xml: a bad file is an error, a sweep is skipped", "[cli]") {
  const std::string xml = junit_xml({with_problem("a.json", Outcome::bad, "no \"hosts\" & <more>"),
                                     with_problem("b.json", Outcome::skipped, "sweep")});
  CHECK_THAT(xml, Contains("failures=\"0\" errors=\"1\" skipped=\"1\""));
  CHECK_THAT(xml, Contains("<error message=\"no &quot;hosts&quot; &amp; &lt;more&gt;\"/>"));
  CHECK_THAT(xml, Contains("<skipped message=\"sweep\"/>"));
}

TEST_CASE(
    "junit_xml: a comparison that fails says what it came to, one that cannot tell is skipped",
    "[cli]") {
  const std::string xml = junit_xml({failed_comparison(), undecided_comparison()});
  CHECK_THAT(xml, Contains("<testsuite name=\"lastack compare\" tests=\"2\" failures=\"1\" "
                           "errors=\"0\" skipped=\"1\""));
  CHECK_THAT(xml, Contains("<failure message=\"connect_ok: worse: now 98 %, was 99 %\">"));
  CHECK_THAT(xml, Contains("<skipped message=\"cannot tell: needs about 900 runs\"/>"));
}

TEST_CASE("junit_xml: files without a folder have a suite with a name", "[cli]") {
  CHECK_THAT(junit_xml({held("a.json")}), Contains("<testsuite name=\"lastack\" tests=\"1\""));
}

TEST_CASE("junit_xml: bytes that XML cannot hold are shown", "[cli]") {
  const std::string xml = junit_xml({with_problem("a\x01\xff.json", Outcome::bad, "x\x1by")});
  CHECK_THAT(xml, Contains("file=\"a\\x01\\xff.json\""));
  CHECK_THAT(xml, Contains("<error message=\"x\\x1by\"/>"));
}

TEST_CASE("junit_xml: a run that was cut short is skipped, and what matched nothing is printed",
          "[cli]") {
  const std::string xml = junit_xml({cut_short("a.json"), held_with_warning("b.json")});
  CHECK_THAT(xml, Contains("failures=\"0\" errors=\"0\" skipped=\"1\""));
  CHECK_THAT(xml, Contains("<skipped message=\"interrupted after 1.5 s; 2 expectations were not "
                           "judged\"/>"));
  CHECK_THAT(xml, Contains("<system-out>warning: b.json: /faults/2: matched no segment"));
}
