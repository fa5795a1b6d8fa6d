#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

#include "ladder_steps.hpp"

namespace lastack::trace {

namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

const Departure* departure_of(const Step& step) { return std::get_if<Departure>(&step.what); }
const Landing* landing_of(const Step& step) { return std::get_if<Landing>(&step.what); }
const Remark* remark_of(const Step& step) { return std::get_if<Remark>(&step.what); }

bool is_state(const Step& step) {
  const Remark* remark = remark_of(step);
  return remark != nullptr && remark->note.kind == LadderNote::Kind::state;
}

/// Puts each state change beside the segment that goes with it: behind the arrival that caused it,
/// or in front of the segment that has the same cause, for TCP may report them in another order.
class StateChangesInPlace {
 public:
  explicit StateChangesInPlace(std::vector<Step>& steps) : steps_{steps} {}

  void run() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!is_state(steps_[i]) || steps_[i].cause == 0) continue;
      const std::size_t to = place_of(i);
      if (to < i) {
        const auto begin = steps_.begin() + static_cast<std::ptrdiff_t>(to);
        const auto end = steps_.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(begin, end, end + 1);
      }
    }
  }

 private:
  std::size_t place_of(std::size_t i) const {
    const Step& change = steps_[i];
    const Side side = remark_of(change)->side;
    std::size_t place = i;
    for (std::size_t j = i; j-- > 0 && steps_[j].at == change.at;) {
      const Landing* landing = landing_of(steps_[j]);
      if (landing != nullptr && steps_[j].n == change.cause) return behind_states(j + 1, change);
      const Departure* departure = departure_of(steps_[j]);
      if (departure != nullptr && departure->from == side && steps_[j].cause == change.cause &&
          departure->weight == Weight::control && !(j > 0 && is_state(steps_[j - 1]))) {
        place = j;
      }
    }
    return place;
  }

  /// One segment may change the state twice: in that order.
  std::size_t behind_states(std::size_t place, const Step& change) const {
    while (is_state(steps_[place]) && steps_[place].n < change.n &&
           steps_[place].cause == change.cause) {
      ++place;
    }
    return place;
  }

  std::vector<Step>& steps_;
};

/// Lays steps out one after the other. Each side's own order is kept from top to bottom; a packet
/// gets a single row when that hides nothing that happened while it was on its way.
class Layout {
 public:
  explicit Layout(const Conversation& conversation) : conversation_{conversation} {
    const auto& last = conversation.last_steps();
    steps_ = conversation.first_steps();
    cut_ = conversation.left_out() > 0 ? steps_.size() : none;
    steps_.insert(steps_.end(), last.begin(), last.end());
    StateChangesInPlace{steps_}.run();
    index_packets();
  }

  Ladder run(const Names& names) {
    ladder_.protocol = conversation_.protocol;
    for (std::size_t side = 0; side < 2; ++side) {
      ladder_.ends[side] = names.text(conversation_.ends[side]);
      ladder_.first_states[side] = conversation_.first_states[side].value_or(tcp::State::closed);
      ladder_.last_states[side] = conversation_.states[side];
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      place(i);
      shown_until_ = steps_[i].at;
    }
    return std::move(ladder_);
  }

 private:
  /// Where a side has been used last.
  struct Used {
    std::size_t row = none;
    SimTime at = never;  ///< as that side sees it: a row's arrow arrives later than it left
  };
  /// What a row holds besides its notes.
  struct Marks {
    bool arrow = false;             ///< one begins or ends here
    std::array<bool, 2> touched{};  ///< by an arrow, by Side
  };
  struct Packet {
    std::size_t departure = none;  ///< step
    std::size_t first_landing = none;
    std::size_t arrow = none;
  };

  void index_packets() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (const Departure* departure = departure_of(steps_[i])) {
        packets_[departure->id].departure = i;
      } else if (const Landing* landing = landing_of(steps_[i])) {
        Packet& packet = packets_[landing->id];
        if (packet.first_landing == none) {
          packet.first_landing = i;
        }
        if (landing->fate == LadderLeg::Fate::arrived && packet.departure != none &&
            is_real(steps_[packet.departure])) {
          quickest_ = std::min(quickest_, steps_[i].at - steps_[packet.departure].at);
        }
      }
    }
  }

  static bool reaches(const Landing& landing) { return landing.fate != LadderLeg::Fate::lost; }

  /// Forged segments arrive at once, which says nothing of the link.
  static bool is_real(const Step& step) { return departure_of(step)->origin == Origin::sender; }

  void place(std::size_t i) {
    const Step& step = steps_[i];
    if (i == cut_) {
      new_row(step.at).left_out = conversation_.left_out();
      ladder_.rows.back().gap.reset();
      shown_until_ = step.at;
    }
    if (const Departure* departure = departure_of(step)) {
      place(*departure, i);
    } else if (const Landing* landing = landing_of(step)) {
      place(*landing, i);
    } else {
      place(*remark_of(step), step.at);
    }
  }

  void place(const Remark& remark, SimTime at) {
    const std::size_t side = index_of(remark.side);
    Used& used = used_[side];
    const std::size_t last = ladder_.rows.size() - 1;
    if (used.row != none && used.at == at && !ladder_.rows[used.row].notes[side]) {
      // beside what this side did or got just now
    } else if (!ladder_.rows.empty() && ladder_.rows[last].at == at && is_open(last) &&
               !ladder_.rows[last].notes[side] && !marks_[last].touched[side]) {
      used.row = last;
    } else {
      new_row(at);
      used.row = ladder_.rows.size() - 1;
    }
    used.at = at;
    ladder_.rows[used.row].notes[side] = remark.note;
  }

  void place(const Departure& departure, std::size_t step) {
    Packet& packet = packets_[departure.id];
    const SimTime at = steps_[step].at;
    const bool single = packet.first_landing != none && fits_one_row(step, packet.first_landing);
    const std::size_t row = row_for_departure(departure.from, at);
    marks_[row].arrow = true;
    marks_[row].touched[index_of(departure.from)] = true;
    if (single && reaches(*landing_of(steps_[packet.first_landing]))) {
      marks_[row].touched[index_of(other(departure.from))] = true;
    }
    used_[index_of(departure.from)] = {row, at};
    packet.arrow = ladder_.arrows.size();
    ladder_.arrows.push_back({departure.from,
                              departure.origin,
                              departure.again,
                              departure.label.text,
                              departure.label.brief,
                              row,
                              at,
                              {}});
    if (packet.first_landing == none) {
      ladder_.arrows.back().legs.push_back({LadderLeg::Fate::open, row, at, ""});
    }
    single_[departure.id] = single;
  }

  /// The last row, when what it holds happened at this instant and leaves the arrow's way free.
  std::size_t row_for_departure(Side from, SimTime at) {
    const std::size_t last = ladder_.rows.size() - 1;
    const bool joins = !ladder_.rows.empty() && ladder_.rows[last].at == at && is_open(last) &&
                       !marks_[last].arrow && !ladder_.rows[last].notes[index_of(other(from))];
    if (!joins) {
      new_row(at);
    }
    return ladder_.rows.size() - 1;
  }

  void place(const Landing& landing, std::size_t step) {
    Packet& packet = packets_[landing.id];
    const SimTime at = steps_[step].at;
    const bool single = packet.arrow != none && packet.first_landing == step && single_[landing.id];
    const std::size_t row =
        single ? ladder_.arrows[packet.arrow].row : row_for_landing(packet, landing, at);
    ladder_.arrows[packet.arrow].legs.push_back({landing.fate, row, at, landing.reason});
    if (!reaches(landing)) return;
    const std::size_t to = index_of(other(landing.from));
    marks_[row].touched[to] = true;
    if (used_[to].row == none || used_[to].row <= row) {
      used_[to] = {row, at};
    }
    if (landing.fate == LadderLeg::Fate::discarded && !ladder_.rows[row].notes[to]) {
      ladder_.rows[row].notes[to] = LadderNote{LadderNote::Kind::discard, landing.reason};
    }
  }

  /// A row of its own, with an arrow that comes from above or from among the steps left out.
  std::size_t row_for_landing(Packet& packet, const Landing& landing, SimTime at) {
    new_row(at);
    const std::size_t row = ladder_.rows.size() - 1;
    marks_[row].arrow = true;
    if (packet.arrow == none) {
      packet.arrow = ladder_.arrows.size();
      ladder_.arrows.push_back({landing.from,
                                Origin::left_out,
                                false,
                                landing.label.text,
                                landing.label.brief,
                                row,
                                at,
                                {}});
    }
    return row;
  }

  /// Whether a packet's way from step `i` to step `j` may be drawn as one row in the place of `i`:
  /// as if nothing had happened in between.
  bool fits_one_row(std::size_t i, std::size_t j) const {
    const bool cut_between = cut_ != none && i < cut_ && j >= cut_;
    if (cut_between || steps_[j].at - steps_[i].at >= long_gap()) return false;
    for (std::size_t k = i + 1; k < j; ++k) {
      if (!may_pass(i, j, k)) return false;
    }
    return true;
  }

  bool may_pass(std::size_t i, std::size_t j, std::size_t k) const {
    const Departure& packet = *departure_of(steps_[i]);
    const Step& step = steps_[k];
    const auto at_once = [&](Side side) {
      return step.at == (side == packet.from ? steps_[i].at : steps_[j].at);
    };
    const bool plain = packet.weight == Weight::plain;
    if (const Remark* remark = remark_of(step)) {
      const bool call_of_sender =
          remark->side == packet.from && remark->note.kind == LadderNote::Kind::call;
      return at_once(remark->side) || call_of_sender || (plain && is_followed(i, k));
    }
    if (const Departure* departure = departure_of(step)) {
      return departure->from == packet.from || at_once(departure->from) ||
             (plain && departure->weight == Weight::plain);
    }
    const Landing& landing = *landing_of(step);
    if (landing.fate == LadderLeg::Fate::lost || at_once(other(landing.from))) return true;
    const std::size_t left = packets_.at(landing.id).departure;
    if (landing.from == packet.from) {
      return left == none || left < i;  // else it overtook the packet
    }
    return plain || left == none || departure_of(steps_[left])->weight == Weight::plain;
  }

  /// Whether a packet's sender sends more before step `k`. Of a burst on its way only the last
  /// shows that it arrives after what happened meanwhile.
  bool is_followed(std::size_t i, std::size_t k) const {
    const Side from = departure_of(steps_[i])->from;
    for (std::size_t j = i + 1; j < k; ++j) {
      const Departure* departure = departure_of(steps_[j]);
      if (departure != nullptr && departure->from == from) return true;
    }
    return false;
  }

  /// What counts as much time depends on the link: ten times its delay, within limits.
  SimDuration long_gap() const {
    return std::max<SimDuration>(10ms, std::min<SimDuration>(quickest_, 100ms) * 10);
  }

  LadderRow& new_row(SimTime at) {
    LadderRow row;
    row.at = at;
    if (shown_until_ != never && at - shown_until_ >= long_gap()) {
      row.gap = at - shown_until_;
    }
    ladder_.rows.push_back(std::move(row));
    marks_.emplace_back();
    return ladder_.rows.back();
  }

  /// Whether more may be put into a row; the one that names steps left out stays alone.
  bool is_open(std::size_t row) const { return ladder_.rows[row].left_out == 0; }

  const Conversation& conversation_;
  std::vector<Step> steps_;
  std::size_t cut_ = none;  ///< the first step after those left out
  std::unordered_map<std::uint64_t, Packet> packets_;
  std::unordered_map<std::uint64_t, bool> single_;
  SimDuration quickest_ = SimDuration::max();
  Ladder ladder_;
  std::vector<Marks> marks_;
  std::array<Used, 2> used_;
  SimTime shown_until_ = never;
};

}  // namespace

Ladder lay_out(const Conversation& conversation, const Names& names) {
  return Layout{conversation}.run(names);
}

}  // namespace lastack::trace
