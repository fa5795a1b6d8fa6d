#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/compare/history.hpp"

namespace lastack::compare {

/// A trace or recording cannot be read, or is cut short, malformed or of another version. what()
/// reads "FILE:LINE: POINTER: want …, have …", without what is not known.
class InputError : public std::runtime_error {
 public:
  /// `line` counts from 1; `problem` reads "want …, have …".
  InputError(std::string file, std::optional<std::size_t> line, std::string pointer,
             std::string problem);

  /// The file as the caller named it.
  const std::string& file() const { return file_; }
  std::optional<std::size_t> line() const { return line_; }  ///< from 1
  const std::string& pointer() const { return pointer_; }    ///< JSON Pointer, in the line or file
  /// "want …, have …".
  const std::string& problem() const { return problem_; }

 private:
  std::string file_;
  std::optional<std::size_t> line_;
  std::string pointer_;
  std::string problem_;
};

/// Reads a trace of Lastack (JSON Lines) or a recording of a kernel (`NAME.trace.json`: one
/// recording, or an object with several in `recordings`). What the file is shows in its first line.
/// A trace gives one History, a file of recordings one for each. Throws InputError.
std::vector<History> read_histories(const std::string& file);

/// The histories of a recording's text; `file` names it in messages. Throws InputError.
std::vector<History> read_recordings(std::string_view text, const std::string& file);

}  // namespace lastack::compare
