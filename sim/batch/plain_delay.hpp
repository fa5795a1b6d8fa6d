#pragma once

#include <optional>

#include "lastack/core/time.hpp"
#include "lastack/net/link.hpp"

namespace lastack::batch {

/// The delay of a direction that has nothing else.
std::optional<SimDuration> plain_delay(const net::LinkConfig& link);

}  // namespace lastack::batch
