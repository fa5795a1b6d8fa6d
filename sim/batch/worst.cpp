#include "lastack/batch/worst.hpp"

#include <algorithm>

#include "lastack/batch/metrics.hpp"
#include "lastack/scenario/condition.hpp"

namespace lastack::batch {

namespace {

/// Keeps a run if it is among the worst so far, and the worst with its seed.
void note(const WorstRun& run, Better better, std::size_t most, std::vector<WorstRun>& worst) {
  const auto before = [better](const WorstRun& a, const WorstRun& b) {
    return better == Better::more ? a.value < b.value : a.value > b.value;
  };
  const auto same_seed = std::find_if(
      worst.begin(), worst.end(), [&run](const WorstRun& each) { return each.seed == run.seed; });
  if (same_seed != worst.end()) {
    if (!before(run, *same_seed)) return;
    worst.erase(same_seed);
  }
  worst.insert(std::upper_bound(worst.begin(), worst.end(), run, before), run);
  if (worst.size() > most) worst.pop_back();
}

}  // namespace

Better better_of(std::string_view metric) {
  if (is_share(metric) || metric.starts_with("bytes_delivered")) return Better::more;
  if (metric.starts_with("time_in.ESTABLISHED") || metric.starts_with("peak.ESTABLISHED")) {
    return Better::neither;
  }
  return Better::less;
}

std::vector<std::vector<WorstRun>> worst_runs(const Store& store, std::size_t most) {
  const std::vector<std::string>& metrics = store.info().metrics;
  std::vector<std::vector<WorstRun>> worst(metrics.size());
  store.for_each([&](const RunRow& row) {
    for (std::size_t metric = 0; metric < row.values.size(); ++metric) {
      if (!row.values[metric]) continue;
      note({*row.values[metric], row.combination, row.replication, row.seed},
           better_of(metrics[metric]), most, worst[metric]);
    }
  });
  return worst;
}

scenario::Scenario scenario_of(const StoreInfo& info, std::uint64_t combination) {
  return scenario::scenario_under(info.conditions[info.grid.condition_of(combination)],
                                  info.grid.overrides_of(combination));
}

}  // namespace lastack::batch
