#pragma once

#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/value.hpp"
#include "nodes.hpp"

namespace lastack::scenario {

// Each reads one section of the scenario object `root` into `scenario`, in this order: a section
// may refer to those before it.

/// `hosts`, `routers`, and what the scenario says for all hosts (`profile`, `sysctl` …).
void read_hosts(const Value& root, Scenario& scenario);
/// Whether names and numbers of all nodes could be read, so that others may refer to them.
bool nodes_known(const Value& root, const Scenario& scenario);
void read_links(const Value& root, const Nodes& nodes, Scenario& scenario);
/// Whether every link could be read; else a missing one is no error of what needs it.
bool links_known(const Value& root, const Scenario& scenario);
void read_faults(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_injections(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_events(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_apps(const Value& root, const Nodes& nodes, Scenario& scenario);
void read_expectations(const Value& root, const Nodes& nodes, Scenario& scenario);

}  // namespace lastack::scenario
