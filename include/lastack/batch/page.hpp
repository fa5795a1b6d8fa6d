#pragma once

#include <string>

#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// A sweep's results as one HTML file that needs nothing else: the page of tools/report. Every
/// interval is that of `estimate`; a distribution of connect times is one of the runs' means.
/// Throws StoreError for a database without runs.
std::string page_of(const Store& store);

}  // namespace lastack::batch
