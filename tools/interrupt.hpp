#pragma once

#include <atomic>

namespace lastack::tools {

/// From here on the first Ctrl-C (or SIGTERM) turns the returned flag true, for the work under way
/// to stop cleanly; the second ends the program at once.
const std::atomic<bool>& catch_interrupts();

}  // namespace lastack::tools
