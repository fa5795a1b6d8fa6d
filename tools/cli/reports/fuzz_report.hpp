#pragma once

#include <span>
#include <string>

#include "lastack/fuzz/campaign.hpp"
#include "lastack/fuzz/known.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What a campaign of `lastack kernel fuzz` found, kind by kind, the most frequent first: a line
/// with its name, one with the smallest of its cases and what differs in it, and where it is known
/// why.
std::string kinds_text(const fuzz::Tally& tally, std::span<const fuzz::KnownKind> known,
                       const Paint& paint);

}  // namespace lastack::cli
