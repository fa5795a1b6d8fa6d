#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "app_chance.hpp"
#include "connection_book.hpp"
#include "descriptors.hpp"
#include "ends.hpp"
#include "lastack/app/step_runner.hpp"
#include "lastack/core/scheduler.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/net/network.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/stack.hpp"
#include "recorder.hpp"
#include "tally.hpp"
#include "world.hpp"

namespace lastack::run {

/// Everything of one run, and the loop that runs it: takes events from the scheduler, passes them
/// to the host, link or application they are for, and carries out what follows.
///
/// engine.cpp has the loop, segments and timers; engine_apps.cpp what applications do;
/// engine_events.cpp what the scenario does to hosts and links; engine_series.cpp the numbers on
/// the way, engine_summary.cpp those at the end.
class Simulation::Impl {
 public:
  Impl(const scenario::Scenario& scenario, std::uint64_t seed, std::vector<trace::Sink*> sinks);

  void record_series(Series& series);
  void run(const std::atomic<bool>* stop, Progress* progress);
  void watch_memory(std::function<bool()> exceeded) { memory_exceeded_ = std::move(exceeded); }
  Summary summary() const;
  Totals totals() const;

 private:
  using HostIndex = app::HostIndex;
  using ProcessIndex = std::uint32_t;
  static constexpr ProcessIndex no_process = 0xffff'ffff;
  using StateCounts = std::array<std::uint64_t, tcp::state_count>;

  static constexpr Lane connector_lane{0};
  /// Packets of one delay class arrive in order.
  static constexpr Lane lane_of(net::DelayClass delay_class) {
    return delay_class == net::no_delay_class ? no_lane
                                              : Lane{static_cast<std::uint8_t>(1 + delay_class)};
  }

  /// What an Event of the scheduler is about.
  enum class Kind : std::uint8_t {
    arrival,          ///< owner: channel, index: packet
    tcp_timer,        ///< owner: host, index: the timers' owner, packed
    process,          ///< index: process
    connector,        ///< index: into Scenario::connectors; its next connection begins
    listener_start,   ///< index: into Scenario::listeners
    listener_accept,  ///< index: into Scenario::listeners
    listener_close,   ///< index: into Scenario::listeners
    datagram,         ///< index: into Scenario::datagram_flows
    injection,        ///< index: into Scenario::injections
    host_event,       ///< index: into Scenario::host_events
    link_event,       ///< index: into Scenario::link_events
  };

  /// A running application: it is connecting, or runs its steps.
  struct Process {
    enum class Doing : std::uint8_t { nothing, connecting, waiting_for_socket, sleeping };

    explicit Process(app::StepRunner first) : runner{first} {}

    Doing doing = Doing::nothing;
    bool accepted = false;
    HostIndex host = 0;
    tcp::SocketId socket{};
    std::uint32_t program = 0;  ///< index into Scenario::listeners or ::connectors
    std::uint64_t number = 0;   ///< of a connector's connections from 0, of accepted ones from 1
    std::uint64_t cause = 0;    ///< trace event that its next call follows from
    /// What came later in the instant that woke it, which its next read may follow from; else 0.
    std::uint64_t last_arrival = 0;
    std::optional<ConnectionBook::RecordIndex> record;
    app::StepRunner runner;
    Wakeup clock;  ///< outlives the process: its place in the table is used again
  };

  /// What a host did before it was rebooted.
  struct Past {
    tcp::Counters counters;
    StateCounts peak{};
    std::array<double, tcp::state_count> socket_seconds{};
  };

  struct Host {
    explicit Host(tcp::StackConfig config) : stack{std::move(config)} {}

    tcp::Stack stack;
    std::uint32_t boots = 0;
    std::uint64_t accepted = 0;             ///< connections that its applications accepted
    std::vector<ProcessIndex> processes;    ///< by socket, whose ids are small: no_process for none
    std::vector<std::uint64_t> last_wakes;  ///< by socket, where traced: the cause; of this instant
    std::vector<std::pair<tcp::ListenerId, std::uint32_t>> listening;  ///< with listener's index
    /// Whose turn is first, a woken application's or the next segment's; none: the segment's.
    std::optional<RandomStream> turns;
    std::optional<Past> past;
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

  /// Somebody who may go on, and because of what.
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  struct Wake {
    HostIndex host;
    std::variant<tcp::SocketId, tcp::ListenerId> whom;
    std::uint64_t cause;
  };

  static std::vector<trace::Sink*> with_recording(std::vector<trace::Sink*> sinks,
                                                  const scenario::Scenario& scenario,
                                                  trace::Recording& recording);

  // engine.cpp
  static Event event(Kind kind, std::uint32_t owner, std::size_t index);
  void run_events(const std::atomic<bool>* stop, Progress* progress);
  void start();
  void schedule_scenario();
  void finish();
  /// False for an entry that has gone stale: then nothing happened.
  void look_ahead();
  bool handle(Event event);
  void packet_arrives(Event event);
  void take_in(HostIndex host, net::PacketIndex index, trace::LinkId link);
  bool tcp_timer(Event event);
  void carry_out(HostIndex host, std::uint64_t cause) {
    if (!out_.empty()) carry_out_all(host, cause);
  }
  void carry_out_all(HostIndex host, std::uint64_t cause);
  void carry_out_reported(HostIndex host, const tcp::Effect& effect, std::uint64_t& cause);
  void send(HostIndex host, const tcp::Sent& sent, std::uint64_t cause);
  void record_send(net::Packet& packet, tcp::SendReason why, std::uint64_t cause);
  void put_on_wire(net::PacketIndex index);
  void carry_out_transit();
  void carry_out_notes();
  void follow(HostIndex host, tcp::TimerOwner owner);
  template <typename What> std::uint64_t record(std::uint64_t cause, const What& what) {
    return recorder_.active() ? record_traced(cause, what) : 0;
  }
  /// Not inline: most runs have no trace.
  template <typename What>
  [[gnu::noinline]] std::uint64_t record_traced(std::uint64_t cause, const What& what) {
    return recorder_.record(now(), cause, what);
  }
  SimTime now() const { return scheduler_.now(); }

  // engine_apps.cpp
  void run_woken();
  void wake(Wake wake);
  void wake_socket(const Wake& wake, tcp::SocketId socket);
  void note_last_wake(const Wake& wake);
  void forget_last_wakes();
  std::uint64_t last_wake(HostIndex host, tcp::SocketId socket, std::uint64_t first) const;
  void start_listener(std::uint32_t index);
  void close_listener(std::uint32_t index);
  void accept_all(HostIndex host, std::uint32_t listener, tcp::ListenerId id, std::uint64_t cause);
  tcp::Error accept_one(HostIndex host, std::uint32_t listener, tcp::ListenerId id,
                        std::uint64_t cause);
  void bind_early(std::uint32_t connector);
  std::optional<SimTime> next_connection(std::uint32_t connector);
  void schedule_connector(std::uint32_t index, SimTime at);
  void start_connector(std::uint32_t index);
  app::Chance chance_of(const Process& process) const;
  void connect(std::uint32_t connector, std::uint64_t number);
  ConnectorState::Bound bound_socket(std::uint32_t connector, std::uint64_t number);
  void no_socket(std::uint32_t connector, std::uint64_t number, tcp::Error error);
  void decide(ProcessIndex index, tcp::Error result);
  ProcessIndex new_process(HostIndex host, tcp::SocketId socket,
                           const std::vector<app::Step>& steps);
  ProcessIndex process_of(HostIndex host, tcp::SocketId socket) const;
  void end_process(ProcessIndex index);
  void run_process(ProcessIndex index);
  std::optional<Ends> ends_to_close(const Process& process) const;
  void set_clock(ProcessIndex index, SimTime due);
  bool wake_process(Event event);
  trace::Who who(const Process& process) const;
  /// Returns the number of the trace event, the process's next cause; 0 where there is no trace.
  std::uint64_t log(const Process& process, trace::Call call, const app::Progress& progress) {
    return recorder_.active() ? record_call(process, call, progress) : 0;
  }
  std::uint64_t record_call(const Process& process, trace::Call call,
                            const app::Progress& progress);
  std::uint64_t log_listener(const app::Listener& listener, trace::Call call, trace::Result result,
                             std::uint64_t cause = 0);
  void send_datagram(std::uint32_t flow);

  // engine_limits.cpp
  tcp::Error take_descriptor(Program program);
  tcp::Error take_socket(Program program);
  void give_back_descriptor(Program program);
  void starve(HostIndex host, std::uint32_t listener, tcp::ListenerId id, tcp::Error error,
              std::uint64_t cause);
  void feed_starved();
  void no_longer_starved(std::uint32_t listener);
  static Program program_of(const Process& process) {
    return {process.accepted ? Program::Kind::listener : Program::Kind::connector, process.program};
  }

  // engine_events.cpp
  void note_syn(const tcp::Segment& segment);
  void inject(const scenario::Injection& injection);
  tcp::Seq resolve(const scenario::SeqRef& ref, tcp::SocketAddress local,
                   tcp::SocketAddress remote) const;
  void do_to_hosts(const scenario::HostEvent& event);
  void do_to_host(const scenario::HostEvent& event, HostIndex host);
  void reboot(HostIndex host, std::uint64_t cause);
  void forget_past(Host& host);
  void do_to_links(const scenario::LinkEvent& event);
  std::uint64_t log_host(trace::HostId host, trace::Call call, trace::Result result);

  // engine_series.cpp
  bool handle_sampled(Event event);
  SeriesSample sample() const;
  void add_listeners(const Host& host, SeriesSample& sample) const;

  // engine_summary.cpp
  void add_host(HostIndex index, Totals& totals) const;
  Totals::ByState<double> time_in(const Host& host) const;
  std::uint64_t half_open() const;
  void add_connection_times(Totals& totals) const;
  HostSummary host_summary(HostIndex index) const;
  ConnectionSummary connection_summary(const ConnectionBook::Record& record) const;
  void add_final_states(Summary& summary) const;

  scenario::Scenario scenario_;  ///< a copy of its own: applications point into it
  World world_;
  AppChance app_chance_;
  trace::Recording recording_;  ///< for expectations
  Recorder recorder_;
  tcp::Output out_;
  Scheduler scheduler_;
  net::Network network_;
  net::Transit transit_;
  std::vector<Host> hosts_;
  std::vector<Process> processes_;
  std::vector<ProcessIndex> free_processes_;
  std::vector<ConnectorState> connectors_;
  /// Connectors with a from_port, behind their hosts; in order.
  std::vector<std::pair<HostIndex, std::uint32_t>> early_binders_;
  std::vector<std::uint64_t> datagrams_sent_;  ///< by flow
  Descriptors descriptors_;
  /// A listener that could not accept for want of a descriptor.
  struct Starved {
    HostIndex host;
    std::uint32_t listener;  ///< index into Scenario::listeners
    tcp::ListenerId id;
  };
  std::vector<Starved> starved_;
  std::vector<Wake> woken_;
  /// How many more events of this instant the woken ones let pass; as a rule all.
  std::uint64_t patience_ = unlimited;
  Tally tally_;
  ConnectionBook book_;
  tcp::StateTotals sockets_;  ///< of all hosts
  /// Number of the last SYN from `local` to `remote`, kept only where segments are injected.
  boost::unordered_flat_map<Ends, tcp::Seq> last_syn_;
  Series* series_ = nullptr;
  SimTime series_due_ = never;      ///< of its next sample
  std::vector<HostIndex> servers_;  ///< hosts that listen; only where there is a series
  std::uint64_t last_packet_id_ = 0;
  std::uint64_t arriving_id_ = 0;  ///< packet that is being taken in
  SimTime ended_ = sim_start;      ///< when the last thing happened, or the run was cut
  bool started_ = false;
  bool interrupted_ = false;
  std::function<bool()> memory_exceeded_;
  bool out_of_memory_ = false;
};

}  // namespace lastack::run
