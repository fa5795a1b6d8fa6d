#pragma once

#include <string>

#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

enum class Colour : std::uint8_t { none, ansi };
enum class Charset : std::uint8_t { utf8, ascii };

struct LadderTextOptions {
  int columns = 100;  ///< of the terminal; 80 to 120 look best, fewer than 60 count as 60
  Colour colour = Colour::none;
  Charset charset = Charset::utf8;
};

/// The diagram as lines of text, none wider than `columns`.
std::string to_text(const LadderSheet& sheet, const LadderTextOptions& options);

}  // namespace lastack::trace
