#pragma once

#include <cstdint>

#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// A number from 0 to `max`, or "unlimited", which is `unlimited`.
std::uint32_t number_or_unlimited(const Value& value, std::uint32_t unlimited, std::uint32_t max);

/// `limits.nofile`: descriptors of a process (RLIMIT_NOFILE).
std::uint32_t files_max_at(const Value& value);

}  // namespace lastack::scenario
