#include "lastack/trace/ladder_mermaid.hpp"

#include <utility>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "units.hpp"

namespace lastack::trace {

namespace {

constexpr int mermaid_decimals = 3;

/// Text that Mermaid does not take for its own: `;` ends a statement, `#` begins an entity.
std::string mermaid_escaped(std::string_view text) {
  std::string result;
  for (const char c : printable_lines(text)) {
    if (c == ';') {
      result += "#59;";
    } else if (c == '#') {
      result += "#35;";
    } else {
      result += c == '\n' ? ' ' : c;
    }
  }
  return result;
}

/// One conversation; its ends are named by its number, so that several stand side by side.
class LadderMermaid {
 public:
  LadderMermaid(const Ladder& ladder, std::size_t number) : ladder_{ladder}, number_{number} {}

  std::string participants() const {
    return fmt::format("  participant {} as {}\n  participant {} as {}\n", id(Side::left),
                       mermaid_escaped(ladder_.ends[0]), id(Side::right),
                       mermaid_escaped(ladder_.ends[1]));
  }

  std::string steps() {
    for (std::size_t row = 0; row < ladder_.rows.size(); ++row) draw_row(row);
    return std::move(out_);
  }

 private:
  std::string id(Side side) const {
    return fmt::format("{}{}", side == Side::left ? "L" : "R", number_);
  }

  void draw_row(std::size_t number) {
    const LadderRow& row = ladder_.rows[number];
    if (row.gap) over_both("⋮ " + duration_text(*row.gap));
    if (row.left_out > 0) over_both(fmt::format("⋮ {} steps left out", row.left_out));
    while (next_arrow_ < ladder_.arrows.size() && ladder_.arrows[next_arrow_].row == number) {
      draw_arrow(ladder_.arrows[next_arrow_++]);
    }
    for (const Side side : {Side::left, Side::right}) {
      if (const auto& note = row.notes[index_of(side)]) {
        out_ += fmt::format("  Note {} of {}: {}\n", side == Side::left ? "left" : "right",
                            id(side), mermaid_escaped(text_of(*note)));
      }
    }
  }

  void over_both(const std::string& text) {
    out_ += fmt::format("  Note over {},{}: {}\n", id(Side::left), id(Side::right),
                        mermaid_escaped(text));
  }

  void draw_arrow(const LadderArrow& arrow) {
    for (std::size_t i = 0; i < arrow.legs.size(); ++i) {
      const LadderLeg& leg = arrow.legs[i];
      const bool dies = leg.fate == LadderLeg::Fate::lost || leg.fate == LadderLeg::Fate::discarded;
      std::string text =
          fmt::format("{} s {}", seconds_text(arrow.at, mermaid_decimals), arrow.label);
      if (i > 0) text += ", copy";
      if (dies) text += " ✗ " + leg.reason;
      if (!dies && leg.row != arrow.row) {
        text += fmt::format(", arrives at {} s", seconds_text(leg.at, mermaid_decimals));
      }
      const char* line =
          arrow.origin == Origin::nowhere ? (dies ? "--x" : "-->>") : (dies ? "-x" : "->>");
      out_ += fmt::format("  {}{}{}: {}\n", id(arrow.from), line, id(other(arrow.from)),
                          mermaid_escaped(text));
    }
  }

  const Ladder& ladder_;
  std::size_t number_;
  std::size_t next_arrow_ = 0;
  std::string out_;
};

}  // namespace

std::string to_mermaid(const LadderSheet& sheet) {
  std::string text = "sequenceDiagram\n";
  text += fmt::format("  %% {} (seed {})\n", mermaid_escaped(sheet.scenario), sheet.seed);
  std::string steps;
  for (std::size_t i = 0; i < sheet.ladders.size(); ++i) {
    LadderMermaid ladder{sheet.ladders[i], i};
    text += ladder.participants();
    steps += ladder.steps();
  }
  if (sheet.ladders_left_out > 0) {
    text += fmt::format("  %% {} more conversations are left out\n", sheet.ladders_left_out);
  }
  return text + steps;
}

}  // namespace lastack::trace
