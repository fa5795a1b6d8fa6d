#pragma once

#include <cstdint>

#include "lastack/core/time.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

enum class CongestionAlgorithm : std::uint8_t {
  reno,   ///< RFC 5681
  cubic,  ///< RFC 9438, in the integers of Linux's tcp_cubic.c, with its HyStart
};

/// How much may be in flight, in segments of the sender's maximum size. It is given what was
/// acknowledged and what was lost; which segments to send again is loss recovery's business.
class CongestionControl {
 public:
  static constexpr std::uint32_t initial_window = 10;  ///< segments (RFC 6928)
  static constexpr std::uint32_t no_threshold = 0x7fff'ffff;

  /// A new connection: `initial_window`, no threshold.
  constexpr explicit CongestionControl(CongestionAlgorithm algorithm) : algorithm_{algorithm} {}

  /// The congestion window in segments (RFC 5681, 2); 1 or more.
  std::uint32_t cwnd() const { return cwnd_; }
  /// The slow start threshold in segments (RFC 5681, 3.1); `no_threshold` at first.
  std::uint32_t ssthresh() const { return ssthresh_; }
  /// Whether cwnd is below ssthresh (RFC 5681, 3.1).
  bool in_slow_start() const { return cwnd_ < ssthresh_; }

  /// The first segment is about to be sent from `next`: a round of HyStart begins.
  void begin(Seq next, SimTime now);
  /// The same after the fact: `shortest` is the shortest round trip so far, zero if unknown.
  void begin_late(Seq next, SimDuration shortest);
  /// A segment's round trip, before `acknowledged` for the same ACK. `una` and `next` are SND.UNA
  /// and SND.NXT; `ack_delay` is the longest by which bursts of ours space the ACKs apart.
  void round_trip(SimDuration rtt, Seq una, Seq next, SimTime now, SimDuration ack_delay);
  /// `segments` were newly acknowledged while the window was fully used; `srtt` is 0 if unknown.
  void acknowledged(std::uint32_t segments, SimTime now, SimDuration srtt);
  /// A loss episode begins: lowers ssthresh, and remembers what to go back to on `undo`.
  void loss_detected();
  /// After a retransmission timeout the window restarts from one segment (RFC 5681, 3.1), and
  /// what was learnt of the path is forgotten.
  void collapse(Seq next, SimTime now);
  /// The loss was none: back to the window before `loss_detected`.
  void undo();
  /// Sets the window itself, as fast recovery does.
  void set_cwnd(std::uint32_t segments) { cwnd_ = segments > 0 ? segments : 1; }
  /// Data goes out again after `idle` without any in flight: that time does not count as growth.
  void resume(SimDuration idle, SimTime now);
  /// The connection was idle for `idle`: the window halves for each RTO (RFC 2861).
  void restart_after_idle(SimDuration idle, SimDuration rto);

 private:
  std::uint32_t slow_start(std::uint32_t segments);
  void additive_increase(std::uint32_t per_segments, std::uint32_t segments);
  void slow_start_round(SimDuration rtt, SimTime now, SimDuration ack_delay);
  std::uint32_t cubic_count(std::uint32_t segments, SimTime now, SimDuration srtt);

  CongestionAlgorithm algorithm_;
  std::uint32_t cwnd_ = initial_window;
  std::uint32_t cwnd_count_ = 0;  ///< acknowledged since cwnd last grew
  std::uint32_t ssthresh_ = no_threshold;
  std::uint32_t prior_cwnd_ = 0;
  std::uint32_t prior_ssthresh_ = 0;
  // CUBIC (RFC 9438, 4.1)
  std::uint32_t w_max_ = 0;        ///< window before the last reduction
  std::uint32_t origin_ = 0;       ///< plateau of the curve
  std::uint32_t k_ = 0;            ///< time to the plateau, in 1/1024 s
  std::uint32_t reno_window_ = 0;  ///< what Reno would have by now
  std::uint32_t reno_count_ = 0;
  SimTime epoch_ = never;  ///< when this growth period began
  // HyStart (Ha and Rhee; Linux, hystart_update)
  Seq round_end_;
  SimTime round_start_ = sim_start;
  SimTime last_ack_ = sim_start;  ///< of those that came close together
  SimDuration round_rtt_{};       ///< shortest of this round
  SimDuration min_rtt_{};         ///< zero: none yet
  std::uint8_t round_samples_ = 0;
  bool left_slow_start_ = false;
};

}  // namespace lastack::tcp
