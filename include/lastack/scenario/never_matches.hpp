#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// A fault, injection or expectation that matched nothing, or nothing that it is about.
struct Unmatched {
  std::string pointer;  ///< "/faults/2"
  std::string problem;  ///< "could never match: …", "matched no segment in this run: …"
  bool never = false;   ///< whatever happens in a run
};

/// What could match nothing whatever happens, in the file's order: a fault or expectation about
/// flags that no segment has or about hosts that send each other nothing, a time after `stop_at`, a
/// forged segment for a host that is off then, and so on. What it does not name may match or not.
std::vector<Unmatched> never_matches(const Scenario& scenario);

/// "/faults/2".
std::string fault_pointer(std::size_t fault);

}  // namespace lastack::scenario
