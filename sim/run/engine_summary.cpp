// The numbers of a run.
#include <algorithm>
#include <map>

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
  summary.hosts.reserve(hosts_.size());
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

/// What the sockets that are left tell: the connections' final states and bytes that nobody read.
void Simulation::Impl::add_socket_states(Summary& summary) const {
  for (const Host& host : hosts_) summary.bytes_delivered += host.stack.octets_not_read();
  const auto final_state = [&](tcp::SocketAddress local, tcp::SocketAddress remote) {
    if (local.port == 0) return std::string{tcp::name_of(State::closed)};  // it got no port
    const tcp::Stack& stack = hosts_[world_.host_at(local.address)].stack;
    return std::string{tcp::name_of(stack.state(local, remote))};
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
