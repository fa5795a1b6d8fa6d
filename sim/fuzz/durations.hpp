#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json.hpp"

namespace lastack::fuzz {

/// The whole milliseconds of a duration as scenarios write it; nothing for another text.
std::optional<std::int64_t> milliseconds_of(const Json& value);

/// A duration as people write it: "1500ms" is "1.5s".
std::string duration_of(std::int64_t milliseconds);

}  // namespace lastack::fuzz
