#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "connections.hpp"
#include "rules.hpp"
#include "surroundings.hpp"

namespace lastack::explain {

/// All that a recording holds of one connection, by what is asked of it.
class Scene {
 public:
  using Events = std::vector<const trace::Event*>;

  Scene(const Connections& all, const Surroundings& around, const Connection& connection);

  const Connections& all() const { return all_; }
  const Surroundings& around() const { return around_; }
  const Connection& connection() const { return connection_; }
  const trace::Names& names() const { return all_.recording().names(); }
  const trace::Event& event(std::uint64_t n) const { return all_.event(n); }

  /// What was sent, in order.
  const Events& sends() const { return sends_; }
  /// What was sent between two events, whichever of the ends' connections it belonged to.
  Events sends_between(std::uint64_t after, std::uint64_t before) const;
  /// What the two ends sent, and which states changed, because of an event.
  const Events& sends_by(std::uint64_t n) const { return at(sends_by_, n); }
  const Events& changes_by(std::uint64_t n) const { return at(changes_by_, n); }
  /// How often the octets of a segment had been sent with it; 0 for one without any.
  std::uint64_t times_sent(const trace::Event& send) const;
  /// One end, before event `n`.
  Moment moment(trace::End end, std::uint64_t n) const;
  tcp::State state(trace::End end, std::uint64_t n) const;
  /// How long a timer that fired was waited for.
  SimDuration waited(const trace::Event& fired) const;
  /// Whether the wait was about twice that of the firing which had set the timer.
  bool doubled(const trace::Event& fired) const;
  /// The last firing of an end's timers; null where none fired.
  const trace::Event* last_fired(trace::End end) const;
  /// The timer of an end that would fire next after the run, and when.
  std::optional<std::pair<tcp::Timer, SimTime>> running(trace::End end) const;
  trace::End other(trace::End end) const {
    return end == connection_.client ? connection_.server : connection_.client;
  }

 private:
  using Octets = std::tuple<trace::HostId, tcp::Port, std::uint32_t, std::uint8_t>;

  bool is_between(trace::End a, trace::End b) const;
  void take(const trace::Event& event);
  void take_send(const trace::Event& event, const trace::Send& send);
  void take_timer(const trace::Event& event, const trace::TimerChange& timer);
  void take_call(const trace::Event& event);
  void note_application(const trace::Event& by, trace::End end);
  bool is_orphan(trace::End end, std::uint64_t n) const;
  static const Events& at(const std::map<std::uint64_t, Events>& events, std::uint64_t n);
  static Octets octets_of(const trace::Send& send);

  const Connections& all_;
  const Surroundings& around_;
  const Connection& connection_;
  Events sends_;
  Events closes_;  ///< calls of all applications of the two hosts
  std::map<std::uint64_t, Events> sends_by_;
  std::map<std::uint64_t, Events> changes_by_;
  std::map<Octets, std::vector<std::uint64_t>> times_;
  std::map<std::uint64_t, std::set<trace::Who>> applications_;   ///< by host
  std::map<std::pair<std::uint64_t, tcp::Timer>, SimTime> due_;  ///< by end
  std::map<std::uint64_t, const trace::Event*> last_fired_;      ///< by end
};

}  // namespace lastack::explain
