#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/load.hpp"

namespace lastack::scenario {

/// The files that would be read with a scenario, a sweep or an objective: itself, the scenarios
/// that it names, and every `sysctl_file` of theirs, whether they are there or not. Nothing is
/// checked, and nothing thrown: where a file is not what it should be, those found so far are all.
/// It is for those who must not write over any of them, so a name too many does no harm.
std::vector<std::string> files_named(const std::string& file,
                                     const std::vector<Override>& overrides = {});

}  // namespace lastack::scenario
