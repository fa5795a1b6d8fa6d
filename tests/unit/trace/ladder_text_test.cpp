#include "lastack/trace/ladder_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scenes.hpp"

using namespace lastack;
using namespace lastack::trace;
using tcp::SendReason;
using tcp::State;

namespace {

constexpr End c = Story::c;
constexpr End s = Story::s;

std::string drawing(Story& story, const LadderTextOptions& options) {
  LadderBuilder builder;
  story.finish().replay(builder);
  return to_text(builder.sheet(), options);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// Columns, when every character takes one.
std::size_t characters(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
  }));
}

/// A scene in which nearly everything happens.
void play_everything(Scene& t) {
  t.handshake();
  t.lose(t.send(s, c, "P.", 1, 1, SendReason::data, 0, 1448), Story::server, LossReason::queue);
  const auto slow = t.send(c, s, "P.", 1, 1, SendReason::data, 0, 1448);
  t.add(Delay{slow, 3s});
  t.at(500ms);
  t.app(Story::client, "connect", "shutdown", std::string{"with a word that no side has room for"});
  const auto doubled = t.send(c, s, "P.", 1, 1, SendReason::fast_retransmit, 0, 1448);
  t.add(Duplicate{doubled, 20ms});
  t.at(510ms);
  t.receive(doubled, Story::server);
  t.at(530ms);
  t.receive(doubled, Story::server);
  t.at(3030ms);
  t.receive(slow, Story::server);
  t.close();
}

}  // namespace

TEST_CASE("ladder text: a handshake in ASCII, 80 columns", "[trace][ladder]") {
  Scene t;
  t.handshake();
  const std::string want =
      "hand-made (seed 1)\n"
      "\n"
      "  time/s       client:40000                                   server:80\n"
      "              CLOSED :                                            : LISTEN\n"
      "   0.000     connect :                                            :\n"
      "            SYN_SENT |---------------- SYN seq=0 ---------------->| SYN_RCVD\n"
      "   0.010 ESTABLISHED |<----------- SYN ACK seq=0 ack=1 -----------|\n"
      "   0.020   connected |------------- ACK seq=1 ack=1 ------------->| ESTABLISHED\n"
      "   0.030             |                                            | accepted\n"
      "   0.030 ESTABLISHED |               the run ends                 | ESTABLISHED\n";
  CHECK(drawing(t, {.columns = 80, .charset = Charset::ascii}) == want);
}

TEST_CASE("ladder text: a lost segment ends on its way, time that passes is reported",
          "[trace][ladder]") {
  Scene t;
  const auto call = t.client_connects();
  t.lose(t.send(c, s, "S", 0, 0, SendReason::syn, call), Story::client);
  t.at(1024ms);
  t.lose(t.send(s, c, "S.", 0, 1, SendReason::synack), Story::server);
  t.state(c, s, State::syn_sent, State::closed);
  const std::string want =
      "hand-made (seed 1)\n"
      "\n"
      "  time/s       client:40000                                   server:80\n"
      "              CLOSED ┊                                            ┊ LISTEN\n"
      "   0.000     connect ┊                                            ┊\n"
      "            SYN_SENT ├───────── SYN seq=0 ────────✗ lost: fault   ┊\n"
      "  ⋮ 1.02 s           ⋮                                            ⋮\n"
      "   1.024      CLOSED ┊   lost: fault ✗─── SYN ACK seq=0 ack=1 ────┤\n";
  CHECK(drawing(t, {.columns = 80}) == want);
}

TEST_CASE("ladder text: segments that cross go down in columns of their own", "[trace][ladder]") {
  Scene t;
  const auto there = t.send(c, s, "S", 0, 0, SendReason::syn);
  const auto back = t.send(s, c, "S", 0, 0, SendReason::syn);
  t.at(10ms);
  t.receive(there, Story::server);
  t.receive(back, Story::client);
  const std::string want =
      "  time/s       client:40000                                   server:80\n"
      "              CLOSED ┊                                            ┊ CLOSED\n"
      "   0.000             ├─────────── SYN seq=0 ──────────╮           ┊\n"
      "                     ┊           ╭───────── SYN seq=0 ┼───────────┤\n"
      "   0.010             ┊           ╎                    ╰──────────▶┊\n"
      "                     ┊◀──────────╯                                ┊\n";
  CHECK_THAT(drawing(t, {.columns = 80}), Catch::EndsWith(want));
}

TEST_CASE("ladder text: a label without room is said more briefly, then cut", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.deliver(c, s, "P.", 1, 1, SendReason::fast_retransmit, 0, 1448);
  CHECK_THAT(drawing(t, {.columns = 100}),
             Catch::Contains("─ PSH ACK seq=1 ack=1 len=1448 · fast retransmit ─"));
  CHECK_THAT(drawing(t, {.columns = 80}),
             Catch::Contains("├─ PSH ACK seq=1 len=1448 · fast retransm… ─▶│"));
  CHECK_THAT(drawing(t, {.columns = 60}), Catch::Contains("├─ PSH ACK seq=1 len=… ─▶│"));
}

TEST_CASE("ladder text: no line is wider than asked for", "[trace][ladder]") {
  const int columns = GENERATE(60, 80, 83, 100, 120, 200);
  Scene t;
  play_everything(t);
  std::size_t widest = 0;
  for (const std::string& line : lines_of(drawing(t, {.columns = columns}))) {
    INFO(line);
    CHECK(characters(line) <= static_cast<std::size_t>(columns));
    CHECK((line.empty() || line.back() != ' '));
    widest = std::max(widest, characters(line));
  }
  CHECK(widest >= static_cast<std::size_t>(columns) - 5);  // the space is used
}

TEST_CASE("ladder text: fewer columns than 60 count as 60", "[trace][ladder]") {
  Scene t;
  play_everything(t);
  CHECK(drawing(t, {.columns = 10}) == drawing(t, {.columns = 60}));
}

TEST_CASE("ladder text: without colour there is no escape, ASCII has nothing else",
          "[trace][ladder]") {
  Scene t;
  play_everything(t);
  const std::string plain = drawing(t, {.charset = Charset::ascii});
  CHECK(std::all_of(plain.begin(), plain.end(),
                    [](char byte) { return byte == '\n' || (byte >= ' ' && byte <= '~'); }));
  const std::string coloured = drawing(t, {.colour = Colour::ansi});
  CHECK_THAT(coloured, Catch::Contains("\x1b[1;31m✗"));
  std::string stripped;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b') {
      i = coloured.find('m', i);
    } else {
      stripped += coloured[i];
    }
  }
  CHECK(stripped == drawing(t, {}));
}

TEST_CASE("ladder text: lines stand straight below wide and combining characters",
          "[trace][ladder]") {
  Names names = Story::two_hosts();
  names.hosts = {"東京", "cafe\u0301"};  // 2 columns each; an accent without a column
  Scene t{names};
  t.handshake();
  Names plain = Story::two_hosts();
  plain.hosts = {"xxxx", "cafe"};
  Scene same{plain};
  same.handshake();
  std::string drawn = drawing(t, {.columns = 80});
  const std::string wide = "東京";
  drawn.replace(drawn.find(wide), wide.size(), "xxxx");
  const std::string accent = "\u0301";
  drawn.erase(drawn.find(accent), accent.size());
  CHECK(drawn == drawing(same, {.columns = 80}));
}

TEST_CASE("ladder text: several connections follow each other under a headline",
          "[trace][ladder]") {
  Story t;
  for (tcp::Port i = 0; i < 3; ++i) {
    t.send({Story::client, static_cast<tcp::Port>(40000 + i)}, s, "S", 0, 0, SendReason::syn);
  }
  LadderBuilder builder{{.ladders = 2}};
  t.finish().replay(builder);
  const std::string out = to_text(builder.sheet(), {.columns = 80});
  CHECK_THAT(out, Catch::Contains("── client:40000 ↔ server:80 (1 of 3) ───") &&
                      Catch::Contains("── client:40001 ↔ server:80 (2 of 3) ───") &&
                      Catch::EndsWith("\n1 more conversation is not shown\n"));
}

TEST_CASE("ladder text: times within a millisecond get more decimals", "[trace][ladder]") {
  Story t;
  t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(1500us);
  t.send(c, s, "S", 0, 0, SendReason::rto);
  t.at(1700us);
  t.send(c, s, "S", 0, 0, SendReason::rto);
  const std::string drawn = drawing(t, {});
  CHECK_THAT(drawn, Catch::Contains("\n 0.001500 ") && Catch::Contains("\n 0.001700 "));
}

TEST_CASE("ladder text: a long description is broken between words", "[trace][ladder]") {
  Names names = Story::two_hosts();
  names.description =
      "The third segment of the handshake is lost and nothing is sent after it, so that the server "
      "sends its SYN-ACK again.";
  Story t{names};
  const std::string drawn = drawing(t, {.columns = 80});
  CHECK(drawn ==
        "hand-made (seed 1)\n"
        "The third segment of the handshake is lost and nothing is sent after it, so that\n"
        "the server sends its SYN-ACK again.\n");
}
