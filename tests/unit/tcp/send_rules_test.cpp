// Small rules of sending: Nagle, the use of the congestion window, and bursts.
#include <catch2/catch.hpp>

#include "send/bursts.hpp"
#include "send/nagle.hpp"
#include "send/window_use.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;

// --- Nagle (RFC 9293, 3.7.4; Minshall) ---

TEST_CASE("Nagle: a short segment is out until all of it is acknowledged", "[tcp][rfc9293]") {
  Nagle nagle;
  nagle.begin(Seq{0xffff'fff0});
  CHECK_FALSE(nagle.short_one_out(Seq{0xffff'fff1}));
  nagle.short_one_sent(Seq{10});  // across the end of the sequence space
  CHECK(nagle.short_one_out(Seq{0xffff'fff1}));
  CHECK(nagle.short_one_out(Seq{9}));
  CHECK_FALSE(nagle.short_one_out(Seq{10}));
}

TEST_CASE("Nagle: full segments behind a short one do not hold the next short one back",
          "[tcp][rfc9293]") {
  Nagle nagle;
  nagle.begin(Seq{0});
  nagle.short_one_sent(Seq{101});
  CHECK_FALSE(nagle.short_one_out(Seq{1561}));  // 101 is acknowledged, what follows need not be
}

// --- Whether the congestion window limits (Linux, tcp_cwnd_validate) ---

TEST_CASE("WindowUse: it limits when it held data back, for the rest of the round trip",
          "[tcp][linux]") {
  using Limit = WindowUse::Limit;
  WindowUse use;
  use.note(Limit::congestion_window, 10, Seq{1}, Seq{10'001});
  CHECK(use.limited());
  use.note(Limit::none, 4, Seq{5001}, Seq{12'001});
  CHECK(use.limited());
  use.note(Limit::none, 4, Seq{10'001}, Seq{14'001});
  CHECK_FALSE(use.limited());
  CHECK(use.most_out() == 4);
}

TEST_CASE("WindowUse: else the most that was out in the round trip counts", "[tcp][linux]") {
  using Limit = WindowUse::Limit;
  WindowUse use;
  use.note(Limit::none, 3, Seq{1}, Seq{3001});
  use.note(Limit::none, 7, Seq{1}, Seq{7001});
  use.note(Limit::none, 2, Seq{5001}, Seq{7001});
  CHECK_FALSE(use.limited());
  CHECK(use.most_out() == 7);
}

// --- Bursts (Linux, net/ipv4/tcp_output.c) ---

TEST_CASE("pacing_rate: twice the window a round trip in slow start, 1.2 of it later",
          "[tcp][linux]") {
  CHECK(pacing_rate(10, 1448, 100ms, Growth::slow_start) == 289'600);
  CHECK(pacing_rate(10, 1448, 100ms, Growth::avoidance) == 173'760);
}

TEST_CASE("burst_max: what leaves in a millisecond, two segments at least", "[tcp][linux]") {
  // Octets a second / 1024; a round trip of 100 ms adds 65215 >> 195, which is nothing.
  CHECK(burst_max(14'480'000, 100ms, 1448) == 9);
  CHECK(burst_max(100'000, 100ms, 1448) == 2);
  CHECK(burst_max(10'000'000'000, 100ms, 1448) == 45);  // 65215 octets
}

TEST_CASE("burst_max: a short path gets more, and an unknown one everything", "[tcp][linux]") {
  CHECK(burst_max(1'448'000, 1ms, 1448) == (1414 + 65'215 / 2) / 1448);
  CHECK(burst_max(1, 100us, 1448) == 45);
  CHECK(burst_max(0, 0ms, 1448) == 45);
}

TEST_CASE("ack_spacing: four bursts' time, a millisecond at the most", "[tcp][linux]") {
  CHECK(ack_spacing(0) == 0us);
  CHECK(ack_spacing(1'000'000) == 1ms);
  CHECK(ack_spacing(1'000'000'000) == 260us);  // 4 x 65215 octets
}

TEST_CASE("burst_end: a short segment goes along unless Nagle's rule holds it back",
          "[tcp][linux]") {
  CHECK(burst_end(5000, 14'480, 1448, ShortOne::goes) == 5000);
  CHECK(burst_end(5000, 14'480, 1448, ShortOne::waits) == 3 * 1448);
  CHECK(burst_end(20'000, 14'480, 1448, ShortOne::waits) == 14'480);
}

TEST_CASE("bound_to_half_window: a segment is no larger than half the window, unless it is tiny",
          "[tcp][linux]") {
  CHECK(bound_to_half_window(1448, 100'000, 0) == 1448);
  CHECK(bound_to_half_window(1448, 2000, 0) == 1000);
  CHECK(bound_to_half_window(1448, 500, 0) == 500);
  CHECK(bound_to_half_window(1448, 10, 0) == 48);
  CHECK(bound_to_half_window(1448, 10, 12) == 36);  // timestamps are in every segment
  CHECK(bound_to_half_window(1448, 0, 0) == 1448);
}
