#include "timestamps.hpp"

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

namespace {

constexpr SimTime start = sim_start + 5s;
constexpr SimDuration day = 24h;

/// Both ends have them; the peer's SYN showed `recent` at `start`, our clock began at 1000.
Timestamps agreed(std::uint32_t recent) {
  Timestamps stamps;
  stamps.begin(1000);
  stamps.agree(Timestamp{recent}, start);
  return stamps;
}

Segment with(std::uint32_t val, Timestamp echo = {}, Flags flags = Flags::ack) {
  Segment seg;
  seg.seq = Seq{1};
  seg.flags = flags;
  seg.options.has_timestamps = true;
  seg.options.ts_val = Timestamp{val};
  seg.options.ts_ecr = echo;
  return seg;
}

}  // namespace

// --- Our clock (RFC 7323, 3 and 4.1) ---

TEST_CASE("Timestamps: our clock shows milliseconds and an offset of each peer", "[tcp][rfc7323]") {
  const auto stamps = agreed(7);
  CHECK(stamps.stamp(sim_start) == Timestamp{1000});
  CHECK(stamps.stamp(start + 1500us) == Timestamp{6001});
  Options options;
  stamps.add_to(options, start);
  CHECK(options.has_timestamps);
  CHECK(options.ts_val == Timestamp{6000});
  CHECK(options.ts_ecr == Timestamp{7});
}

TEST_CASE("Timestamps: an echo tells when what it answers was sent, also where the clock wrapped",
          "[tcp][rfc7323]") {
  Timestamps stamps;
  stamps.begin(0xffff'ffff - 5000);
  stamps.agree(Timestamp{1}, start);
  const Segment seg = with(2, stamps.stamp(start));
  CHECK(stamps.echoed_by(seg));
  CHECK(stamps.echoes(seg, start));
  CHECK(stamps.echo_age_ms(seg, start + 20ms) == 20);
  CHECK(stamps.echo_is_before(seg, start + 1ms));
  CHECK_FALSE(stamps.echo_is_before(seg, start));
  CHECK(stamps.echo_age_ms(with(2, stamps.stamp(start + 9ms)), start) == -9);
}

TEST_CASE("Timestamps: without the option, or declined, nothing is echoed", "[tcp][rfc7323]") {
  auto stamps = agreed(1);
  CHECK_FALSE(stamps.echoed_by(with(2, Timestamp{0})));
  Segment bare = with(2, Timestamp{6000});
  bare.options.has_timestamps = false;
  CHECK_FALSE(stamps.echoed_by(bare));
  stamps.decline();
  CHECK_FALSE(stamps.echoed_by(with(2, Timestamp{6000})));
}

// --- TS.Recent (RFC 7323, 4.3) ---

TEST_CASE("Timestamps: TS.Recent follows segments that reach back to the last ACK sent",
          "[tcp][rfc7323]") {
  auto stamps = agreed(100);
  stamps.note(with(150), Seq{1}, start + 1s);
  CHECK(stamps.recent() == Timestamp{150});
  CHECK(stamps.recent_at() == start + 1s);
}

TEST_CASE("Timestamps: … but not those beyond a hole, so that an echo spans the delayed ACK",
          "[tcp][rfc7323]") {
  auto stamps = agreed(100);
  Segment later = with(150);
  later.seq = Seq{1001};
  stamps.note(later, Seq{1}, start + 1s);
  CHECK(stamps.recent() == Timestamp{100});
  CHECK(stamps.recent_at() == start);
}

// --- PAWS (RFC 7323, 5) ---

TEST_CASE("Timestamps: a segment older than TS.Recent is an old duplicate", "[tcp][rfc7323]") {
  const auto stamps = agreed(100);
  CHECK(stamps.outdated(with(99), Paws::rfc7323, start));
  CHECK_FALSE(stamps.outdated(with(100), Paws::rfc7323, start));
  CHECK_FALSE(stamps.outdated(with(101), Paws::rfc7323, start));
}

TEST_CASE("Timestamps: older is meant modulo 2^32", "[tcp][rfc7323]") {
  const auto stamps = agreed(5);
  CHECK(stamps.outdated(with(0xffff'fff0), Paws::rfc7323, start));
  const auto before_wrap = agreed(0xffff'fff0);
  CHECK_FALSE(before_wrap.outdated(with(5), Paws::rfc7323, start));
}

TEST_CASE("Timestamps: a RST, and a segment without the option, are never too old",
          "[tcp][rfc7323]") {
  auto stamps = agreed(100);
  CHECK_FALSE(stamps.outdated(with(1, Timestamp{0}, Flags::rst), Paws::rfc7323, start));
  Segment bare = with(1);
  bare.options.has_timestamps = false;
  CHECK_FALSE(stamps.outdated(bare, Paws::rfc7323, start));
  stamps.decline();
  CHECK_FALSE(stamps.outdated(with(1), Paws::rfc7323, start));
}

TEST_CASE("Timestamps: after 24 days of silence TS.Recent proves nothing", "[tcp][rfc7323]") {
  const auto stamps = agreed(100);
  CHECK(stamps.outdated(with(99), Paws::rfc7323, start + 24 * day - 1ns));
  CHECK_FALSE(stamps.outdated(with(99), Paws::rfc7323, start + 24 * day));
}

// --- PAWS as Linux has it ---

TEST_CASE("Timestamps: Linux tolerates one tick between its processors", "[tcp][linux]") {
  const auto stamps = agreed(100);
  CHECK_FALSE(stamps.outdated(with(99), Paws::linux, start));
  CHECK(stamps.outdated(with(98), Paws::linux, start));
}

TEST_CASE("Timestamps: Linux lets go of TS.Recent after 2147 s, and of one that is 0",
          "[tcp][linux]") {
  const auto stamps = agreed(100);
  CHECK(stamps.outdated(with(50), Paws::linux, start + 2146s));
  CHECK_FALSE(stamps.outdated(with(50), Paws::linux, start + 2147s));
  const auto unset = agreed(0);
  CHECK_FALSE(unset.outdated(with(0x9000'0000), Paws::linux, start));
}

TEST_CASE("Timestamps: Linux asks a timestamp of resets to small records, for a minute",
          "[tcp][linux]") {
  const auto rejects = [](Paws rules, SimTime now) {
    return paws_rejects(with(50, {}, Flags::rst), Timestamp{100}, start, rules, now);
  };
  CHECK(rejects(Paws::linux, start + 59s));
  CHECK_FALSE(rejects(Paws::linux, start + 60s));
  CHECK_FALSE(rejects(Paws::rfc7323, start));
}

TEST_CASE("Timestamps: what is older than TS.Recent does not move it back", "[tcp][linux]") {
  auto stamps = agreed(100);
  stamps.note_newer(with(99), Seq{1}, start);
  CHECK(stamps.recent() == Timestamp{100});
  stamps.note_newer(with(101), Seq{1}, start);
  CHECK(stamps.recent() == Timestamp{101});
}

TEST_CASE("Timestamps: a repetition is recent within 1.2 timeouts", "[tcp][linux]") {
  const auto stamps = agreed(1000);
  CHECK(stamps.recently(with(760), 200ms));
  CHECK_FALSE(stamps.recently(with(759), 200ms));
}
