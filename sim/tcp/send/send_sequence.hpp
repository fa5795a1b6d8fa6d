#pragma once

#include <algorithm>
#include <cstdint>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// The send sequence variables (RFC 9293, 3.3.1, Figure 3): what was sent and acknowledged, and how
/// much more the peer takes.
class SendSequence {
 public:
  // --- Questions ---

  Seq iss() const { return iss_; }                    ///< ISS
  Seq una() const { return una_; }                    ///< SND.UNA
  Seq nxt() const { return nxt_; }                    ///< SND.NXT
  std::uint32_t wnd() const { return wnd_; }          ///< SND.WND, octets
  std::uint32_t max_wnd() const { return max_wnd_; }  ///< the largest ever offered
  Seq window_end() const { return una_ + wnd_; }      ///< first octet beyond it
  /// Octets of the peer's window that nothing was sent into.
  std::uint32_t window_left() const { return after(window_end(), nxt_) ? window_end() - nxt_ : 0; }
  /// What the window field of a segment means, octets (RFC 7323, 2.2: a SYN's is never scaled).
  std::uint32_t offered_in(const Segment& seg) const {
    return std::uint32_t{seg.wnd} << (seg.flags.has(Flags::syn) ? 0 : scale_);
  }

  /// Whether a segment's window counts: those of one number came in an unknown order, so that the
  /// largest counts, and one that closes (Linux, tcp_may_update_window).
  bool may_update_window(const Segment& seg) const {
    const std::uint32_t offered = offered_in(seg);
    return after(seg.seq, wl1_) || after(seg.ack, una_) ||
           (seg.seq == wl1_ && (offered > wnd_ || offered == 0));
  }

  // --- Events ---

  /// The application chose the ISS before the connection opens.
  void choose(Seq iss) { iss_ = iss; }
  /// Nothing was sent yet.
  void begin(Seq iss) { iss_ = una_ = nxt_ = iss; }
  /// A listener's SYN-ACK was sent and is acknowledged.
  void begin_after_handshake(Seq iss) {
    iss_ = iss;
    una_ = nxt_ = iss + 1;
  }
  void set_scale(std::uint8_t shift) { scale_ = shift; }
  void sent(std::uint32_t octets) { nxt_ += octets; }
  /// Requires SND.UNA =< ack =< SND.NXT.
  void acknowledged(Seq ack) {
    LASTACK_ASSERT(at_or_before(una_, ack) && at_or_before(ack, nxt_));
    una_ = ack;
  }
  /// A SYN, or the last segment of the handshake, says how large the window is. What a crossed SYN
  /// said counts for the largest.
  void set_window(std::uint32_t octets, Seq wl1) {
    wnd_ = octets;
    max_wnd_ = std::max(max_wnd_, wnd_);
    wl1_ = wl1;
  }
  /// The window of an acceptable segment, unless it is older than the last one used (RFC 9293,
  /// 3.10.7.4, fifth). Comes before `acknowledged`: SND.UNA is still the old one.
  /// True: it counted.
  bool update_window(const Segment& seg) {
    if (!may_update_window(seg)) return false;
    wnd_ = offered_in(seg);
    wl1_ = seg.seq;
    max_wnd_ = std::max(max_wnd_, wnd_);
    return true;
  }

  void check_invariants() const {
    LASTACK_ASSERT(at_or_before(una_, nxt_));
    LASTACK_ASSERT(wnd_ <= max_wnd_);
  }

 private:
  Seq iss_;
  Seq una_;
  Seq nxt_;
  Seq wl1_;  ///< SND.WL1: SEG.SEQ of the last window update
  std::uint32_t wnd_ = 0;
  std::uint32_t max_wnd_ = 0;
  std::uint8_t scale_ = 0;  ///< shift of the peer's windows
};

}  // namespace lastack::tcp
