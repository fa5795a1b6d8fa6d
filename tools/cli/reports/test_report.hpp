#pragma once

#include <string>
#include <vector>

#include "lastack/run/summary.hpp"
#include "reports/test_result.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What was wanted, seen, and where: a few lines, each after `indent` blanks.
std::string to_text(const run::ExpectationResult& result, const Paint& paint, int indent);

/// A failed or bad file: several lines.
std::string failure_text(const FileResult& result, const Paint& paint);

/// "52 scenarios ran: 50 held, 1 failed, 1 not checked (no `expect`)" and the like: one line.
std::string totals_text(const std::vector<FileResult>& results, const Paint& paint);

}  // namespace lastack::cli
