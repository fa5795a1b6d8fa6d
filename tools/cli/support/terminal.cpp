#include "support/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

#include <sys/ioctl.h>

#include "lastack/core/text.hpp"

namespace lastack::cli {

namespace {

constexpr int narrowest = 80;
constexpr int widest = 120;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Wraps one paragraph, which holds no line break.
void wrap_paragraph(std::string_view text, int columns, const std::string& margin,
                    std::string& out) {
  int used = 0;
  while (!text.empty()) {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string_view word = text.substr(start, end - start);
    text.remove_prefix(end);

    const int room = columns - static_cast<int>(margin.size());
    const int width = static_cast<int>(width_of(word));
    if (used > 0 && used + 1 + width > room) {
      out += '\n';
      used = 0;
    }
    out += used == 0 ? margin : " ";
    out += word;
    used += (used == 0 ? 0 : 1) + width;
  }
  out += '\n';
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

Colour colour_for(std::FILE* stream, ColourChoice choice) {
  switch (choice) {
    case ColourChoice::always: return Colour::on;
    case ColourChoice::never: return Colour::off;
    case ColourChoice::automatic: break;
  }
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view{term} == "dumb";
  return is_terminal(stream) && !dumb && !is_set("NO_COLOR") ? Colour::on : Colour::off;
}

int width_of_terminal(std::FILE* stream) {
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? static_cast<int>(size.ws_col) : narrowest;
}

int columns_for(std::FILE* stream) {
  if (!is_terminal(stream)) return narrowest;
  return std::clamp(width_of_terminal(stream), narrowest, widest);
}

std::size_t width_of(std::string_view text) {
  // UTF-8 continuation bytes take no room of their own.
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
}

std::string cut(std::string_view text, int columns) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    used += width_of(text.substr(i, 1));
    if (used > static_cast<std::size_t>(columns)) return std::string{text.substr(0, i)};
  }
  return std::string{text};
}

std::string Paint::in(std::string_view sgr, std::string_view text) const {
  std::string shown = printable_lines(text);
  if (colour_ == Colour::off || text.empty()) return shown;
  std::string painted = "\x1b[";
  painted.append(sgr).append("m").append(shown).append("\x1b[0m");
  return painted;
}

std::string wrapped(std::string_view raw, int columns, int indent) {
  const std::string shown = printable_lines(raw);
  std::string_view text = shown;
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    wrap_paragraph(text.substr(0, end), columns, margin, out);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace lastack::cli
