#pragma once

#include <cstdint>
#include <optional>

#include "endpoint.hpp"

namespace lastack::tcp {

/// What remains of a connection in TIME-WAIT, or (Linux) of an orphan in FIN-WAIT-2.
struct TimeWait {
  SocketAddress local;
  SocketAddress remote;
  State state = State::time_wait;  ///< time_wait or fin_wait_2
  Seq iss;
  Seq snd_nxt;
  Seq rcv_nxt;
  std::uint32_t rcv_wnd = 0;  ///< octets
  std::uint8_t rcv_scale = 0;
  bool timestamps = false;
  std::uint32_t ts_recent = 0;
  std::uint32_t ts_offset = 0;
  SimTime ts_recent_at;
  SimTime last_answer = long_ago;
  Wakeup wakeup;

  enum class Verdict : std::uint8_t {
    stays,
    gone,     ///< delete the record
    new_syn,  ///< the SYN may open a new connection in its place (RFC 9293, MAY-2)
  };
  /// RFC 9293, 3.10.7.4, for TIME-WAIT, and for FIN-WAIT-2 what its connection would do.
  Verdict segment_arrives(const Segment& seg, Context& c);
  void arm(SimDuration length, Context& c);
  /// The initial sequence number for a new incarnation: beyond all the old one used.
  Seq next_iss() const { return snd_nxt + 65535 + 2; }

 private:
  Verdict in_fin_wait_2(const Segment& seg, bool outdated, Context& c);
  Verdict in_time_wait(const Segment& seg, bool outdated, Context& c);
  Verdict reset_in_time_wait(const Segment& seg, Context& c);
  bool calls_for_no_answer(const Segment& seg) const;
  void answer(SendReason why, Context& c);
  void answer_limited(const Segment& seg, Context& c);
  void note_timestamp(const Segment& seg, SimTime now);
};

TimeWait time_wait_from(const Endpoint& endpoint, State state);

}  // namespace lastack::tcp
