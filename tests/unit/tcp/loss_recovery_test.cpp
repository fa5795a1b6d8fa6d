#include "send/loss_recovery.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

namespace Catch {

template <> struct StringMaker<lastack::tcp::LossRecovery::Phase> {
  static std::string convert(lastack::tcp::LossRecovery::Phase phase) {
    constexpr std::array names{"open", "disorder", "recovery", "loss"};
    return names.at(static_cast<std::size_t>(phase));
  }
};

}  // namespace Catch

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

using Phase = LossRecovery::Phase;
using Progress = Acked::Progress;
using Resend = LossRecovery::Resend;
using Sack = LossRecovery::Sack;

constexpr std::uint32_t length = 1000;

/// Where segment n begins; segments count from 1, as octets do.
constexpr Seq seq(std::uint32_t n) { return Seq{1 + (n - 1) * length}; }

/// Segments that arrived out of order: from the first to the last one.
struct Block {
  std::uint32_t first;
  std::uint32_t last;
};

/// What a sender has around its loss recovery: sequence numbers, the queue, the timer, and a peer
/// whose ACKs the test writes down. Reno, a round trip of 100 ms.
class Sender {
 public:
  explicit Sender(ProfileId profile = ProfileId::linux_6, Sack knows = Sack::yes)
      : sack{knows},
        profile_{profile_of(profile)} {
    snd.begin_after_handshake(Seq{0});
    snd.set_window(65535, Seq{1});
    recovery.round_trip(100ms);
    timer.sample(100ms, snd.una(), snd.nxt(), limits_);
  }

  Sender& after(SimDuration time) {
    now_ += time;
    return *this;
  }
  void sends(std::uint32_t segments) {
    for (std::uint32_t i = 0; i < segments; ++i) {
      recovery.data_sent(surroundings());
      queue.push({.seq = snd.nxt(), .len = length, .sent = now_});
      queue.sent(queue.size() - 1, now_, recovery.next_order());
      snd.sent(length);
      recovery.new_segment_sent();
    }
  }
  /// An ACK of everything before segment `next`, with blocks.
  LossRecovery::Verdict ack(std::uint32_t next, const std::vector<Block>& blocks = {}) {
    Acked acked;
    acked.progress = seq(next) == snd.una() ? Progress::duplicate : Progress::advanced;
    acked.echoes_original = std::exchange(echoes_original, false);
    acked.una_before = snd.una();
    acked.sacked_to_before = queue.highest_sacked(snd.una());
    snd.acknowledged(seq(next));
    for (const Block& block : blocks) note(block, acked);
    recovery.note_reordering(acked, queue, surroundings());
    acked.late.reset();
    queue.acknowledge(seq(next), [&](const InFlight& record) {
      if (!record.sacked) note_delivered(record, acked);
      acked.repeated |= record.retransmitted;
      ++acked.segments;
    });
    acked.reneged = !queue.empty() && queue.front().sacked;
    recovery.note_reordering(acked, queue, surroundings());
    const auto verdict = recovery.acknowledged(acked, queue, timer, surroundings());
    recovery.grow(acked, timer, surroundings());
    recovery.check_invariants(snd);
    return verdict;
  }
  /// Sends lost segments again, as many as the window lets out: their numbers.
  std::string resends() {
    std::string numbers;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (recovery.in_flight(queue, sack) >= cwnd()) break;
      if (!queue[i].lost) continue;
      resend(i);
      recovery.lost_one_resent(surroundings());
      numbers += (numbers.empty() ? "" : " ") + number(queue[i]);
    }
    return numbers;
  }
  /// The retransmission timeout passes: the oldest segment goes again.
  void times_out() {
    recovery.timed_out(queue, timer, surroundings());
    timer.retrying_since(now_);
    timer.timed_out();
    resend(0);
    recovery.check_invariants(snd);
  }
  std::string lost() const {
    std::string numbers;
    for (const InFlight& record : queue) {
      if (record.lost) numbers += (numbers.empty() ? "" : " ") + number(record);
    }
    return numbers;
  }
  std::uint32_t cwnd() const { return recovery.congestion().cwnd(); }
  std::uint32_t ssthresh() const { return recovery.congestion().ssthresh(); }
  LossRecovery::Surroundings surroundings() const {
    return {settings, profile_, snd, sack, new_data, length, now_};
  }

  Settings settings;
  Sack sack;
  LossRecovery::NewData new_data = LossRecovery::NewData::may_leave;
  bool echoes_original = false;  ///< the next ACK does
  SendSequence snd;
  RetransmissionQueue queue;
  RetransmissionTimer timer{1s};
  LossRecovery recovery{CongestionAlgorithm::reno};

 private:
  static std::string number(const InFlight& record) {
    return std::to_string((record.seq - seq(1)) / length + 1);
  }
  void note(const Block& block, Acked& acked) {
    const SackBlock octets{seq(block.first), seq(block.last + 1)};
    if (at_or_before(octets.right, snd.una())) {  // a D-SACK
      recovery.came_twice(octets, length, queue, surroundings(), acked);
      return;
    }
    queue.sack(octets, [&](const InFlight& record) {
      note_delivered(record, acked);
      ++acked.newly_sacked;
    });
  }
  void note_delivered(const InFlight& record, Acked& acked) {
    recovery.delivered(record, Rack::Copy::latest, now_, acked);
    const bool late = before(record.seq, acked.sacked_to_before);
    if (late && !record.retransmitted) acked.came_late(record.seq);
  }
  void resend(std::size_t place) {
    recovery.resends(LossRecovery::Again::repair, surroundings());
    queue.resend(place);
    recovery.data_sent(surroundings());
    queue.sent(place, now_, recovery.next_order());
    timer.retrying_since(now_);
  }

  const Profile& profile_;
  RtoLimits limits_{RtoFormula::linux, 200ms, 120s, TimerGrid::exact()};
  SimTime now_ = sim_start + 1s;
};

/// Ten segments are out, and a round trip has passed.
Sender ten_out(ProfileId profile = ProfileId::linux_6, Sack sack = Sack::yes) {
  Sender s{profile, sack};
  s.sends(10);
  s.after(100ms);
  return s;
}

/// … the first of them is lost: three SACKs have shown it, and it went again.
Sender recovering(ProfileId profile = ProfileId::linux_6) {
  auto s = ten_out(profile);
  s.ack(1, {{2, 4}});
  REQUIRE(s.resends() == "1");
  return s;
}

}  // namespace

TEST_CASE("LossRecovery: is calm, with ten segments for a window, until something happens",
          "[tcp][rfc6928]") {
  const Sender s;
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.recovery.calm());
  CHECK_FALSE(s.recovery.has_congestion_state());
  CHECK(s.cwnd() == 10);
  CHECK(s.recovery.last_sent() == sim_start);
}

// --- Fast retransmit (RFC 5681, 3.2; RFC 6582; RFC 6675; RFC 8985) ---

TEST_CASE("LossRecovery: without SACK the third duplicate ACK shows a loss", "[tcp][rfc5681]") {
  auto s = ten_out(ProfileId::rfc9293, Sack::no);
  s.ack(1);
  s.ack(1);
  CHECK(s.recovery.phase() == Phase::disorder);
  CHECK(s.lost().empty());
  s.ack(1);
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.ssthresh() == 5);  // half of what was in flight
  CHECK(s.resends() == "1");
}

TEST_CASE("LossRecovery: without SACK each duplicate ACK stands for a segment that arrived",
          "[tcp][rfc5681]") {
  auto s = ten_out(ProfileId::rfc9293, Sack::no);
  CHECK(s.recovery.in_flight(s.queue, Sack::no) == 10);
  s.ack(1);
  s.ack(1);
  CHECK(s.recovery.in_flight(s.queue, Sack::no) == 8);
}

TEST_CASE("LossRecovery: a partial ACK shows the next hole, a full one ends recovery",
          "[tcp][rfc6582]") {
  auto s = ten_out(ProfileId::rfc9293, Sack::no);
  for (int i = 0; i < 3; ++i) s.ack(1);
  REQUIRE(s.resends() == "1");
  s.after(100ms).ack(5);
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.resends() == "5");
  s.after(100ms).ack(11);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.cwnd() == s.ssthresh());
}

TEST_CASE("LossRecovery: tcp_reordering says how many duplicate ACKs show a loss", "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6, Sack::no);
  s.settings.tcp_reordering = 6;
  for (int i = 0; i < 5; ++i) s.ack(1);
  CHECK(s.resends().empty());
  s.ack(1);
  CHECK(s.resends() == "1");
}

TEST_CASE("LossRecovery: an undone recovery without SACK begins again, so many duplicates came",
          "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6, Sack::no);
  for (int i = 0; i < 8; ++i) s.ack(1);
  REQUIRE(s.resends() == "1");
  s.echoes_original = true;
  s.ack(3);  // 1 was only late, but 3 is missing as well
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.resends() == "3");
}

TEST_CASE("LossRecovery: Linux 6.18 cannot switch RACK off", "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6);
  s.settings.tcp_recovery = 0;
  CHECK(s.ack(1, {{2, 2}}).reorder_wait == 25ms);
}

TEST_CASE("LossRecovery: tcp_recovery 4 keeps RACK patient, however much is SACKed",
          "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6);
  s.settings.tcp_recovery = 5;
  CHECK(s.ack(1, {{2, 2}, {4, 4}, {6, 6}}).reorder_wait == 25ms);
  CHECK(s.lost().empty());
}

TEST_CASE("LossRecovery: three SACKed segments above show a loss, by count", "[tcp][rfc6675]") {
  auto s = ten_out(ProfileId::linux_4);
  s.settings.tcp_recovery = 0;
  s.ack(1, {{2, 2}, {4, 4}});
  CHECK(s.recovery.phase() == Phase::disorder);
  CHECK(s.lost().empty());
  s.ack(1, {{2, 2}, {4, 4}, {6, 6}});
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.lost() == "1");  // above segment 3 there are two
}

TEST_CASE("LossRecovery: by time a hole is waited for, a quarter of the shortest round trip",
          "[tcp][rfc8985]") {
  auto s = ten_out();
  CHECK(s.ack(1, {{2, 2}}).reorder_wait == 25ms);
  CHECK(s.lost().empty());
  CHECK_FALSE(s.after(24ms).recovery.reorder_timeout(s.queue, s.timer, s.surroundings()));
  CHECK(s.after(1ms).recovery.reorder_timeout(s.queue, s.timer, s.surroundings()));
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.resends() == "1");
}

TEST_CASE("LossRecovery: with three SACKed segments nothing is waited for", "[tcp][rfc8985]") {
  auto s = ten_out();
  CHECK(s.ack(1, {{3, 5}}).reorder_wait == 0ms);
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.lost() == "1 2");
}

TEST_CASE("LossRecovery: while a loss is repaired nothing is waited for either", "[tcp][rfc8985]") {
  auto s = recovering();
  s.ack(5);
  CHECK(s.ack(5, {{6, 6}}).reorder_wait == 0ms);
  CHECK(s.lost() == "5");
}

TEST_CASE("LossRecovery: a hole that is filled in time was none", "[tcp][rfc8985]") {
  auto s = ten_out();
  s.ack(1, {{2, 2}});
  CHECK(s.recovery.phase() == Phase::disorder);
  s.ack(3);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.ssthresh() == CongestionControl::no_threshold);
}

TEST_CASE("LossRecovery: the window glides down to ssthresh while the loss is repaired",
          "[tcp][rfc6937]") {
  auto s = recovering();
  CHECK(s.ssthresh() == 5);
  for (std::uint32_t last = 5; last <= 10; ++last) {  // each ACK brings one
    const std::uint32_t out = s.recovery.in_flight(s.queue, s.sack);
    s.ack(1, {{2, last}});
    CHECK(s.cwnd() <= std::max(out, 5U));
  }
  s.after(100ms).ack(11);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.cwnd() == 5);
}

TEST_CASE("LossRecovery: one episode lowers ssthresh once, however many losses it shows",
          "[tcp][rfc6675]") {
  auto s = recovering();
  s.ack(1, {{2, 4}, {6, 10}});
  CHECK(s.lost() == "5");
  CHECK(s.ssthresh() == 5);
}

// --- The retransmission timeout (RFC 5681, 3.1; RFC 6675, 5.1) ---

TEST_CASE("LossRecovery: after a timeout one segment is the window, and half ssthresh",
          "[tcp][rfc5681]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  CHECK(s.recovery.phase() == Phase::loss);
  CHECK(s.cwnd() == 1);
  CHECK(s.ssthresh() == 5);
  CHECK(s.lost() == "2 3 4 5 6 7 8 9 10");  // the first went again
  CHECK(s.resends().empty());
}

TEST_CASE("LossRecovery: what was SACKed is not lost by a timeout", "[tcp][rfc6675]") {
  auto s = ten_out();
  s.ack(1, {{9, 10}});
  s.after(300ms).times_out();
  CHECK(s.lost() == "2 3 4 5 6 7 8");
}

TEST_CASE("LossRecovery: a second timeout of the same segment leaves ssthresh", "[tcp][rfc5681]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  s.after(600ms).times_out();
  CHECK(s.ssthresh() == 5);
  CHECK(s.cwnd() == 1);
}

TEST_CASE("LossRecovery: after a timeout slow start sends the lost ones again, until all are here",
          "[tcp][rfc5681]") {
  auto s = ten_out();
  s.settings.tcp_frto = 0;
  s.after(300ms).times_out();
  s.recovery.window_used(WindowUse::Limit::congestion_window, 10, s.snd);
  CHECK(s.after(100ms).ack(2).first == Resend::lost);
  CHECK(s.cwnd() == 2);
  CHECK(s.resends() == "2 3");
  s.after(100ms).ack(11);
  CHECK(s.recovery.phase() == Phase::open);
}

TEST_CASE("LossRecovery: what was sent within a round trip before a timeout may still arrive",
          "[tcp][rfc8985]") {
  Sender s;
  s.sends(2);
  s.after(100ms).ack(2);  // RACK.rtt = 100 ms
  s.after(250ms).sends(1);
  s.after(50ms).times_out();
  CHECK(s.lost().empty());  // segment 2 went again, 3 left 50 ms ago
}

// --- Spurious timeouts (F-RTO, RFC 5682, 3.1) ---

TEST_CASE("LossRecovery: the first ACK after a timeout lets new data out first", "[tcp][rfc5682]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  CHECK(s.ack(2).first == Resend::new_data_first);
  CHECK_FALSE(s.recovery.new_data_is_out(s.snd.nxt()));
  s.sends(2);
  CHECK(s.recovery.new_data_is_out(s.snd.nxt()));
}

TEST_CASE("LossRecovery: if then an original arrives, the timeout was spurious", "[tcp][rfc5682]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  s.ack(2);
  s.sends(2);
  s.ack(4);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.lost().empty());
  CHECK(s.cwnd() >= 10);
  CHECK(s.ssthresh() == CongestionControl::no_threshold);
  CHECK(s.timer.retransmits() == 0);
}

TEST_CASE("LossRecovery: without SACK an ACK of a copy and of originals proves nothing",
          "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6, Sack::no);
  s.after(300ms).times_out();  // the first goes again
  s.new_data = LossRecovery::NewData::none;
  s.ack(4);  // 1 went again, 2 and 3 did not
  CHECK(s.recovery.phase() == Phase::loss);
  CHECK(s.resends() == "4");
}

TEST_CASE("LossRecovery: without SACK a timeout believes that all is lost, also what left last",
          "[tcp][linux]") {
  auto s = ten_out(ProfileId::linux_6, Sack::no);
  s.after(100ms).ack(2);  // a round trip of 100 ms is known
  s.sends(1);
  s.after(90ms).times_out();
  CHECK(s.lost() == "3 4 5 6 7 8 9 10 11");  // 2 goes again
}

TEST_CASE("LossRecovery: if the new data arrives alone, the timeout was right", "[tcp][rfc5682]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  s.ack(2);
  s.sends(2);
  CHECK(s.ack(2, {{11, 11}}).first == Resend::lost);
  CHECK(s.recovery.phase() == Phase::loss);
  s.ack(2, {{5, 5}, {11, 12}});  // an original comes too late to say otherwise
  CHECK(s.recovery.phase() == Phase::loss);
  CHECK(s.resends() == "2");
  CHECK(s.ssthresh() == 5);
}

TEST_CASE("LossRecovery: without new data, or F-RTO, the lost ones go again", "[tcp][rfc5682]") {
  auto s = ten_out();
  if (GENERATE(true, false)) {
    s.settings.tcp_frto = 0;
  } else {
    s.new_data = LossRecovery::NewData::none;
  }
  s.after(300ms).times_out();
  CHECK(s.ack(2).first == Resend::lost);
  CHECK(s.recovery.phase() == Phase::loss);
}

TEST_CASE("LossRecovery: duplicate ACKs before it change nothing", "[tcp][rfc5682]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  CHECK(s.ack(1).first == Resend::lost);
  CHECK(s.recovery.phase() == Phase::loss);
  CHECK(s.ack(2).first == Resend::new_data_first);
}

TEST_CASE("LossRecovery: an original that is SACKed after a timeout shows that not all was lost",
          "[tcp][linux]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  s.ack(1, {{9, 9}});
  CHECK(s.recovery.calm());
  CHECK(s.cwnd() >= 10);
}

// --- Undo (Eifel, RFC 4015; D-SACK, RFC 3708) ---

TEST_CASE("LossRecovery: an ACK that answers the original undoes a timeout", "[tcp][rfc4015]") {
  auto s = ten_out();
  s.after(300ms).times_out();
  s.echoes_original = true;
  s.ack(2);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.lost().empty());
  CHECK(s.cwnd() >= 10);
  CHECK(s.ssthresh() == CongestionControl::no_threshold);
}

TEST_CASE("LossRecovery: … and a fast retransmit", "[tcp][rfc4015]") {
  auto s = recovering();
  s.echoes_original = true;
  s.ack(5);
  CHECK(s.recovery.calm());
  CHECK(s.cwnd() >= 10);
  CHECK(s.ssthresh() == CongestionControl::no_threshold);
}

TEST_CASE("LossRecovery: when every retransmission came twice, none was needed", "[tcp][rfc3708]") {
  auto s = recovering();
  s.after(10ms).ack(5);
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.ssthresh() == 5);
  s.after(10ms).ack(5, {{1, 1}});
  CHECK(s.recovery.calm());
  CHECK(s.cwnd() >= 10);
}

TEST_CASE("LossRecovery: with two retransmissions it takes two D-SACKs", "[tcp][rfc3708]") {
  auto s = ten_out();
  s.ack(1, {{3, 8}});
  REQUIRE(s.resends() == "1 2");
  s.after(10ms).ack(2, {{1, 1}, {3, 8}});
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.ssthresh() == 5);
  s.after(10ms).ack(9, {{2, 2}});
  CHECK(s.recovery.calm());
  CHECK(s.ssthresh() == CongestionControl::no_threshold);
}

TEST_CASE("LossRecovery: while a copy is on its way a late original undoes nothing",
          "[tcp][linux]") {
  auto s = ten_out();
  s.ack(1, {{3, 5}, {7, 10}});
  REQUIRE(s.resends() == "1 2 6");
  s.echoes_original = true;
  s.after(10ms).ack(2, {{3, 5}, {7, 10}});  // 1 was late, of 2 and 6 copies are out
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.ssthresh() == 5);
}

TEST_CASE("LossRecovery: what D-SACKs show after recovery takes the reduction back",
          "[tcp][rfc3708]") {
  auto s = recovering();
  s.after(10ms).ack(11);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.cwnd() == 5);
  s.after(10ms).ack(11, {{1, 1}});  // nothing is in flight
  CHECK(s.cwnd() == 10);
}

TEST_CASE("LossRecovery: more D-SACKs than retransmissions are not believed", "[tcp][linux]") {
  auto s = recovering();
  s.after(10ms).ack(5, {{2, 3}});
  CHECK(s.recovery.phase() == Phase::recovery);
  s.after(10ms).ack(5, {{1, 1}});
  CHECK(s.recovery.phase() == Phase::recovery);
}

// --- Reordering ---

TEST_CASE("LossRecovery: once something came late, RACK waits also with three SACKed segments",
          "[tcp][rfc8985]") {
  auto s = ten_out();
  s.ack(1, {{3, 3}});
  s.ack(4);  // 1 and 2 only came late
  CHECK(s.ack(4, {{6, 9}}).reorder_wait == 25ms);
  CHECK(s.lost().empty());
}

TEST_CASE("LossRecovery: … longer after a superfluous retransmission, unless tcp_recovery says no",
          "[tcp][rfc8985]") {
  const bool fixed = GENERATE(false, true);
  auto s = ten_out();
  if (fixed) s.settings.tcp_recovery = 3;
  s.ack(1, {{3, 3}});
  s.ack(4);
  s.ack(4, {{6, 9}});
  REQUIRE(s.after(25ms).recovery.reorder_timeout(s.queue, s.timer, s.surroundings()));
  REQUIRE(s.resends() == "4");
  s.after(100ms).ack(10, {{4, 4}});  // a D-SACK
  s.sends(4);
  s.after(100ms).ack(11);
  CHECK(s.ack(11, {{13, 13}}).reorder_wait == (fixed ? 25ms : 50ms));
}

TEST_CASE("LossRecovery: without SACK, more duplicates than can have arrived show reordering",
          "[tcp][linux]") {
  Sender s{ProfileId::linux_6, Sack::no};
  s.settings.tcp_reordering = 5;
  s.sends(3);
  for (int i = 0; i < 8; ++i) s.ack(1);
  CHECK(s.lost().empty());
  CHECK(s.recovery.in_flight(s.queue, Sack::no) == 1);  // the hole itself
}

// --- A peer that takes its SACKs back (RFC 2018, 8) ---

TEST_CASE("LossRecovery: a peer whose ACK stops at what it had SACKed reneges", "[tcp][rfc2018]") {
  auto s = ten_out();
  s.ack(1, {{3, 4}});
  const auto verdict = s.ack(3);  // and not 5
  CHECK(verdict.reneged);
  CHECK(verdict.first == Resend::nothing);
  s.after(50ms).times_out();
  CHECK(s.lost() == "4 5 6 7 8 9 10");
  CHECK(s.queue.sacked() == 0);
}

// --- After a timeout, once more ---

TEST_CASE("LossRecovery: a copy that is lost after a timeout begins a recovery", "[tcp][linux]") {
  auto s = ten_out();
  s.settings.tcp_frto = 0;
  s.recovery.window_used(WindowUse::Limit::congestion_window, 10, s.snd);
  s.after(300ms).times_out();
  s.after(100ms).ack(2);
  REQUIRE(s.resends() == "2 3");
  s.after(100ms).ack(2, {{3, 3}});  // 2 left before 3
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.resends().starts_with("2"));
}

TEST_CASE("LossRecovery: without SACK recovery holds until something above is acknowledged",
          "[tcp][rfc2582]") {
  auto s = ten_out(ProfileId::linux_6, Sack::no);
  for (int i = 0; i < 3; ++i) s.ack(1);
  REQUIRE(s.resends() == "1");
  s.sends(1);
  s.after(100ms).ack(11);
  CHECK(s.recovery.phase() == Phase::recovery);
  s.after(100ms).ack(12);
  CHECK(s.recovery.phase() == Phase::open);
  CHECK(s.cwnd() == 5);
}

TEST_CASE("LossRecovery: a profile that knows no undo keeps what a loss cost", "[tcp][rfc9293]") {
  auto s = recovering(ProfileId::rfc9293);
  s.echoes_original = true;
  s.ack(5);
  CHECK(s.recovery.phase() == Phase::recovery);
  CHECK(s.ssthresh() == 5);
}

// --- The window ---

TEST_CASE("LossRecovery: the window grows only while it limits", "[tcp][rfc7661]") {
  Sender s;
  s.sends(2);
  s.recovery.window_used(WindowUse::Limit::none, 2, s.snd);
  s.after(100ms).ack(3);
  CHECK(s.cwnd() == 10);
  s.sends(10);
  s.recovery.window_used(WindowUse::Limit::congestion_window, 10, s.snd);
  s.after(100ms).ack(13);
  CHECK(s.cwnd() == 20);  // slow start: one more for each acknowledged
}

TEST_CASE("LossRecovery: in slow start it grows when more than half of it was used",
          "[tcp][linux]") {
  const std::uint32_t used = GENERATE(5U, 6U);
  Sender s;
  s.sends(used);
  s.recovery.window_used(WindowUse::Limit::none, used, s.snd);
  s.after(100ms).ack(used + 1);
  CHECK(s.cwnd() == (used == 6 ? 16 : 10));
}

TEST_CASE("LossRecovery: a window that was idle for timeouts halves for each, to ten at least",
          "[tcp][rfc2861]") {
  Sender s;
  s.sends(10);
  s.recovery.window_used(WindowUse::Limit::congestion_window, 10, s.snd);
  s.after(100ms).ack(11);
  s.sends(20);
  s.recovery.window_used(WindowUse::Limit::congestion_window, 20, s.snd);
  s.after(100ms).ack(31);
  REQUIRE(s.cwnd() == 40);
  s.after(200ms).recovery.resumes(300ms, s.surroundings());  // 300 ms after what was sent last
  CHECK(s.cwnd() == 40);
  s.after(1ms).recovery.resumes(300ms, s.surroundings());
  CHECK(s.cwnd() == 20);
  CHECK(s.ssthresh() >= 30);  // three quarters are remembered
  s.after(1h).recovery.resumes(300ms, s.surroundings());
  CHECK(s.cwnd() == 10);
}

TEST_CASE("LossRecovery: a probe that repaired a loss costs what the loss would",
          "[tcp][rfc8985]") {
  auto s = ten_out();
  s.recovery.probe_sent(TailLossProbe::What::repetition, s.surroundings());
  Segment seg;
  seg.flags = Flags::ack;
  seg.ack = seq(12);
  Acked acked;
  acked.progress = Progress::advanced;
  s.recovery.probe_acknowledged(seg, acked, s.queue, s.surroundings());
  CHECK(s.ssthresh() == 5);
  CHECK(s.cwnd() == 5);
}

TEST_CASE("LossRecovery: recovery and timeouts end a tail-loss probe", "[tcp][rfc8985]") {
  auto s = ten_out();
  s.recovery.probe_sent(TailLossProbe::What::repetition, s.surroundings());
  REQUIRE(s.recovery.probe().outstanding());
  if (GENERATE(true, false)) {
    s.ack(1, {{2, 4}});
  } else {
    s.after(300ms).times_out();
  }
  CHECK_FALSE(s.recovery.probe().outstanding());
}

TEST_CASE("LossRecovery: after a SYN that was lost the window begins at one segment",
          "[tcp][rfc5681]") {
  Sender s;
  s.recovery.begin_after_losses(LossRecovery::FirstWindow::one_segment, s.surroundings());
  CHECK(s.cwnd() == 1);
  s.recovery.begin_after_losses(LossRecovery::FirstWindow::usual, s.surroundings());
  CHECK(s.cwnd() == 10);
}

TEST_CASE("LossRecovery: a recovery of what was never sent is a bug of ours", "[tcp][invariants]") {
  const auto s = recovering();
  SendSequence younger;
  younger.begin(seq(1));
  CHECK(aborts([&] { s.recovery.check_invariants(younger); }));
}
