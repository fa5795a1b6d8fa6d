#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/event.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::trace {

/// The two ends of a ladder. The one that spoke first stands left.
enum class Side : std::uint8_t { left, right };

constexpr Side other(Side side) { return side == Side::left ? Side::right : Side::left; }
constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

/// Words beside one end's line.
struct LadderNote {
  enum class Kind : std::uint8_t {
    state,    ///< the connection entered a state: "ESTABLISHED"
    call,     ///< an application's call or its result: "connect", "connect: ETIMEDOUT"
    timer,    ///< a timer fired, so long after it was armed: "rto 1.02 s"
    discard,  ///< the host threw away what just arrived: "accept_queue"
    host,     ///< power and settings: "power_off"
  };
  Kind kind;
  std::string text;
  tcp::State state = tcp::State::closed;  ///< for Kind::state
};

/// Its text behind the sign of its kind: "◷ rto 1.02 s", "✗ accept_queue".
std::string text_of(const LadderNote& note);

/// One line of the diagram.
struct LadderRow {
  SimTime at;                      ///< an arrow within one row: when it left
  std::optional<SimDuration> gap;  ///< since what stands above, where that is long
  std::uint64_t left_out = 0;      ///< steps that are not shown, between the row above and this one
  std::array<std::optional<LadderNote>, 2> notes;  ///< by Side
};

/// Where one copy of a packet went.
struct LadderLeg {
  enum class Fate : std::uint8_t {
    arrived,
    lost,       ///< on the wire
    discarded,  ///< at the other end, without having arrived
    open,       ///< still on its way at the end, or its end is among the steps left out
  };
  Fate fate;
  std::size_t row;  ///< where it ends; that of the arrow when nothing came between
  SimTime at;
  std::string reason;  ///< of a loss: "fault", "queue at r1"
};

/// Where an arrow begins.
enum class Origin : std::uint8_t {
  sender,
  nowhere,   ///< forged
  left_out,  ///< among the steps left out
};

/// A packet, with a leg for each copy.
struct LadderArrow {
  Side from;
  Origin origin = Origin::sender;
  bool again = false;       ///< it repeats what was sent before
  std::string label;        ///< "SYN ACK seq=0 ack=1"
  std::string short_label;  ///< for where that has no room: "SYN ACK ack=1"
  std::size_t row;          ///< where it leaves
  SimTime at;
  std::vector<LadderLeg> legs;
};

/// The conversation of two ends, from top to bottom. A row holds at most one arrow's beginning or
/// end.
struct Ladder {
  Protocol protocol = Protocol::tcp;
  std::array<std::string, 2> ends;           ///< "client:40000", by Side
  std::array<tcp::State, 2> first_states{};  ///< before the first row
  std::array<tcp::State, 2> last_states{};   ///< at the end of the run
  std::vector<LadderRow> rows;
  std::vector<LadderArrow> arrows;  ///< ordered by row

  /// Asserts what is always true: times ascend from row to row, arrows are in the order of their
  /// rows, each has a leg, and no leg ends above the row where it begins.
  void check_invariants() const;
};

/// All that a ladder diagram shows of a run: one ladder for each pair of ends, in the order of
/// their first events.
struct LadderSheet {
  std::string scenario;
  std::string description;
  std::uint64_t seed = 1;
  SimTime ended = sim_start;
  std::vector<Ladder> ladders;
  std::uint64_t ladders_left_out = 0;
  /// Calls that never led to a segment: "client connect#3: connect: EADDRNOTAVAIL".
  std::vector<std::pair<SimTime, std::string>> loose_calls;
  std::uint64_t loose_calls_left_out = 0;
};

/// What of a long run is shown.
struct LadderLimits {
  std::size_t ladders = 16;
  std::size_t first_steps = 400;  ///< of each ladder
  std::size_t last_steps = 200;   ///< of each ladder
  std::size_t loose_calls = 20;
};

/// Lays out ladders from a trace; every renderer starts from its sheet. It keeps no more of the run
/// than the limits say.
class LadderBuilder final : public Sink {
 public:
  /// Keeps as much of the run as `limits` says.
  explicit LadderBuilder(LadderLimits limits = {});
  ~LadderBuilder() override;

  void begin(const Names& names) override;
  void event(const Event& event) override;
  void end(SimTime at) override;

  /// Requires that the run has ended.
  LadderSheet sheet() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::trace
