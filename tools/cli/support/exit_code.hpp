#pragma once

#include <algorithm>

namespace lastack::cli {

/// What the program answers to its caller. The larger one wins where several apply.
enum class ExitCode : int {
  success = 0,             ///< it ran, and every expectation held
  expectation_failed = 1,  ///< it ran, and an expectation did not hold
  bad_input = 2,           ///< wrong usage or input, or an output that cannot be written
  out_of_memory = 3,  ///< a run was stopped: --max-memory, no more memory, or time stands still
  interrupted = 130,  ///< Ctrl-C (128 + SIGINT, as shells report it)
};

constexpr ExitCode worse(ExitCode a, ExitCode b) { return std::max(a, b); }

}  // namespace lastack::cli
