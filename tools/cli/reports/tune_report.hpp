#pragma once

#include <string>
#include <vector>

#include "lastack/batch/race.hpp"
#include "lastack/batch/tune.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What a race found out, for people: the best candidate with its limits and goals, or which limit
/// the nearest misses by how much; the front of trade-offs where there are several goals; who could
/// not be distinguished; the evidence, a line for each candidate; runs used beside a plain grid's.
std::string tune_text(const batch::TunePlan& plan, const batch::Race& race, int columns,
                      const Paint& paint);

/// The same evidence as CSV: a line for each candidate with its settings, its fate, and of each
/// limit and goal the runs, the mean and its interval.
std::string evidence_csv(const batch::TunePlan& plan, const batch::Race& race);

/// The first lines of a sysctl.d fragment: what for, how found, what it achieves.
std::vector<std::string> fragment_heading(const batch::TunePlan& plan, const batch::Race& race,
                                          std::uint64_t candidate);

}  // namespace lastack::cli
