#pragma once

#include "lastack/scenario/scenario.hpp"
#include "nodes.hpp"
#include "value.hpp"

namespace lastack::scenario {

// Each reads one section of the scenario object `root` into `scenario`, in this order: a section
// may refer to those before it.

/// `hosts`, `routers`, and what the scenario says for all hosts (`profile`, `sysctl` …).
void read_hosts(const Value& root, Scenario& scenario);
void read_links(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_faults(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_injections(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_events(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_apps(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_expectations(const Value& root, const Nodes& nodes, Scenario& scenario);

}  // namespace lastack::scenario
