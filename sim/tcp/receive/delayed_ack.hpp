#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "lastack/core/time.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/state.hpp"
#include "lastack/tcp/timer_grid.hpp"

namespace lastack::tcp {

/// When received octets are acknowledged (RFC 9293, 3.8.6.3; RFC 5681, 4.2), as Linux decides it
/// (inet_connection_sock.icsk_ack, __tcp_ack_snd_check).
///
/// - *Quick*: the first ACKs of a connection, and those after something went wrong, leave at once.
/// - *Ping-pong*: where data goes both ways, an ACK waits for data that it can ride on.
/// - *Delayed*: other ACKs wait as long as the estimate of the gaps between arrivals says (ato).
/// - *Compressed*: after three ACKs that report a hole, one stands for all that a part of a round
///   trip brings (tcp_comp_sack_*).
///
/// It knows neither segments nor windows. Who sends an ACK calls `sent`.
class DelayedAck {
 public:
  static constexpr std::uint32_t quick_acks_max = 16;  ///< in a row (TCP_MAX_QUICKACKS)
  static constexpr SimDuration shortest_wait = 40ms;   ///< TCP_DELACK_MIN, TCP_ATO_MIN
  static constexpr SimDuration longest_wait = 200ms;   ///< TCP_DELACK_MAX

  /// What the host, the socket and the path say of acknowledging.
  struct Rules {
    AckPolicy policy;
    std::int8_t quick_ack;            ///< TCP_QUICKACK; -1: never set
    std::int32_t pingpong_threshold;  ///< signs of data both ways that count (tcp_pingpong_thresh)
    std::int32_t compressed_max;      ///< ACKs that one may stand for (tcp_comp_sack_nr)
    SimDuration compressed_wait;      ///< at the most (tcp_comp_sack_delay_ns)
    SimDuration delayed_max;          ///< of a delayed ACK's wait (Linux, tcp_delack_max)
    std::optional<SimDuration> srtt;  ///< smoothed round trip, once there is a sample
    const TimerGrid& grid;
  };
  /// What is to be acknowledged.
  struct Received {
    enum class Hole : std::uint8_t { none, open };
    enum class Repeated : std::uint8_t { no, yes };

    Seq nxt;                    ///< RCV.NXT
    bool two_segments = false;  ///< that much came since the last ACK, and the window is as large
    Hole hole = Hole::none;     ///< octets beyond RCV.NXT wait for earlier ones
    Repeated repeated = Repeated::no;  ///< octets came twice, and a D-SACK reports it
    bool sack = false;                 ///< the peer understands SACK
    SimDuration round_trip{};          ///< as the receiver sees it; 0: not known
  };
  /// What is to be done.
  struct Answer {
    enum class When : std::uint8_t {
      none,  ///< nothing, or what a timer that runs already will do
      now,   ///< send an ACK
      at,    ///< a timer was set
    };
    When when = When::none;
    SendReason why = SendReason::ack;  ///< of `now`
    SimTime time = never;              ///< of `at`
  };
  /// Timers that ran and are needed no more; `never` for one that did not run.
  struct Cancelled {
    SimTime delayed = never;
    SimTime compressed = never;
  };

  // --- Questions ---

  bool owed() const { return owed_; }  ///< something is to be acknowledged
  /// There was no memory for what came: the next ACK closes the window (ICSK_ACK_NOMEM).
  bool closes_window() const { return no_memory_; }
  /// ACKs that report a hole wait for the timer of compressed ones.
  bool holds_back() const { return compressed_ && compressed_->held_back > 0; }
  SimTime delayed_until() const { return due_; }
  SimTime compressed_until() const { return compressed_ ? compressed_->until : never; }
  /// The earlier of both timers.
  SimTime due() const { return std::min(due_, compressed_until()); }
  SimTime last_data() const { return last_data_; }  ///< when data last came
  bool both_ways(std::int32_t threshold) const { return pingpong_ >= threshold; }
  /// An application that reads on may be what a short segment was waiting for.
  bool short_one_waits(std::int32_t threshold) const {
    return short_again_ || (short_ && !both_ways(threshold));
  }

  // --- What came ---

  void owe() { owed_ = true; }
  /// The same, and the ACK goes at once.
  void owe_at_once() { owed_ = now_ = true; }
  /// Something is wrong with what came: this ACK and the next ones go at once (Linux,
  /// tcp_enter_quickack_mode). `half_window` is how many segments half the window holds.
  void irregular(std::uint32_t half_window);
  /// The next ACKs go at once (Linux, tcp_incr_quickack).
  void quicken(std::uint32_t half_window);
  /// The window grew, which the peer should hear soon (Linux, __tcp_grow_window).
  void quicken_one() { quick_ |= 1; }
  /// The application lags behind: no hurry with ACKs.
  void slow_down() { quick_ = 0; }
  /// A hole was filled, which is reported at once (RFC 5681, 4.2).
  void hole_filled() { now_ = true; }
  /// No hole is left that an ACK could wait for.
  void no_hole() { compressed_.reset(); }
  void no_memory();
  /// Data came in order (Linux, tcp_event_data_recv). `rto` is the retransmission timeout.
  void data_arrived(SimTime now, SimDuration rto, std::uint32_t half_window);
  /// … in a full segment with PSH, or in a short one: perhaps the end of what was written.
  void pushed_segment() { short_ = true; }
  void short_segment() {
    short_again_ |= short_;
    short_ = true;
  }
  /// The handshake ended: its last segment counts as data (Linux, tcp_finish_connect).
  void established(SimTime now) { last_data_ = now; }
  /// The application will answer: its data, or its FIN, can carry ACKs. That counts as many signs
  /// of data both ways as are needed (`threshold`, tcp_pingpong_thresh).
  void expect_answer(std::int32_t threshold) { pingpong_ = static_cast<std::uint8_t>(threshold); }
  /// The ACK of a SYN-ACK waits for the data that will follow (Linux, TCP_DEFER_ACCEPT).
  Answer wait_for_data(const Rules& rules, std::uint32_t half_window, SimTime now);
  /// The application set TCP_QUICKACK: ping-pong begins anew.
  void set_quick_ack(std::int32_t value, std::int32_t threshold) {
    expect_answer(value == 0 ? threshold : 0);
  }

  // --- What was sent ---

  /// Data left: an answer, if it comes soon after what it answers (Linux, tcp_event_data_sent).
  void data_sent(SimTime now);
  /// A segment with an ACK left: nothing is owed any more.
  Cancelled sent();

  // --- Decides ---

  /// After an arriving segment's own processing: acknowledge it now, later, or not at all.
  Answer decide(const Received& came, const Rules& rules, SimTime now);

  // --- Timers ---

  /// The delayed ACK's timer ran out. True: an ACK is to be sent. `rto` bounds the next wait.
  bool delayed_timeout(const Rules& rules, SimDuration rto);
  /// The compressed ACK's timer ran out: it is to be sent.
  void compressed_timeout();
  /// The connection ends or waits for nothing any more.
  Cancelled cancel();

  void check_invariants() const;

 private:
  /// One ACK that stands for several, while a hole is open.
  struct Compressed {
    SimTime until = never;
    Seq hole_at;                 ///< RCV.NXT of the ACKs counted below
    std::uint8_t acks = 0;       ///< sent for the hole at hole_at
    std::uint8_t held_back = 0;  ///< ACKs that the next one stands for
  };

  bool at_once(const Rules& rules) const;
  Answer delay(const Rules& rules, SimTime now);
  std::optional<Answer> compress(const Received& came, const Rules& rules, SimTime now);

  /// None came yet: so long ago that nothing that is sent answers it, even at the very start.
  static constexpr SimTime long_ago = sim_start - std::chrono::hours{24};

  SimTime due_ = never;
  SimDuration wait_{};            ///< estimated from the arrivals (icsk_ack.ato); 0: no data yet
  SimTime last_data_ = long_ago;  ///< icsk_ack.lrcvtime
  std::unique_ptr<Compressed> compressed_;  ///< once a hole was reported
  std::uint8_t quick_ = 0;                  ///< so many more leave at once
  std::uint8_t pingpong_ = 0;               ///< signs that data goes both ways
  bool owed_ : 1 = false;
  bool now_ : 1 = false;          ///< … at once
  bool short_ : 1 = false;        ///< ICSK_ACK_PUSHED
  bool short_again_ : 1 = false;  ///< ICSK_ACK_PUSHED2
  bool no_memory_ : 1 = false;
};

}  // namespace lastack::tcp
