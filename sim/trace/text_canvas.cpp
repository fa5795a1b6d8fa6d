#include "text_canvas.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::trace {

namespace {

/// Takes the next character off a UTF-8 text; a wrong byte counts as a character.
std::string_view take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  std::size_t size = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  size = std::min(size, text.size());
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) {
      size = i;
    }
  }
  const std::string_view character = text.substr(0, size);
  text.remove_prefix(size);
  return character;
}

std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  constexpr std::array<std::uint32_t, 5> lead_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t code = first & lead_bits[character.size()];
  for (const char c : character.substr(1)) {
    code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  }
  return code;
}

using Range = std::pair<std::uint32_t, std::uint32_t>;  // both included

/// Blocks of combining characters and joiners (Unicode 15, general categories Mn, Me, Cf); the
/// large ones only.
constexpr Range no_columns[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
                                {0x0610, 0x061a}, {0x064b, 0x065f}, {0x1ab0, 0x1aff},
                                {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},
                                {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
/// East Asian Wide and Fullwidth (Unicode Standard Annex 11), emoji with them.
constexpr Range two_columns[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},  {0x23e9, 0x23ec}, {0x2e80, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf},   {0x4e00, 0x9fff},  {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

template <std::size_t Count> bool is_in(const Range (&ranges)[Count], std::uint32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges), [code](const Range& range) {
    return range.first <= code && code <= range.second;
  });
}

int width_of(std::string_view character) {
  const std::uint32_t code = code_point(character);
  if (code < 0x300) return 1;
  if (is_in(no_columns, code)) return 0;
  return is_in(two_columns, code) ? 2 : 1;
}

/// What stands for our own signs where only ASCII is allowed.
std::string_view in_ascii(std::string_view character) {
  constexpr std::pair<std::string_view, std::string_view> signs[] = {
      {"│", "|"}, {"┊", ":"},  {"├", "|"}, {"┤", "|"}, {"─", "-"},  {"┄", "."},
      {"╌", "."}, {"▶", ">"},  {"◀", "<"}, {"✗", "X"}, {"╮", "\\"}, {"╭", "/"},
      {"╯", "/"}, {"╰", "\\"}, {"┬", "+"}, {"┼", "+"}, {"⋮", ":"},  {"·", "-"},
      {"…", "~"}, {"↔", "-"},  {"┃", "|"}, {"╎", ":"}, {"◷", "*"}};
  for (const auto& [sign, ascii] : signs) {
    if (sign == character) return ascii;
  }
  return character.size() == 1 ? character : "?";
}

std::string_view escape_of(Ink ink) {
  switch (ink) {
    case Ink::plain: return "";
    case Ink::faint: return "\x1b[2m";
    case Ink::title: return "\x1b[1m";
    case Ink::open_state: return "\x1b[1;34m";
    case Ink::established_state: return "\x1b[1;32m";
    case Ink::no_state: return "\x1b[2m";
    case Ink::call: return "\x1b[36m";
    case Ink::timer: return "\x1b[33m";
    case Ink::trouble: return "\x1b[1;31m";
    case Ink::forged: return "\x1b[35m";
    case Ink::again: return "\x1b[33m";
  }
  LASTACK_UNREACHABLE("an ink that is none");
}

}  // namespace

int display_width(std::string_view utf8) {
  int width = 0;
  while (!utf8.empty()) {
    width += width_of(take_character(utf8));
  }
  return width;
}

std::string fitted(std::string_view utf8, int columns) {
  if (display_width(utf8) <= columns) {
    return std::string{utf8};
  }
  std::string out;
  for (int left = columns - 1; left > 0 && !utf8.empty();) {
    const std::string_view character = take_character(utf8);
    left -= width_of(character);
    if (left >= 0) {
      out += character;
    }
  }
  return columns > 0 ? out + "…" : out;
}

void TextLine::put(int column, std::string_view utf8, Ink ink) {
  while (!utf8.empty()) {
    const std::string_view character = take_character(utf8);
    const int width = width_of(character);
    const int last = column + width - 1;
    if (width == 0 && column > 0 && static_cast<std::size_t>(column) <= cells_.size()) {
      cells_[static_cast<std::size_t>(column) - 1].character += character;
    } else if (column >= 0 && static_cast<std::size_t>(last) < cells_.size()) {
      cells_[static_cast<std::size_t>(column)] = {std::string{character}, ink};
      if (width == 2) {
        cells_[static_cast<std::size_t>(last)] = {"", ink};
      }
    }
    column += width;
  }
}

void TextLine::put_left_of(int column, std::string_view utf8, Ink ink) {
  put(column - display_width(utf8) + 1, utf8, ink);
}

void TextLine::fill(int from, int to, std::string_view utf8, Ink ink) {
  for (int column = from; column < to; ++column) {
    put(column, utf8, ink);
  }
}

std::string TextLine::text(const LadderTextOptions& options) const {
  std::size_t end = cells_.size();
  while (end > 0 && cells_[end - 1].character == " ") {
    --end;
  }
  std::string out;
  Ink ink = Ink::plain;
  for (std::size_t i = 0; i < end; ++i) {
    const Cell& cell = cells_[i];
    const Ink wanted = cell.character == " " ? Ink::plain : cell.ink;
    if (options.colour == Colour::ansi && wanted != ink) {
      out += ink == Ink::plain ? "" : "\x1b[0m";
      out += escape_of(wanted);
      ink = wanted;
    }
    out += options.charset == Charset::ascii && !cell.character.empty() ? in_ascii(cell.character)
                                                                        : cell.character;
  }
  if (ink != Ink::plain) {
    out += "\x1b[0m";
  }
  return out + "\n";
}

}  // namespace lastack::trace
