#include "receive/delayed_ack.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

using Received = DelayedAck::Received;
using Answer = DelayedAck::Answer;

/// A receiver with a clock, which sends the ACKs that are due. What it did about a
/// segment is a word: "ack", "dup_ack", "in 0.040 s", or "waits" where a timer runs already.
class Receiver {
 public:
  AckPolicy policy = AckPolicy::quick_ack;
  std::int8_t quick_ack = -1;
  std::int32_t compressed_max = 44;
  std::optional<SimDuration> srtt;
  std::uint32_t half_window = 16;  // segments
  Seq nxt{1};
  bool sack = true;
  SimDuration round_trip = 10ms;
  DelayedAck acks;

  Receiver& after(SimDuration time) {
    now_ += time;
    return *this;
  }
  /// 1000 octets in order.
  std::string data() {
    nxt += 1000;
    acks.data_arrived(now_, rto, half_window);
    return decide({.nxt = nxt});
  }
  /// The same, and that makes two full segments since the last ACK.
  std::string second_segment() {
    nxt += 1000;
    acks.data_arrived(now_, rto, half_window);
    return decide({.nxt = nxt, .two_segments = true});
  }
  /// Octets beyond a hole.
  std::string out_of_order() {
    acks.owe();
    return decide(
        {.nxt = nxt, .hole = Received::Hole::open, .sack = sack, .round_trip = round_trip});
  }
  std::string decide(const Received& came) {
    const Answer answer = acks.decide(came, rules(), now_);
    acks.check_invariants();
    return carry_out(answer);
  }
  std::string carry_out(const Answer& answer) {
    switch (answer.when) {
      case Answer::When::none: return "waits";
      case Answer::When::at: return "in " + text_of(answer.time - now_);
      case Answer::When::now: acks.sent(); return std::string{name_of(answer.why)};
    }
    return {};
  }
  /// Lets the delayed ACK's timer run out; whether an ACK went.
  bool timer() {
    now_ = acks.delayed_until();
    const bool sends = acks.delayed_timeout(rules(), rto);
    if (sends) acks.sent();
    return sends;
  }
  /// An answer goes out, which carries the ACK.
  void answers() {
    acks.data_sent(now_);
    acks.sent();
  }
  DelayedAck::Rules rules() const {
    return {policy, quick_ack, pingpong_threshold, compressed_max, 1ms, delayed_max, srtt, grid};
  }
  SimTime now() const { return now_; }

  static constexpr SimDuration rto = 300ms;
  static constexpr std::int32_t pingpong_threshold = 1;
  SimDuration delayed_max = DelayedAck::longest_wait;

 private:
  static inline const TimerGrid grid = TimerGrid::exact();
  SimTime now_ = sim_start + 1s;
};

/// One whose quick ACKs are used up.
Receiver calm_receiver() {
  Receiver r;
  r.half_window = 0;
  r.data();
  r.data();
  return r;
}

std::string in(SimDuration time) { return "in " + text_of(time); }

}  // namespace

// --- Quick ACKs (Linux, tcp_incr_quickack) ---

TEST_CASE("DelayedAck: the first ACKs of a connection go at once, for half a window",
          "[tcp][linux]") {
  Receiver r;
  r.half_window = 5;
  for (int i = 0; i < 5; ++i) CHECK(r.data() == "ack");
  CHECK(r.data() == in(40ms));
}

TEST_CASE("DelayedAck: at most sixteen go at once in a row, and at least two", "[tcp][linux]") {
  Receiver large;
  large.half_window = 1000;
  for (int i = 0; i < 16; ++i) CHECK(large.data() == "ack");
  CHECK(large.data() == in(40ms));
  Receiver tiny;
  tiny.half_window = 0;
  CHECK(tiny.data() == "ack");
  CHECK(tiny.data() == "ack");
  CHECK(tiny.data() == in(40ms));
}

TEST_CASE("DelayedAck: a peer that was idle for longer than a timeout starts anew, and so do we",
          "[tcp][linux]") {
  auto r = calm_receiver();
  CHECK(r.after(Receiver::rto).data() == in(40ms));
  r.acks.sent();
  CHECK(r.after(Receiver::rto + 1ms).data() == "ack");
}

TEST_CASE("DelayedAck: after quick ACKs the wait is the shortest again", "[tcp][linux]") {
  auto r = calm_receiver();
  r.data();
  r.timer();  // the next wait would be 80 ms
  CHECK(r.after(Receiver::rto + 1ms).data() == "ack");
  CHECK(r.data() == "ack");
  CHECK(r.data() == in(40ms));
}

TEST_CASE("DelayedAck: what is wrong is reported at once, and the next ACKs are quick",
          "[tcp][linux]") {
  auto r = calm_receiver();
  r.half_window = 3;
  r.acks.irregular(r.half_window);
  CHECK(r.decide({.nxt = r.nxt, .repeated = Received::Repeated::yes}) == "dup_ack");
  CHECK(r.data() == "ack");
  CHECK(r.data() == "ack");
  CHECK(r.data() == in(40ms));
}

TEST_CASE("DelayedAck: an application that lags behind ends the hurry", "[tcp][linux]") {
  Receiver r;
  CHECK(r.data() == "ack");
  r.acks.slow_down();
  CHECK(r.data() == in(40ms));
}

// --- The delayed ACK (RFC 5681, 4.2; RFC 9293, 3.8.6.3) ---

TEST_CASE("DelayedAck: every second full segment is acknowledged at once", "[tcp][rfc5681]") {
  auto r = calm_receiver();
  CHECK(r.data() == in(40ms));
  CHECK(r.second_segment() == "ack");
  CHECK(r.acks.due() == never);
  CHECK(r.data() == in(40ms));
}

TEST_CASE("DelayedAck: the wait doubles with each that ran out, but stays within 200 ms",
          "[tcp][rfc9293]") {
  auto r = calm_receiver();
  for (const SimDuration wait : {40ms, 80ms, 160ms, 200ms, 200ms}) {
    r.acks.owe();
    CHECK(r.decide({.nxt = r.nxt}) == in(wait));
    CHECK(r.timer());
  }
}

TEST_CASE("DelayedAck: the wait is no longer than a round trip, if that is above 40 ms",
          "[tcp][linux]") {
  auto r = calm_receiver();
  r.data();
  r.timer();
  r.srtt = 50ms;
  r.acks.owe();
  CHECK(r.decide({.nxt = r.nxt}) == in(50ms));
  r.timer();
  r.srtt = 1ms;
  r.acks.owe();
  CHECK(r.decide({.nxt = r.nxt}) == in(40ms));
}

TEST_CASE("DelayedAck: a later segment does not put off the ACK of an earlier one",
          "[tcp][rfc5681]") {
  auto r = calm_receiver();
  CHECK(r.data() == in(40ms));
  const SimTime due = r.acks.delayed_until();
  CHECK(r.after(20ms).data() == "waits");
  CHECK(r.acks.delayed_until() == due);
}

TEST_CASE("DelayedAck: a timer with less than a quarter of its wait left is not waited for",
          "[tcp][linux]") {
  auto r = calm_receiver();
  CHECK(r.data() == in(40ms));
  CHECK(r.after(20ms).data() == "waits");
  CHECK(r.after(10ms).data() == "ack");
}

TEST_CASE("DelayedAck: whatever carries an ACK settles what was owed", "[tcp][rfc9293]") {
  auto r = calm_receiver();
  CHECK_FALSE(r.acks.owed());
  CHECK(r.data() == in(40ms));
  CHECK(r.acks.owed());
  const SimTime due = r.acks.delayed_until();
  CHECK(r.acks.sent().delayed == due);  // the timer that is to be cancelled
  CHECK_FALSE(r.acks.owed());
  CHECK(r.acks.due() == never);
}

TEST_CASE("DelayedAck: an ACK that nothing was owed for is none", "[tcp][rfc9293]") {
  Receiver r;
  CHECK(r.decide({.nxt = r.nxt}) == "waits");
  CHECK(r.acks.due() == never);
}

TEST_CASE("DelayedAck: without Linux's estimate all is acknowledged at once, or within 200 ms",
          "[tcp][rfc9293]") {
  Receiver r;
  r.policy = AckPolicy::at_once;
  for (int i = 0; i < 20; ++i) CHECK(r.data() == "ack");
  r.quick_ack = 0;
  CHECK(r.data() == in(200ms));
}

TEST_CASE("DelayedAck: the ACK of a SYN-ACK waits 200 ms for the data that will follow",
          "[tcp][linux]") {
  Receiver r;
  CHECK(r.carry_out(r.acks.wait_for_data(r.rules(), 8, r.now())) == in(200ms));

  Receiver far;  // however long or short a round trip takes
  far.srtt = 20ms;
  CHECK(far.carry_out(far.acks.wait_for_data(far.rules(), 8, far.now())) == in(200ms));
  CHECK(far.data() == "ack");  // then the first ones go at once
}

TEST_CASE("DelayedAck: no wait is longer than the host lets it be", "[tcp][linux]") {
  Receiver r;
  r.quick_ack = 0;
  r.delayed_max = 16ms;
  r.acks.set_quick_ack(0, 1);
  CHECK(r.data() == in(16ms));
}

// --- Ping-pong ---

TEST_CASE("DelayedAck: where data goes both ways ACKs wait for data to ride on", "[tcp][linux]") {
  Receiver r;
  CHECK(r.data() == "ack");
  r.after(10ms).answers();  // soon after what it answers
  CHECK(r.acks.both_ways(1));
  CHECK(r.data() == in(40ms));
}

TEST_CASE("DelayedAck: data that leaves 40 ms after what came answers nothing", "[tcp][linux]") {
  Receiver r;
  CHECK(r.data() == "ack");
  r.after(40ms).answers();
  CHECK_FALSE(r.acks.both_ways(1));
  CHECK(r.data() == "ack");
}

TEST_CASE("DelayedAck: when nothing came to ride on, ACKs are quick again", "[tcp][linux]") {
  Receiver r;
  r.data();
  r.after(10ms).answers();
  CHECK(r.data() == in(40ms));
  CHECK(r.timer());
  CHECK_FALSE(r.acks.both_ways(1));
  CHECK(r.data() == "ack");
}

TEST_CASE("DelayedAck: TCP_QUICKACK 0, too, expects an answer only until one failed to come",
          "[tcp][linux]") {
  Receiver r;
  r.quick_ack = 0;
  r.acks.set_quick_ack(0, 1);
  CHECK(r.data() == in(40ms));
  CHECK(r.timer());
  CHECK(r.data() == "ack");
}

TEST_CASE("DelayedAck: TCP_QUICKACK begins and ends the expectation of an answer", "[tcp][linux]") {
  Receiver r;
  r.acks.set_quick_ack(0, 3);
  CHECK(r.acks.both_ways(3));
  CHECK(r.data() == in(40ms));
  r.acks.set_quick_ack(1, 3);
  CHECK_FALSE(r.acks.both_ways(1));
  CHECK(r.data() == "ack");
}

TEST_CASE("DelayedAck: a reader answers a short segment, or the second one where both write",
          "[tcp][linux]") {
  DelayedAck acks;
  CHECK_FALSE(acks.short_one_waits(1));
  acks.short_segment();
  CHECK(acks.short_one_waits(1));
  acks.expect_answer(1);
  CHECK_FALSE(acks.short_one_waits(1));
  acks.short_segment();
  CHECK(acks.short_one_waits(1));
}

// --- A hole (RFC 5681, 4.2; Linux, tcp_comp_sack_*) ---

TEST_CASE("DelayedAck: three ACKs report a hole at once, then one waits 5 % of a round trip",
          "[tcp][rfc5681]") {
  auto r = calm_receiver();
  for (int i = 0; i < 3; ++i) CHECK(r.out_of_order() == "dup_ack");
  CHECK(r.out_of_order() == in(500us));
  CHECK(r.out_of_order() == "waits");
  r.acks.compressed_timeout();
  r.acks.sent();
  CHECK(r.out_of_order() == in(500us));
}

TEST_CASE("DelayedAck: a hole that moved on is reported three times again", "[tcp][rfc5681]") {
  auto r = calm_receiver();
  for (int i = 0; i < 3; ++i) CHECK(r.out_of_order() == "dup_ack");
  r.nxt += 1000;  // the first of two holes was filled
  for (int i = 0; i < 3; ++i) CHECK(r.out_of_order() == "dup_ack");
  CHECK(r.out_of_order() == in(500us));
}

TEST_CASE("DelayedAck: a compressed ACK waits 1 ms at most, by the shorter round trip",
          "[tcp][linux]") {
  auto r = calm_receiver();
  r.round_trip = 100ms;
  for (int i = 0; i < 3; ++i) r.out_of_order();
  CHECK(r.out_of_order() == in(1ms));
  r.acks.sent();
  r.srtt = 4ms;
  CHECK(r.out_of_order() == in(200us));
}

TEST_CASE("DelayedAck: an ACK stands for tcp_comp_sack_nr others at most", "[tcp][linux]") {
  auto r = calm_receiver();
  r.compressed_max = 2;
  for (int i = 0; i < 3; ++i) r.out_of_order();
  CHECK(r.out_of_order() == in(500us));
  CHECK(r.out_of_order() == "waits");
  CHECK(r.out_of_order() == "dup_ack");
  CHECK(r.acks.compressed_until() == never);
}

TEST_CASE("DelayedAck: without SACK every ACK of a hole goes, since the peer counts them",
          "[tcp][rfc5681]") {
  auto r = calm_receiver();
  r.sack = false;
  for (int i = 0; i < 10; ++i) CHECK(r.out_of_order() == "dup_ack");
}

TEST_CASE("DelayedAck: a hole that is filled is reported at once", "[tcp][rfc5681]") {
  auto r = calm_receiver();
  r.acks.hole_filled();
  CHECK(r.data() == "ack");
}

TEST_CASE("DelayedAck: what is sent before any data came answers nothing, even at the very start",
          "[tcp][linux]") {
  DelayedAck acks;
  acks.irregular(0);  // a SYN-ACK that crossed ours
  acks.data_sent(sim_start + 14ms);
  CHECK_FALSE(acks.both_ways(1));
}

// --- Memory, and what must always hold ---

TEST_CASE("DelayedAck: without memory one ACK closes the window", "[tcp][linux]") {
  auto r = calm_receiver();
  r.acks.no_memory();
  CHECK(r.acks.closes_window());
  CHECK(r.decide({.nxt = r.nxt}) == "ack");
  CHECK_FALSE(r.acks.closes_window());
}

TEST_CASE("DelayedAck: a wait below zero, and a timer that does not run, are bugs of ours",
          "[tcp][invariants]") {
  CHECK(aborts([] { DelayedAck{}.compressed_timeout(); }));
  CHECK(aborts([] {
    auto r = calm_receiver();
    r.acks.data_arrived(r.after(30ms).now(), -1ms, 0);
    r.acks.check_invariants();
  }));
}
