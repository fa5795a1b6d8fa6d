#pragma once

#include "lastack/batch/store.hpp"
#include "lastack/core/atomic_file.hpp"

namespace lastack::batch {

/// One row a run, by combination, then replication: the varied paths, `replication`, `seed`, the
/// metrics (RFC 4180; reals by their shortest text that reads back the same, empty where there is
/// no value). The bytes depend on nothing but the results. Throws StoreError and OutputError.
void write_csv(const Store& store, ByteWriter& out);

/// One row a combination: the varied paths, `runs`, then for each metric that was kept its value
/// over all runs (`Sample`) with the bounds of its interval, as `NAME`, `NAME.low` and `NAME.high`.
void write_summary_csv(const Store& store, ByteWriter& out);

/// The same as a JSON object: what the sweep was, and `runs`, an array of objects. Values that are
/// not there are null.
void write_json(const Store& store, ByteWriter& out);

}  // namespace lastack::batch
