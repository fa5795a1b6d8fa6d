#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lastack/batch/sample.hpp"
#include "lastack/batch/store.hpp"

// A new database held against an old one of the same sweep: whether something got worse.

namespace lastack::batch {

/// A figure that must not get worse by more than a share of what it was.
struct GateRule {
  std::string metric;    ///< "connect_time.p99"
  double tolerance = 0;  ///< 0.05: by 5 %
};

enum class GateOutcome : std::uint8_t {
  not_worse,    ///< the whole interval is within the tolerance, or there was no value before
  worse,        ///< the whole interval is beyond it, or there is no value any more
  cannot_tell,  ///< it holds the limit, or there is none
};

/// What a rule comes to for one combination.
struct GateResult {
  std::string metric;
  double tolerance = 0;
  std::string settings;  ///< "tcp_syn_retries=6 loss=0.05"
  Measured before;
  Measured now;
  Difference difference;  ///< now - before
  GateOutcome outcome = GateOutcome::cannot_tell;
  /// About how many runs of the combination would tell, as far as that can be said.
  std::optional<std::uint64_t> runs_needed;
};

/// Which of two databases' combinations are of the same settings, and what else differs.
struct Counterparts {
  /// Of the one, of the other, where some runs of either are there.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;
  std::uint64_t untried = 0;  ///< combinations of the other of which there are none at all
  std::vector<std::string> differences;  ///< "version 0.1.0 against 0.2.0", for people
};

/// Throws StoreError where they are not of the same sweep: other paths vary, or replications have
/// other seeds.
Counterparts counterparts(const Store& before, const Store& now);

/// Each rule for each pair of combinations. Requires that both databases have the figures, and that
/// one way of each metric is better (`better_of`).
std::vector<GateResult> gate(const Store& before, const Store& now, const Counterparts& same,
                             const std::vector<GateRule>& rules, double confidence);

}  // namespace lastack::batch
