#pragma once

#include <string>
#include <vector>

#include "lastack/scenario/never_matches.hpp"

namespace lastack::cli {

/// "s.json: /faults/2: matched no segment in this run: …".
std::string to_text(const std::string& file, const scenario::Unmatched& unmatched);

/// Says so on stderr: as an error where --strict asks for it, else as a warning.
void report_unmatched(const std::string& file, const scenario::Unmatched& unmatched, bool strict);

/// Says on stderr, as warnings, what was passed over in the files that a scenario names.
void report_remarks(const std::vector<std::string>& remarks);

}  // namespace lastack::cli
