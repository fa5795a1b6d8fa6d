#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/trace/ladder_text.hpp"

namespace lastack::trace {

/// What a piece of text means, from which its colour follows.
enum class Ink : std::uint8_t {
  plain,
  faint,
  title,
  open_state,  ///< a state on the way to or from ESTABLISHED
  established_state,
  no_state,  ///< CLOSED, LISTEN
  call,
  timer,
  trouble,  ///< lost and discarded
  forged,
  again,
};

/// Columns that a text takes in a terminal: wide characters of East Asia and emoji take two,
/// combining ones none.
int display_width(std::string_view utf8);

/// The text cut to so many columns, with "…" at its end where something is missing.
std::string fitted(std::string_view utf8, int columns);

/// One line, made of cells that are one column wide.
class TextLine {
 public:
  explicit TextLine(int columns) : cells_(static_cast<std::size_t>(columns)) {}

  /// Puts text from `column` on over what is there; what passes the end is cut off.
  void put(int column, std::string_view utf8, Ink ink = Ink::plain);
  /// Puts text so that its last column is `column`.
  void put_left_of(int column, std::string_view utf8, Ink ink = Ink::plain);
  /// Repeats one character over [from, to).
  void fill(int from, int to, std::string_view utf8, Ink ink = Ink::plain);

  /// The line with a line break, without blanks at its end.
  std::string text(const LadderTextOptions& options) const;

 private:
  struct Cell {
    std::string character = " ";  ///< empty: the right half of a wide one
    Ink ink = Ink::plain;
  };
  std::vector<Cell> cells_;
};

}  // namespace lastack::trace
