#include "lastack/fuzz/known.hpp"

#include <algorithm>
#include <array>

namespace lastack::fuzz {

namespace {

/// What is listed here is listed in sim/tcp/LINUX.md, too.
constexpr std::array<KnownKind, 0> known_ones{};

}  // namespace

std::span<const KnownKind> known_kinds() { return known_ones; }

const KnownKind* find_known(std::string_view kind, std::span<const KnownKind> known) {
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const KnownKind& each) { return each.kind == kind; });
  return found == known.end() ? nullptr : &*found;
}

bool all_known(const Tally& tally, std::span<const KnownKind> known) {
  return std::all_of(tally.found.begin(), tally.found.end(),
                     [&](const Found& found) { return find_known(found.kind, known) != nullptr; });
}

}  // namespace lastack::fuzz
