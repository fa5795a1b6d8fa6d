// The ladder as a picture (SVG) and as Mermaid's text: from the same layout as the text.
#include <string>

#include <catch2/catch.hpp>

#include "lastack/trace/ladder_mermaid.hpp"
#include "lastack/trace/ladder_svg.hpp"
#include "scenes.hpp"

using namespace lastack;
using namespace lastack::trace;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using tcp::SendReason;

namespace {

LadderSheet sheet_of(Story& story) {
  LadderBuilder builder;
  story.finish().replay(builder);
  return builder.sheet();
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("ladder mermaid: a handshake", "[trace][ladder]") {
  Scene t;
  t.handshake();
  CHECK(to_mermaid(sheet_of(t)) ==
        "sequenceDiagram\n"
        "  %% hand-made (seed 1)\n"
        "  participant L0 as client:40000\n"
        "  participant R0 as server:80\n"
        "  Note left of L0: connect\n"
        "  L0->>R0: 0.000 s SYN seq=0\n"
        "  Note left of L0: SYN_SENT\n"
        "  Note right of R0: SYN_RCVD\n"
        "  R0->>L0: 0.010 s SYN ACK seq=0 ack=1\n"
        "  Note left of L0: ESTABLISHED\n"
        "  L0->>R0: 0.020 s ACK seq=1 ack=1\n"
        "  Note left of L0: connected\n"
        "  Note right of R0: ESTABLISHED\n"
        "  Note right of R0: accepted\n");
}

TEST_CASE("ladder mermaid: what is lost ends in a cross, with the reason", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.lose(t.send(Story::s, Story::c, "P.", 1, 1, SendReason::data, 0, 1448), Story::server,
         LossReason::queue);
  CHECK_THAT(to_mermaid(sheet_of(t)), Contains("  R0-xL0: ") && Contains(" ✗ queue"));
}

TEST_CASE("ladder svg: a slanted line with a head for each segment that arrives",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  const std::string svg = to_svg(sheet_of(t));
  CHECK_THAT(svg, StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\"") && EndsWith("</svg>\n"));
  CHECK(count(svg, "class=\"head\"") == 3);
  CHECK(count(svg, "class=\"lost\"") == 0);
  CHECK_THAT(svg, Contains(">SYN seq=0</text>") && Contains(">ESTABLISHED</text>"));
}

TEST_CASE("ladder svg: a lost segment has no head but a cross, and says why", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.lose(t.send(Story::s, Story::c, "P.", 1, 1, SendReason::data, 0, 1448), Story::server,
         LossReason::queue);
  const std::string svg = to_svg(sheet_of(t));
  CHECK(count(svg, "class=\"head\"") == 3);
  CHECK(count(svg, "class=\"lost\"") == 1);
  CHECK_THAT(svg, Contains(">queue</text>"));
}

TEST_CASE("ladder svg: text cannot break out of it", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.app(Story::client, "connect", "shutdown", std::string{"<b> & \"quoted\""});
  CHECK_THAT(to_svg(sheet_of(t)), Contains("&lt;b&gt; &amp; &quot;quoted&quot;"));
}
