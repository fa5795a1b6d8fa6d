#pragma once

#include <string>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// How the comparison of two histories, A and B, is shown to people: what they are, the first
/// divergence with what went before and after it in two columns, what else differs, what is counted
/// apart. No line is wider than `columns`, long names of files
/// aside.
std::string diff_text(const compare::History& a, const compare::History& b,
                      const compare::Comparison& comparison, const compare::Tolerance& tolerance,
                      const Paint& paint, int columns);

}  // namespace lastack::cli
