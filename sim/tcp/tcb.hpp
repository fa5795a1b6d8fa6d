#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::tcp {

/// A sent segment that is not acknowledged yet: a place in the retransmission queue.
struct InFlight {
  Seq seq;
  std::uint32_t len = 0;    ///< octets in sequence space, SYN and FIN included
  SimTime sent;             ///< last time
  std::uint32_t order = 0;  ///< among all that the connection sent, for what one instant sent
  bool syn : 1 = false;
  bool fin : 1 = false;
  bool sacked : 1 = false;
  bool lost : 1 = false;              ///< believed lost and not sent again since
  bool retransmitted : 1 = false;     ///< ever
  bool follows : 1 = false;           ///< left in the same burst as the one before
  bool resent_in_flight : 1 = false;  ///< a retransmission of it is on its way

  Seq end() const { return seq + len; }
  std::uint32_t data() const { return len - (syn ? 1U : 0U) - (fin ? 1U : 0U); }
};

/// What the send side knows (RFC 9293, 3.3.1, Figure 3).
struct SendState {
  Seq una;  ///< oldest unacknowledged
  Seq nxt;  ///< next to be sent for the first time
  Seq iss;
  Seq queue_end;  ///< after the last octet that the user gave; a queued FIN comes there
  Seq wl1;        ///< SEG.SEQ of the last window update
  Seq small_end;  ///< end of the last segment shorter than the maximum (Minshall's Nagle)
  Seq chunk;      ///< where the last octets that are kept together begin
  std::uint32_t buffer = 0;    ///< bytes of memory (sk_sndbuf)
  Seq use_end;                 ///< SND.NXT when the use of the congestion window was last noted
  std::uint32_t most_out = 0;  ///< segments in flight at the most since then
  std::uint32_t wnd = 0;       ///< octets, scaled
  std::uint32_t max_wnd = 0;   ///< largest window the peer ever offered
  std::uint8_t scale = 0;      ///< shift of the peer's windows
  bool fin_queued = false;
  bool cwnd_limited = false;  ///< the congestion window held data back

  /// After everything that is to be sent, a queued FIN included.
  Seq end() const { return queue_end + (fin_queued ? 1U : 0U); }
  /// The first octet beyond the peer's window.
  Seq window_end() const { return una + wnd; }
};

/// A hole-free piece of the sequence space that lies beyond RCV.NXT.
struct Range {
  Seq left;
  Seq right;
};

/// Octets that arrived out of order, and what SACK says of them.
struct Reassembly {
  std::vector<Range> ranges;       ///< ascending, apart from each other
  std::vector<SackBlock> recent;   ///< newest first (RFC 2018, 4), at most four
  std::optional<SackBlock> dsack;  ///< octets that came twice (RFC 2883), for the next ACK
  std::optional<Seq> fin;          ///< where a FIN that came out of order stands
  Seq told_at;                     ///< RCV.NXT of the duplicate ACKs counted below
  std::uint8_t told = 0;           ///< duplicate ACKs sent for the hole at told_at
  std::uint8_t held_back = 0;      ///< ACKs that one soon to come stands for (compressed_ack)
  SimTime held_until = never;
};

/// What the receive side knows (RFC 9293, 3.3.1, Figure 4).
struct ReceiveState {
  Seq nxt;
  Seq irs;
  Seq read;                         ///< next octet for the user
  Seq window_at;                    ///< RCV.NXT when the window was last told
  std::uint32_t wnd = 0;            ///< octets offered from window_at on
  std::uint32_t grown = 0;          ///< how far the offer may go by now (Linux: rcv_ssthresh)
  std::uint32_t clamp = 0;          ///< the most that may ever be offered
  std::uint32_t echo_measured = 0;  ///< timestamp whose round trip is known
  std::uint8_t scale = 0;           ///< shift of our windows
  std::uint16_t mss = 536;          ///< estimate of the peer's segment size
  std::uint16_t small_mss = 0;      ///< the last one's size, were it the peer's (last_seg_size)
  bool fin_received = false;

  /// What is left of the window last offered.
  std::uint32_t window() const {
    const std::uint32_t used = nxt - window_at;
    return used < wnd ? wnd - used : 0;
  }
  /// Octets that the user has not read.
  std::uint32_t unread() const { return nxt - read - (fin_received ? 1U : 0U); }
};

/// When acknowledgments are sent (RFC 9293, 3.8.6.3; Linux's inet_connection_sock.icsk_ack).
struct AckState {
  SimTime due = never;            ///< the delayed-acknowledgment timer
  SimDuration timeout{};          ///< how long to wait, estimated from the arrivals (ato)
  SimTime last_data = sim_start;  ///< when data last came
  std::uint32_t quick = 0;        ///< so many more are sent at once
  std::uint8_t pingpong = 0;      ///< signs that data goes both ways, so that ACKs can ride along
  bool scheduled : 1 = false;     ///< something is to be acknowledged
  bool now : 1 = false;           ///< … at once
  bool pushed : 1 = false;        ///< a small segment came
  bool pushed_twice : 1 = false;
  bool no_memory : 1 = false;  ///< for what came, so that a closed window is told (ICSK_ACK_NOMEM)
};

/// Timestamps option (RFC 7323, 3 to 5).
struct TimestampState {
  std::uint32_t offset = 0;  ///< of our clock towards this peer
  std::uint32_t recent = 0;  ///< TS.Recent
  SimTime recent_at = sim_start;
};

/// What was sent and when it got through (RFC 8985, 6.1).
struct RoundTrips {
  SimTime first_retransmit = never;  ///< since when nothing gets through (retrans_stamp)
  SimDuration rack_rtt{};
  SimDuration min_rtt{};  ///< 0: none yet
  std::uint32_t sent_count = 0;
  std::uint32_t rack_order = 0;  ///< the newest segment known to have arrived (RACK.xmit_ts)
};

/// Loss recovery (RFC 5681, RFC 6675, RFC 8985).
struct RecoveryState {
  enum class Phase : std::uint8_t { open, disorder, recovery, loss };
  Phase phase = Phase::open;
  Seq high;  ///< recovery ends when this is acknowledged
  std::uint8_t duplicate_acks = 0;
  Seq tlp_end;  ///< SND.NXT when a tail-loss probe was sent
  bool tlp_outstanding = false;
  bool tlp_repeated = false;        ///< the probe repeated old octets
  std::uint32_t prr_delivered = 0;  ///< RFC 6937
  std::uint32_t prr_out = 0;
  std::uint32_t prior_cwnd = 0;
  /// Retransmissions since the reduction that no D-SACK has shown to be superfluous; -1: none was
  /// made yet (Linux: undo_retrans).
  std::int16_t undo_retrans = -1;
  bool may_undo = false;  ///< the last reduction may yet turn out wrong (Linux: undo_marker)
  bool frto = false;      ///< F-RTO looks whether the timeout was spurious (RFC 5682)
};

}  // namespace lastack::tcp
