#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lastack/core/atomic_file.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::test {

/// What a trace was, in short: equal digests mean equal bytes, for all that chance can do.
struct TraceDigest {
  std::uint64_t hash = 0;  ///< FNV-1a of all bytes
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;

  friend bool operator==(const TraceDigest&, const TraceDigest&) = default;
};

/// "0123456789abcdef 4711 lines"
std::string to_text(const TraceDigest& digest);

/// Digests what is written to it, for JsonLinesSink and the like; `digest` must outlive it.
std::unique_ptr<ByteWriter> digester(TraceDigest& digest);

/// Runs a scenario and digests its trace in JSON Lines. Throws ScenarioError.
TraceDigest digest_of(const std::string& scenario_file);
TraceDigest digest_of(const scenario::Scenario& scenario, std::uint64_t seed);

/// The trace itself, for finding the first line that differs.
std::vector<std::string> trace_lines(const std::string& scenario_file);

/// All scenario files under a folder (or the file itself), in order; sweeps, the schema and what is
/// in a folder named `big`, whose traces take minutes, are left out.
std::vector<std::string> scenario_files(const std::string& path);

}  // namespace lastack::test
