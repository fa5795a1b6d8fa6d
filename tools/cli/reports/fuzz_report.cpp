#include "reports/fuzz_report.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "lastack/core/text.hpp"

namespace lastack::cli {

namespace {

/// The cases of one kind.
struct Kind {
  std::vector<const fuzz::Found*> cases;  ///< by number; one at least

  /// A shrunk one before others, then the shortest file.
  const fuzz::Found& smallest() const {
    const auto rank = [](const fuzz::Found* found) {
      return std::tuple{!found->shrunk, found->json.size(), found->number};
    };
    return **std::min_element(cases.begin(), cases.end(),
                              [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  }
};

/// The kinds of one reason, the most frequent first.
std::string kinds_of(const fuzz::Tally& tally, compare::Reason reason,
                     std::span<const fuzz::KnownKind> known, const Paint& paint) {
  std::map<std::string, Kind> by_name;
  for (const fuzz::Found& found : tally.found) {
    if (found.why == reason) by_name[found.kind].cases.push_back(&found);
  }
  std::vector<const Kind*> kinds;
  for (const auto& [name, kind] : by_name) kinds.push_back(&kind);
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const Kind* a, const Kind* b) { return a->cases.size() > b->cases.size(); });
  std::string text;
  for (const Kind* kind : kinds) {
    const fuzz::Found& found = kind->smallest();
    const fuzz::KnownKind* why = fuzz::find_known(found.kind, known);
    text += fmt::format("{} {}\n", why != nullptr ? paint.yellow("known  ") : paint.red("differs"),
                        printable(found.kind));
    const std::string others =
        kind->cases.size() == 1 ? "" : fmt::format(" and {} more", kind->cases.size() - 1);
    text += fmt::format("        {}{}{}: {}\n", found.name, others, found.steady ? "" : " (racy)",
                        printable(found.text));
    if (why != nullptr) text += fmt::format("        {}\n", why->reason);
  }
  return text;
}

}  // namespace

std::string kinds_text(const fuzz::Tally& tally, std::span<const fuzz::KnownKind> known,
                       const Paint& paint) {
  std::map<compare::Reason, std::size_t> by_reason;
  for (const fuzz::Found& found : tally.found) ++by_reason[found.why];
  std::string text;
  for (const auto& [reason, count] : by_reason) {
    text += paint.bold(fmt::format("{} {}: {}", count, name_of(reason), meaning_of(reason)));
    text += is_race(reason) ? " (a race, as a rule)\n" : "\n";
    text += kinds_of(tally, reason, known, paint);
  }
  return text;
}

}  // namespace lastack::cli
