#pragma once

#include <atomic>

namespace lastack::cli {

/// From here on the first Ctrl-C (SIGINT, SIGTERM or SIGHUP) turns the returned flag true, for the
/// work under way to stop cleanly; another, half a second later or more, ends the program at once.
const std::atomic<bool>& catch_interrupts();

}  // namespace lastack::cli
