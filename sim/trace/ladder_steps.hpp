#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lastack/trace/ladder.hpp"

namespace lastack::trace {

/// What is written on a packet's arrow.
struct Label {
  std::string text;
  std::string brief;  ///< for where there is little room
};

/// Whether a packet can change a state. Plain ones (data and acknowledgments, datagrams) may be
/// drawn past each other; the others show every crossing.
enum class Weight : std::uint8_t { plain, control };

struct Departure {
  std::uint64_t id;
  Side from;
  Weight weight;
  Origin origin;
  bool again;
  Label label;
};

/// The end of one copy of a packet.
struct Landing {
  std::uint64_t id;
  Side from;  ///< who sent it
  LadderLeg::Fate fate;
  std::string reason;
  Label label;  ///< for when its departure is among the steps left out
};

struct Remark {
  Side side;
  LadderNote note;
};

/// What a ladder shows one after the other.
struct Step {
  SimTime at;
  std::uint64_t n = 0;  ///< of its event
  std::uint64_t cause = 0;
  std::variant<Departure, Landing, Remark> what;
};

/// The steps of one pair of ends: the first ones and the last ones of a long conversation.
class Conversation {
 public:
  Conversation(Protocol carrier, End left, End right, const LadderLimits& limits)
      : protocol{carrier},
        ends{left, right},
        limits_{limits} {}

  void add(Step step);
  /// The departure of a packet, if it is kept.
  Departure* departure(std::uint64_t id);

  const std::vector<Step>& first_steps() const { return first_; }
  const std::deque<Step>& last_steps() const { return last_; }
  std::uint64_t left_out() const { return left_out_; }

  Side side_of(End end) const { return end == ends[0] ? Side::left : Side::right; }

  Protocol protocol;
  std::array<End, 2> ends;
  std::array<std::optional<tcp::State>, 2> first_states;
  std::array<tcp::State, 2> states{};
  std::array<std::optional<tcp::Seq>, 2> iss;
  std::array<std::array<std::optional<SimTime>, 8>, 2> armed;  ///< timers, by Side and tcp::Timer
  std::array<std::string, 2> apps;  ///< who holds the socket: "connect", "accept#1"

 private:
  LadderLimits limits_;
  std::vector<Step> first_;
  std::deque<Step> last_;
  std::uint64_t left_out_ = 0;
};

/// Turns steps into rows and arrows.
Ladder lay_out(const Conversation& conversation, const Names& names);

}  // namespace lastack::trace
