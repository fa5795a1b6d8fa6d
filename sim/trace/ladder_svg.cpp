#include "lastack/trace/ladder_svg.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/text.hpp"
#include "units.hpp"

namespace lastack::trace {

namespace {

// All in px of the picture's own coordinates.
constexpr int svg_width = 960;
constexpr int row_height = 30;
constexpr int slant = 16;  // how far a segment comes down within its own row
constexpr int left_bar = 300;
constexpr int right_bar = 660;
constexpr int time_x = 84;
constexpr int note_gap = 14;
constexpr int forged_in = 60;  // so far from the line does a forged segment begin
constexpr int head_height = 64;
constexpr int letter = 7;  // about as wide as a letter of the notes is
constexpr int svg_decimals = 3;

// Colours that colour-blind people can distinguish (Okabe and Ito), darker on white and lighter on
// black.
constexpr std::string_view style = R"(<style>
  svg { background: #fff; color: #1a1a1a; font: 13px system-ui, sans-serif; }
  text { fill: currentColor; }
  .title { font-weight: 600; font-size: 15px; }
  .end { font-weight: 600; text-anchor: middle; }
  .faint { opacity: .65; }
  .time, .gap { font-variant-numeric: tabular-nums; text-anchor: end; opacity: .75; }
  .gap { text-anchor: start; }
  .left { text-anchor: end; }
  .label { text-anchor: middle; font-size: 12px; }
  .state { font-weight: 600; }
  .trouble { fill: #b3400a; }
  .timer { font-style: italic; }
  line, path { stroke: currentColor; fill: none; stroke-width: 1.5; }
  .bar { stroke-width: 5; }
  .none { stroke-width: 1.5; stroke-dasharray: 2 4; }
  .open { stroke: #b26a00; }
  .established { stroke: #009e73; }
  .waiting { stroke: #777; stroke-dasharray: 5 3; }
  .again { stroke: #a8447f; }
  .forged { stroke-dasharray: 6 4; }
  .lost { stroke: #b3400a; }
  .label { paint-order: stroke; stroke: #fff; stroke-width: 4px; }
  .head { fill: currentColor; stroke: none; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14171a; color: #e8e8e8; }
    .trouble { fill: #ff9a62; } .open { stroke: #f0a830; } .established { stroke: #19b58a; }
    .waiting { stroke: #a0a0a0; } .again { stroke: #e39ac4; } .lost { stroke: #ff9a62; }
    .label { stroke: #14171a; }
  }
</style>
)";

/// XML 1.0 has no place for most control characters, not even escaped: they are shown.
std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : printable_lines(text)) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c == '\n' ? ' ' : c;
    }
  }
  return result;
}

std::string_view class_of(tcp::State state) {
  switch (state) {
    case tcp::State::closed:
    case tcp::State::listen: return "none";
    case tcp::State::established: return "established";
    case tcp::State::time_wait: return "waiting";
    case tcp::State::syn_sent:
    case tcp::State::syn_rcvd:
    case tcp::State::fin_wait_1:
    case tcp::State::fin_wait_2:
    case tcp::State::close_wait:
    case tcp::State::closing:
    case tcp::State::last_ack: return "open";
  }
  LASTACK_UNREACHABLE("a state that is none");
}

int x_of(Side side) { return side == Side::left ? left_bar : right_bar; }

std::string_view class_of(const LadderNote& note) {
  switch (note.kind) {
    case LadderNote::Kind::state: return "state";
    case LadderNote::Kind::timer: return "timer";
    case LadderNote::Kind::discard: return "trouble";
    case LadderNote::Kind::call:
    case LadderNote::Kind::host: break;
  }
  return "call";
}

std::string text_at(int x, int y, std::string_view classes, std::string_view text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>\n", x, y, classes,
                     xml_escaped(text));
}

std::string line_at(int x1, int y1, int x2, int y2, std::string_view classes) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", x1, y1, x2,
                     y2, classes);
}

/// One conversation, from `top` down.
class LadderSvg {
 public:
  LadderSvg(const Ladder& ladder, int top) : ladder_{ladder}, top_{top} { place_rows(); }

  int height() const { return end_ + row_height - top_; }

  std::string picture() {
    for (const Side side : {Side::left, Side::right}) {
      out_ += text_at(x_of(side), top_ + 14, "end", ladder_.ends[index_of(side)]);
    }
    draw_bars();
    draw_rows();
    for (const LadderArrow& arrow : ladder_.arrows) draw_arrow(arrow);
    return std::move(out_);
  }

 private:
  /// Where each row stands; a gap takes a line of its own.
  void place_rows() {
    int y = top_ + 60;
    for (const LadderRow& row : ladder_.rows) {
      if (row.gap || row.left_out > 0) y += row_height;
      y_.push_back(y);
      y += row_height;
    }
    end_ = y;
    lands_.resize(y_.size());
    for (const LadderArrow& arrow : ladder_.arrows) {
      for (const LadderLeg& leg : arrow.legs) {
        const bool here = leg.row == arrow.row && leg.fate != LadderLeg::Fate::lost;
        if (here) lands_[arrow.row][index_of(other(arrow.from))] = true;
      }
    }
  }

  /// Where a side's notes stand in a row: beside the tip of what arrives there.
  int y_of_note(std::size_t row, Side side) const {
    return y_[row] + (lands_[row][index_of(side)] ? slant : 0);
  }

  void draw_bars() {
    for (const Side side : {Side::left, Side::right}) {
      tcp::State state = ladder_.first_states[index_of(side)];
      int from = top_ + 24;
      if (ladder_.protocol == Protocol::tcp) draw_state(side, from + 8, state);
      for (std::size_t row = 0; row < ladder_.rows.size(); ++row) {
        const auto& note = ladder_.rows[row].notes[index_of(side)];
        if (!note || note->kind != LadderNote::Kind::state) continue;
        draw_bar(side, from, y_of_note(row, side), state);
        from = y_of_note(row, side);
        state = note->state;
      }
      draw_bar(side, from, end_, state);
    }
  }

  void draw_bar(Side side, int from, int to, tcp::State state) {
    out_ += line_at(x_of(side), from, x_of(side), to, fmt::format("bar {}", class_of(state)));
  }

  void draw_state(Side side, int y, tcp::State state) {
    draw_text_of(side, y, "state faint", std::string{tcp::name_of(state)});
  }

  void draw_text_of(Side side, int y, std::string_view classes, const std::string& text) {
    const bool left = side == Side::left;
    out_ += text_at(left ? left_bar - note_gap : right_bar + note_gap, y + 4,
                    fmt::format("{}{}", classes, left ? " left" : ""), text);
  }

  void draw_rows() {
    SimTime shown = never;
    for (std::size_t i = 0; i < ladder_.rows.size(); ++i) {
      const LadderRow& row = ladder_.rows[i];
      if (row.gap) draw_gap(y_[i] - row_height, duration_text(*row.gap));
      if (row.left_out > 0) {
        draw_gap(y_[i] - row_height, fmt::format("{} steps left out", row.left_out));
        continue;
      }
      if (row.at != shown)
        out_ += text_at(time_x, y_[i] + 4, "time", seconds_text(row.at, svg_decimals));
      shown = row.at;
      for (const Side side : {Side::left, Side::right}) {
        if (const auto& note = row.notes[index_of(side)]) {
          draw_text_of(side, y_of_note(i, side), class_of(*note), text_of(*note));
        }
      }
    }
  }

  void draw_gap(int y, const std::string& text) {
    out_ += text_at(time_x - 60, y + 4, "gap", "⋮ " + text);
    for (const Side side : {Side::left, Side::right}) {
      out_ +=
          fmt::format("<text x=\"{}\" y=\"{}\" class=\"end\">⋮</text>\n", x_of(side) + 12, y + 4);
    }
  }

  void draw_arrow(const LadderArrow& arrow) {
    const int y = y_[arrow.row];
    for (std::size_t i = 0; i < arrow.legs.size(); ++i) draw_leg(arrow, arrow.legs[i], y);
    if (arrow.legs.empty()) return;
    const LadderLeg& first = arrow.legs.front();
    const int middle = (y + y_of_end(arrow, first)) / 2;
    // The label stands where its line is, nearer to the sender for those that come down far.
    const bool far = first.row != arrow.row;
    const int x = far ? x_of(arrow.from) + (arrow.from == Side::left ? 1 : -1) * 120
                      : (left_bar + right_bar) / 2;
    const bool fits = static_cast<int>(arrow.label.size()) * letter < right_bar - left_bar - 40;
    out_ += text_at(x, (far ? y + 6 : middle) - 7, "label",
                    fits && !far ? arrow.label : arrow.short_label);
  }

  int y_of_end(const LadderArrow& arrow, const LadderLeg& leg) const {
    return leg.row == arrow.row ? y_[arrow.row] + slant : y_[leg.row];
  }

  void draw_leg(const LadderArrow& arrow, const LadderLeg& leg, int y) {
    std::string classes = arrow.again ? "again" : "way";
    if (arrow.origin == Origin::nowhere) classes += " forged";
    int from = x_of(arrow.from);
    // What nobody sent comes from nowhere.
    if (arrow.origin == Origin::nowhere) from += arrow.from == Side::left ? forged_in : -forged_in;
    const int to = x_of(other(arrow.from));
    const int y_end = y_of_end(arrow, leg);
    const bool arrives =
        leg.fate == LadderLeg::Fate::arrived || leg.fate == LadderLeg::Fate::discarded;
    if (arrives) {
      const int tip = arrow.from == Side::left ? to - 4 : to + 4;
      out_ += line_at(from, y, tip, y_end, classes);
      draw_head(tip, y_end, arrow.from);
      return;
    }
    // It dies, or is still on its way, two thirds of the way along.
    const int x = from + (to - from) * 2 / 3;
    const int y_death = y + (y_end - y) * 2 / 3;
    out_ += line_at(from, y, x, y_death, classes);
    if (leg.fate == LadderLeg::Fate::lost) draw_cross(x, y_death, leg.reason, arrow.from);
  }

  void draw_head(int x, int y, Side from) {
    const int back = from == Side::left ? -9 : 9;
    out_ += fmt::format("<path class=\"head\" d=\"M{} {}l{} -4v8z\"/>\n", x, y, back);
  }

  void draw_cross(int x, int y, const std::string& reason, Side from) {
    out_ += fmt::format("<path class=\"lost\" d=\"M{} {}l10 10m0 -10l-10 10\"/>\n", x - 5, y - 5);
    const bool right = from == Side::left;
    out_ += text_at(right ? x + 12 : x - 12, y + 4, right ? "trouble" : "trouble left", reason);
  }

  const Ladder& ladder_;
  int top_;
  int end_ = 0;
  std::vector<int> y_;                      ///< by row
  std::vector<std::array<bool, 2>> lands_;  ///< by row and Side: something arrives within the row
  std::string out_;
};

}  // namespace

std::string to_svg(const LadderSheet& sheet) {
  std::string body;
  int y = head_height;
  for (const Ladder& each : sheet.ladders) {
    LadderSvg ladder{each, y};
    body += ladder.picture();
    y += ladder.height() + row_height;
  }
  for (const auto& [at, text] : sheet.loose_calls) {
    body += text_at(time_x, y, "time", seconds_text(at, svg_decimals));
    body += text_at(time_x + 16, y, "call", text);
    y += row_height;
  }
  const auto left_out = sheet.ladders_left_out + sheet.loose_calls_left_out;
  if (left_out > 0) {
    body += text_at(time_x + 16, y, "faint", fmt::format("… and {} more are left out", left_out));
    y += row_height;
  }
  const std::string title = fmt::format("{} (seed {})", sheet.scenario, sheet.seed);
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
             "width=\"{0}\" height=\"{1}\" role=\"img\" aria-labelledby=\"t d\">\n"
             "<title id=\"t\">{2}</title>\n<desc id=\"d\">{3}</desc>\n",
             svg_width, y, xml_escaped(title), xml_escaped(sheet.description)) +
         std::string{style} + text_at(24, 32, "title", title) + body + "</svg>\n";
}

}  // namespace lastack::trace
