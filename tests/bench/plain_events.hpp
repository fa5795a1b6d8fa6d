#pragma once

#include <cstdint>

#include "lastack/event/event.hpp"

namespace lastack::bench {

/// What a plain discrete-event simulator would have scheduled for a run, counted from its trace:
/// each arrival of a packet, each arming of a timer (also one that is cancelled or moved before it
/// is due), each time that an application goes on. tests/bench/README.md says why.
class PlainEvents final : public trace::Sink {
 public:
  struct Counts {
    std::uint64_t arrivals = 0;  ///< at hosts; the scenarios here have no routers
    std::uint64_t timers = 0;
    std::uint64_t applications = 0;

    std::uint64_t total() const { return arrivals + timers + applications; }
  };

  void begin(const trace::Names& /*names*/) override {}
  void event(const trace::Event& event) override;
  void end(SimTime /*at*/) override {}

  const Counts& counts() const { return counts_; }
  std::uint64_t traced() const { return traced_; }  ///< all events of the trace

 private:
  Counts counts_;
  std::uint64_t traced_ = 0;
};

}  // namespace lastack::bench
