#pragma once

#include <string>
#include <vector>

#include "lastack/batch/gate.hpp"
#include "reports/test_result.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What is done about comparisons that cannot tell.
enum class Unsure : std::uint8_t { pass, fail };

/// Whether this outcome fails the build.
bool fails(const batch::GateResult& result, Unsure unsure);

/// A line for each comparison: what it came to, both values, the difference and its interval.
std::string gate_text(const std::vector<batch::GateResult>& results, Unsure unsure,
                      const Paint& paint);

/// The same for other programs: a case for each comparison.
std::vector<FileResult> gate_cases(const std::vector<batch::GateResult>& results, Unsure unsure,
                                   const std::string& file, const std::string& command);

}  // namespace lastack::cli
