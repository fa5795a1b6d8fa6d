#pragma once

#include <string>

#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

/// The diagram as a stand-alone SVG picture for papers and slides: slanted segments, lost ones end
/// in a cross where they died, the ends' states beside their lines. It follows the reader's light
/// or dark theme; nothing is shown by colour alone.
std::string to_svg(const LadderSheet& sheet);

}  // namespace lastack::trace
