#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "broken_connections.hpp"
#include "lastack/core/time.hpp"
#include "lastack/core/time_distribution.hpp"
#include "lastack/event/drop_reason.hpp"
#include "lastack/run/totals.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

SegmentKind kind_of(const tcp::Segment& segment);

/// Counts of packets by why they were dropped.
class DropCounts {
 public:
  void add(const trace::DropReason& reason) {
    ++total_;
    if (const auto* loss = std::get_if<trace::LossReason>(&reason)) {
      ++losses_[static_cast<std::size_t>(*loss)];
    } else {
      ++discards_[static_cast<std::size_t>(std::get<tcp::DiscardReason>(reason))];
    }
  }
  std::uint64_t total() const { return total_; }
  /// Those that came at all.
  std::map<std::string, std::uint64_t> by_name() const;

 private:
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, count_of<trace::LossReason>> losses_{};
  std::array<std::uint64_t, count_of<tcp::DiscardReason>> discards_{};
};

/// Counts of a run, kept whether or not it is traced.
struct Tally {
  /// Asserts what is always true of the counts among each other.
  void check_invariants() const;

  void sent(const tcp::Sent& sent) {
    ++segments_sent;
    ++by_kind[static_cast<std::size_t>(kind_of(sent.segment))];
    if (tcp::is_retransmission(sent.why)) ++retransmitted[static_cast<std::size_t>(sent.why)];
  }

  std::uint64_t events = 0;
  std::uint64_t segments_sent = 0;
  DropCounts lost;       ///< segments, on the wire
  DropCounts discarded;  ///< segments, by hosts
  std::array<std::uint64_t, segment_kind_count> by_kind{};
  std::array<std::uint64_t, count_of<tcp::SendReason>> retransmitted{};  ///< by SendReason
  std::uint64_t bytes_read = 0;
  std::uint64_t connects = 0;
  std::uint64_t connects_ok = 0;
  std::array<std::uint64_t, error_count> connect_errors{};  ///< by Error
  std::uint64_t accepts = 0;
  std::array<std::uint64_t, error_count> accept_errors{};  ///< by Error
  std::uint64_t datagrams_sent = 0;
  std::uint64_t datagrams_received = 0;
  std::array<std::uint64_t, error_count> send_errors{};  ///< by Error, of `send` steps
  std::array<std::uint64_t, error_count> recv_errors{};  ///< by Error, of `recv` steps
  std::uint64_t requests = 0;
  std::uint64_t requests_ok = 0;
  TimeDistribution request_times;  ///< of those that were answered
  BrokenConnections broken;
};

}  // namespace lastack::run
