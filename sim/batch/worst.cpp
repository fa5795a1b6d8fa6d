#include "lastack/batch/worst.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lastack/batch/metrics.hpp"
#include "lastack/core/text.hpp"

namespace lastack::batch {

namespace {

/// Keeps a run if it is among the worst so far.
void note(const WorstRun& run, Better better, std::size_t most, std::vector<WorstRun>& worst) {
  const auto before = [better](const WorstRun& a, const WorstRun& b) {
    return better == Better::more ? a.value < b.value : a.value > b.value;
  };
  worst.insert(std::upper_bound(worst.begin(), worst.end(), run, before), run);
  if (worst.size() > most) worst.pop_back();
}

}  // namespace

Better better_of(std::string_view metric) {
  if (is_share(metric) || metric == "bytes_delivered") return Better::more;
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

std::string replay_command(const Store& store, const WorstRun& run, std::string_view command,
                           std::string_view more) {
  const StoreInfo& info = store.info();
  std::string file = info.scenario_file;
  std::string text;
  if (file.empty()) {  // it stood in the sweep
    file = "scenario.json";
    text = fmt::format("sqlite3 {} \"SELECT value FROM info WHERE key='scenario'\" > {} && ",
                       shell_word(store.file()), file);
  }
  text += fmt::format("lastack {} {} --seed {}", command, shell_word(file), run.seed);
  for (const auto& [path, value] : info.grid.overrides_of(run.combination)) {
    text += " --set " + shell_word(path + "=" + value);
  }
  return text + std::string{more};
}

}  // namespace lastack::batch
