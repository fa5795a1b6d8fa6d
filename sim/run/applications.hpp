#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "app_chance.hpp"
#include "connection_book.hpp"
#include "descriptors.hpp"
#include "ends.hpp"
#include "lastack/app/step_runner.hpp"
#include "lastack/core/scheduler.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/world.hpp"
#include "lastack/tcp/stack.hpp"
#include "process_table.hpp"
#include "recorder.hpp"
#include "requests.hpp"
#include "tally.hpp"
#include "woken.hpp"

namespace lastack::run {

/// The applications of a run: its listeners, its connectors, and a process for each connection of
/// theirs. They own who runs, who waits for what, who was woken, and the descriptors they hold.
///
/// They are told what happened (TCP woke somebody, a time came, a host lost everything) and make
/// their calls to the hosts' stacks. What a call makes TCP do stands in the Output; the Driver
/// carries it out before the next call. Who was woken goes on when `run_woken` says so.
class Applications {
 public:
  /// What they run on. All of it outlives them.
  struct Surroundings {
    const scenario::Scenario& scenario;
    const scenario::World& world;
    std::vector<tcp::Stack>& stacks;  ///< by host
    tcp::Output& out;                 ///< of each call
    Scheduler& scheduler;  ///< has their clocks (EventKind::process) and when connectors begin
    Recorder& recorder;    ///< is told of calls and results
    Tally& tally;
    ConnectionBook& book;
  };
  /// Who carries out what a call left in the Output.
  class Driver {
   public:
    /// `cause` is the trace event that it follows from; 0 for none.
    virtual void carry_out(app::HostIndex host, std::uint64_t cause) = 0;

   protected:
    ~Driver() = default;
  };

  Applications(const Surroundings& surroundings, Driver& driver);
  /// On this host the turn of those who were woken comes by chance, drawn from `turns`.
  void take_turns(app::HostIndex host, RandomStream turns) { woken_.take_turns(host, turns); }

  // --- Before the clock starts ---

  /// What is there from the start: sockets bound before their time, then listeners.
  void start();
  /// When the connector's next connection begins; the one before begins now. Asked once for each.
  std::optional<SimTime> next_connection(std::uint32_t connector);

  // --- A time came ---

  void start_listener(std::uint32_t listener);
  /// From now on it accepts; those that wait already first.
  void begin_to_accept(std::uint32_t listener);
  void close_listener(std::uint32_t listener);
  /// One connection of the connector begins, and the time of the next is set.
  void start_connector(std::uint32_t connector);
  /// An entry of a process's clock came up. False if it had gone stale: then nothing happened.
  bool clock_came_up(Event event);
  /// The same, of an entry that comes after the end: nothing is done.
  bool clock_is_real(Event event) {
    return surroundings_.scheduler.comes_due(processes_[event.index].clock, event);
  }

  // --- TCP woke somebody ---

  void wake(const Wake& wake) { woken_.add(wake, surroundings_.scheduler.now()); }
  const Woken& woken() const { return woken_; }
  /// One more event goes before those who were woken.
  void let_pass() { woken_.let_pass(surroundings_.scheduler.now()); }
  /// Lets everybody go on who may, and those whom they wake.
  void run_woken();

  // --- Something befell a host ---

  /// Its processes, listeners and descriptors are gone. Its stack is still the old one.
  void host_lost(app::HostIndex host);
  /// Its stack is a new one: sockets are bound that connectors bind before their time.
  void host_is_back(app::HostIndex host);
  /// Limits of a host may be others than before.
  void settings_changed();

  // --- For checks: these look at all of them ---

  /// Asserts what is always true between two events, when nobody is woken or all wait for their
  /// turn: each process waits for something, and every socket that a host's applications hold is
  /// a descriptor of theirs.
  void check_invariants() const;
  const ProcessTable& processes() const { return processes_; }

  /// For want of memory the run is over: what would only serve its rest makes room.
  void give_up();

 private:
  using HostIndex = app::HostIndex;

  /// What the applications of one host have.
  struct Host {
    std::uint64_t accepted = 0;  ///< connections so far, in all its lives
    std::vector<std::pair<tcp::ListenerId, std::uint32_t>> listening;  ///< with listener's index
  };
  /// A connector's progress, and the sockets it bound before their time.
  struct ConnectorState {
    struct Bound {
      std::optional<tcp::SocketId> socket;  ///< absent: there was none to be had
      tcp::Error error;
    };
    std::uint64_t next = 0;    ///< which of its connections begins next
    std::vector<Bound> bound;  ///< by index; those begun are stale
  };
  /// A listener that could not accept for want of a descriptor.
  struct Starved {
    HostIndex host;
    std::uint32_t listener;  ///< index into Scenario::listeners
    tcp::ListenerId id;
  };

  // applications.cpp: processes and their steps
  void wake_socket(const Wake& wake, tcp::SocketId socket);
  void decide(ProcessIndex index, tcp::Error result);
  void begin_steps(Process& process);
  void run_process(ProcessIndex index);
  void count(ProcessIndex index, std::size_t step, const app::Progress& progress);
  std::optional<Ends> ends_to_close(const Process& process) const;
  void set_clock(ProcessIndex index, SimTime due);
  app::Chance chance_of(const Process& process) const;

  // listeners.cpp
  void wake_listener(const Wake& wake, tcp::ListenerId id);
  void accept_all(HostIndex host, std::uint32_t listener, tcp::ListenerId id, std::uint64_t cause);
  tcp::Error accept_one(HostIndex host, std::uint32_t listener, tcp::ListenerId id,
                        std::uint64_t cause);
  void starve(const Starved& who, tcp::Error error, std::uint64_t cause);
  void feed_starved();
  void no_longer_starved(std::uint32_t listener);

  // connectors.cpp
  void bind_early(std::uint32_t connector);
  void schedule_connector(std::uint32_t connector, SimTime at);
  void connect(std::uint32_t connector, std::uint64_t number);
  ConnectorState::Bound bound_socket(std::uint32_t connector, std::uint64_t number);
  void no_socket(std::uint32_t connector, std::uint64_t number, tcp::Error error);

  // applications.cpp: descriptors
  tcp::Error take_descriptor(Program program);
  tcp::Error take_socket(Program program);
  void give_back_descriptor(Program program);

  // applications.cpp: the trace. Each returns the event's number, the next cause; 0 for no trace.
  trace::Who who(const Process& process) const;
  std::uint64_t log(const Process& process, trace::Call call, const app::Progress& progress) {
    return surroundings_.recorder.active() ? record_call(process, call, progress) : 0;
  }
  std::uint64_t record_call(const Process& process, trace::Call call,
                            const app::Progress& progress);
  std::uint64_t log_listener(const app::Listener& listener, trace::Call call, trace::Result result,
                             std::uint64_t cause = 0);

  SimTime now() const { return surroundings_.scheduler.now(); }
  tcp::Stack& stack(HostIndex host) { return surroundings_.stacks[host]; }
  const tcp::Stack& stack(HostIndex host) const { return surroundings_.stacks[host]; }
  tcp::Output& out() { return surroundings_.out; }
  void carry_out(HostIndex host, std::uint64_t cause) {
    if (!surroundings_.out.empty()) driver_.carry_out(host, cause);
  }
  const app::Listener& listener(std::uint32_t index) const {
    return surroundings_.scenario.listeners[index];
  }
  const app::Connector& connector(std::uint32_t index) const {
    return surroundings_.scenario.connectors[index];
  }

  Surroundings surroundings_;
  Driver& driver_;
  AppChance chance_;
  std::vector<Host> hosts_;
  ProcessTable processes_;
  std::vector<ConnectorState> connectors_;
  /// Connectors with a from_port, behind their hosts; in order.
  std::vector<std::pair<HostIndex, std::uint32_t>> early_binders_;
  Descriptors descriptors_;
  Requests requests_;
  std::vector<Starved> starved_;
  Woken woken_;
};

}  // namespace lastack::run
