#pragma once

namespace lastack {

/// Prints the condition and its place to stderr and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

/// Prints what was held impossible and its place to stderr and aborts. Never returns.
[[noreturn]] void reached_unreachable(const char* what, const char* file, int line);

}  // namespace lastack

/// Guards against bugs of ours, in release builds too; one condition each. Wrong input and protocol
/// events are never asserted (they are errors and results).
#define LASTACK_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::lastack::assertion_failed(#condition, __FILE__, __LINE__))

/// Stands where no way of the program leads, such as the case of a switch that its callers rule
/// out: `case State::closed: LASTACK_UNREACHABLE("a segment in CLOSED");`. On in release builds
/// too.
#define LASTACK_UNREACHABLE(what) ::lastack::reached_unreachable(what, __FILE__, __LINE__)
