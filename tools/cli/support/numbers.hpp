#pragma once

#include <cstdint>
#include <string>

namespace lastack::cli {

// Numbers on a progress line.

/// Four digits are enough to see it move: "9999", "12.35 k", "1.235 M".
std::string rough(std::uint64_t number);
/// "12 s", "3 min 4 s", "2 h 5 min".
std::string duration_text(double seconds);

}  // namespace lastack::cli
