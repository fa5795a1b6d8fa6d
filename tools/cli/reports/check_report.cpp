#include "reports/check_report.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "reports/agreement_text.hpp"

namespace lastack::cli {

namespace {

using compare::Aspect;

constexpr std::size_t lines_per_host = 3;

bool is_of_kind(const CaseResult& result, CaseKind kind) {
  return result.verdict && result.verdict->steady == (kind == CaseKind::steady);
}

template <class Aspects>
std::vector<Aspect> differing_aspects(const compare::Comparison& comparison, const Aspects& of) {
  std::vector<Aspect> aspects;
  for (const Aspect aspect : of) {
    if (!comparison.of(aspect).empty()) aspects.push_back(aspect);
  }
  return aspects;
}

/// "segments, states".
std::string names_of(const std::vector<Aspect>& aspects) {
  std::string names;
  for (const Aspect aspect : aspects) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", compare::name_of(aspect));
  }
  return names;
}

/// What is counted apart, and where: "win (client #3, #5)".
std::string apart_names(const compare::Comparison& comparison) {
  std::string text;
  for (const Aspect aspect : differing_aspects(comparison, compare::apart_aspects)) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", compare::name_of(aspect),
                        places_text(comparison, aspect));
  }
  return text;
}

/// What a case that agrees differs in nevertheless: ", apart from win (client #3)".
std::string apart_text(const CaseResult& result) {
  const std::string apart = apart_names(result.verdict->nearest.comparison);
  return apart.empty() ? "" : ", apart from " + printable(apart);
}

/// Some differences of every host in one aspect.
std::string differences_in(const compare::Comparison& comparison, Aspect aspect) {
  std::string text;
  std::map<std::string_view, std::size_t> of_host;
  for (const compare::Difference& difference : comparison.of(aspect)) {
    if (++of_host[difference.host] > lines_per_host) continue;
    text += fmt::format("         {}: {}\n", compare::name_of(aspect),
                        printable(compare::to_text(difference, "kernel", "lastack")));
  }
  for (const auto& [host, count] : of_host) {
    if (count <= lines_per_host) continue;
    text += fmt::format("         {}: and {} more of {}\n", compare::name_of(aspect),
                        count - lines_per_host, printable(std::string{host}));
  }
  return text;
}

std::string differences_text(const compare::CaseVerdict& verdict) {
  const compare::Comparison& comparison = verdict.nearest.comparison;
  std::string text;
  for (const Aspect aspect : differing_aspects(comparison, compare::verdict_aspects)) {
    text += differences_in(comparison, aspect);
  }
  for (const std::string& rest : rest_texts(comparison, "kernel", "lastack")) {
    text += fmt::format("         {}\n", printable(rest));
  }
  const std::string apart = apart_names(comparison);
  if (!apart.empty()) text += fmt::format("         counted apart: {}\n", printable(apart));
  text += fmt::format("         alike: {}\n", printable(alike_text(comparison)));
  text += fmt::format("         first: {}\n",
                      printable(compare::to_text(*comparison.first(), "kernel", "lastack")));
  text += fmt::format("         reason: {} ({})\n", compare::name_of(*verdict.reason),
                      compare::meaning_of(*verdict.reason));
  return text + fmt::format("         (nearest: recording {}, seed {})\n",
                            verdict.nearest.recording + 1, verdict.seed);
}

/// How many cases differ in an aspect.
std::size_t differing(const std::vector<CaseResult>& results, Aspect aspect) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [aspect](const CaseResult& result) {
        return result.verdict && !result.verdict->nearest.comparison.of(aspect).empty();
      }));
}

template <class Aspects>
std::string aspects_text(const std::vector<CaseResult>& results, const Aspects& aspects) {
  std::string text;
  for (const Aspect aspect : aspects) {
    const std::size_t cases = differing(results, aspect);
    if (cases == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", compare::name_of(aspect), cases);
  }
  return text.empty() ? "none" : text;
}

std::string tally_text(const Tally& tally, const Paint& paint) {
  const std::string text = fmt::format("{}/{}", tally.agree, tally.total);
  return tally.agree == tally.total ? paint.green(text) : paint.red(text);
}

}  // namespace

Tally tally(const std::vector<CaseResult>& results, CaseKind kind) {
  Tally tally;
  for (const CaseResult& result : results) {
    if (!is_of_kind(result, kind)) continue;
    ++tally.total;
    if (result.verdict->agrees()) ++tally.agree;
  }
  return tally;
}

std::string case_text(const CaseResult& result, Detail detail, const Paint& paint) {
  if (!result.skipped.empty()) {
    return fmt::format("{}  {}: {}\n", paint.yellow("SKIPPED"), printable(result.name),
                       printable(result.skipped));
  }
  if (!result.late.empty()) {
    return fmt::format("{}     {}: {}\n", paint.red("LATE"), printable(result.name),
                       printable(result.late));
  }
  if (!result.verdict) {
    return result.problem.empty() ? ""
                                  : paint.red("bad") + "      " + printable(result.problem) + "\n";
  }
  const std::string racy = result.verdict->steady ? "" : " (racy)";
  if (result.verdict->agrees()) {
    return detail == Detail::names ? ""
                                   : fmt::format("{}   {}{}{}\n", paint.green("agrees"),
                                                 printable(result.name), racy, apart_text(result));
  }
  std::string text = fmt::format(
      "{}  {}{}: {}\n", paint.red("differs"), paint.bold(printable(result.name)), racy,
      names_of(differing_aspects(result.verdict->nearest.comparison, compare::verdict_aspects)));
  if (detail == Detail::differences) text += paint.dim(differences_text(*result.verdict));
  return text;
}

std::string check_table(const std::vector<CaseResult>& results, const Paint& paint) {
  const Tally racy = tally(results, CaseKind::racy);
  std::string text = fmt::format("steady cases    {} agree with the kernel\n",
                                 tally_text(tally(results, CaseKind::steady), paint));
  if (racy.total > 0) {
    text += fmt::format("racy cases      {} agree with one of their recordings, which differ\n",
                        tally_text(racy, paint));
  }
  const auto skipped = std::count_if(results.begin(), results.end(),
                                     [](const CaseResult& r) { return !r.skipped.empty(); });
  if (skipped > 0) text += fmt::format("skipped         {}\n", skipped);
  text += fmt::format("cases differ in {}\n", aspects_text(results, compare::verdict_aspects));
  text += fmt::format("counted apart   {}\n", aspects_text(results, compare::apart_aspects));
  return text;
}

}  // namespace lastack::cli
