// A run's page: the data that tools/pages reads, in the page that it built.
#include "lastack/trace/page.hpp"

#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/trace/sinks.hpp"
#include "scenes.hpp"

using namespace lastack;
using namespace lastack::trace;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

const PageFacts facts{"1.2.3", "lastack run s.json --seed 1", R"({"connects": 1})"};

std::string page_of(Story& story, std::uint64_t most = PageSink::usual_most) {
  std::string out;
  PageSink sink{std::make_unique<StringWriter>(out), most};
  story.finish().replay(sink);
  CHECK(out.empty());  // the summary belongs to it
  sink.finish(facts);
  return out;
}

/// What stands in the page's script element, as a browser takes it.
std::string data_text(const std::string& page) {
  const std::string start = R"(<script id="data" type="application/json">)";
  const std::size_t at = page.find(start);
  REQUIRE(at != std::string::npos);
  return page.substr(at + start.size(), page.find("</script>", at) - at - start.size());
}

}  // namespace

TEST_CASE("page: a loss says where it happened, which a trace leaves out", "[trace]") {
  Scene t;
  t.handshake();
  t.lose(t.send(Story::s, Story::c, "P.", 1, 1, tcp::SendReason::data, 0, 1448), Story::server,
         LossReason::queue);
  const json drop = json::parse(data_text(page_of(t)))["events"].back();
  CHECK(drop["ev"] == "drop");
  CHECK(drop["reason"] == "queue");
  CHECK(drop["node"] == "server");
}

TEST_CASE("page: one file with the run's head, summary and every event", "[trace]") {
  Scene t;
  t.handshake();
  const std::string page = page_of(t);
  CHECK_THAT(page, StartsWith("<!doctype html>") && EndsWith("</html>\n"));
  const json data = json::parse(data_text(page));
  CHECK(data["kind"] == "run");
  CHECK(data["format"] == 1);
  CHECK(data["version"] == "1.2.3");
  CHECK(data["command"] == "lastack run s.json --seed 1");
  CHECK(data["scenario"] == "hand-made");
  CHECK(data["seed"] == 1);
  CHECK(data["hosts"] == json::array({"client", "server"}));
  CHECK(data["summary"] == json{{"connects", 1}});
  CHECK(data["events_left_out"] == 0);
  REQUIRE(data["events"].size() > 5);
  for (std::size_t i = 0; i < data["events"].size(); ++i) CHECK(data["events"][i]["n"] == i + 1);
}

TEST_CASE("page: what would end the script element does not", "[trace]") {
  Scene t;
  t.handshake();
  std::string out;
  PageSink sink{std::make_unique<StringWriter>(out)};
  t.finish().replay(sink);
  sink.finish({"1", "lastack run '</script><script>alert(1)</script>.json'", "{}"});
  CHECK(json::parse(data_text(out))["command"] ==
        "lastack run '</script><script>alert(1)</script>.json'");
}

TEST_CASE("page: events past the most are counted, not shown", "[trace]") {
  Scene t;
  t.handshake();
  const json all = json::parse(data_text(page_of(t)));
  Scene again;
  again.handshake();
  const json some = json::parse(data_text(page_of(again, 3)));
  CHECK(some["events"].size() == 3);
  CHECK(some["events_left_out"] == all["events"].size() - 3);
}

TEST_CASE("page: its file's ending is known, and that it takes more than a trace", "[trace]") {
  CHECK(format_of("out/t.html") == Format::page);
  CHECK_THAT(std::string{known_endings()}, Contains(".html"));
}
