#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lastack/event/recording.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/world.hpp"

namespace lastack::run {

/// What a run's events say about what its scenario's expectations ask, sorted so that an answer
/// does not take a walk over all of them.
class EventIndex {
 public:
  /// The recording has to live as long.
  EventIndex(const scenario::Scenario& scenario, const scenario::World& world,
             const trace::Recording& recording);

  /// How many events there are, and the last; null where there is none.
  struct Found {
    std::uint64_t count = 0;
    const trace::Event* last = nullptr;
  };
  /// The segments that a filter of the scenario's expectations matches.
  Found segments(const scenario::SegmentFilter& filter) const;
  /// The calls that such an expectation counts.
  Found calls(const scenario::ExpectCall& expect) const;
  /// The call that such an expectation is about, whatever came of it; and how many there are before
  /// or instead.
  Found nth_call(const scenario::ExpectCall& expect) const;

  /// What is known of the sockets that an expectation means, at its time.
  struct Sockets {
    bool some_ever = false;                            ///< at any time of the run
    std::array<std::uint64_t, tcp::state_count> in{};  ///< by state; CLOSED counts for nothing
    const trace::Event* latest = nullptr;              ///< change of state
  };
  Sockets sockets(const scenario::ExpectState& expect) const;

  /// The changes of the first socket that such an expectation means; null where there is none.
  const std::vector<const trace::Event*>* changes(const scenario::ExpectPath& expect) const;

 private:
  using Events = std::vector<const trace::Event*>;
  using Hosts = std::pair<net::NodeIndex, net::NodeIndex>;  ///< both included
  using Ends = std::pair<Hosts, Hosts>;                     ///< sender, receiver
  /// Flags without P, payload, reason and fates: what filters ask of a segment.
  struct Traits {
    std::uint16_t flags;
    bool payload;
    tcp::SendReason why;
    std::uint8_t fates;

    friend auto operator<=>(const Traits&, const Traits&) = default;
  };
  using Call = std::pair<trace::Call, Hosts>;
  /// Who made it, or "" for anybody; what came of it, or nothing for whatever.
  using CallDetails = std::pair<std::string, std::optional<std::string>>;
  /// Local hosts and port, whether it listens, and the peers where they matter.
  using SocketKey = std::tuple<Hosts, tcp::Port, bool, std::optional<std::pair<Hosts, tcp::Port>>>;
  /// A socket of a run by its numbers.
  using SocketId = std::pair<std::uint64_t, std::uint32_t>;
  struct Question {
    SimTime at;
    const scenario::ExpectState* expect;
  };
  struct OfSockets {
    Sockets now;
    std::vector<Question> questions;  ///< by time
    std::size_t answered = 0;
    bool wants_path = false;
    std::optional<SocketId> first;  ///< that came up
  };
  struct Socket {
    tcp::State state = tcp::State::closed;
    bool first_of_some = false;
    Events changes;  ///< where it is the first of some
  };

  Hosts hosts(const std::optional<scenario::HostRef>& ref) const;
  std::array<Hosts, 2> that_hold(trace::HostId host) const;
  SocketKey key(const scenario::SocketRef& ref, bool listening) const;

  void ask(const scenario::Expectation& expectation);
  void note_fate(const trace::Event& event);
  void note(const trace::Event& event);
  void note_segment(const trace::Event& event, const trace::Send& send);
  void note_call(const trace::Event& event, const trace::AppCall& call);
  void note_change(const trace::Event& event, const trace::StateChange& change);
  void change_of(OfSockets& sockets, const trace::Event& event, SocketId id, Socket& socket);
  void answer(OfSockets& sockets, SimTime before);

  const scenario::World& world_;
  std::unordered_map<std::uint64_t, std::uint8_t> fates_;  ///< by segment id; a bit for each
  std::map<Ends, std::map<Traits, Events>> segments_;
  std::map<Call, std::map<CallDetails, Events>> calls_;
  std::map<SocketKey, OfSockets> sockets_;
  std::map<SocketId, Socket> lives_;
  std::map<const scenario::ExpectState*, Sockets> answers_;
};

}  // namespace lastack::run
