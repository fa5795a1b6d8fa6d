#include "lastack/trace/jsonl.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "lastack/core/atomic_file.hpp"
#include "story.hpp"

using namespace lastack;
using namespace lastack::trace;

namespace {

/// The whole output for a story.
std::string lines_of(Story& story) {
  std::string out;
  JsonLinesSink sink{std::make_unique<StringWriter>(out)};
  story.finish().replay(sink);
  return out;
}

}  // namespace

TEST_CASE("jsonl: a SYN carries its options, and no ack", "[trace]") {
  Story t;
  t.app(Story::client, "connect", "connect");
  t.options.mss = 1460;
  t.options.has_window_scale = true;
  t.options.window_scale = 7;
  t.options.sack_permitted = true;
  t.options.has_timestamps = true;
  t.options.ts_val = tcp::Timestamp{4294967295};
  t.options.ts_ecr = tcp::Timestamp{0};
  t.send(Story::c, Story::s, "S", 0, 0, tcp::SendReason::syn, 1);
  CHECK(lines_of(t) ==
        R"({"n":1,"t_ns":0,"ev":"app","host":"client","who":"connect","call":"connect"})"
        "\n"
        R"({"n":2,"cause":1,"t_ns":0,"ev":"send","id":1,"src":"client:40000","dst":"server:80",)"
        R"("flags":"S","seq":1000,"len":0,"win":64240,"options":{"mss":1460,"wscale":7,)"
        R"("sack_permitted":true,"ts":[4294967295,0]},"why":"syn"})"
        "\n");
}

TEST_CASE("jsonl: a segment with the ACK bit has ack, one without options an empty object",
          "[trace]") {
  Story t;
  t.at(10ms);
  t.send(Story::s, Story::c, "S.", 0, 1, tcp::SendReason::synack);
  CHECK(lines_of(t) ==
        R"({"n":1,"t_ns":10000000,"ev":"send","id":1,"src":"server:80","dst":"client:40000",)"
        R"("flags":"S.","seq":5000,"ack":1001,"len":0,"win":64240,"options":{},"why":"synack"})"
        "\n");
}

TEST_CASE("jsonl: SACK blocks are pairs of absolute numbers", "[trace]") {
  Story t;
  t.options.sack_count = 2;
  t.options.sack[0] = {tcp::Seq{4294967290}, tcp::Seq{10}};
  t.options.sack[1] = {tcp::Seq{20}, tcp::Seq{30}};
  t.send(Story::s, Story::c, ".", 1, 1, tcp::SendReason::dup_ack);
  CHECK_THAT(lines_of(t), Catch::Contains(R"("options":{"sack":[[4294967290,10],[20,30]]})"));
}

TEST_CASE("jsonl: flags come in tcpdump's order, payload in len", "[trace]") {
  Story t;
  t.send(Story::c, Story::s, ".PF", 1, 1, tcp::SendReason::data, 0, 1448);
  CHECK_THAT(lines_of(t), Catch::Contains(R"("flags":"FP.","seq":1001,"ack":5001,"len":1448)"));
}

TEST_CASE("jsonl: a forged segment is a line of its own kind", "[trace]") {
  Story t;
  t.send(Story::c, Story::s, "R", 1, 0, tcp::SendReason::reset);
  Recording forged;
  forged.begin(Story::two_hosts());
  Event event = t.finish().events().front();
  std::get<Send>(event.what).forged = true;
  forged.event(event);
  std::string out;
  JsonLinesSink sink{std::make_unique<StringWriter>(out)};
  forged.replay(sink);
  CHECK_THAT(out,
             Catch::StartsWith(R"({"n":1,"t_ns":0,"ev":"forge","id":1,"src":"client:40000",)"));
}

TEST_CASE("jsonl: a forged number that counts from a connection's own is said to be relative",
          "[trace]") {
  Story t;
  t.send(Story::c, Story::s, "S", 100, 0, tcp::SendReason::data);
  Recording forged;
  forged.begin(Story::two_hosts());
  Event event = t.finish().events().front();
  std::get<Send>(event.what).forged = true;
  std::get<Send>(event.what).relative = true;
  forged.event(event);
  std::string out;
  JsonLinesSink sink{std::make_unique<StringWriter>(out)};
  forged.replay(sink);
  CHECK_THAT(out, Catch::Contains(R"("why":"data","relative":true})"));
}

TEST_CASE("jsonl: a datagram is udp without flags, its number is seq", "[trace]") {
  Story t;
  Send sent{.id = 7,
            .src = {Story::client, 5000},
            .dst = {Story::server, 9000},
            .segment = {},
            .why = tcp::SendReason::data,
            .protocol = Protocol::datagram};
  sent.segment.seq = tcp::Seq{3};
  sent.segment.data = 1000;
  t.add(sent);
  CHECK(lines_of(t) ==
        R"({"n":1,"t_ns":0,"ev":"send","id":7,"proto":"udp","src":"client:5000",)"
        R"("dst":"server:9000","flags":"","seq":3,"len":1000,"win":0,"options":{},"why":"data"})"
        "\n");
}

TEST_CASE("jsonl: what the network does to a packet", "[trace]") {
  Story t;
  t.at(1s);
  t.add(Drop{4, Story::client, DropPlace::wire, LossReason::fault}, 3);
  t.add(Drop{5, Story::server, DropPlace::host, tcp::DiscardReason::accept_queue}, 4);
  t.add(Delay{6, 50ms}, 5);
  t.add(Duplicate{7, 1us}, 6);
  t.add(Receive{8, Story::server}, 7);
  CHECK(
      lines_of(t) ==
      R"({"n":1,"cause":3,"t_ns":1000000000,"ev":"drop","id":4,"at":"wire","reason":"fault"})"
      "\n"
      R"({"n":2,"cause":4,"t_ns":1000000000,"ev":"drop","id":5,"at":"host","reason":"accept_queue"})"
      "\n"
      R"({"n":3,"cause":5,"t_ns":1000000000,"ev":"delay","id":6,"by_ns":50000000})"
      "\n"
      R"({"n":4,"cause":6,"t_ns":1000000000,"ev":"duplicate","id":7,"by_ns":1000})"
      "\n"
      R"({"n":5,"cause":7,"t_ns":1000000000,"ev":"recv","id":8,"host":"server"})"
      "\n");
}

TEST_CASE("jsonl: a state of LISTEN has no remote end", "[trace]") {
  Story t;
  t.state(Story::s, End{Story::server, 0}, tcp::State::closed, tcp::State::listen);
  t.state(Story::s, Story::c, tcp::State::listen, tcp::State::syn_rcvd, 1);
  CHECK(
      lines_of(t) ==
      R"({"n":1,"t_ns":0,"ev":"state","local":"server:80","from":"CLOSED","to":"LISTEN","why":"connect"})"
      "\n"
      R"({"n":2,"cause":1,"t_ns":0,"ev":"state","local":"server:80","remote":"client:40000",)"
      R"("from":"LISTEN","to":"SYN_RCVD","why":"connect"})"
      "\n");
}

TEST_CASE("jsonl: timers are armed, fire and are cancelled", "[trace]") {
  Story t;
  t.timer(Story::c, Story::s, tcp::Timer::rto, tcp::TimerAction::arm, 1s);
  t.timer(Story::c, Story::s, tcp::Timer::fin_wait_2, tcp::TimerAction::fire, 2s);
  t.timer(Story::c, Story::s, tcp::Timer::time_wait, tcp::TimerAction::cancel, 3s);
  const std::string ends = R"("local":"client:40000","remote":"server:80",)";
  CHECK(lines_of(t) == R"({"n":1,"t_ns":0,"ev":"timer",)" + ends +
                           R"("timer":"rto","do":"arm","due_ns":1000000000})"
                           "\n" +
                           R"({"n":2,"t_ns":0,"ev":"timer",)" + ends +
                           R"("timer":"fin_wait_2","do":"fire","due_ns":2000000000})"
                           "\n" +
                           R"({"n":3,"t_ns":0,"ev":"timer",)" + ends +
                           R"("timer":"time_wait","do":"cancel","due_ns":3000000000})"
                           "\n");
}

TEST_CASE("jsonl: an app's result is a number, a word or absent", "[trace]") {
  Story t;
  t.app(Story::server, "accept#1", "recv eof", std::uint64_t{20000}, 9);
  t.app(Story::client, "connect#2", "connected", std::string{"ETIMEDOUT"});
  t.app(Story::client, "connect#2", "close");
  CHECK(
      lines_of(t) ==
      R"({"n":1,"cause":9,"t_ns":0,"ev":"app","host":"server","who":"accept#1","call":"recv eof","result":20000})"
      "\n"
      R"({"n":2,"t_ns":0,"ev":"app","host":"client","who":"connect#2","call":"connected","result":"ETIMEDOUT"})"
      "\n"
      R"({"n":3,"t_ns":0,"ev":"app","host":"client","who":"connect#2","call":"close"})"
      "\n");
}

TEST_CASE("jsonl: names and words are escaped, UTF-8 is kept", "[trace]") {
  Names names = Story::two_hosts();
  names.hosts = {"a\"b\\c\n", "zürich"};
  Story t{names};
  t.app(Story::client, "host", "link_down", std::string{"x\t\x01"});
  t.add(Receive{1, Story::server});
  CHECK(
      lines_of(t) ==
      R"({"n":1,"t_ns":0,"ev":"app","host":"a\"b\\c\u000a","who":"host","call":"link_down","result":"x\u0009\u0001"})"
      "\n"
      R"({"n":2,"t_ns":0,"ev":"recv","id":1,"host":"zürich"})"
      "\n");
}

TEST_CASE("jsonl: a long trace comes out whole, names longer than a line included", "[trace]") {
  Names names = Story::two_hosts();
  names.hosts[0] = std::string(5000, 'x');
  Story t{names};
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i) {
    t.add(Receive{1, i % 10 == 0 ? Story::client : Story::server});
  }
  const std::string out = lines_of(t);
  CHECK(std::count(out.begin(), out.end(), '\n') == count);
  std::size_t want = 0;
  for (int i = 0; i < count; ++i) {
    want += std::string{R"({"n":,"t_ns":0,"ev":"recv","id":1,"host":""})"}.size() + 1 +
            std::to_string(i + 1).size() + (i % 10 == 0 ? 5000 : 6);
  }
  CHECK(out.size() == want);
}

TEST_CASE("jsonl: names of every length come out whole", "[trace]") {
  for (std::size_t length = 1; length < 60; ++length) {
    Names names = Story::two_hosts();
    names.hosts[0] = std::string(length, 'x');
    Story t{names};
    t.add(Receive{1, Story::client});
    CHECK(lines_of(t) ==
          R"({"n":1,"t_ns":0,"ev":"recv","id":1,"host":")" + names.hosts[0] + "\"}\n");
  }
}

TEST_CASE("jsonl: each event has its own time, shorter or longer than the one before", "[trace]") {
  Story t;
  std::string want;
  for (const SimDuration at : {0ns, 0ns, 7ns, 7ns, 1234567890ns, 5000000000ns, 5000000000ns}) {
    t.at(at);
    const std::uint64_t n = t.add(Receive{1, Story::server});
    want += "{\"n\":" + std::to_string(n) + ",\"t_ns\":" + std::to_string(at.count()) +
            R"(,"ev":"recv","id":1,"host":"server"})"
            "\n";
  }
  CHECK(lines_of(t) == want);
}
