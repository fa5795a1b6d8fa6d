#pragma once

#include <cstddef>
#include <string>

#include "lastack/batch/store.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::cli {

/// A run of a sweep's database that is to be made again.
struct WorstRun {
  batch::Store store;
  std::string metric;     ///< in full: "connect_time.max"
  std::size_t place = 1;  ///< 2: the second worst
  batch::WorstRun run;
  scenario::Scenario scenario;  ///< its name and description say which run of which sweep it is
};

/// Whether the file is an SQLite database, and so no scenario.
bool is_database(const std::string& file);

/// The metrics of a database, as messages list them: not all of a hundred.
std::string some_metrics(const batch::Store& store);

/// What `--worst METRIC` or `--worst METRIC:K` means: the worst run of a database by a metric, or
/// the K-th worst; of a family of times such as connect_time, by the first of max, p99.9, p99, p90,
/// mean and median that was kept. Throws UsageError,
/// StoreError, and std::runtime_error where no run has a value.
WorstRun worst_run(const std::string& database, const std::string& worst);

/// "The worst run of my_sweep by connect_time.max: 63.1 s, with seed 7, tcp_syn_retries = 6".
std::string headline(const WorstRun& worst);

/// Warns where the run came to another value than it has in the database.
void compare_with_database(const WorstRun& worst, const run::Simulation& simulation);

}  // namespace lastack::cli
