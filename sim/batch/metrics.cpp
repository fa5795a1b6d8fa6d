#include "lastack/batch/metrics.hpp"

#include <algorithm>
#include <iterator>

#include "lastack/core/assert.hpp"
#include "lastack/scenario/nearest_name.hpp"

namespace lastack::batch {

namespace {

using tcp::Error;
using tcp::State;

template <typename Enum> constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

/// Whether a connector's connect can fail so; the others are errors of other calls.
constexpr bool connect_gives(Error error) {
  switch (error) {
    case Error::address_in_use:         // of the port that it binds first
    case Error::address_not_available:  // no port, or the pair is taken
    case Error::connection_refused:
    case Error::connection_reset:  // in SYN_RCVD, by a SYN (RFC 9293, 3.10.7.4, fourth)
    case Error::invalid_argument:  // a port past the last
    case Error::timed_out:
    case Error::no_buffer_space:  // of socket()
    case Error::too_many_files:
    case Error::file_table_overflow: return true;
    case Error::none:
    case Error::would_block:
    case Error::already_connected:
    case Error::connection_aborted:
    case Error::host_unreachable:
    case Error::network_unreachable:
    case Error::not_connected:
    case Error::broken_pipe:
    case Error::bad_descriptor:
    case Error::option_not_supported: return false;
  }
  LASTACK_UNREACHABLE("an error that is none");
}

/// Whether send or recv on a connection that was up can fail so.
constexpr bool io_gives(Error error) {
  switch (error) {
    case Error::connection_reset:
    case Error::broken_pipe:  // a reset in CLOSE_WAIT too (Linux, tcp_reset)
    case Error::timed_out: return true;
    case Error::none:
    case Error::would_block:
    case Error::address_in_use:
    case Error::address_not_available:
    case Error::already_connected:
    case Error::connection_aborted:
    case Error::connection_refused:
    case Error::host_unreachable:
    case Error::network_unreachable:
    case Error::invalid_argument:
    case Error::not_connected:
    case Error::bad_descriptor:
    case Error::no_buffer_space:
    case Error::too_many_files:
    case Error::file_table_overflow:
    case Error::option_not_supported: return false;
  }
  LASTACK_UNREACHABLE("an error that is none");
}

/// The states in which sockets come and go, in RFC 9293's order.
constexpr std::array passing_states{State::syn_sent,   State::syn_rcvd,   State::established,
                                    State::fin_wait_1, State::fin_wait_2, State::close_wait,
                                    State::closing,    State::last_ack,   State::time_wait};
static_assert(passing_states.size() == tcp::state_count - 2);

std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

bool is_share(std::string_view metric) { return metric == "connect_ok" || metric == "request_ok"; }

bool is_time(std::string_view metric) { return metric.find("_time.") != metric.npos; }

Unit unit_of(std::string_view metric) {
  if (is_share(metric)) return Unit::share;
  if (is_time(metric)) return Unit::seconds;
  if (metric.starts_with("time_in.")) return Unit::socket_seconds;
  return metric.starts_with("bytes_delivered") ? Unit::octets : Unit::count;
}

std::string_view name_of(Statistic statistic) {
  switch (statistic) {
    case Statistic::mean: return "mean";
    case Statistic::median: return "median";
    case Statistic::p90: return "p90";
    case Statistic::p99: return "p99";
    case Statistic::p99_9: return "p99.9";
    case Statistic::max: return "max";
  }
  LASTACK_UNREACHABLE("a statistic that is none");
}

std::uint32_t per_mille(Statistic statistic) {
  switch (statistic) {
    case Statistic::median: return 500;
    case Statistic::p90: return 900;
    case Statistic::p99: return 990;
    case Statistic::p99_9: return 999;
    case Statistic::max: return 1000;
    case Statistic::mean: break;
  }
  LASTACK_UNREACHABLE("a statistic that is no quantile");
}

std::optional<double> statistic_of(Statistic statistic, const TimeDistribution& times) {
  if (statistic == Statistic::mean) return times.mean();
  return times.quantile(per_mille(statistic));
}

bool MetricSet::Entry::is_called(std::string_view wanted) const {
  return name == wanted || std::find(families.begin(), families.end(), wanted) != families.end();
}

void MetricSet::add_times(std::vector<Entry>& entries, Source source, const std::string& family) {
  for (std::size_t i = 0; i < statistic_count; ++i) {
    const std::string_view statistic = name_of(static_cast<Statistic>(i));
    entries.push_back({{source, i}, family + "." + std::string{statistic}, {family}});
  }
}

/// A column for each errno that such a call can give.
void MetricSet::add_errors(std::vector<Entry>& entries, Source source, const std::string& family,
                           bool (*gives)(Error)) {
  for (std::size_t i = 0; i < run::error_count; ++i) {
    const auto error = static_cast<Error>(i);
    if (!gives(error)) continue;
    entries.push_back({{source, i}, family + "." + std::string{tcp::name_of(error)}, {family}});
  }
}

std::optional<std::size_t> MetricSet::times_shown(Source source) {
  const auto* const found = std::find(sources_of_times.begin(), sources_of_times.end(), source);
  if (found == sources_of_times.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sources_of_times.begin());
}

void MetricSet::add_times_in_states(std::vector<Entry>& entries,
                                    const scenario::Scenario& scenario) {
  const std::string family = "time_in";
  const auto of_state = [&family](State state) {
    return family + "." + std::string{tcp::name_of(state)};
  };
  for (const State state : passing_states) {
    entries.push_back({{Source::time_in, index_of(state)}, of_state(state), {family}});
  }
  for (const State state : passing_states) {
    for (std::size_t host = 0; host < scenario.hosts.size(); ++host) {
      entries.push_back({{Source::time_in_host, index_of(state), host},
                         of_state(state) + "." + scenario.hosts[host].name,
                         {family, of_state(state)}});
    }
  }
}

std::vector<MetricSet::Entry> MetricSet::all(const scenario::Scenario& scenario) {
  std::vector<Entry> entries;
  const auto add = [&entries](Source source, std::string name, std::size_t index = 0) {
    entries.push_back({{source, index}, std::move(name), {}});
  };
  add(Source::connect_ok, "connect_ok");
  add_times(entries, Source::connect_time, "connect_time");
  add_errors(entries, Source::connect_error, "connect_error", connect_gives);
  add_times(entries, Source::close_time, "close_time");
  add_times(entries, Source::active_close_time, "active_close_time");
  add_times(entries, Source::orphan_time, "orphan_time");
  add_times_in_states(entries, scenario);
  for (const State state : passing_states) {
    const std::string family = "peak";
    entries.push_back({{Source::peak, index_of(state)},
                       family + "." + std::string{tcp::name_of(state)},
                       {family}});
  }
  using run::SegmentKind;
  add(Source::sent, "syn_sent", index_of(SegmentKind::syn));
  add(Source::sent, "synack_sent", index_of(SegmentKind::synack));
  add(Source::sent, "fin_sent", index_of(SegmentKind::fin));
  add(Source::segments_sent, "segments_sent");
  add(Source::segments_retransmitted, "segments_retransmitted");
  add(Source::segments_lost, "segments_lost");
  add(Source::sent, "rst_sent", index_of(SegmentKind::rst));
  add(Source::bytes_delivered, "bytes_delivered");
  add(Source::half_open_at_end, "half_open_at_end");
  add(Source::listen_drops, "listen_drops");
  add(Source::listen_overflows, "listen_overflows");
  add_after_connect(entries);
  return entries;
}

/// What operators ask of connections that were up.
void MetricSet::add_after_connect(std::vector<Entry>& entries) {
  entries.push_back({{Source::request_ok}, "request_ok", {}});
  add_times(entries, Source::request_time, "request_time");
  add_errors(entries, Source::recv_error, "recv_error", io_gives);
  add_errors(entries, Source::send_error, "send_error", io_gives);
  entries.push_back({{Source::syn_cookies_sent}, "syn_cookies_sent", {}});
  entries.push_back({{Source::connections_reset}, "connections_reset", {}});
  entries.push_back({{Source::connections_failed}, "connections_failed", {}});
}

std::optional<std::string> MetricSet::unknown(const scenario::Scenario& scenario,
                                              std::string_view name) {
  const std::vector<Entry> entries = all(scenario);
  const bool known = std::any_of(entries.begin(), entries.end(),
                                 [name](const Entry& entry) { return entry.is_called(name); });
  if (known) return std::nullopt;
  std::vector<std::string_view> names;  // families first: of equally near names the first is shown
  for (const Entry& entry : entries) {
    names.insert(names.end(), entry.families.begin(), entry.families.end());
  }
  for (const Entry& entry : entries) names.push_back(entry.name);
  return scenario::unknown_name("a metric", name, names);
}

MetricSet::MetricSet(const scenario::Scenario& scenario, const std::vector<std::string>& wanted) {
  std::vector<bool> found(wanted.size(), false);
  for (Entry& entry : all(scenario)) {
    bool kept = wanted.empty();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!entry.is_called(wanted[i])) continue;
      found[i] = true;
      kept = true;
    }
    if (!kept) continue;
    names_.push_back(std::move(entry.name));
    columns_.push_back(entry.column);
    if (const auto place = times_shown(entry.column.source)) asked_[*place] = true;
  }
  LASTACK_ASSERT(std::find(found.begin(), found.end(), false) == found.end());
}

const TimeDistribution& MetricSet::times_of(Source source, const run::Totals& totals) {
  switch (source) {
    case Source::connect_time: return totals.connect_times;
    case Source::close_time: return totals.close_times;
    case Source::active_close_time: return totals.active_close_times;
    case Source::orphan_time: return totals.orphan_times;
    case Source::request_time: return totals.request_times;
    default: break;
  }
  LASTACK_UNREACHABLE("a source of no times");
}

std::vector<TimeDistribution> MetricSet::times(const run::Totals& totals) const {
  std::vector<TimeDistribution> distributions;
  for (std::size_t i = 0; i < time_sources; ++i) {
    if (asked_[i]) distributions.push_back(times_of(sources_of_times[i], totals));
  }
  return distributions;
}

bool MetricSet::needs_following() const {
  for (std::size_t i = 0; i < time_sources; ++i) {
    const bool by_states =
        sources_of_times[i] != Source::connect_time && sources_of_times[i] != Source::request_time;
    if (asked_[i] && by_states) return true;
  }
  return false;
}

std::vector<std::uint64_t> MetricSet::trials(const run::Totals& totals) const {
  std::vector<std::uint64_t> trials;
  for (const Column& column : columns_) {
    if (column.source == Source::connect_ok) trials.push_back(totals.connects);
    if (column.source == Source::request_ok) trials.push_back(totals.requests);
  }
  return trials;
}

std::optional<double> MetricSet::value(const Column& column, const run::Totals& totals) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  switch (column.source) {
    case Source::connect_ok: return share(totals.connects_ok, totals.connects);
    case Source::connect_time:
    case Source::close_time:
    case Source::active_close_time:
    case Source::orphan_time:
    case Source::request_time:
      return statistic_of(static_cast<Statistic>(column.index), times_of(column.source, totals));
    case Source::connect_error: return number(totals.connect_errors[column.index]);
    case Source::time_in: return totals.time_in[column.index];
    case Source::time_in_host:
      LASTACK_ASSERT(column.host < totals.time_in_hosts.size());
      return totals.time_in_hosts[column.host][column.index];
    case Source::peak: return number(totals.peak[column.index]);
    case Source::sent: return number(totals.sent_by_kind[column.index]);
    case Source::segments_sent: return number(totals.segments_sent);
    case Source::segments_retransmitted: return number(totals.segments_retransmitted);
    case Source::segments_lost: return number(totals.segments_lost);
    case Source::bytes_delivered: return number(totals.bytes_delivered);
    case Source::half_open_at_end: return number(totals.half_open_at_end);
    case Source::listen_drops: return number(totals.listen_drops);
    case Source::listen_overflows: return number(totals.listen_overflows);
    case Source::request_ok: return share(totals.requests_ok, totals.requests);
    case Source::recv_error: return number(totals.recv_errors[column.index]);
    case Source::send_error: return number(totals.send_errors[column.index]);
    case Source::syn_cookies_sent: return number(totals.syn_cookies_sent);
    case Source::connections_reset: return number(totals.connections_reset);
    case Source::connections_failed: return number(totals.connections_failed);
  }
  LASTACK_UNREACHABLE("a source that is none");
}

std::vector<std::optional<double>> MetricSet::values(const run::Totals& totals) const {
  std::vector<std::optional<double>> row;
  row.reserve(columns_.size());
  for (const Column& column : columns_) row.push_back(value(column, totals));
  return row;
}

}  // namespace lastack::batch
