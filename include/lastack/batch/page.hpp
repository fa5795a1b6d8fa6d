#pragma once

#include <string>

#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// A sweep's results as one HTML file that needs nothing else: the page of tools/pages. Values and
/// intervals are those of `measured`, the decision is that of `decide`.
/// Throws StoreError for a database without runs.
std::string page_of(const Store& store);

}  // namespace lastack::batch
