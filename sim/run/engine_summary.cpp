// The numbers of a run.
#include <algorithm>
#include <map>

#include "engine.hpp"
#include "expectations.hpp"
#include "lastack/core/assert.hpp"
#include "unmatched.hpp"

namespace lastack::run {

namespace {

using tcp::State;

constexpr State state_at(std::size_t index) { return static_cast<State>(index); }

/// The numbers that are not zero, by the names of their states.
template <typename Number, typename Array>
std::map<std::string, Number> by_state(const Array& numbers) {
  std::map<std::string, Number> named;
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    if (numbers[s] != Number{}) named.emplace(tcp::name_of(state_at(s)), numbers[s]);
  }
  return named;
}

/// How often each error came that came at all.
std::map<std::string, std::uint64_t> by_name(const std::array<std::uint64_t, error_count>& errors) {
  std::map<std::string, std::uint64_t> named;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] > 0) named.emplace(tcp::name_of(static_cast<tcp::Error>(i)), errors[i]);
  }
  return named;
}

void count(Summary& summary, const Tally& tally) {
  summary.lost_by_reason = tally.lost.by_name();
  summary.discarded_by_reason = tally.discarded.by_name();
  for (std::size_t i = 0; i < tally.retransmitted.size(); ++i) {
    if (tally.retransmitted[i] == 0) continue;
    const auto reason = static_cast<tcp::SendReason>(i);
    summary.retransmitted_by_cause.emplace(tcp::name_of(reason), tally.retransmitted[i]);
  }
  summary.accept_errors = by_name(tally.accept_errors);
  summary.datagrams_sent = tally.datagrams_sent;
  summary.datagrams_received = tally.datagrams_received;
}

/// What plain numbers and summary have in common, by names.
void take(Summary& summary, const Totals& totals) {
  summary.simulated_seconds = to_seconds(totals.simulated);
  summary.interrupted = totals.interrupted;
  summary.out_of_memory = totals.out_of_memory;
  summary.standstill = totals.standstill;
  summary.events = totals.events;
  summary.segments_sent = totals.segments_sent;
  summary.segments_lost = totals.segments_lost;
  summary.segments_discarded = totals.segments_discarded;
  summary.segments_retransmitted = totals.segments_retransmitted;
  for (std::size_t i = 0; i < segment_kind_count; ++i) {
    const auto kind = static_cast<SegmentKind>(i);
    if (totals.sent_by_kind[i] > 0) {
      summary.sent_by_kind.emplace(name_of(kind), totals.sent_by_kind[i]);
    }
  }
  summary.bytes_delivered = totals.bytes_delivered;
  summary.connects = totals.connects;
  summary.connects_ok = totals.connects_ok;
  summary.connect_errors = by_name(totals.connect_errors);
  summary.accepts = totals.accepts;
  summary.listen_overflows = totals.listen_overflows;
  summary.listen_drops = totals.listen_drops;
  summary.half_open_at_end = totals.half_open_at_end;
  summary.syn_cookies_sent = totals.syn_cookies_sent;
  summary.recv_errors = by_name(totals.recv_errors);
  summary.send_errors = by_name(totals.send_errors);
  summary.connections_failed = totals.connections_failed;
  summary.connections_reset = totals.connections_reset;
  summary.requests = totals.requests;
  summary.requests_ok = totals.requests_ok;
  summary.request_times = totals.request_times;
  summary.connect_times = totals.connect_times;
  summary.time_in = by_state<double>(totals.time_in);
  summary.peak = by_state<std::uint64_t>(totals.peak);
  summary.open_at_end = by_state<std::uint64_t>(totals.open_at_end);
}

/// States in which an end believes that there is a peer.
constexpr std::array believing{State::established, State::fin_wait_1, State::fin_wait_2,
                               State::close_wait,  State::closing,    State::last_ack};

}  // namespace

Totals Simulation::Impl::totals() const {
  Totals totals;
  totals.simulated = ended_ - sim_start;
  totals.interrupted = interrupted_;
  totals.out_of_memory = out_of_memory_;
  totals.standstill = standstill_;
  totals.events = tally_.events;
  totals.segments_sent = tally_.segments_sent;
  totals.segments_lost = tally_.lost.total();
  totals.segments_discarded = tally_.discarded.total();
  for (const std::uint64_t count : tally_.retransmitted) totals.segments_retransmitted += count;
  totals.sent_by_kind = tally_.by_kind;
  totals.bytes_delivered = tally_.bytes_read;
  totals.connects = tally_.connects;
  totals.connects_ok = tally_.connects_ok;
  totals.connect_errors = tally_.connect_errors;
  totals.accepts = tally_.accepts;
  totals.recv_errors = tally_.recv_errors;
  totals.send_errors = tally_.send_errors;
  totals.connections_failed = tally_.broken.failures();
  totals.connections_reset = tally_.broken.resets();
  totals.requests = tally_.requests;
  totals.requests_ok = tally_.requests_ok;
  totals.request_times = tally_.request_times;
  totals.peak = sockets_.peak;
  totals.open_at_end = sockets_.current;
  totals.half_open_at_end = half_open();
  totals.time_in_hosts.resize(scenario_.hosts.size());
  for (HostIndex host = 0; host < stacks_.size(); ++host) add_host(host, totals);
  ConnectionBook::Times times = book_.times();
  totals.connect_times = std::move(times.connect);
  totals.close_times = std::move(times.close);
  totals.active_close_times = std::move(times.active_close);
  totals.orphan_times = std::move(times.orphan);
  return totals;
}

void Simulation::Impl::add_host(HostIndex index, Totals& totals) const {
  const Totals::ByState<double> seconds = time_in(index);
  Totals::ByState<double>& together = totals.time_in_hosts[world_.group(index)];
  totals.bytes_delivered += stacks_[index].octets_not_read();
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    totals.time_in[s] += seconds[s];
    together[s] += seconds[s];
  }
  const auto add = [&totals](const tcp::Counters& counters) {
    totals.listen_overflows += counters.ListenOverflows;
    totals.listen_drops += counters.ListenDrops;
    totals.syn_cookies_sent += counters.SyncookiesSent;
  };
  add(stacks_[index].counters());
  if (lives_[index].past) add(lives_[index].past->counters);
}

Totals::ByState<double> Simulation::Impl::time_in(HostIndex host) const {
  const std::optional<Past>& past = lives_[host].past;
  Totals::ByState<double> seconds{};
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    seconds[s] = stacks_[host].census().socket_seconds(state_at(s), ended_);
    if (past) seconds[s] += past->socket_seconds[s];
  }
  return seconds;
}

std::uint64_t Simulation::Impl::half_open() const {
  std::uint64_t count = 0;
  const auto look = [&](tcp::SocketAddress local, tcp::SocketAddress remote, State state) {
    if (std::find(believing.begin(), believing.end(), state) == believing.end()) return;
    const tcp::Stack& peer = stacks_[world_.host_at(remote.address)];
    if (peer.state(remote, local) == State::closed) ++count;
  };
  for (const tcp::Stack& host : stacks_) {
    const bool some = std::any_of(believing.begin(), believing.end(), [&host](State state) {
      return host.census().current(state) > 0;
    });
    if (some) host.visit(look);
  }
  return count;
}

Summary Simulation::Impl::summary() const {
  const Totals totals = this->totals();
  Summary summary;
  summary.scenario = scenario_.name;
  summary.seed = world_.names().seed;
  take(summary, totals);
  count(summary, tally_);
  summary.hosts.reserve(stacks_.size());
  for (HostIndex host = 0; host < stacks_.size(); ++host) {
    summary.hosts.push_back(host_summary(host));
  }
  for (const ConnectionBook::Record& record : book_.records()) {
    summary.connections.push_back(connection_summary(record));
  }
  add_final_states(summary);
  summary.events_to_come = events_to_come();
  summary.stopped_at_default = summary.events_to_come > 0 && !scenario_.stop_at_given;
  summary.expectations = evaluate(scenario_, world_, recording_, summary);
  summary.unmatched = unmatched(scenario_, network_.fault_records(), summary);
  return summary;
}

/// Deadlines are counted where they are kept: their entries in the queue may have gone stale.
std::uint64_t Simulation::Impl::events_to_come() const {
  if (!beyond_stop_) return 0;
  const auto is_deadline = [](Event event) {
    const auto kind = static_cast<EventKind>(event.kind);
    return kind == EventKind::tcp_timer || kind == EventKind::process;
  };
  std::uint64_t count = is_deadline(*beyond_stop_) ? 0 : 1;
  scheduler_.for_each([&](SimTime, Event event) { count += is_deadline(event) ? 0 : 1; });
  for (const tcp::Stack& stack : stacks_) {
    stack.visit_deadlines(
        [&](tcp::TimerOwner, const Wakeup& due) { count += due.armed() ? 1 : 0; });
  }
  applications_.processes().for_each(
      [&](ProcessIndex, const Process& process) { count += process.clock.armed() ? 1 : 0; });
  return count;
}

HostSummary Simulation::Impl::host_summary(HostIndex index) const {
  const tcp::Stack& host = stacks_[index];
  const std::optional<Past>& past = lives_[index].past;
  const tcp::StateCensus& census = host.census();
  HostSummary summary;
  summary.name = world_.names().hosts[index];
  summary.socket_seconds = time_in(index);
  for (const tcp::CounterInfo& info : tcp::counter_infos()) {
    std::uint64_t value = host.counters().*info.value;
    if (past) value += past->counters.*info.value;
    if (value > 0) summary.counters.emplace(info.name, value);
  }
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    const State state = state_at(s);
    summary.peak[s] = census.peak(state);
    summary.open_at_end[s] = census.current(state);
    if (past) summary.peak[s] = std::max(summary.peak[s], past->peak[s]);
  }
  return summary;
}

ConnectionSummary Simulation::Impl::connection_summary(const ConnectionBook::Record& record) const {
  const app::Connector& connector = scenario_.connectors[record.connector];
  const trace::Names& names = world_.names();
  ConnectionSummary summary;
  summary.host = names.hosts[connector.host];
  summary.who = text_of(app::who_connects(connector, record.index));
  if (record.local.port != 0) summary.local = names.text(world_.end(record.local));
  summary.remote = names.hosts[connector.to] + ":" + std::to_string(connector.to_port);
  summary.result = record.result;
  summary.cut_off = record.cut_off;
  summary.started = record.started;
  if (record.decided != never) summary.connect_time = record.decided - record.started;
  summary.close_time = record.close_time();
  summary.active_close_time = record.active_close_time();
  summary.orphan_time = ConnectionBook::Record::orphan_time(record.local_end);
  summary.orphan_time_remote = ConnectionBook::Record::orphan_time(record.remote_end);
  summary.retransmissions = record.retransmissions;
  return summary;
}

/// What the sockets that are left show.
void Simulation::Impl::add_final_states(Summary& summary) const {
  const auto final_state = [&](tcp::SocketAddress local, tcp::SocketAddress remote) {
    if (local.port == 0) return State::closed;  // it got no port
    return stacks_[world_.host_at(local.address)].state(local, remote);
  };
  for (std::size_t i = 0; i < summary.connections.size(); ++i) {
    const ConnectionBook::Record& record = book_.records()[i];
    const bool last = !record.superseded;  // of those with the same ends
    ConnectionSummary& connection = summary.connections[i];
    if (!last) continue;
    connection.final_state = final_state(record.local, record.remote);
    connection.final_state_remote = final_state(record.remote, record.local);
  }
}

}  // namespace lastack::run
