#pragma once

#include <string>

#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

/// The diagram as a sequence diagram in Mermaid's notation, which code hosting sites draw in pull
/// requests and documents. Segments that arrive after others left say when they do.
std::string to_mermaid(const LadderSheet& sheet);

}  // namespace lastack::trace
