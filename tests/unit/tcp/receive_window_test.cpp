#include "receive/receive_window.hpp"

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

constexpr std::uint32_t mss = 1460;  // of a link of 1500 bytes

StackConfig config_of(ProfileId profile) {
  StackConfig config;
  config.profile = profile;
  config.settings = default_settings(profile);
  return config;
}

/// A receive window, the host and the socket around it, and an application that reads when asked.
class Receiver {
 public:
  explicit Receiver(ProfileId profile, std::int32_t rcvbuf = 0) : host{config_of(profile)} {
    options.rcvbuf = rcvbuf;
  }

  /// With windows of plain octets.
  static Receiver unscaled(std::int32_t rcvbuf) {
    Receiver r{ProfileId::rfc9293, rcvbuf};
    r.host.config.settings.tcp_window_scaling = 0;
    r.opens();
    return r;
  }
  Receiver& opens() {
    window.offer_in_syn(surroundings());
    window.begin(nxt);
    window.established(mss, surroundings());
    return *this;
  }
  /// A segment in order; nothing is answered yet.
  void gets(std::uint32_t octets) {
    const Segment seg = text(octets);
    window.learn_segment_size(seg, surroundings());
    window.keep_in_order(seg, octets, surroundings());
    nxt += octets;
    window.grow(seg, surroundings());
    window.check_invariants();
  }
  void reads(std::uint32_t octets) {
    read += octets;
    window.octets_read(octets, nxt - read, 0, surroundings());
  }
  /// Sends an ACK; the octets that it advertises.
  std::uint32_t advertises() {
    const std::uint16_t field = window.advertise(window.next(surroundings()).octets, nxt, host);
    return std::uint32_t{field} << window.scale();
  }
  ReceiveWindow::Surroundings surroundings() const {
    return {host, options, ReceiveWindow::Stamps::no, read, sim_start + 1s};
  }
  static Segment text(std::uint32_t octets, Flags flags = Flags::ack) {
    Segment seg;
    seg.flags = flags;
    seg.data = octets;
    return seg;
  }

  Host host;
  SocketOptions options;
  ReceiveWindow window;
  Seq nxt{1};
  Seq read{1};
};

}  // namespace

// --- The handshake (RFC 7323, 2) ---

TEST_CASE("ReceiveWindow: a SYN offers what 16 bits can say, and a scale for the largest buffer",
          "[tcp][rfc7323]") {
  Receiver r{ProfileId::linux_6};
  r.window.offer_in_syn(r.surroundings());
  CHECK(r.window.advertised() == 64'240);  // 44 segments of half the buffer: `win 64240`
  CHECK(r.window.scale() == 10);           // 65535 << 9 is less than the 32 MiB of tcp_rmem[2]
  CHECK(r.window.clamp() == 65'535U << 10);
}

TEST_CASE("ReceiveWindow: a buffer that the application asked for bounds offer, clamp and scale",
          "[tcp][linux]") {
  // Of 200,000 bytes of memory half is for payload: no shift but 1 makes that fit 16 bits.
  Receiver r{ProfileId::linux_6, 200'000};
  r.window.offer_in_syn(r.surroundings());
  CHECK(r.window.advertised() == 65'535);
  CHECK(r.window.scale() == 1);
  CHECK(r.window.clamp() == 100'000);

  Receiver small{ProfileId::linux_6, 20'000};
  small.window.offer_in_syn(small.surroundings());
  CHECK(small.window.advertised() == 6 * mss);  // whole segments of 10,000
  CHECK(small.window.scale() == 0);
  CHECK(small.window.clamp() == 10'000);
}

TEST_CASE("ReceiveWindow: what a listener's buffer holds bounds its connections as well",
          "[tcp][linux]") {
  Receiver r{ProfileId::linux_6, 20'000};
  r.window.offered_in_synack(8'760, 0, r.surroundings());
  CHECK(r.window.clamp() == 10'000);
}

TEST_CASE("ReceiveWindow: tcp_workaround_signed_windows offers no more than 32767",
          "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.host.config.settings.tcp_workaround_signed_windows = 1;
  r.window.offer_in_syn(r.surroundings());
  CHECK(r.window.advertised() == 32'767);
}

TEST_CASE("ReceiveWindow: a peer that does not scale is never offered more than 65535",
          "[tcp][rfc7323]") {
  Receiver r{ProfileId::linux_6};
  r.window.offer_in_syn(r.surroundings());
  r.window.without_scaling();
  CHECK(r.window.scale() == 0);
  CHECK(r.window.clamp() == 65'535);
}

TEST_CASE("ReceiveWindow: what a listener offered is where a connection goes on", "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.window.offered_in_synack(65'160, 7, r.surroundings());
  r.window.begin(Seq{1});
  CHECK(r.window.advertised() == 65'160);
  CHECK(r.window.left(Seq{1}) == 65'160);
  CHECK(r.window.end() == Seq{65'161});
  CHECK(r.window.scale() == 7);
}

// --- Windows never shrink (RFC 9293, 3.8.6, SHLD-14) ---

TEST_CASE("ReceiveWindow: its right edge never moves to the left", "[tcp][rfc9293]") {
  auto r = Receiver::unscaled(10'000);
  REQUIRE(r.window.end() == Seq{10'001});
  for (int i = 0; i < 12; ++i) {
    const Seq edge = r.window.end();
    r.gets(800);
    r.advertises();
    CHECK(at_or_after(r.window.end(), edge));
  }
}

TEST_CASE("ReceiveWindow: what is left of it goes with what comes", "[tcp][rfc9293]") {
  const Host host{config_of(ProfileId::rfc9293)};
  ReceiveWindow window;
  window.begin(Seq{1});
  window.advertise(1000, Seq{1}, host);
  CHECK(window.left(Seq{401}) == 600);
  CHECK(window.left(Seq{1001}) == 0);
  CHECK(window.left(Seq{1201}) == 0);
  CHECK(window.advertise(100, Seq{401}, host) == 600);  // no less than before
  CHECK(window.advertise(700, Seq{401}, host) == 700);
}

TEST_CASE("ReceiveWindow: a scaled one is rounded up, else its edge would shrink",
          "[tcp][rfc7323]") {
  const Receiver r{ProfileId::linux_6};
  ReceiveWindow window;
  window.offered_in_synack(10'000, 10, r.surroundings());
  window.begin(Seq{1});
  CHECK(window.advertise(0, Seq{1}, r.host) == 10);  // 10240 octets
  CHECK(at_or_after(window.end(), Seq{10'001}));
}

TEST_CASE("ReceiveWindow: with tcp_shrink_window it says what is free, though its edge moves back",
          "[tcp][linux]") {
  const auto after_short_segments = [](std::int32_t shrink, int segments) {
    Receiver r{ProfileId::linux_6};
    r.host.config.settings.tcp_shrink_window = shrink;
    r.opens();
    r.gets(mss);
    const Seq edge = r.nxt + r.advertises();
    for (int i = 0; i < segments; ++i) r.gets(100);
    const std::uint32_t octets = r.advertises();
    return before(r.nxt + octets, edge) ? std::to_string(octets) + ", back" : "no less";
  };
  // The first of them fits beside the full segment. 162/256 of what 2304 and 59 times 832 bytes
  // leave of 131072 are 50422 octets, in steps of 1024.
  CHECK(after_short_segments(1, 60) == "50176, back");
  CHECK(after_short_segments(0, 60) == "no less");
  CHECK(after_short_segments(1, 150) == "0, back");  // less than a sixteenth is left
}

TEST_CASE("ReceiveWindow: without scaling tcp_shrink_window changes nothing", "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.host.config.settings.tcp_window_scaling = 0;
  r.host.config.settings.tcp_shrink_window = 1;
  r.opens();
  r.gets(mss);
  const Seq edge = r.nxt + r.advertises();
  for (int i = 0; i < 43; ++i) r.gets(mss);
  CHECK_FALSE(before(r.nxt + r.advertises(), edge));
}

TEST_CASE("ReceiveWindow: no memory is advertised as 0, whatever was offered", "[tcp][linux]") {
  const Host host{config_of(ProfileId::linux_6)};
  ReceiveWindow window;
  window.begin(Seq{1});
  window.advertise(5000, Seq{1}, host);
  CHECK(window.close(Seq{1001}) == 0);
  CHECK(window.left(Seq{1001}) == 0);
}

// --- Silly windows (RFC 9293, 3.8.6.2.2) ---

TEST_CASE("ReceiveWindow: a full buffer opens again by a whole segment", "[tcp][rfc9293]") {
  auto r = Receiver::unscaled(4096);
  for (int i = 0; i < 4; ++i) r.gets(1000);
  const std::uint32_t left = r.advertises();
  CHECK(left == 96);
  r.reads(500);
  CHECK(r.advertises() == left);
  r.reads(400);
  CHECK(r.advertises() == left);
  r.reads(100);
  CHECK(r.advertises() >= 1000);
}

TEST_CASE("ReceiveWindow: a scaled one opens by a whole segment as well", "[tcp][rfc9293]") {
  Receiver r{ProfileId::rfc9293, 8192};
  r.host.config.settings.tcp_rmem = {4096, 8192, 131'072};
  r.host.config.settings.rmem_max = 131'072;
  r.opens();
  REQUIRE(r.window.scale() == 2);
  for (int i = 0; i < 8; ++i) r.gets(1000);
  CHECK(r.advertises() == 192);
  r.reads(700);
  CHECK(r.advertises() == 192);
  r.reads(200);
  CHECK(r.advertises() == 1092);
}

TEST_CASE("ReceiveWindow: an application that leaves more than half unread lags", "[tcp][linux]") {
  auto r = Receiver::unscaled(10'000);
  r.gets(4000);
  CHECK_FALSE(r.window.next(r.surroundings()).application_lags);
  r.gets(1500);
  CHECK(r.window.next(r.surroundings()).application_lags);
  r.reads(5500);
  CHECK_FALSE(r.window.next(r.surroundings()).application_lags);
}

// --- What the peer's segments teach ---

TEST_CASE("ReceiveWindow: two segments are more than one of the peer's usual size",
          "[tcp][rfc5681]") {
  Receiver r{ProfileId::linux_6};
  r.opens();
  CHECK(r.window.mss() == 536);  // RFC 9293, 3.7.1: before anything is known
  r.gets(1000);
  CHECK(r.window.mss() == 1000);
  CHECK_FALSE(r.window.two_segments_since(r.nxt));
  r.gets(1000);
  CHECK(r.window.two_segments_since(r.nxt));
  r.advertises();
  CHECK_FALSE(r.window.two_segments_since(r.nxt));
}

TEST_CASE("ReceiveWindow: half of it in segments is how many ACKs may be quick", "[tcp][linux]") {
  auto r = Receiver::unscaled(20'000);
  r.gets(1000);
  CHECK(r.window.half_in_segments() == 10);
}

TEST_CASE("ReceiveWindow: a shorter segment is the end of something, twice the same is usual",
          "[tcp][linux]") {
  using Size = ReceiveWindow::Size;
  Receiver r{ProfileId::linux_6};
  r.opens();
  const auto learns = [&](std::uint32_t octets, Flags flags = Flags::ack) {
    return r.window.learn_segment_size(Receiver::text(octets, flags), r.surroundings());
  };
  CHECK(learns(1460) == Size::full);
  CHECK(learns(700) == Size::shorter);
  CHECK(learns(700) == Size::usual);
  CHECK(r.window.mss() == 700);
  CHECK(learns(200, Flags::ack | Flags::psh) == Size::shorter);
  CHECK(learns(200, Flags::ack | Flags::psh) == Size::shorter);  // pushed: written so short
  CHECK(r.window.mss() == 700);
}

// --- Growth (Linux, tcp_grow_window) ---

TEST_CASE("ReceiveWindow: grows by two segments for each full one that comes", "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.opens();
  r.gets(mss);
  const std::uint32_t first = r.advertises();
  CHECK(first == 67'584);  // 64240 + 2 x 1460, in steps of 1024
  r.reads(mss);
  r.gets(mss);
  CHECK(r.advertises() == 70'656);  // 64240 + 4 x 1460, likewise
}

TEST_CASE("ReceiveWindow: keeps room for a segment in reserve until it knows their memory",
          "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.opens();
  CHECK(r.window.clamp() == 131'072 / 2 - mss);  // tcp_init_buffer_space
}

TEST_CASE("ReceiveWindow: with the RFC's profile all that is free is offered, and nothing grows",
          "[tcp][rfc9293]") {
  auto r = Receiver::unscaled(20'000);
  CHECK_FALSE(r.window.grow(Receiver::text(mss), r.surroundings()));
  CHECK(r.advertises() == 20'000);
}

TEST_CASE("ReceiveWindow: under memory pressure it falls back to four segments", "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.opens();
  r.gets(mss);
  r.host.memory.ask(11, {5, 10, 20});
  REQUIRE(r.host.memory.under_pressure());
  CHECK_FALSE(r.window.grow(Receiver::text(mss), r.surroundings()));
  CHECK(r.window.next(r.surroundings()).octets == 6144);  // 4 x 1460, in steps of 1024
  CHECK(r.advertises() > 60'000);                         // but what was advertised stands
}

TEST_CASE("ReceiveWindow: memory is taken when data comes, and given back", "[tcp][linux]") {
  Receiver r{ProfileId::linux_6};
  r.opens();
  CHECK_FALSE(r.window.has_buffer());
  CHECK(r.window.memory() == 0);
  r.gets(mss);
  CHECK(r.window.memory() == r.window.memory_of(Receiver::text(mss), r.surroundings()));
  r.reads(mss);
  CHECK(r.window.memory() == 0);
  r.window.release();
  CHECK_FALSE(r.window.has_buffer());
}

TEST_CASE("ReceiveWindow: a scale beyond 14 is a bug of ours", "[tcp][invariants]") {
  const Receiver r{ProfileId::linux_6};
  ReceiveWindow window;
  window.offered_in_synack(65'535, 14, r.surroundings());
  window.check_invariants();
  CHECK(aborts([&r] {
    ReceiveWindow wrong;
    wrong.offered_in_synack(65'535, 15, r.surroundings());
    wrong.check_invariants();
  }));
}
