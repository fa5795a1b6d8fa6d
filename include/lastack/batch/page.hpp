#pragma once

#include <string>

#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// A sweep's results as one HTML file that needs nothing else: the page of tools/pages. Values and
/// intervals are those of `estimate`. Where every run has one connection at the most, quantiles are
/// of all connections, and so is the distribution of connect times; else that is of runs' means.
/// Throws StoreError for a database without runs.
std::string page_of(const Store& store);

}  // namespace lastack::batch
