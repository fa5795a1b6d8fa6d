#include "send/send_sequence.hpp"

#include <catch2/catch.hpp>

#include "support/aborts.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::tcp;
using namespace lastack::test;

namespace {

Segment segment(Seq seq, Seq ack, std::uint16_t wnd, Flags flags = Flags::ack) {
  Segment seg;
  seg.seq = seq;
  seg.ack = ack;
  seg.wnd = wnd;
  seg.flags = flags;
  return seg;
}

/// Established, with 1000 octets sent into a window of 5000; the peer's first octet is 1.
SendSequence established() {
  SendSequence snd;
  snd.begin_after_handshake(Seq{0});
  snd.set_window(5000, Seq{1});
  snd.sent(1000);
  return snd;
}

}  // namespace

TEST_CASE("SendSequence: SND.NXT goes with what is sent, SND.UNA with what is acknowledged",
          "[tcp][rfc9293]") {
  SendSequence snd;
  snd.begin(Seq{100});
  snd.sent(1);  // the SYN
  CHECK(snd.una() == Seq{100});
  CHECK(snd.nxt() == Seq{101});
  snd.acknowledged(Seq{101});
  CHECK(snd.una() == Seq{101});
  CHECK(snd.iss() == Seq{100});
  snd.check_invariants();
}

TEST_CASE("SendSequence: a SYN-ACK that a listener sent is behind the connection",
          "[tcp][rfc9293]") {
  SendSequence snd;
  snd.begin_after_handshake(Seq{0xffff'ffff});
  CHECK(snd.una() == Seq{0});
  CHECK(snd.nxt() == Seq{0});
}

TEST_CASE("SendSequence: the window of a crossed SYN counts for the largest ever", "[tcp][linux]") {
  SendSequence snd;
  snd.begin(Seq{100});
  snd.set_window(5000, Seq{1});  // the SYN's
  snd.set_window(200, Seq{2});   // that of the ACK which ends the handshake
  CHECK(snd.wnd() == 200);
  CHECK(snd.max_wnd() == 5000);
  snd.set_window(6000, Seq{2});
  CHECK(snd.max_wnd() == 6000);
}

TEST_CASE("SendSequence: what is left of the window, also where it shrank below what was sent",
          "[tcp][rfc9293]") {
  auto snd = established();
  CHECK(snd.window_end() == Seq{5001});
  CHECK(snd.window_left() == 4000);
  snd.sent(4000);
  CHECK(snd.window_left() == 0);
  snd.set_window(2000, Seq{1});
  CHECK(snd.window_left() == 0);
}

TEST_CASE("SendSequence: a window is scaled, but never that of a SYN", "[tcp][rfc7323]") {
  SendSequence snd;
  snd.set_scale(7);
  CHECK(snd.offered_in(segment(Seq{1}, Seq{1}, 500)) == 64'000);
  CHECK(snd.offered_in(segment(Seq{1}, Seq{1}, 500, Flags::syn | Flags::ack)) == 500);
}

// --- SND.WL1 and SND.WL2 (RFC 9293, 3.10.7.4, fifth) ---

TEST_CASE("SendSequence: newer octets, a newer ACK and a larger window update it",
          "[tcp][rfc9293]") {
  auto snd = established();
  snd.update_window(segment(Seq{2}, Seq{1}, 4000));
  CHECK(snd.wnd() == 4000);
  snd.update_window(segment(Seq{2}, Seq{501}, 3000));
  CHECK(snd.wnd() == 3000);
  snd.acknowledged(Seq{501});
  snd.update_window(segment(Seq{2}, Seq{501}, 6000));
  CHECK(snd.wnd() == 6000);
}

TEST_CASE("SendSequence: a segment that was overtaken does not bring an old window back",
          "[tcp][rfc9293]") {
  auto snd = established();
  snd.update_window(segment(Seq{101}, Seq{1}, 4000));
  snd.update_window(segment(Seq{1}, Seq{1}, 9000));  // sent before the last one
  CHECK(snd.wnd() == 4000);
}

TEST_CASE("SendSequence: remembers the largest window ever offered", "[tcp][rfc9293]") {
  auto snd = established();
  snd.update_window(segment(Seq{2}, Seq{1}, 9000));
  snd.update_window(segment(Seq{3}, Seq{1}, 100));
  CHECK(snd.wnd() == 100);
  CHECK(snd.max_wnd() == 9000);
  snd.check_invariants();
}

TEST_CASE("SendSequence: an ACK of what was never sent, or once more, is a bug of ours",
          "[tcp][invariants]") {
  auto snd = established();
  CHECK(aborts([&] { snd.acknowledged(Seq{1002}); }));
  snd.acknowledged(Seq{501});
  CHECK(aborts([&] { snd.acknowledged(Seq{500}); }));
}
