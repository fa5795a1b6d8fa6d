#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/event/event.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/state.hpp"

// The same scenario on the kernel of this machine: each host is a network namespace with real
// sockets, and the wire between their TUN devices is ours. Everything belongs to this process: the
// namespaces have no names, and the kernel takes them away when the process ends, however it ends.
// Of a killed process a tracing instance is left, which the next start of any command removes.
namespace lastack::kernel {

/// The machine does not let us do something: what() names the step and the reason.
class LabError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a lab needs of the machine.
struct Rights {
  std::vector<std::string> missing;  ///< without these nothing can be recorded; empty: all is there
  std::vector<std::string> limits;   ///< what is not there but can be done without, and its price
};

/// Tries what a lab needs. On other systems than Linux `missing` says so.
Rights check_rights();

/// Removes what labs that were killed left on this machine, which is a tracing instance each, as
/// far as this process may. Labs that run keep theirs. Takes some microseconds where there is
/// nothing.
void remove_leftovers();

/// What of the scenario a kernel or this lab cannot do, each at its place in the file; none: it can
/// be recorded. Nothing is ever left out silently.
std::vector<scenario::ScenarioError> refusals(const scenario::Scenario& scenario);

struct LabOptions {
  /// A run in which a segment or an application was later than this counts as late and is repeated.
  SimDuration late = 4ms;
  unsigned tries = 4;  ///< runs at most, the first included; at least 1
};

/// A socket's state as the kernel showed it.
struct SocketChange {
  SimTime at;
  trace::HostId host{};
  tcp::Port local = 0;
  tcp::Port remote = 0;
  std::optional<tcp::State> was;  ///< absent: there was no such socket
  std::optional<tcp::State> now;  ///< absent: there is none any more
  trace::HostId peer{};           ///< whose the remote port is; of no account where that is 0
};

/// How late the lab was, at worst.
struct Lateness {
  SimDuration wire{};  ///< of a segment's delivery
  SimDuration apps{};  ///< of an application that waited for a time

  /// The greater of both.
  SimDuration worst() const { return wire > apps ? wire : apps; }
};

/// What one run on the kernel left.
struct KernelRun {
  /// The same events as a simulation's trace, but for timers, which a kernel does not show. States
  /// are put together from `tracepoints` and `table`; what caused an event, and why a segment was
  /// sent, are guesses from times and numbers.
  std::shared_ptr<const trace::Recording> trace;
  std::vector<SocketChange> tracepoints;  ///< sock:inet_sock_set_state, by time
  std::vector<SocketChange> table;        ///< sock_diag, sampled; LISTEN left out; by time
  /// For each forged segment of the trace, in order, its place in Scenario::injections.
  std::vector<std::size_t> injections;
  Lateness lateness;
};

enum class Outcome : std::uint8_t {
  recorded,
  late,         ///< in every try; `run` holds the least late one
  skipped,      ///< this kernel lacks a setting that the scenario names: `reason` says which
  interrupted,  ///< `stop` turned true; there is no run
};

struct LabResult {
  Outcome outcome = Outcome::recorded;
  std::string reason;              ///< of `skipped`
  std::optional<KernelRun> run;    ///< for `recorded` and `late`
  unsigned tries = 0;              ///< runs that were made
  std::vector<std::string> notes;  ///< what was not as the scenario has it, though nobody named it
};

/// Runs the scenario in real time, at most until its `stop_at`; it ends earlier when nothing is
/// left to happen. May be called from several threads at once.
///
/// Requires that refusals() has none. Throws LabError when the machine refuses a step, and
/// ScenarioError when the kernel refuses a setting's value. `stop` ends it within 50 ms.
LabResult record(const scenario::Scenario& scenario, const LabOptions& options = {},
                 const std::atomic<bool>* stop = nullptr);

/// Several runs of one scenario in the form of tests/oracle/traces: {"recordings": […]}.
std::string recordings_json(const scenario::Scenario& scenario, std::span<const KernelRun> runs);

}  // namespace lastack::kernel
