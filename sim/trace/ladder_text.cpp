#include "lastack/trace/ladder_text.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lastack/core/assert.hpp"
#include "text_canvas.hpp"
#include "units.hpp"

namespace lastack::trace {

namespace {

constexpr int columns_min = 60;

Ink ink_of(tcp::State state) {
  switch (state) {
    case tcp::State::closed:
    case tcp::State::listen: return Ink::no_state;
    case tcp::State::established: return Ink::established_state;
    case tcp::State::syn_sent:
    case tcp::State::syn_rcvd:
    case tcp::State::fin_wait_1:
    case tcp::State::fin_wait_2:
    case tcp::State::close_wait:
    case tcp::State::closing:
    case tcp::State::last_ack:
    case tcp::State::time_wait: return Ink::open_state;
  }
  LASTACK_UNREACHABLE("a state that is none");
}

Ink ink_of(const LadderNote& note) {
  switch (note.kind) {
    case LadderNote::Kind::state: return ink_of(note.state);
    case LadderNote::Kind::call: return Ink::call;
    case LadderNote::Kind::timer: return Ink::timer;
    case LadderNote::Kind::discard: return Ink::trouble;
    case LadderNote::Kind::host: return Ink::title;
  }
  LASTACK_UNREACHABLE("a kind of note that is none");
}

/// Decimals of a second that distinguish the rows' times: 3, 6 or 9.
int decimals_for(const Ladder& ladder) {
  SimDuration least = 1ms;
  for (std::size_t i = 1; i < ladder.rows.size(); ++i) {
    const SimDuration step = ladder.rows[i].at - ladder.rows[i - 1].at;
    if (step > SimDuration::zero()) {
      least = std::min(least, step);
    }
  }
  return least >= 1ms ? 3 : least >= 1us ? 6 : 9;
}

/// Where things stand in a line: the time, the left end's notes and its line, the space for arrows,
/// the right end's line and its notes.
struct Geometry {
  int columns;
  int time_end;            ///< the times' last column
  std::array<int, 2> bar;  ///< column of each end's line, by Side
  int decimals;

  Geometry(const Ladder& ladder, SimTime ended, int wanted_columns)
      : columns{std::max(wanted_columns, columns_min)},
        decimals{decimals_for(ladder)} {
    constexpr int state_columns = 11;  // ESTABLISHED, FIN_WAIT_1
    // Notes get what they need, up to a little more than a fifth of the line.
    const int notes_max = columns / 5 + 2;
    std::array<int, 2> notes{state_columns, state_columns};
    for (const LadderRow& row : ladder.rows) {
      for (std::size_t side = 0; side < 2; ++side) {
        if (row.notes[side]) {
          notes[side] = std::max(notes[side], display_width(text_of(*row.notes[side])));
        }
      }
    }
    const SimTime last = ladder.rows.empty() ? ended : std::max(ended, ladder.rows.back().at);
    time_end = std::max(7, display_width(seconds_text(last, decimals)));
    bar[0] = time_end + 3 + std::min(notes[0], notes_max);
    bar[1] = columns - 3 - std::min(notes[1], notes_max);
  }

  int from(Side side) const { return bar[index_of(side)]; }
  int space() const { return bar[1] - bar[0] - 1; }
  /// The column `steps` steps from a side's line towards the other.
  int inward(Side side, int steps) const {
    return side == Side::left ? bar[0] + steps : bar[1] - steps;
  }
};

/// A leg that ends in another row than its arrow begins, and the column in which it comes down.
struct Lane {
  std::size_t arrow;
  std::size_t leg;
  std::size_t last_row;
  int column;  ///< -1 for a leg that ends in its arrow's row
};

/// Draws one ladder, row by row.
class LadderText {
 public:
  LadderText(const Ladder& ladder, SimTime ended, const LadderTextOptions& options)
      : ladder_{ladder},
        ended_{ended},
        options_{options},
        geometry_{ladder, ended, options.columns},
        states_{ladder.first_states} {
    choose_lanes();
  }

  std::string text() {
    draw_ends();
    for (std::size_t row = 0; row < ladder_.rows.size(); ++row) {
      std::erase_if(passing_, [row](const Lane& lane) { return lane.last_row < row; });
      draw_row(row);
      while (next_arrow_ < ladder_.arrows.size() && ladder_.arrows[next_arrow_].row == row) {
        begin_lanes(next_arrow_++);
      }
    }
    draw_last_states();
    return std::move(out_);
  }

 private:
  static constexpr int lane_distance = 3;
  /// A blank and a piece of the line on either side, and the head.
  static constexpr int around_label = 5;

  /// Each leg that comes down to a later row gets a column of its own as long as it lasts: behind
  /// two thirds of the way, so that there is room for the label; later legs nearer to the sender,
  /// so that legs which keep their order do not cross.
  void choose_lanes() {
    lanes_.resize(ladder_.arrows.size());
    std::array<std::vector<std::size_t>, 2> busy_until;  // by Side and lane: last row
    for (std::size_t i = 0; i < ladder_.arrows.size(); ++i) {
      const LadderArrow& arrow = ladder_.arrows[i];
      for (std::size_t l = 0; l < arrow.legs.size(); ++l) {
        const LadderLeg& leg = arrow.legs[l];
        if (leg.row == arrow.row) {
          lanes_[i].push_back({i, l, leg.row, -1});
          continue;
        }
        auto& busy = busy_until[index_of(arrow.from)];
        const std::size_t lane = free_lane(busy, arrow.row);
        busy[lane] = leg.row;
        const int steps = geometry_.space() * 3 / 4 - lane_distance * static_cast<int>(lane);
        lanes_[i].push_back({i, l, leg.row, geometry_.inward(arrow.from, steps)});
      }
    }
  }

  /// The one behind the last that is busy at `row`, while there is space; else any that is free.
  std::size_t free_lane(std::vector<std::size_t>& busy, std::size_t row) const {
    const auto lanes_max =
        static_cast<std::size_t>(std::max(1, geometry_.space() / 3 / lane_distance));
    std::size_t lane = 0;
    for (std::size_t i = 0; i < busy.size(); ++i) {
      if (busy[i] >= row) {
        lane = i + 1;
      }
    }
    if (lane >= lanes_max) {
      const auto least = std::min_element(busy.begin(), busy.end());
      lane = static_cast<std::size_t>(least - busy.begin());
    }
    if (lane >= busy.size()) {
      busy.resize(lane + 1, 0);
    }
    return lane;
  }

  void begin_lanes(std::size_t arrow) {
    for (std::size_t leg = 0; leg < lanes_[arrow].size(); ++leg) {
      if (lanes_[arrow][leg].column >= 0) {
        passing_.push_back(lanes_[arrow][leg]);
      }
    }
  }

  TextLine new_line() const { return TextLine{geometry_.columns}; }
  void finish(const TextLine& line) { out_ += line.text(options_); }

  void draw_ends() {
    TextLine line = new_line();
    line.put_left_of(geometry_.time_end, "time/s", Ink::faint);
    // Above their lines, centred where there is room.
    const int middle = (geometry_.bar[0] + geometry_.bar[1]) / 2;
    draw_end_name(line, Side::left, geometry_.time_end + 2, middle - 1);
    draw_end_name(line, Side::right, middle + 1, geometry_.columns);
    finish(line);
    if (ladder_.protocol == Protocol::datagram) return;
    TextLine states = new_line();
    draw_bars(states);
    for (const Side side : {Side::left, Side::right}) {
      const tcp::State state = ladder_.first_states[index_of(side)];
      draw_note(states, side, {LadderNote::Kind::state, std::string{tcp::name_of(state)}, state});
    }
    finish(states);
  }

  /// Within the columns [from, to).
  void draw_end_name(TextLine& line, Side side, int from, int to) const {
    const std::string name = fitted(ladder_.ends[index_of(side)], to - from);
    const int width = display_width(name);
    line.put(std::clamp(geometry_.from(side) - width / 2, from, to - width), name, Ink::title);
  }

  void draw_row(std::size_t number) {
    const LadderRow& row = ladder_.rows[number];
    if (row.gap) {
      draw_gap(duration_text(*row.gap));
    }
    if (row.left_out > 0) {
      draw_gap(std::to_string(row.left_out) + " steps left out");
      return;
    }
    TextLine line = new_line();
    if (row.at != told_) {
      line.put_left_of(geometry_.time_end, seconds_text(row.at, geometry_.decimals), Ink::faint);
      told_ = row.at;
    }
    for (const Side side : {Side::left, Side::right}) {
      const auto& note = row.notes[index_of(side)];
      if (note && note->kind == LadderNote::Kind::state) {
        states_[index_of(side)] = note->state;
      }
    }
    draw_bars(line);
    draw_lanes(line, number);
    draw_arrows(line, number);
    for (const Side side : {Side::left, Side::right}) {
      if (const auto& note = row.notes[index_of(side)]) {
        draw_note(line, side, *note);
      }
    }
    finish(line);
  }

  void draw_bars(TextLine& line) const {
    for (const Side side : {Side::left, Side::right}) {
      line.put(geometry_.from(side), bar_of(side), ink_of(states_[index_of(side)]));
    }
  }

  std::string_view bar_of(Side side) const {
    const tcp::State state = states_[index_of(side)];
    return state == tcp::State::closed || state == tcp::State::listen ? "┊" : "│";
  }

  void draw_note(TextLine& line, Side side, const LadderNote& note) const {
    if (side == Side::left) {
      const int space = geometry_.bar[0] - geometry_.time_end - 3;
      line.put_left_of(geometry_.bar[0] - 2, fitted(text_of(note), space), ink_of(note));
    } else {
      const int space = geometry_.columns - geometry_.bar[1] - 2;
      line.put(geometry_.bar[1] + 2, fitted(text_of(note), space), ink_of(note));
    }
  }

  /// A line that stands for much time, or for many steps.
  void draw_gap(const std::string& text) {
    TextLine line = new_line();
    line.put(geometry_.bar[0], "⋮", Ink::faint);
    line.put(geometry_.bar[1], "⋮", Ink::faint);
    for (const Lane& lane : passing_) {
      line.put(lane.column, "╎", Ink::faint);
    }
    line.put(2, "⋮ " + text, Ink::faint);
    finish(line);
  }

  /// What passes this row on its way down.
  void draw_lanes(TextLine& line, std::size_t row) const {
    for (const Lane& lane : passing_) {
      if (row < lane.last_row) {
        line.put(lane.column, "╎", Ink::faint);
      }
    }
  }

  /// What ends in this row, and what begins in it.
  void draw_arrows(TextLine& line, std::size_t row) const {
    for (const Lane& lane : passing_) {
      if (lane.last_row == row) {
        const LadderArrow& arrow = ladder_.arrows[lane.arrow];
        draw_end(line, arrow, arrow.legs[lane.leg], lane.column);
      }
    }
    for (std::size_t i = next_arrow_; i < ladder_.arrows.size() && ladder_.arrows[i].row == row;
         ++i) {
      draw_beginning(line, i);
    }
  }

  static Ink ink_of_line(const LadderArrow& arrow) {
    return arrow.origin == Origin::nowhere ? Ink::forged : arrow.again ? Ink::again : Ink::plain;
  }

  /// Draws from one column to another, both included; lanes on the way are crossed.
  void draw_line(TextLine& line, std::size_t row, int a, int b, const LadderArrow& arrow) const {
    const int from = std::min(a, b);
    const int to = std::max(a, b) + 1;
    const Ink ink = ink_of_line(arrow);
    line.fill(from, to, arrow.origin == Origin::nowhere ? "╌" : "─", ink);
    for (const Lane& lane : passing_) {
      if (row < lane.last_row && from <= lane.column && lane.column < to) {
        line.put(lane.column, "┼", ink);
      }
    }
  }

  /// The row in which a packet leaves: all of its way, or as far as its lanes.
  void draw_beginning(TextLine& line, std::size_t index) const {
    const LadderArrow& arrow = ladder_.arrows[index];
    const Side to = other(arrow.from);
    const Ink ink = ink_of_line(arrow);
    int start = geometry_.inward(arrow.from, 1);
    if (arrow.origin != Origin::sender) {
      start = geometry_.inward(arrow.from, geometry_.space() / 5);
    }
    const LadderLeg* here = nullptr;
    int end = start;
    for (std::size_t leg = 0; leg < arrow.legs.size(); ++leg) {
      if (arrow.legs[leg].row == arrow.row) {
        here = &arrow.legs[leg];
      } else {
        end = farther(arrow.from, end, lanes_[index][leg].column);
      }
    }
    if (here != nullptr) {
      end = end_column(arrow, *here);
    }
    draw_line(line, arrow.row, start, end, arrow);
    if (arrow.origin == Origin::sender) {
      line.put(geometry_.from(arrow.from), arrow.from == Side::left ? "├" : "┤",
               ink_of(states_[index_of(arrow.from)]));
    }
    int label_end = end;
    for (std::size_t leg = 0; leg < arrow.legs.size(); ++leg) {
      if (arrow.legs[leg].row != arrow.row) {
        const int column = lanes_[index][leg].column;
        line.put(column, column == end ? (arrow.from == Side::left ? "╮" : "╭") : "┬", ink);
        label_end = nearer(arrow.from, label_end, column);
      }
    }
    if (here != nullptr) {
      draw_head(line, arrow, *here, end, to);
    }
    draw_label(line, arrow, start, label_end);
  }

  static int farther(Side from, int a, int b) {
    return from == Side::left ? std::max(a, b) : std::min(a, b);
  }

  static int nearer(Side from, int a, int b) {
    return from == Side::left ? std::min(a, b) : std::max(a, b);
  }

  /// "lost: fault", or the reason alone where the label needs the room.
  std::string loss_text(const LadderArrow& arrow, const LadderLeg& leg) const {
    if (leg.fate == LadderLeg::Fate::open) return "on its way";
    const std::string text = "lost: " + leg.reason;
    const int label = display_width(arrow.short_label) + around_label;
    return label + 1 + display_width(text) <= geometry_.space() ? text : leg.reason;
  }

  /// The head's column, for a packet whose way ends in its own row. A lost one gets about two
  /// thirds of the way, with the reason behind it.
  int end_column(const LadderArrow& arrow, const LadderLeg& leg) const {
    if (leg.fate == LadderLeg::Fate::arrived || leg.fate == LadderLeg::Fate::discarded) {
      return geometry_.inward(arrow.from, geometry_.space());
    }
    // Behind the head a blank, the reason, and where there is room another blank.
    int behind = display_width(loss_text(arrow, leg)) + 1;
    if (display_width(arrow.short_label) + around_label + behind < geometry_.space()) {
      ++behind;
    }
    const int wanted = std::max(geometry_.space() * 2 / 3, display_width(arrow.label) + 10);
    return geometry_.inward(arrow.from, std::max(8, std::min(wanted, geometry_.space() - behind)));
  }

  void draw_head(TextLine& line, const LadderArrow& arrow, const LadderLeg& leg, int column,
                 Side to) const {
    const bool right = to == Side::right;
    switch (leg.fate) {
      case LadderLeg::Fate::arrived: line.put(column, right ? "▶" : "◀", ink_of_line(arrow)); break;
      case LadderLeg::Fate::discarded: line.put(column, "✗", Ink::trouble); break;
      case LadderLeg::Fate::lost:
      case LadderLeg::Fate::open: {
        const bool lost = leg.fate == LadderLeg::Fate::lost;
        const Ink ink = lost ? Ink::trouble : Ink::faint;
        line.put(column, lost ? "✗" : "…", ink);
        if (right) {
          line.put(column + 2, loss_text(arrow, leg), ink);
        } else {
          line.put_left_of(column - 2, loss_text(arrow, leg), ink);
        }
        break;
      }
    }
  }

  /// In the middle of the line, with a blank on both sides; a little beside it where a lane passes.
  void draw_label(TextLine& line, const LadderArrow& arrow, int start, int end) const {
    const int from = std::min(start, end);
    const int space = std::max(start, end) - from + 1;
    const bool fits = display_width(arrow.label) <= space - around_label;
    const std::string label =
        " " + fitted(fits ? arrow.label : arrow.short_label, space - around_label) + " ";
    const int width = display_width(label);
    // What cannot be halved goes to the head's side.
    const int middle = from + (space - width + (arrow.from == Side::right ? 1 : 0)) / 2;
    const int shift_max = (space - width) / 2 - 2;
    int column = middle;
    for (int shift = 1; shift <= shift_max && meets_lane(arrow.row, column, width); ++shift) {
      column = meets_lane(arrow.row, middle - shift, width) ? middle + shift : middle - shift;
    }
    if (meets_lane(arrow.row, column, width)) {
      column = middle;
    }
    line.put(column, label, ink_of_line(arrow));
  }

  /// Whether a lane passes through `width` columns of a row.
  bool meets_lane(std::size_t row, int column, int width) const {
    return std::any_of(passing_.begin(), passing_.end(), [&](const Lane& lane) {
      return row < lane.last_row && column <= lane.column && lane.column < column + width;
    });
  }

  /// The row in which a packet arrives or is lost that left in a row above.
  void draw_end(TextLine& line, const LadderArrow& arrow, const LadderLeg& leg, int lane) const {
    const Side to = other(arrow.from);
    if (leg.fate == LadderLeg::Fate::lost || leg.fate == LadderLeg::Fate::open) {
      draw_head(line, arrow, leg, lane, to);
      return;
    }
    const int end = geometry_.inward(arrow.from, geometry_.space());
    draw_line(line, leg.row, lane, end, arrow);
    line.put(lane, arrow.from == Side::left ? "╰" : "╯", ink_of_line(arrow));
    draw_head(line, arrow, leg, end, to);
  }

  /// Says in what state the run leaves the ends, where that is not the end of the story.
  void draw_last_states() {
    const auto is_over = [](tcp::State state) {
      return state == tcp::State::closed || state == tcp::State::listen;
    };
    const auto& last = ladder_.last_states;
    if (ladder_.protocol == Protocol::datagram || (is_over(last[0]) && is_over(last[1]))) return;
    TextLine line = new_line();
    line.put_left_of(geometry_.time_end, seconds_text(ended_, geometry_.decimals), Ink::faint);
    draw_bars(line);
    for (const Side side : {Side::left, Side::right}) {
      const tcp::State state = last[index_of(side)];
      draw_note(line, side, {LadderNote::Kind::state, std::string{tcp::name_of(state)}, state});
    }
    const std::string words = "the run ends";
    line.put(geometry_.bar[0] + (geometry_.space() - display_width(words)) / 2, words, Ink::faint);
    finish(line);
  }

  const Ladder& ladder_;
  SimTime ended_;
  const LadderTextOptions& options_;
  Geometry geometry_;
  std::array<tcp::State, 2> states_;
  std::vector<std::vector<Lane>> lanes_;  ///< by arrow and leg
  std::vector<Lane> passing_;             ///< those that began above the row being drawn
  std::size_t next_arrow_ = 0;            ///< the first that does not begin above it
  SimTime told_ = never;                  ///< the time in the line above
  std::string out_;
};

/// Breaks a text at blanks into lines of at most `columns`.
std::vector<std::string> wrapped(std::string_view text, int columns) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find_first_of(" \n"), text.size());
    const std::string word = fitted(text.substr(0, blank), columns);
    text.remove_prefix(std::min(blank + 1, text.size()));
    if (!line.empty() && display_width(line) + 1 + display_width(word) > columns) {
      lines.push_back(std::exchange(line, ""));
    }
    line += (line.empty() || word.empty() ? "" : " ") + word;
  }
  lines.push_back(line);
  return lines;
}

std::string line_of(std::string_view text, Ink ink, int columns, const LadderTextOptions& options) {
  TextLine line{columns};
  line.put(0, fitted(text, columns), ink);
  return line.text(options);
}

/// A sheet from top to bottom.
class SheetText {
 public:
  SheetText(const LadderSheet& sheet, const LadderTextOptions& options)
      : sheet_{sheet},
        options_{options},
        columns_{std::max(options.columns, columns_min)} {}

  std::string text() {
    add_head();
    for (std::size_t i = 0; i < sheet_.ladders.size(); ++i) add_ladder(i);
    add_what_is_left_out();
    add_loose_calls();
    return std::move(out_);
  }

 private:
  void add(std::string_view text, Ink ink) { out_ += line_of(text, ink, columns_, options_); }

  void add_head() {
    if (!sheet_.scenario.empty()) {
      add(sheet_.scenario + " (seed " + std::to_string(sheet_.seed) + ")", Ink::title);
    }
    if (sheet_.description.empty()) return;
    for (const std::string& line : wrapped(sheet_.description, columns_)) add(line, Ink::faint);
  }

  void add_ladder(std::size_t index) {
    const Ladder& ladder = sheet_.ladders[index];
    out_ += "\n";
    if (sheet_.ladders.size() > 1) {
      TextLine line{columns_};
      line.fill(0, columns_, "─", Ink::faint);
      const std::size_t all = sheet_.ladders.size() + sheet_.ladders_left_out;
      const std::string title = " " + ladder.ends[0] + " ↔ " + ladder.ends[1] + " (" +
                                std::to_string(index + 1) + " of " + std::to_string(all) + ") ";
      line.put(2, fitted(title, columns_ - 4), Ink::title);
      out_ += line.text(options_);
    }
    out_ += LadderText{ladder, sheet_.ended, options_}.text();
  }

  void add_what_is_left_out() {
    if (sheet_.ladders_left_out == 0) return;
    out_ += "\n";
    add(sheet_.ladders_left_out == 1
            ? "1 more conversation is not shown"
            : std::to_string(sheet_.ladders_left_out) + " more conversations are not shown",
        Ink::faint);
  }

  void add_loose_calls() {
    if (!sheet_.loose_calls.empty()) {
      out_ += "\n";
      add("Calls without a segment:", Ink::title);
    }
    for (const auto& [at, text] : sheet_.loose_calls) {
      add("  " + seconds_text(at, 3) + "  " + text, Ink::call);
    }
    if (sheet_.loose_calls_left_out > 0) {
      add("  and " + std::to_string(sheet_.loose_calls_left_out) + " more", Ink::faint);
    }
  }

  const LadderSheet& sheet_;
  const LadderTextOptions& options_;
  const int columns_;
  std::string out_;
};

}  // namespace

std::string to_text(const LadderSheet& sheet, const LadderTextOptions& options) {
  return SheetText{sheet, options}.text();
}

}  // namespace lastack::trace
