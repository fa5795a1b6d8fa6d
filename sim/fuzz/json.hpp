#pragma once

#include <nlohmann/json.hpp>

namespace lastack::fuzz {

/// A scenario on its way: members keep the order in which they were put in.
using Json = nlohmann::ordered_json;

}  // namespace lastack::fuzz
