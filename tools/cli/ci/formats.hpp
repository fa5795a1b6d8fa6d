#pragma once

#include <string>
#include <vector>

#include "reports/test_result.hpp"

// What `lastack test` found, for programs that read it.
namespace lastack::cli {

/// JUnit's XML, as CI servers read it: a suite per folder, a case per file; of comparisons a case
/// each. What cannot be told is skipped.
std::string junit_xml(const std::vector<FileResult>& results);

/// The Test Anything Protocol (https://testanything.org/tap-version-13-specification.html).
std::string tap(const std::vector<FileResult>& results);

/// GitHub's workflow commands: an `::error` for each failed expectation, each bad file and each
/// run that was interrupted before its expectations could be judged, a `::warning` for each part of
/// a scenario that matches nothing, and for each comparison that cannot be told.
std::string github_annotations(const std::vector<FileResult>& results);

}  // namespace lastack::cli
