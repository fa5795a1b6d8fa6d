#include "lastack/trace/ladder.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scenes.hpp"

using namespace lastack;
using namespace lastack::trace;
using tcp::SendReason;
using tcp::State;
using tcp::Timer;
using tcp::TimerAction;

namespace {

using Lines = std::vector<std::string>;

constexpr End c = Story::c;
constexpr End s = Story::s;

LadderSheet sheet_of(Story& story, LadderLimits limits = {}) {
  LadderBuilder builder{limits};
  story.finish().replay(builder);
  return builder.sheet();
}

std::string end_of(const LadderLeg& leg) {
  switch (leg.fate) {
    case LadderLeg::Fate::arrived: return "";
    case LadderLeg::Fate::lost: return " lost " + leg.reason;
    case LadderLeg::Fate::discarded: return " discarded " + leg.reason;
    case LadderLeg::Fate::open: return " open";
  }
  return "?";
}

/// What the row holds of arrows: "> SYN" leaves and arrives in it, "> SYN ..." goes on to a later
/// row, "... > SYN" comes from an earlier one, "? > SYN" from nowhere.
std::string arrows_in(const Ladder& ladder, std::size_t row) {
  std::string text;
  for (const LadderArrow& arrow : ladder.arrows) {
    const std::string label = (arrow.from == Side::left ? "> " : "< ") + arrow.label;
    bool goes_on = false;
    for (const LadderLeg& leg : arrow.legs) {
      goes_on = goes_on || leg.row > arrow.row;
      if (leg.row == row && arrow.row != row) {
        text += "... " + label + end_of(leg);
      }
    }
    if (arrow.row != row) continue;
    text += arrow.origin == Origin::nowhere ? "? " : arrow.origin == Origin::left_out ? "... " : "";
    text += label;
    for (const LadderLeg& leg : arrow.legs) {
      text += leg.row == row ? end_of(leg) : "";
    }
    text += goes_on ? " ..." : "";
  }
  return text;
}

/// A ladder in words, a line for each row: "10 ms: ESTABLISHED | < SYN ACK seq=0 ack=1 |", times in
/// ms, a gap as "+".
Lines outline(const Ladder& ladder) {
  Lines lines;
  for (std::size_t i = 0; i < ladder.rows.size(); ++i) {
    const LadderRow& row = ladder.rows[i];
    const auto note = [&](Side side) {
      const auto& text = row.notes[index_of(side)];
      return text ? text->text : std::string{};
    };
    std::string line = row.gap ? "+ " : "";
    line += std::to_string(row.at.time_since_epoch() / 1ms) + ": ";
    line += row.left_out > 0
                ? std::to_string(row.left_out) + " left out"
                : note(Side::left) + " | " + arrows_in(ladder, i) + " | " + note(Side::right);
    lines.push_back(line);
  }
  return lines;
}

Lines outline(Story& story) {
  const LadderSheet sheet = sheet_of(story);
  REQUIRE(sheet.ladders.size() == 1);
  return outline(sheet.ladders[0]);
}

}  // namespace

TEST_CASE("ladder: a handshake has a row for each segment, states stand where they change",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  CHECK(outline(t) == Lines{
                          "0: connect |  | ",
                          "0: SYN_SENT | > SYN seq=0 | SYN_RCVD",
                          "10: ESTABLISHED | < SYN ACK seq=0 ack=1 | ",
                          "20: connected | > ACK seq=1 ack=1 | ESTABLISHED",
                          "30:  |  | accepted",
                      });
  const Ladder ladder = sheet_of(t).ladders[0];
  CHECK(ladder.ends[0] == "client:40000");
  CHECK(ladder.ends[1] == "server:80");
  CHECK(ladder.first_states[0] == State::closed);
  CHECK(ladder.first_states[1] == State::listen);
  CHECK(ladder.last_states[1] == State::established);
}

TEST_CASE("ladder: a close of four segments, then the TIME_WAIT timer after a gap",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(300ms);
  t.close();
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "+ 300: close |  | ",
                     "300: FIN_WAIT_1 | > FIN ACK seq=1 ack=1 | CLOSE_WAIT",
                     "310: FIN_WAIT_2 | < ACK seq=1 ack=2 | recv eof 0",
                     "310:  |  | close",
                     "310: TIME_WAIT | < FIN ACK seq=1 ack=2 | LAST_ACK",
                     "320:  | > ACK seq=2 ack=2 | CLOSED",
                     "+ 60320: time_wait 60 s |  | ",
                     "60320: CLOSED |  | ",
                 });
}

TEST_CASE("ladder: a lost segment ends on its way, its repetition is marked", "[trace][ladder]") {
  Scene t;
  const auto call = t.client_connects();
  t.lose(t.send(c, s, "S", 0, 0, SendReason::syn, call), Story::client);
  t.timer(c, s, Timer::rto, TimerAction::arm, 1s, call);
  t.at(1024ms);
  const auto fires = t.timer(c, s, Timer::rto, TimerAction::fire, 1s);
  t.lose(t.send(c, s, "S", 0, 0, SendReason::rto, fires), Story::client);
  CHECK(outline(t) == Lines{
                          "0: connect |  | ",
                          "0: SYN_SENT | > SYN seq=0 lost fault | ",
                          "+ 1024: rto 1.02 s | > SYN seq=0 · again lost fault | ",
                      });
  CHECK(sheet_of(t).ladders[0].arrows[1].again);
}

TEST_CASE("ladder: a loss at a router is reported with its name", "[trace][ladder]") {
  Names names = Story::two_hosts();
  names.hosts.push_back("r1");
  Scene t{names};
  const auto packet = t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(5ms);
  t.lose(packet, HostId{2}, LossReason::queue);
  CHECK(outline(t) == Lines{"0:  | > SYN seq=0 lost queue at r1 | "});
}

TEST_CASE("ladder: SYNs of a simultaneous open cross", "[trace][ladder]") {
  Scene t;
  const auto call = t.app(Story::client, "connect", "connect");
  t.state(c, s, State::closed, State::syn_sent, call);
  const auto first = t.send(c, s, "S", 0, 0, SendReason::syn, call);
  t.at(5ms);
  const auto back = t.app(Story::server, "connect", "connect");
  t.state(s, c, State::closed, State::syn_sent, back);
  const auto second = t.send(s, c, "S", 0, 0, SendReason::syn, back);
  t.at(10ms);
  t.state(s, c, State::syn_sent, State::syn_rcvd, t.receive(first, Story::server));
  t.at(15ms);
  t.state(c, s, State::syn_sent, State::syn_rcvd, t.receive(second, Story::client));
  CHECK(outline(t) == Lines{
                          "0: connect |  | ",
                          "0: SYN_SENT | > SYN seq=0 ... | ",
                          "5:  |  | connect",
                          "5:  | < SYN seq=0 ... | SYN_SENT",
                          "10:  | ... > SYN seq=0 | SYN_RCVD",
                          "15: SYN_RCVD | ... < SYN seq=0 | ",
                      });
}

TEST_CASE("ladder: a segment that its repetition overtakes arrives in a row of its own",
          "[trace][ladder]") {
  Scene t;
  const auto slow = t.send(c, s, "S", 0, 0, SendReason::syn);
  t.add(Delay{slow, 3s});
  t.at(1s);
  t.deliver(c, s, "S", 0, 0, SendReason::rto, 0);
  t.at(3010ms);
  t.receive(slow, Story::server);
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 · delayed 3 s ... | ",
                          "+ 1000:  | > SYN seq=0 · again | ",
                          "+ 3010:  | ... > SYN seq=0 · delayed 3 s | ",
                      });
}

TEST_CASE("ladder: a timer that fires while a segment is on its way stands between its ends",
          "[trace][ladder]") {
  Scene t;
  const auto slow = t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(1s);
  t.timer(c, s, Timer::rto, TimerAction::fire, 1s);
  t.at(2s);
  t.receive(slow, Story::server);
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 ... | ",
                          "+ 1000: rto |  | ",
                          "+ 2000:  | ... > SYN seq=0 | ",
                      });
}

TEST_CASE("ladder: a segment on its way for long arrives in a row of its own", "[trace][ladder]") {
  Scene t;
  t.deliver(c, s, "S", 0, 0, SendReason::syn, 0);
  const auto slow = t.send(s, c, "S.", 0, 1, SendReason::synack);
  t.add(Delay{slow, 500ms});
  t.at(520ms);
  t.receive(slow, Story::client);
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 | ",
                          "10:  | < SYN ACK seq=0 ack=1 · delayed 500 ms ... | ",
                          "+ 520:  | ... < SYN ACK seq=0 ack=1 · delayed 500 ms | ",
                      });
}

TEST_CASE("ladder: of a burst on its way while a timer fires, the last shows that it came later",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(40ms);
  std::vector<std::uint64_t> sent;
  for (std::uint32_t i = 0; i < 3; ++i) {
    sent.push_back(t.send(s, c, ".", 1, 1 + i, SendReason::ack));
  }
  t.at(45ms);
  t.timer(c, s, Timer::rto, TimerAction::fire, 45ms);
  t.at(50ms);
  for (const auto packet : sent) {
    t.receive(packet, Story::client);
  }
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "40:  | < ACK seq=1 ack=1 | ",
                     "40:  | < ACK seq=1 ack=2 | ",
                     "40:  | < ACK seq=1 ack=3 ... | ",
                     "45: rto |  | ",
                     "50:  | ... < ACK seq=1 ack=3 | ",
                 });
}

TEST_CASE("ladder: a reboot while a SYN is on its way stands between its ends", "[trace][ladder]") {
  Scene t;
  t.deliver(c, s, "S", 0, 0, SendReason::syn, 0);
  const auto packet = t.send(c, s, "S", 0, 0, SendReason::rto);
  t.at(15ms);
  t.app(Story::client, "host", "reboot");
  t.at(20ms);
  t.receive(packet, Story::server);
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 | ",
                          "10:  | > SYN seq=0 · again ... | ",
                          "15: reboot |  | ",
                          "20:  | ... > SYN seq=0 · again | ",
                      });
}

TEST_CASE("ladder: data and its acknowledgments pass each other in rows of their own",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(100ms);
  std::vector<std::uint64_t> sent;
  for (std::uint32_t i = 0; i < 3; ++i) {
    sent.push_back(t.send(c, s, ".", 1 + i * 1000, 1, SendReason::data, 0, 1000));
    t.now += 1ms;
  }
  t.at(110ms);
  const auto arrives = t.receive(sent[0], Story::server);
  const auto ack = t.send(s, c, ".", 1, 1001, SendReason::ack, arrives);
  t.now += 1ms;
  t.receive(sent[1], Story::server);
  t.now += 1ms;
  t.receive(sent[2], Story::server);
  t.at(120ms);
  t.receive(ack, Story::client);
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "100:  | > ACK seq=1 ack=1 len=1000 | ",
                     "101:  | > ACK seq=1001 ack=1 len=1000 | ",
                     "102:  | > ACK seq=2001 ack=1 len=1000 | ",
                     "110:  | < ACK seq=1 ack=1001 | ",
                 });
}

TEST_CASE("ladder: a doubled segment arrives twice", "[trace][ladder]") {
  Scene t;
  const auto packet = t.send(c, s, "S", 0, 0, SendReason::syn);
  t.add(Duplicate{packet, 50ms});
  t.at(10ms);
  t.receive(packet, Story::server);
  t.at(60ms);
  t.receive(packet, Story::server);
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 · doubled ... | ",
                          "60:  | ... > SYN seq=0 · doubled | ",
                      });
  CHECK(sheet_of(t).ladders[0].arrows.size() == 1);
}

TEST_CASE("ladder: a forged old SYN comes from nowhere, with the number that is on the wire",
          "[trace][ladder]") {
  Scene t;
  t.handshake();
  Send forged{.id = 99, .src = c, .dst = s, .segment = {}, .why = SendReason::syn, .forged = true};
  forged.segment.flags = tcp::Flags::syn;
  forged.segment.seq = tcp::Seq{990};
  forged.segment.wnd = 1;
  t.add(forged);
  t.receive(99, Story::server);
  forged.id = 100;
  forged.segment.flags = tcp::Flags::rst;
  forged.segment.seq = tcp::Seq{1001};
  t.add(forged);
  t.receive(100, Story::server);
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "30:  | ? > forged SYN seq=990 abs | ",
                     "30:  | ? > forged RST seq=1 | ",
                 });
}

TEST_CASE("ladder: what a host throws away is reported at its side", "[trace][ladder]") {
  Scene t;
  const auto full = t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(10ms);
  t.receive(full, Story::server);
  t.add(Drop{full, Story::server, DropPlace::host, tcp::DiscardReason::accept_queue});
  const auto off = t.send(c, s, "S", 0, 0, SendReason::rto);
  t.at(20ms);
  t.add(Drop{off, Story::server, DropPlace::host, LossReason::host_off});
  t.app(Story::server, "host", "power_on");
  CHECK(outline(t) == Lines{
                          "0:  | > SYN seq=0 | accept_queue",
                          "10:  | > SYN seq=0 · again discarded host_off | host_off",
                          "20:  |  | power_on",
                      });
}

TEST_CASE("ladder: a segment still on its way at the end stays open", "[trace][ladder]") {
  Scene t;
  t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(5ms);
  CHECK(outline(t) == Lines{"0:  | > SYN seq=0 open | "});
}

TEST_CASE("ladder: why a segment is special stands behind its numbers", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(50ms);
  t.deliver(s, c, ".", 1, 1, SendReason::challenge, 0);
  t.deliver(s, c, ".", 0, 1, SendReason::keepalive, 0);
  t.deliver(c, s, "P.", 1, 1, SendReason::fast_retransmit, 0, 100);
  t.deliver(s, c, "R", 1, 0, SendReason::reset, 0);
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "50:  | < ACK seq=1 ack=1 · challenge | ",
                     "60:  | < ACK seq=0 ack=1 · keepalive | ",
                     "70:  | > PSH ACK seq=1 ack=1 len=100 · fast retransmit | ",
                     "80:  | < RST seq=1 | ",
                 });
}

TEST_CASE("ladder: every connection has its own, with its own application's calls",
          "[trace][ladder]") {
  Story t;
  for (tcp::Port i = 0; i < 3; ++i) {
    const std::string number = "#" + std::to_string(i + 1);
    const End from{Story::client, static_cast<tcp::Port>(40000 + i)};
    const auto call = t.app(Story::client, "connect" + number, "connect");
    t.state(from, s, State::closed, State::syn_sent, call);
    const auto packet = t.send(from, s, "S", 0, 0, SendReason::syn, call);
    const auto arrives = t.receive(packet, Story::server);
    t.state(s, from, State::listen, State::established, arrives);
    t.app(Story::server, "accept" + number, "accepted", {}, arrives);
  }
  t.app(Story::server, "accept#2", "close");
  t.app(Story::client, "connect#3", "abort");
  const LadderSheet sheet = sheet_of(t);
  REQUIRE(sheet.ladders.size() == 3);
  CHECK(sheet.ladders[1].ends[0] == "client:40001");
  CHECK(outline(sheet.ladders[0]).size() == 3);
  CHECK(outline(sheet.ladders[1]).back() == "0:  |  | close");
  CHECK(outline(sheet.ladders[2]).back() == "0: abort |  | accepted");
  CHECK(sheet.loose_calls.empty());
}

TEST_CASE("ladder: a second connector of the same name has its calls in its own ladder",
          "[trace][ladder]") {
  Story t;
  const End second{Story::client, 50000};
  const auto one = t.app(Story::client, "connect#1", "connect");
  t.send(c, s, "S", 0, 0, SendReason::syn, one);
  t.at(1s);
  const auto two = t.app(Story::client, "connect#1", "connect");
  t.send(second, s, "S", 0, 0, SendReason::syn, two);
  t.app(Story::client, "connect#1", "connected", std::string{"ECONNREFUSED"}, one);
  t.app(Story::client, "connect#1", "connected", std::string{"ETIMEDOUT"}, two);
  const LadderSheet sheet = sheet_of(t);
  REQUIRE(sheet.ladders.size() == 2);
  CHECK(outline(sheet.ladders[0]).back() == "+ 1000: connect: ECONNREFUSED |  | ");
  CHECK(outline(sheet.ladders[1]).back() == "1000: connect: ETIMEDOUT |  | ");
}

TEST_CASE("ladder: one segment may change a state twice, shown in that order", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(1s);
  const auto packet = t.send(s, c, "F.", 1, 2, SendReason::fin);
  t.at(1010ms);
  const auto arrives = t.receive(packet, Story::client);
  t.send(c, s, ".", 2, 2, SendReason::ack, arrives);
  t.state(c, s, State::fin_wait_1, State::fin_wait_2, arrives);
  t.state(c, s, State::fin_wait_2, State::time_wait, arrives);
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{
                     "+ 1000: FIN_WAIT_2 | < FIN ACK seq=1 ack=2 | ",
                     "1010: TIME_WAIT | > ACK seq=2 ack=2 open | ",
                 });
}

TEST_CASE("ladder: a reboot closes listener and connection once", "[trace][ladder]") {
  Scene t;
  t.handshake();
  t.at(1s);
  t.state(s, c, State::established, State::closed);
  t.state(s, End{Story::server, 0}, State::listen, State::closed);
  t.at(2s);
  t.state(s, End{Story::server, 0}, State::closed, State::listen);
  Lines lines = outline(t);
  lines.erase(lines.begin(), lines.begin() + 5);
  CHECK(lines == Lines{"+ 1000:  |  | CLOSED", "+ 2000:  |  | LISTEN"});
}

TEST_CASE("ladder: connections beyond the limit are counted", "[trace][ladder]") {
  Story t;
  for (tcp::Port i = 0; i < 5; ++i) {
    const End from{Story::client, static_cast<tcp::Port>(40000 + i)};
    const auto call = t.app(Story::client, "connect#" + std::to_string(i), "connect");
    t.send(from, s, "S", 0, 0, SendReason::syn, call);
    t.send(from, s, "S", 0, 0, SendReason::rto, call);
  }
  const LadderSheet sheet = sheet_of(t, {.ladders = 2});
  CHECK(sheet.ladders.size() == 2);
  CHECK(sheet.ladders_left_out == 3);
  CHECK(sheet.loose_calls.empty());
}

TEST_CASE("ladder: a call that never leads to a segment is listed separately", "[trace][ladder]") {
  Story t;
  t.at(20ms);
  t.app(Story::client, "connect#3", "connect");
  t.app(Story::client, "connect#3", "connected", std::string{"EADDRNOTAVAIL"});
  const LadderSheet sheet = sheet_of(t);
  CHECK(sheet.ladders.empty());
  REQUIRE(sheet.loose_calls.size() == 2);
  CHECK(sheet.loose_calls[1].first == sim_start + 20ms);
  CHECK(sheet.loose_calls[1].second == "client connect#3: connect: EADDRNOTAVAIL");
}

TEST_CASE("ladder: of a long conversation the beginning and the end are shown", "[trace][ladder]") {
  Story t;
  std::uint64_t last = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    last = t.send(c, s, ".", i, 1, SendReason::data, 0, 1);
    if (i < 49) {
      t.receive(last, Story::server);
    }
    t.now += 1ms;
  }
  t.receive(last, Story::server);
  const LadderSheet sheet = sheet_of(t, {.first_steps = 4, .last_steps = 3});
  CHECK(outline(sheet.ladders[0]) == Lines{
                                         "0:  | > ACK seq=1000 abs ack=5001 abs len=1 | ",
                                         "1:  | > ACK seq=1001 abs ack=5001 abs len=1 | ",
                                         "48: 93 left out",
                                         "48:  | ... > ACK seq=1048 abs ack=5001 abs len=1 | ",
                                         "49:  | > ACK seq=1049 abs ack=5001 abs len=1 | ",
                                     });
}

TEST_CASE("ladder: a segment that is on its way past steps left out has two rows",
          "[trace][ladder]") {
  Story t;
  const auto slow = t.send(c, s, ".", 0, 1, SendReason::data, 0, 1);
  for (std::uint32_t i = 1; i <= 10; ++i) {
    t.at(i * 100us);
    t.receive(t.send(c, s, ".", i, 1, SendReason::data, 0, 1), Story::server);
  }
  t.receive(slow, Story::server);
  const LadderSheet sheet = sheet_of(t, {.first_steps = 3, .last_steps = 2});
  CHECK(outline(sheet.ladders[0]) == Lines{
                                         "0:  | > ACK seq=1000 abs ack=5001 abs len=1 ... | ",
                                         "0:  | > ACK seq=1001 abs ack=5001 abs len=1 | ",
                                         "1: 17 left out",
                                         "1:  | ... > ACK seq=1010 abs ack=5001 abs len=1 | ",
                                         "1:  | ... > ACK seq=1000 abs ack=5001 abs len=1 | ",
                                     });
}

TEST_CASE("ladder: power and settings stand in all ladders of the host", "[trace][ladder]") {
  Story t;
  t.send(c, s, "S", 0, 0, SendReason::syn);
  t.at(1s);
  t.app(Story::server, "host", "power_off");
  CHECK(outline(t).back() == "+ 1000:  |  | power_off");
}

TEST_CASE("ladder: datagrams are a conversation of their own", "[trace][ladder]") {
  Story t;
  Send sent{.id = 1,
            .src = {Story::client, 5000},
            .dst = {Story::server, 80},
            .segment = {},
            .why = SendReason::data,
            .protocol = Protocol::datagram};
  sent.segment.seq = tcp::Seq{7};
  sent.segment.data = 1000;
  t.add(sent);
  t.receive(1, Story::server);
  t.send({Story::client, 5000}, s, "S", 0, 0, SendReason::syn);
  const LadderSheet sheet = sheet_of(t);
  REQUIRE(sheet.ladders.size() == 2);
  CHECK(sheet.ladders[0].protocol == Protocol::datagram);
  CHECK(outline(sheet.ladders[0]) == Lines{"0:  | > datagram 7 len=1000 | "});
}

TEST_CASE("ladder: a port that connects again counts from its new initial number",
          "[trace][ladder]") {
  Scene t;
  t.deliver(c, s, "S", 0, 0, SendReason::syn, 0);
  t.client_iss = 70000;
  t.deliver(c, s, "S", 0, 0, SendReason::syn, 0);
  t.deliver(c, s, ".", 1, 1, SendReason::ack, 0);
  CHECK(outline(t).back() == "20:  | > ACK seq=1 ack=5001 abs | ");
}
