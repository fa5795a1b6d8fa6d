#include "reports/agreement_text.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "lastack/core/text.hpp"

namespace lastack::cli {

namespace {

constexpr std::size_t places_shown = 5;

}  // namespace

std::string alike_text(const compare::Comparison& comparison) {
  std::string text;
  for (const auto& [host, agreement] : comparison.agreements()) {
    text += fmt::format("{}{} {}, {}, {}", text.empty() ? "" : "; ", host,
                        counted(agreement.segments, "segment"), counted(agreement.states, "state"),
                        counted(agreement.calls, "call"));
  }
  return text.empty() ? "nothing" : text;
}

std::vector<std::string> rest_texts(const compare::Comparison& comparison, std::string_view left,
                                    std::string_view right) {
  std::vector<std::string> texts;
  for (const auto& [host, agreement] : comparison.agreements()) {
    const std::size_t rest = agreement.left_rest + agreement.right_rest;
    if (rest == 0) continue;
    texts.push_back(fmt::format(
        "{}'s later segments ({} {}, {} {}) are not compared: after the first that is another they "
        "cannot be matched, and their windows, states and calls follow from it",
        host, left, agreement.left_rest, right, agreement.right_rest));
  }
  return texts;
}

std::string places_text(const compare::Comparison& comparison, compare::Aspect aspect) {
  const auto& differences = comparison.of(aspect);
  std::string text;
  std::string_view host;
  for (std::size_t i = 0; i < std::min(differences.size(), places_shown); ++i) {
    std::string_view place = differences[i].where;
    // "client #3" is "#3" where the one before was the client's, too.
    const bool same = !host.empty() && host == differences[i].host;
    if (same && place.size() > host.size()) place.remove_prefix(host.size() + 1);
    host = differences[i].host;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", place);
  }
  if (differences.size() > places_shown) {
    text += fmt::format(" and {} more", differences.size() - places_shown);
  }
  return text;
}

}  // namespace lastack::cli
