#include "lastack/batch/memory_need.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "lastack/run/simulation.hpp"
#include "run_counts.hpp"

namespace lastack::batch {

namespace {

/// Values of one setting that are looked at.
constexpr std::size_t values_max = 64;

/// The combinations of a plan's shard.
class Combinations {
 public:
  explicit Combinations(const Plan& plan) : plan_{plan} {
    const Spans spans = plan.spans();
    const std::uint64_t units = plan.sweep().until ? 1 : plan.sweep().repeat;
    first_ = spans.first_unit() / units;
    end_ = spans.end_unit() == spans.first_unit() ? first_ : (spans.end_unit() - 1) / units + 1;
  }

  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }

  /// Nothing where the shard has no run of it. One whose values do not go together takes nothing:
  /// its run tells.
  std::optional<std::uint64_t> need(std::uint64_t combination) const {
    if (combination < first_ || combination >= end_) return std::nullopt;
    try {
      return run::least_memory(scenario::scenario_of(plan_.sweep(), combination));
    } catch (const scenario::ScenarioError&) {
      return 0;
    }
  }

 private:
  const Plan& plan_;
  std::uint64_t first_;
  std::uint64_t end_;
};

std::uint64_t largest_of(const Plan& plan, const Combinations& combinations) {
  const scenario::Grid& grid = plan.sweep().grid;
  std::uint64_t largest = combinations.first();
  std::uint64_t most = combinations.need(largest).value_or(0);
  for (const std::vector<std::size_t>& dimension : grid.dimensions) {
    const std::uint64_t from = largest;
    for (const std::size_t axis : dimension) {
      for (const std::size_t value : scenario::outermost_values(grid.axes[axis], values_max)) {
        const std::uint64_t other = grid.with_value(from, axis, value);
        const std::optional<std::uint64_t> need = combinations.need(other);
        if (!need || *need <= most) continue;
        largest = other;
        most = *need;
      }
    }
  }
  return largest;
}

}  // namespace

MemoryNeed memory_need(const Plan& plan, unsigned threads) {
  const Combinations all{plan};
  if (all.first() == all.end()) return {};
  const std::uint64_t largest = largest_of(plan, all);
  const std::uint64_t runs = plan.sweep().until ? plan.sweep().until->min : plan.sweep().repeat;
  const std::uint64_t parts = (runs - 1) / runs_taken_max + 1;  // that threads take at once
  MemoryNeed need{all.need(largest).value_or(0), 0, 0};
  const auto add = [&](std::uint64_t combination) {
    const auto jobs = static_cast<unsigned>(std::min<std::uint64_t>(parts, threads - need.jobs));
    need.together += jobs * all.need(combination).value_or(0);
    need.jobs += jobs;
  };
  for (std::uint64_t i = largest; i < all.end() && need.jobs < threads; ++i) add(i);
  for (std::uint64_t i = largest; i > all.first() && need.jobs < threads; --i) add(i - 1);
  return need;
}

MemoryNeed memory_need(const TunePlan& plan, unsigned threads) {
  const std::vector<std::uint64_t>& units = plan.least_memory();
  const auto largest = std::max_element(units.begin(), units.end());
  MemoryNeed need{*largest, 0, static_cast<unsigned>(std::min<std::size_t>(threads, units.size()))};
  const auto first = std::min(largest, units.end() - need.jobs);
  for (auto unit = first; unit != first + need.jobs; ++unit) need.together += *unit;
  return need;
}

}  // namespace lastack::batch
