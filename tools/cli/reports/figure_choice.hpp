#pragma once

#include <string>
#include <vector>

#include "lastack/batch/figure.hpp"
#include "lastack/batch/store.hpp"
#include "support/options.hpp"

// Which figures of a database a command line means.

namespace lastack::cli {

/// What is wrong with a name that the database has no metric for, with those that it has.
UsageError no_such_metric(const batch::Store& store, const std::string& name, const char* option);

/// Those that --metric names; else what people decide by and what it costs, as far as it was kept.
/// A family such as connect_time means all its columns; time in a state is that of all hosts
/// together, where that was kept. Throws UsageError.
std::vector<batch::Figure> figures_asked_for(const batch::Store& store,
                                             const std::vector<std::string>& names);

}  // namespace lastack::cli
