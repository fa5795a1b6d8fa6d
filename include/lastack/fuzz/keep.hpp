#pragma once

#include <string>

#include "lastack/fuzz/campaign.hpp"

namespace lastack::fuzz {

/// Writes NAME.json and NAME.trace.json into a folder, both or none: a case in the form of
/// tests/oracle/own, which `lastack kernel check` takes. Throws OutputError.
void keep(const std::string& folder, const std::string& name, const std::string& json,
          const std::string& recordings);

/// The scenario file of a difference, with a description of what it shows.
std::string described(const Found& found);

}  // namespace lastack::fuzz
