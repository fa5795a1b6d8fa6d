#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/event/recording.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::test {

/// One run of a scenario, with everything that it left. Two hosts, client and server, 10 ms apart,
/// with exact timers of `textbook` unless the scenario says otherwise.
class Story {
 public:
  /// `json` holds the keys of a scenario but for those of the usual surroundings, without the outer
  /// braces: `"apps": […], "faults": […]`.
  explicit Story(std::string_view json, std::uint64_t seed = 1);

  const run::Summary& summary() const { return summary_; }
  const std::vector<trace::Event>& events() const { return recording_.events(); }
  const trace::Recording& recording() const { return recording_; }

  /// Segments as the wire saw them, one a line: "10 server S. lost", times in ms. `from` and `to`
  /// limit the time.
  std::string segments(SimDuration from = {}, SimDuration to = 1000h) const;
  /// Calls and results: "20 client connect connected ok".
  std::string calls(std::string_view host = {}) const;
  /// States that the host's sockets entered: "0 SYN_SENT".
  std::string states(std::string_view host) const;
  /// The event that caused this one; null if none did.
  const trace::Event* cause_of(const trace::Event& event) const;
  /// The nth event (from 1) that is a T and satisfies `wanted`. Fails the test if there is none.
  template <typename T, typename Predicate>
  const trace::Event& find(Predicate wanted, int nth = 1) const {
    for (const trace::Event& event : events()) {
      const T* what = std::get_if<T>(&event.what);
      if (what != nullptr && wanted(*what) && --nth == 0) return event;
    }
    throw std::runtime_error{"the trace has no such event"};
  }
  const trace::Event& sent(std::string_view host, std::string_view flags, int nth = 1) const;
  const trace::Event& call(std::string_view host, std::string_view name, int nth = 1) const;

 private:
  std::string host(trace::HostId id) const { return recording_.names().name(id); }

  trace::Recording recording_;
  run::Summary summary_;
};

/// The scenario that a Story runs.
scenario::Scenario usual_scenario(std::string_view json);

}  // namespace lastack::test
