#pragma once

#include <vector>

#include "lastack/event/event.hpp"

namespace lastack::trace {

/// Keeps a whole trace in memory, for expectations and tests.
class Recording final : public Sink {
 public:
  void begin(const Names& names) override;
  void event(const Event& event) override { events_.push_back(event); }
  void end(SimTime at) override { end_ = at; }

  /// What `begin` was given.
  const Names& names() const { return names_; }
  /// The events so far, in order.
  const std::vector<Event>& events() const { return events_; }
  SimTime ended() const { return end_; }  ///< sim_start while the run goes on

  /// Shows the recording to another sink, as if that had been there.
  void replay(Sink& sink) const;

  /// Asserts what is always true of a run's events: they are numbered from 1 without gaps, times
  /// ascend, and causes come before what they cause.
  void check_invariants() const;

 private:
  Names names_;
  std::vector<Event> events_;
  SimTime end_ = sim_start;
};

}  // namespace lastack::trace
