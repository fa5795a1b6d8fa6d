#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/core/time_distribution.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// What a segment is counted as; of several that fit the first.
enum class SegmentKind : std::uint8_t { rst, synack, syn, fin, data, ack };
inline constexpr std::size_t segment_kind_count = 6;
/// "synack" and the like, as the summary has them.
std::string_view name_of(SegmentKind kind);

inline constexpr std::size_t error_count = count_of<tcp::Error>;

/// What a run came to in plain numbers: no names, no maps. A Summary is made from it; who runs a
/// scenario a hundred thousand times a second takes this, which costs a sixth of a Summary.
struct Totals {
  template <typename Number> using ByState = std::array<Number, tcp::state_count>;

  SimDuration simulated{};
  std::uint64_t events = 0;
  std::uint64_t segments_sent = 0;                               ///< forged ones aside
  std::uint64_t segments_lost = 0;                               ///< on the wire
  std::uint64_t segments_discarded = 0;                          ///< by hosts
  std::uint64_t segments_retransmitted = 0;                      ///< of those sent
  std::array<std::uint64_t, segment_kind_count> sent_by_kind{};  ///< by SegmentKind
  std::uint64_t bytes_delivered = 0;  ///< read by applications, or ready for them
  std::uint64_t connects = 0;
  std::uint64_t connects_ok = 0;
  std::array<std::uint64_t, error_count> connect_errors{};  ///< by tcp::Error
  std::uint64_t accepts = 0;
  std::uint64_t listen_overflows = 0;
  std::uint64_t listen_drops = 0;
  std::uint64_t half_open_at_end = 0;  ///< as in Summary, and so are the next ones
  std::array<std::uint64_t, error_count> recv_errors{};  ///< by tcp::Error
  std::array<std::uint64_t, error_count> send_errors{};  ///< by tcp::Error
  std::uint64_t requests = 0;
  std::uint64_t requests_ok = 0;
  std::uint64_t syn_cookies_sent = 0;
  std::uint64_t connections_reset = 0;
  std::uint64_t connections_failed = 0;
  ByState<std::uint64_t> peak{};  ///< over all hosts, by State
  ByState<std::uint64_t> open_at_end{};
  ByState<double> time_in{};  ///< socket-seconds, over all hosts
  /// The same by Scenario::hosts: of one host, or of a group's members together.
  std::vector<ByState<double>> time_in_hosts;

  /// Of all connections that have such a time, where they are followed (Simulation); else those of
  /// closing are of the first 10,000 at the most. ConnectionSummary says what each is.
  TimeDistribution connect_times;  ///< of those that succeeded, followed or not
  TimeDistribution close_times;
  TimeDistribution active_close_times;
  TimeDistribution orphan_times;   ///< up to two of each connection
  TimeDistribution request_times;  ///< of requests that were answered, followed or not

  bool interrupted = false;
  bool out_of_memory = false;
  std::optional<std::string> standstill;  ///< as in Summary
};

}  // namespace lastack::run
