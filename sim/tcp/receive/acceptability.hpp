#pragma once

#include <cstdint>

#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

// Whether a segment lies in the receive window. `nxt` is RCV.NXT, `window` RCV.WND in octets.

/// RFC 9293, 3.4, Table 6.
inline bool acceptable(const Segment& seg, Seq nxt, std::uint32_t window) {
  const std::uint32_t len = seg.len();
  if (len == 0) return window == 0 ? seg.seq == nxt : in_window(seg.seq, nxt, window);
  return window > 0 && (in_window(seg.seq, nxt, window) || in_window(seg.end() - 1, nxt, window));
}

/// Linux's form for full sockets (tcp_sequence), more generous at the left edge: what ends where
/// the last ACK stood, at `told_at`, may pass, and is sorted out as a duplicate later.
inline bool acceptable_to_socket(const Segment& seg, Seq told_at, Seq window_end) {
  return !before(seg.end(), told_at) && !after(seg.seq, window_end);
}

/// Linux's form for requests and for records in FIN-WAIT-2 (tcp_in_window).
inline bool acceptable_to_record(const Segment& seg, Seq nxt, std::uint32_t window) {
  const Seq end = nxt + window;
  return seg.seq == nxt || (after(seg.end(), nxt) && before(seg.seq, end)) ||
         (seg.seq == end && seg.len() == 0);
}

}  // namespace lastack::tcp
