#pragma once

#include <string>
#include <vector>

#include "lastack/batch/store.hpp"

namespace lastack::batch {

/// Puts the parts of one sweep, made with --shard, together in a new database. Throws StoreError,
/// and then leaves nothing, when a file is no part, when parts are of different sweeps or versions,
/// when two are the same shard, when one is missing or not complete: each by its file's name.
Store merge(const std::string& file, const std::vector<std::string>& parts);

}  // namespace lastack::batch
