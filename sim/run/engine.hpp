#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "applications.hpp"
#include "check_pace.hpp"
#include "connection_book.hpp"
#include "ends.hpp"
#include "event_kind.hpp"
#include "lastack/core/scheduler.hpp"
#include "lastack/event/recording.hpp"
#include "lastack/net/network.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/world.hpp"
#include "lastack/tcp/stack.hpp"
#include "recorder.hpp"
#include "tally.hpp"

namespace lastack::run {

/// Everything of one run, and the loop that runs it: takes events from the scheduler, passes them
/// to the host, link or application they are for, and carries out what follows.
///
/// engine.cpp has the loop, segments and timers; engine_events.cpp what the scenario does to hosts
/// and links, and what it sends past TCP; engine_series.cpp the numbers on the way,
/// engine_summary.cpp those at the end, engine_checks.cpp what is always true. What applications do
/// is theirs (Applications).
class Simulation::Impl final : private Applications::Driver {
 public:
  Impl(const scenario::Scenario& scenario, std::uint64_t seed, std::vector<trace::Sink*> sinks);

  void record_series(Series& series);
  void run(const std::atomic<bool>* stop, Progress* progress);
  void keep_checking();
  void follow_connections();
  std::uint64_t checks() const { return pace_ ? pace_->checks() : 0; }
  void watch_memory(std::function<bool()> exceeded) { memory_exceeded_ = std::move(exceeded); }
  Summary summary() const;
  Totals totals() const;

 private:
  using HostIndex = app::HostIndex;
  using StateCounts = std::array<std::uint64_t, tcp::state_count>;

  /// What a host did before it was rebooted.
  struct Past {
    tcp::Counters counters;
    StateCounts peak{};
    std::array<double, tcp::state_count> socket_seconds{};
  };

  /// How often a host was rebooted, and what it did before that.
  struct Lives {
    std::uint32_t boots = 0;
    std::optional<Past> past;
  };

  /// What an Output follows from.
  struct Occasion {
    std::uint64_t cause = 0;   ///< number of the trace event; 0 for none
    std::uint64_t packet = 0;  ///< id of the one that is being taken in; 0 for none
  };

  static std::vector<trace::Sink*> with_recording(std::vector<trace::Sink*> sinks,
                                                  const scenario::Scenario& scenario,
                                                  trace::Recording& recording);

  // engine.cpp
  void run_events(const std::atomic<bool>* stop, Progress* progress);
  void start();
  void schedule_scenario();
  void finish();
  void look_ahead();
  /// False for an entry that has gone stale: then nothing happened.
  bool handle(Event event);
  void packet_arrives(Event event);
  void take_in(HostIndex host, net::PacketIndex index, trace::LinkId link);
  bool tcp_timer(Event event);
  void carry_out(HostIndex host, const Occasion& occasion) {
    if (!out_.empty()) carry_out_all(host, occasion);
  }
  void carry_out(HostIndex host, std::uint64_t cause) override { carry_out_all(host, {cause}); }
  void carry_out_all(HostIndex host, Occasion occasion);
  std::uint64_t carry_out_reported(HostIndex host, const tcp::Effect& effect,
                                   const Occasion& occasion);
  void send(HostIndex host, const tcp::Sent& sent, std::uint64_t cause);
  void record_send(net::Packet& packet, tcp::SendReason why, std::uint64_t cause);
  void put_on_wire(net::PacketIndex index);
  void carry_out_transit();
  void schedule_arrival(const net::Arrival& arrival, Lane lane);
  void stand_still(const net::Packet& packet);
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

  // engine_events.cpp
  void note_numbers(const tcp::Segment& segment);
  tcp::Timestamp last_stamp(tcp::SocketAddress local, tcp::SocketAddress remote) const;
  void inject(const scenario::Injection& injection);
  tcp::Seq resolve(const scenario::SeqRef& ref, tcp::SocketAddress local,
                   tcp::SocketAddress remote) const;
  void do_to_hosts(const scenario::HostEvent& event);
  void do_to_host(const scenario::HostEvent& event, HostIndex host);
  void reboot(HostIndex host, std::uint64_t cause);
  void forget_past(HostIndex host);
  void do_to_links(const scenario::LinkEvent& event);
  void send_datagram(std::uint32_t flow);
  std::uint64_t log_host(trace::HostId host, trace::Call call, trace::Result result);

  // engine_series.cpp
  bool handle_sampled(Event event);
  SeriesSample sample() const;
  void add_listeners(HostIndex host, SeriesSample& sample) const;

  // engine_checks.cpp
  void check_now();
  void check_invariants() const;
  void check_packets() const;
  void check_stacks() const;
  void check_deadlines() const;

  // engine_summary.cpp
  void add_host(HostIndex index, Totals& totals) const;
  Totals::ByState<double> time_in(HostIndex host) const;
  std::uint64_t half_open() const;
  std::uint64_t events_to_come() const;
  HostSummary host_summary(HostIndex index) const;
  ConnectionSummary connection_summary(const ConnectionBook::Record& record) const;
  void add_final_states(Summary& summary) const;

  scenario::Scenario scenario_;  ///< a copy of its own: applications point into it
  scenario::World world_;
  trace::Recording recording_;  ///< for expectations
  Recorder recorder_;
  tcp::Output out_;
  Scheduler scheduler_;
  net::Network network_;
  net::Transit transit_;
  std::vector<tcp::Stack> stacks_;             ///< by host
  std::vector<Lives> lives_;                   ///< by host
  std::vector<std::uint64_t> datagrams_sent_;  ///< by flow
  Tally tally_;
  ConnectionBook book_;
  tcp::StateTotals sockets_;  ///< of all hosts
  Applications applications_;
  /// Number of the last SYN from `local` to `remote`, kept only where segments are injected.
  boost::unordered_flat_map<Ends, tcp::Seq> last_syn_;
  boost::unordered_flat_map<Ends, tcp::Timestamp> last_stamp_;  ///< likewise, of its TSvals
  std::optional<CheckPace> pace_;                               ///< of checks, where there are any
  Series* series_ = nullptr;
  SimTime series_due_ = never;      ///< of its next sample
  std::vector<HostIndex> servers_;  ///< hosts that listen; only where there is a series
  std::uint64_t last_packet_id_ = 0;
  SimTime ended_ = sim_start;              ///< when the last thing happened, or the run was cut
  std::uint32_t chain_ = 0;                ///< Packet::chain of what is being handled
  std::optional<std::string> standstill_;  ///< whose packets followed from one another for ever
  std::optional<Event> beyond_stop_;       ///< the first event after stop_at, which left the queue
  bool started_ = false;
  bool interrupted_ = false;
  std::function<bool()> memory_exceeded_;
  bool out_of_memory_ = false;
};

}  // namespace lastack::run
