#include "reports/diff_report.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lastack/compare/side_by_side.hpp"
#include "lastack/core/text.hpp"
#include "reports/agreement_text.hpp"

namespace lastack::cli {

namespace {

using compare::Aspect;
using compare::Comparison;
using compare::Difference;
using compare::SideBySide;

constexpr std::size_t lines_before = 5;
constexpr std::size_t lines_after = 4;
constexpr std::size_t others_per_host = 3;
/// What stands between the columns: a blank, a sign, a blank.
constexpr int gutter = 3;

/// Wraps `text` behind `label`, which stands in the first line's margin of `indent` columns.
std::string labelled(std::string_view label, std::string_view text, int columns, int indent) {
  std::string lines = wrapped(text, columns, indent);
  const std::size_t size = std::min(label.size(), static_cast<std::size_t>(indent));
  return lines.replace(0, size, label.substr(0, size));
}

std::string deed_text(const std::optional<compare::Deed>& deed, std::size_t width) {
  if (!deed) return std::string(width, ' ');
  std::string text = fmt::format("{:8.3f}  {}", deed->at.count(), deed->text);
  if (text.size() > width) text = text.substr(0, width - 1) + "~";
  text.resize(width, ' ');
  return text;
}

/// What stands between the columns, as in `diff --side-by-side`.
char sign_of(const SideBySide& line) {
  if (line.left && line.right) return line.same() ? ' ' : '|';
  return line.left ? '<' : '>';
}

std::string line_text(const SideBySide& line, std::size_t width, const Paint& paint) {
  std::string text = fmt::format("{} {} {}", deed_text(line.left, width), sign_of(line),
                                 deed_text(line.right, width));
  text.erase(text.find_last_not_of(' ') + 1);
  if (line.place == SideBySide::Place::here) return "* " + paint.red(text) + "\n";
  return "  " + (line.same() ? paint.dim(text) : text) + "\n";
}

std::string context_text(const Difference& difference, const compare::History& a,
                         const compare::History& b, const Paint& paint, int columns) {
  constexpr int margin = 2;
  const auto width = static_cast<std::size_t>((columns - margin - gutter) / 2);
  const auto lines = compare::around(difference, a, b, lines_before, lines_after);
  std::string head = fmt::format("  {:<{}}{:{}}{}", "time/s    A: " + difference.host, width, "",
                                 gutter, "time/s    B: " + difference.host);
  std::string text = paint.bold(head) + "\n";
  for (const SideBySide& line : lines) text += line_text(line, width, paint);
  return text;
}

std::string first_text(const Difference& first, const compare::History& a,
                       const compare::History& b, const Paint& paint, int columns) {
  const std::string headline = fmt::format("First divergence, at {:.3f} s ({}): {}.",
                                           first.at().count(), name_of(first.aspect), first.what);
  std::string text = paint.bold(wrapped(headline, columns));
  text += labelled("  A", first.left, columns, 5);
  text += labelled("  B", first.right, columns, 5);
  if (!first.note.empty()) text += wrapped(first.note, columns, 5);
  return text + "\n" + context_text(first, a, b, paint, columns);
}

/// The differences that count, but for the first one: some of every host.
std::string others_text(const Comparison& comparison, const Difference& first, int columns) {
  std::string text;
  for (const Aspect aspect : compare::verdict_aspects) {
    std::map<std::string_view, std::vector<const Difference*>> others;  // by host
    for (const Difference& difference : comparison.of(aspect)) {
      if (&difference != &first) others[difference.host].push_back(&difference);
    }
    std::string_view label = name_of(aspect);
    for (const auto& [host, differences] : others) {
      for (std::size_t i = 0; i < std::min(differences.size(), others_per_host); ++i) {
        text +=
            labelled(fmt::format("  {}", label), to_text(*differences[i], "A", "B"), columns, 12);
        label = "";
      }
      if (differences.size() > others_per_host) {
        text +=
            fmt::format("{:12}and {} more of {}\n", "", differences.size() - others_per_host, host);
      }
    }
  }
  for (const std::string& rest : rest_texts(comparison, "A", "B")) {
    text += labelled("  not shown", rest + ".", columns, 12);
  }
  return text.empty() ? "" : "\nWhat else differs:\n" + text;
}

std::string apart_text(const Comparison& comparison, int columns) {
  std::string text;
  for (const Aspect aspect : compare::apart_aspects) {
    const std::string places = places_text(comparison, aspect);
    if (places.empty()) continue;
    const std::string_view what = aspect == Aspect::win ? "windows" : "SACK blocks";
    text += fmt::format("{}{} in {} ({})", text.empty() ? "" : ", ", what,
                        counted(comparison.of(aspect).size(), "segment"), places);
  }
  return text.empty() ? "" : wrapped("Counted apart: " + text + ".", columns, 3);
}

std::string all_alike_text(const compare::History& a, const Paint& paint) {
  return fmt::format(
      "{}: {}, {}, {}.\n", paint.green("Alike"), counted(a.segments.size(), "segment"),
      counted(a.socket_states().size(), "state change"), counted(a.calls.size(), "call"));
}

}  // namespace

std::string diff_text(const compare::History& a, const compare::History& b,
                      const Comparison& comparison, const compare::Tolerance& tolerance,
                      const Paint& paint, int columns) {
  std::string text = fmt::format("A  {}\nB  {}\n", a.source, b.source);
  text += wrapped("Times may differ by " + tolerance.text() + ".", columns, 3) + "\n";
  if (const Difference* first = comparison.first()) {
    text += first_text(*first, a, b, paint, columns);
    text += others_text(comparison, *first, columns);
    text += "\n" + wrapped("What agrees: " + alike_text(comparison) + ".", columns, 3);
  } else {
    text += all_alike_text(a, paint);
  }
  const std::string apart = apart_text(comparison, columns);
  return text + (apart.empty() ? "" : "\n" + apart);
}

}  // namespace lastack::cli
