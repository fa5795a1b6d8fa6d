#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace lastack::cli {

enum class Colour { off, on };
/// `--color`.
enum class ColourChoice { automatic, always, never };

bool is_terminal(std::FILE* stream);

/// Automatic: colour on a terminal that can show it, unless NO_COLOR is set (https://no-color.org).
Colour colour_for(std::FILE* stream, ColourChoice choice);

/// How wide text for people is to be: the terminal's width, held between 80 and 120 columns; 80
/// where there is no terminal.
int columns_for(std::FILE* stream);

/// Columns that the terminal has; 80 where it does not say.
int width_of_terminal(std::FILE* stream);

/// Columns that a UTF-8 text takes up, one for each character.
std::size_t width_of(std::string_view text);

/// The first `columns` columns of a line.
std::string cut(std::string_view text, int columns);

/// Gives text its colour, or leaves it alone; what is no character of a text is shown either way.
class Paint {
 public:
  explicit Paint(Colour colour) : colour_{colour} {}

  std::string bold(std::string_view text) const { return in("1", text); }
  std::string dim(std::string_view text) const { return in("2", text); }
  std::string red(std::string_view text) const { return in("31", text); }
  std::string green(std::string_view text) const { return in("32", text); }
  std::string yellow(std::string_view text) const { return in("33", text); }

 private:
  std::string in(std::string_view sgr, std::string_view text) const;

  Colour colour_;
};

/// Breaks `text` at blanks into lines of at most `columns`, each after `indent` blanks and ended by
/// a newline. Words longer than a line stay whole; line breaks in the text stay, and other control
/// characters are shown.
std::string wrapped(std::string_view text, int columns, int indent = 0);

}  // namespace lastack::cli
