#pragma once

#include <cstdint>
#include <optional>

#include "endpoint.hpp"

namespace lastack::tcp {

/// What remains of a connection in TIME-WAIT, or (Linux) of an orphan in FIN-WAIT-2.
struct TimeWait {
  Wakeup wakeup;  ///< outlives the record: its place is used again
  SimTime ts_recent_at;
  Address remote_address{};
  Port remote_port = 0;
  Port local_port = 0;
  Seq iss;
  Seq snd_nxt;
  Seq rcv_nxt;
  std::uint32_t rcv_wnd = 0;  ///< octets
  Timestamp ts_recent;
  std::uint8_t rcv_scale = 0;
  State state = State::time_wait;  ///< time_wait or fin_wait_2
  bool timestamps = false;

  SocketAddress remote() const { return {remote_address, remote_port}; }
  std::uint64_t pair() const { return pair_key(local_port, remote_address, remote_port); }
  SocketSnapshot snapshot(const Host& host) const;
  enum class Verdict : std::uint8_t {
    stays,
    gone,     ///< delete the record
    new_syn,  ///< the SYN may open a new connection in its place (RFC 9293, MAY-2)
  };
  /// RFC 9293, 3.10.7.4, for TIME-WAIT, and for FIN-WAIT-2 what its connection would do.
  Verdict segment_arrives(const Segment& seg, Context& c);
  void syn_without_listener(Context& c);
  void arm(SimDuration length, Context& c);
  /// The initial sequence number for a new incarnation: beyond all the old one used.
  Seq next_iss() const { return snd_nxt + 65535 + 2; }

 private:
  Verdict in_fin_wait_2(const Segment& seg, bool outdated, Context& c);
  Verdict reset(Context& c) const;
  Verdict in_time_wait(const Segment& seg, bool outdated, Context& c);
  Verdict reset_in_time_wait(const Segment& seg, Context& c);
  bool calls_for_no_answer(const Segment& seg) const;
  void answer(SendReason why, Context& c);
  void answer_limited(const Segment& seg, Context& c);
  void note_timestamp(const Segment& seg, SimTime now);
  Timer timer() const;
  void report(TimerAction action, Context& c) const;

  friend class Stack;
};
static_assert(sizeof(TimeWait) == 56, "a busy server has hundreds of thousands of them");

TimeWait time_wait_from(const Endpoint& endpoint, State state);

}  // namespace lastack::tcp
