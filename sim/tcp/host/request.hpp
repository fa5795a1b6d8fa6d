#pragma once

#include <cstdint>
#include <optional>

#include "endpoint.hpp"
#include "lastack/core/wakeup.hpp"
#include "receive/initial_window.hpp"
#include "timestamps.hpp"

namespace lastack::tcp {

/// An entry of a SYN queue: a SYN was answered, the third segment has not come yet. It is SYN_RCVD
/// for whoever looks, but much smaller than a connection.
struct Request {
  Wakeup wakeup;      ///< outlives the request: its place is used again
  SimTime sent;       ///< SYN-ACK, first time
  SimTime last_sent;  ///< … and last
  Address remote_address{};
  Port remote_port = 0;
  Port local_port = 0;
  Seq iss;
  Seq irs;
  Timestamp ts_recent;
  std::uint16_t listener = 0;
  std::uint16_t offer = 0;  ///< window of the SYN-ACK
  std::uint16_t peer_window = 0;
  std::uint16_t peer_mss = default_mss;
  std::uint8_t send_scale : 4 = 0;
  std::uint8_t receive_scale : 4 = 0;
  std::uint8_t timeouts = 0;     ///< of the SYN-ACK timer
  std::uint8_t retransmits = 0;  ///< of the SYN-ACK, for any reason
  bool timestamps : 1 = false;
  bool sack : 1 = false;
  bool scaling : 1 = false;
  bool acked : 1 = false;  ///< the third segment came, but nobody could take it

  SocketAddress remote() const { return {remote_address, remote_port}; }
  std::uint64_t pair() const { return pair_key(local_port, remote_address, remote_port); }
  SocketSnapshot snapshot(const Host& host) const;
  /// What it offers, in whole segments: of our own size, or of `segment` octets as a cookie told
  /// (Linux, cookie_v4_check).
  void offer_window(const Host& host, const SocketOptions& options,
                    std::optional<std::uint16_t> segment);
  /// Whether a segment echoes a timestamp that no SYN-ACK can have had (Linux, tcp_check_req).
  bool echoes_no_synack(const Segment& seg, const Host& host) const;
  /// Whether a segment echoes the first SYN-ACK, so that the others were sent for nothing (Linux,
  /// tcp_try_undo_spurious_syn).
  bool first_synack_came(const Segment& seg, const Host& host) const;
  /// What a connection made from it starts with.
  Negotiated agreed(const Host& host, SimTime now) const;
};
static_assert(sizeof(Request) == 64, "a SYN flood makes many of them");

/// Reads a SYN's options against what the host allows.
Request request_from(const Segment& syn, const Host& host, const SocketOptions& options,
                     SimTime now);

/// The SYN-ACK of a request; without the ACK (four-way) its SYN alone.
Segment synack_of(const Request& request, const Host& host, const SocketOptions& options,
                  Flags flags, SimTime now);
/// The ACK with which a request answers what does not fit.
Segment ack_of(const Request& request, const Host& host, SimTime now);
/// The ACK of the SYN alone, while the listener's own SYN comes separately (four-way).
Segment ack_of_syn(const Request& request, const Host& host, SimTime now);

}  // namespace lastack::tcp
