#pragma once

#include <span>
#include <string_view>

#include "lastack/fuzz/campaign.hpp"

namespace lastack::fuzz {

/// A kind of difference that is known and stays, and why.
struct KnownKind {
  std::string_view kind;    ///< as kind_of names it
  std::string_view reason;  ///< a sentence
};

/// All of them, against the simulator. sim/tcp/LINUX.md lists the same.
std::span<const KnownKind> known_kinds();

/// The one of this name; null where the kind is not known.
const KnownKind* find_known(std::string_view kind, std::span<const KnownKind> known);

/// Whether everything that differs is of a known kind.
bool all_known(const Tally& tally, std::span<const KnownKind> known);

}  // namespace lastack::fuzz
