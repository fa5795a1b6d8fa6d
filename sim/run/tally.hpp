#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/run/totals.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

SegmentKind kind_of(const tcp::Segment& segment);

/// Counts by reasons, which are literals of a few different texts.
class ReasonCounts {
 public:
  void add(std::string_view reason) {
    ++total_;
    for (auto& [known, count] : counts_) {
      if (known == reason) {
        ++count;
        return;
      }
    }
    counts_.emplace_back(reason, 1);
  }
  std::uint64_t total() const { return total_; }
  const std::vector<std::pair<std::string_view, std::uint64_t>>& counts() const { return counts_; }

 private:
  std::uint64_t total_ = 0;
  std::vector<std::pair<std::string_view, std::uint64_t>> counts_;
};

/// Counts of a run, kept whether or not it is traced.
struct Tally {
  static constexpr std::size_t reason_count =
      static_cast<std::size_t>(tcp::SendReason::time_wait) + 1;

  void sent(const tcp::Sent& sent) {
    ++segments_sent;
    ++by_kind[static_cast<std::size_t>(kind_of(sent.segment))];
    if (tcp::is_retransmission(sent.why)) ++retransmitted[static_cast<std::size_t>(sent.why)];
  }

  std::uint64_t events = 0;
  std::uint64_t segments_sent = 0;
  ReasonCounts lost;       ///< segments, on the wire
  ReasonCounts discarded;  ///< segments, by hosts
  std::array<std::uint64_t, segment_kind_count> by_kind{};
  std::array<std::uint64_t, reason_count> retransmitted{};  ///< by SendReason
  std::uint64_t bytes_read = 0;
  std::uint64_t connects = 0;
  std::uint64_t connects_ok = 0;
  std::array<std::uint64_t, error_count> connect_errors{};  ///< by Error
  std::uint64_t accepts = 0;
  std::array<std::uint64_t, error_count> accept_errors{};  ///< by Error
  std::uint64_t datagrams_sent = 0;
  std::uint64_t datagrams_received = 0;
};

}  // namespace lastack::run
