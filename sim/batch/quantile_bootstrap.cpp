#include "quantile_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "lastack/core/assert.hpp"
#include "lastack/core/random_stream.hpp"
#include "lastack/core/time_distribution.hpp"

namespace lastack::batch {

namespace {

constexpr std::size_t draws = 1000;
/// Percentiles of draws lie a little too near to each other where few values lie in the tail; so
/// less is left out on each side than may be. tests/unit/batch/coverage_test.cpp shows what comes
/// of it.
constexpr double of_the_tail = 0.7;

/// Draws as many blocks as there are, with replacement: how often each came.
void draw_blocks(RandomStream& chance, std::vector<std::uint32_t>& times) {
  std::fill(times.begin(), times.end(), 0);
  const std::uint64_t blocks = times.size();
  constexpr unsigned half = 32;
  for (std::uint64_t i = 0; i < blocks; i += 2) {
    const std::uint64_t bits = chance.bits();  // for two draws; too many bits for a bias to matter
    ++times[(bits >> half) * blocks >> half];
    if (i + 1 < blocks) ++times[(bits & 0xffff'ffffU) * blocks >> half];
  }
}

/// One side: the values near the quantile, and how many lie below them.
class Side {
 public:
  Side(const std::vector<BlockedValue>& values, std::uint32_t blocks, std::uint32_t per_mille)
      : per_mille_{per_mille},
        counts_(blocks),
        below_(blocks) {
    std::uint64_t count = 0;
    for (const BlockedValue& each : values) {
      count += each.count;
      counts_[each.block] += each.count;
    }
    // Where the quantile of drawn blocks lies, but once in some million draws.
    std::uint64_t largest = 0;
    for (const std::uint64_t each : counts_) largest = std::max(largest, each);
    const double reach = 6 * std::sqrt(static_cast<double>(count) * static_cast<double>(largest));
    const double middle = static_cast<double>(count) * per_mille / 1000;
    std::uint64_t passed = 0;
    for (const BlockedValue& each : values) {
      passed += each.count;
      if (static_cast<double>(passed) < middle - reach) {
        below_[each.block] += each.count;
      } else if (near_.empty() || static_cast<double>(passed - each.count) <= middle + reach) {
        near_.push_back(each);
      }
    }
    LASTACK_ASSERT(!near_.empty());
  }

  /// The quantile where block b was drawn `times[b]` times.
  double quantile(const std::vector<std::uint32_t>& times) const {
    std::uint64_t count = 0;
    std::uint64_t reached = 0;
    for (std::size_t block = 0; block < counts_.size(); ++block) {
      count += times[block] * counts_[block];
      reached += times[block] * below_[block];
    }
    const std::uint64_t rank = std::max<std::uint64_t>(1, nearest_rank(per_mille_, count));
    for (const BlockedValue& each : near_) {
      reached += times[each.block] * each.count;
      if (reached >= rank) return each.value;
    }
    return near_.back().value;
  }

 private:
  std::uint32_t per_mille_;
  std::vector<std::uint64_t> counts_;  ///< of each block
  std::vector<std::uint64_t> below_;   ///< of these the ones below `near_`
  std::vector<BlockedValue> near_;
};

}  // namespace

Interval quantile_difference(const std::vector<BlockedValue>& here,
                             const std::vector<BlockedValue>& baseline, std::uint32_t blocks,
                             std::uint32_t per_mille, double factor, double confidence) {
  const double tail = (1 - confidence) / 2;
  LASTACK_ASSERT(tail >= bootstrap_tail_min);
  const Side of_here{here, blocks, per_mille};
  const Side of_baseline{baseline, blocks, per_mille};
  RandomStream chance{1, "bootstrap"};  // the same draws each time
  std::vector<std::uint32_t> times(blocks);
  std::vector<double> differences;
  differences.reserve(draws);
  for (std::size_t draw = 0; draw < draws; ++draw) {
    draw_blocks(chance, times);
    differences.push_back(of_here.quantile(times) - factor * of_baseline.quantile(times));
  }
  std::sort(differences.begin(), differences.end());
  const auto left_out = static_cast<std::size_t>(tail * of_the_tail * static_cast<double>(draws));
  return {differences[left_out], differences[draws - 1 - left_out]};
}

}  // namespace lastack::batch
