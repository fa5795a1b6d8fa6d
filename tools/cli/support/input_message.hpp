#pragma once

#include <string>

#include "lastack/compare/read.hpp"

namespace lastack::cli {

/// What an InputError says, with the line in the file where only a JSON Pointer is known.
std::string message_with_line(const compare::InputError& error);

}  // namespace lastack::cli
