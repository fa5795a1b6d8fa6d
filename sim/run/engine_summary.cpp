// The numbers of a run.
#include <algorithm>
#include <map>
#include <new>

#include "engine.hpp"
#include "expectations.hpp"
#include "lastack/core/assert.hpp"

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
std::map<std::string, std::uint64_t> by_name(
    const std::array<std::uint64_t, Tally::error_count>& errors) {
  std::map<std::string, std::uint64_t> named;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] > 0) named.emplace(tcp::name_of(static_cast<tcp::Error>(i)), errors[i]);
  }
  return named;
}

void count(Summary& summary, const Tally& tally) {
  summary.events = tally.events;
  summary.segments_sent = tally.segments_sent;
  summary.segments_lost = tally.lost.total();
  summary.segments_discarded = tally.discarded.total();
  for (const auto& [reason, n] : tally.lost.counts()) summary.lost_by_reason.emplace(reason, n);
  for (const auto& [reason, n] : tally.discarded.counts()) {
    summary.discarded_by_reason.emplace(reason, n);
  }
  for (std::size_t i = 0; i < tally.retransmitted.size(); ++i) {
    if (tally.retransmitted[i] == 0) continue;
    summary.segments_retransmitted += tally.retransmitted[i];
    const auto reason = static_cast<tcp::SendReason>(i);
    summary.retransmitted_by_cause.emplace(tcp::name_of(reason), tally.retransmitted[i]);
  }
  for (std::size_t i = 0; i < tally.by_kind.size(); ++i) {
    const auto kind = static_cast<SegmentKind>(i);
    if (tally.by_kind[i] > 0) summary.sent_by_kind.emplace(name_of(kind), tally.by_kind[i]);
  }
  summary.bytes_delivered = tally.bytes_read;
  summary.connects = tally.connects;
  summary.connects_ok = tally.connects_ok;
  summary.connect_errors = by_name(tally.connect_errors);
  summary.accepts = tally.accepts;
  summary.accept_errors = by_name(tally.accept_errors);
  summary.datagrams_sent = tally.datagrams_sent;
  summary.datagrams_received = tally.datagrams_received;
}

}  // namespace

Summary Simulation::Impl::summary() const {
  Summary summary;
  summary.scenario = scenario_.name;
  summary.seed = world_.names().seed;
  summary.simulated_seconds = to_seconds(ended_ - sim_start);
  summary.interrupted = interrupted_;
  summary.out_of_memory = out_of_memory_;
  count(summary, tally_);

  std::array<double, tcp::state_count> seconds{};
  StateCounts peak = peak_;
  for (HostIndex host = 0; host < hosts_.size(); ++host) {
    HostSummary each = host_summary(host);
    for (std::size_t s = 0; s < tcp::state_count; ++s) {
      seconds[s] += each.socket_seconds[s];
      peak[s] = std::max(peak[s], each.peak[s]);  // states that last no time count too
    }
    const auto counter = [&](const char* name) {
      const auto found = each.counters.find(name);
      return found == each.counters.end() ? 0 : found->second;
    };
    summary.listen_overflows += counter("TcpExtListenOverflows");
    summary.listen_drops += counter("TcpExtListenDrops");
    summary.hosts.push_back(std::move(each));
  }
  summary.peak = by_state<std::uint64_t>(peak);
  summary.open_at_end = by_state<std::uint64_t>(current_);
  summary.time_in = by_state<double>(seconds);

  for (const ConnectionBook::Record& record : book_.records()) {
    summary.connections.push_back(connection_summary(record));
  }
  add_socket_states(summary);
  summary.expectations = evaluate(scenario_, world_, recording_, summary);
  return summary;
}

HostSummary Simulation::Impl::host_summary(HostIndex index) const {
  const Host& host = hosts_[index];
  const tcp::StateCensus& census = host.stack.census();
  HostSummary summary;
  summary.name = world_.names().hosts[index];
  for (const tcp::CounterInfo& info : tcp::counter_infos()) {
    std::uint64_t value = host.stack.counters().*info.value;
    if (host.past) value += host.past->counters.*info.value;
    if (value > 0) summary.counters.emplace(info.name, value);
  }
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    const State state = state_at(s);
    summary.socket_seconds[s] = census.socket_seconds(state, ended_);
    summary.peak[s] = census.peak(state);
    summary.open_at_end[s] = census.current(state);
    if (host.past) {
      summary.socket_seconds[s] += host.past->socket_seconds[s];
      summary.peak[s] = std::max(summary.peak[s], host.past->peak[s]);
    }
  }
  return summary;
}

ConnectionSummary Simulation::Impl::connection_summary(const ConnectionBook::Record& record) const {
  const app::Connector& connector = scenario_.connectors[record.connector];
  const trace::Names& names = world_.names();
  ConnectionSummary summary;
  summary.host = names.hosts[connector.host];
  summary.who = app::connector_name(connector, record.index);
  if (record.local.port != 0) summary.local = names.text(world_.end(record.local));
  summary.remote = names.hosts[connector.to] + ":" + std::to_string(connector.to_port);
  summary.result = record.result;
  summary.rebooted = record.rebooted;
  summary.started = record.started;
  if (record.decided != never) summary.connect_time = record.decided - record.started;
  if (record.gone != never) summary.close_time = record.gone - record.first_fin;
  summary.retransmissions = record.retransmissions;
  return summary;
}

/// Nothing where a run that ended for want of memory has none for the table either.
std::vector<tcp::SocketSnapshot> Simulation::Impl::sockets_of(const Host& host) const {
  try {
    return host.stack.snapshot();
  } catch (const std::bad_alloc&) {
    if (!out_of_memory_) throw;
    return {};
  }
}

/// What the sockets that are left tell: the connections' final states and bytes that nobody read.
void Simulation::Impl::add_socket_states(Summary& summary) const {
  boost::unordered_flat_map<Ends, State> states;  // of those few that the summary lists
  for (const ConnectionBook::Record& record : book_.records()) {
    states.emplace(Ends{record.local, record.remote}, State::closed);
    states.emplace(Ends{record.remote, record.local}, State::closed);
  }
  for (const Host& host : hosts_) {
    for (const tcp::SocketSnapshot& socket : sockets_of(host)) {
      if (socket.state == State::listen) continue;
      summary.bytes_delivered += socket.recv_q;
      const auto listed = states.find({socket.local, socket.remote});
      if (listed != states.end()) listed->second = socket.state;
    }
  }
  const auto final_state = [&](tcp::SocketAddress local, tcp::SocketAddress remote) {
    return std::string{tcp::name_of(states.at({local, remote}))};
  };
  for (std::size_t i = 0; i < summary.connections.size(); ++i) {
    const ConnectionBook::Record& record = book_.records()[i];
    const bool last = !record.superseded;  // of those with the same ends
    ConnectionSummary& connection = summary.connections[i];
    connection.final_state = last ? final_state(record.local, record.remote) : "CLOSED";
    connection.final_state_remote = last ? final_state(record.remote, record.local) : "CLOSED";
  }
}

}  // namespace lastack::run
