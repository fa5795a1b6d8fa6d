#pragma once

#include <string>

#include "lastack/batch/estimate.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/batch/store.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What a sweep came to, for people: a line for each combination with its settings, its number of
/// runs and the means of the metrics that say most, with their 95 % intervals; beside them what
/// theory says, where the scenario has a closed form. At most so many combinations; a last line
/// says how to get at the rest.
std::string sweep_table(const batch::Plan& plan, const batch::Store& store, int columns,
                        const Paint& paint);

/// Opens a database to read it, and shows when that takes long. Throws batch::StoreError.
batch::Store open_database(const std::string& file);

/// Says on stderr that a database is only a part of a sweep: a shard, or not complete yet.
void warn_of_missing_runs(const batch::Store& store);

}  // namespace lastack::cli
