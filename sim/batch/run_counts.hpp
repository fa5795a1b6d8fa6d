#pragma once

#include <cstdint>

namespace lastack::batch {

/// Runs of a sweep that one thread takes at a time: enough that loading the scenario costs little.
inline constexpr std::uint64_t runs_taken_max = 512;

}  // namespace lastack::batch
