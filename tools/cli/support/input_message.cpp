#include "support/input_message.hpp"

#include "support/json_line.hpp"

namespace lastack::cli {

std::string message_with_line(const compare::InputError& error) {
  if (error.line()) return error.what();
  const auto line = line_in_file(error.file(), error.pointer());
  if (!line) return error.what();
  return compare::InputError{error.file(), static_cast<std::size_t>(*line), error.pointer(),
                             error.problem()}
      .what();
}

}  // namespace lastack::cli
