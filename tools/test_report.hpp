#pragma once

#include <string>
#include <vector>

#include "lastack/run/summary.hpp"
#include "terminal.hpp"
#include "test_result.hpp"

namespace lastack::tools {

// For people.

/// What was wanted, seen, and where: a few lines, each after `indent` blanks.
std::string to_text(const run::ExpectationResult& result, const Paint& paint, int indent);

/// A failed or bad file: several lines.
std::string failure_text(const FileResult& result, const Paint& paint);

/// "52 scenarios ran: 50 held, 1 failed, 1 not checked (no `expect`)" and the like: one line.
std::string totals_text(const std::vector<FileResult>& results, const Paint& paint);

// For programs.

/// JUnit's XML, as CI servers read it: a suite per folder, a case per file.
std::string junit_xml(const std::vector<FileResult>& results);

/// The Test Anything Protocol (https://testanything.org/tap-version-13-specification.html).
std::string tap(const std::vector<FileResult>& results);

/// GitHub's workflow commands, an `::error` for each failed expectation and each bad file.
std::string github_annotations(const std::vector<FileResult>& results);

}  // namespace lastack::tools
