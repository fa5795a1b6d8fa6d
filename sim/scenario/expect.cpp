#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bounds.hpp"
#include "expected_calls.hpp"
#include "flags.hpp"
#include "lastack/core/named.hpp"
#include "lastack/event/drop_reason.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

using Names = std::vector<std::string_view>;

SegmentFilter filter_at(const Value& value, const Nodes& nodes) {
  value.only_keys("a choice of segments",
                  {"on", "from", "to", "flags", "payload", "why", "fate", "after", "until"});
  SegmentFilter filter;
  if (const auto v = value.find("on")) std::tie(filter.from, filter.to) = nodes.direction(*v);
  for (const auto& [key, ref] : {std::pair{"from", &filter.from}, std::pair{"to", &filter.to}}) {
    const auto v = value.find(key);
    if (v && *ref) v->fail("want either \"on\" or \"from\" and \"to\", have both");
    if (v) *ref = nodes.host(*v);
  }
  if (filter.from && filter.from == filter.to && !nodes.is_group(*filter.to)) {
    if (const auto v = value.find("to")) v->want("another host than \"from\"");
  }
  if (const auto v = value.find("flags")) filter.flags = flags_at(*v).without(tcp::Flags::psh);
  if (const auto v = value.find("payload")) filter.payload = v->boolean();
  if (const auto v = value.find("why")) filter.why = named_at<tcp::SendReason>(*v, "a reason");
  if (const auto v = value.find("fate")) filter.fate = named_at<Fate>(*v, "a fate");
  read_window(value, filter.after, filter.until);
  return filter;
}

ExpectSegments segments_of(const Value& value, const Nodes& nodes) {
  value.only_keys("expected segments", {"description", "segments", "count", "min", "max"});
  return {filter_at(value.at("segments"), nodes), bounds_of(value, "count")};
}

SocketRef socket_of(const Value& value, const Nodes& nodes) {
  const EndRef local = nodes.end(value.at("socket"));
  SocketRef socket{local.host, local.port, std::nullopt};
  if (const auto v = value.find("peer")) {
    const EndRef remote = nodes.end(*v);
    if (remote.host == local.host) v->want("a socket of another host");
    socket.peer = {remote.host, remote.port};
  }
  return socket;
}

ExpectState state_of(const Value& value, const Nodes& nodes) {
  value.only_keys("an expected state", {"description", "state", "socket", "peer", "at"});
  ExpectState expect;
  expect.state = named_at<tcp::State>(value.at("state"), "a state");
  expect.socket = socket_of(value, nodes);
  const auto at = value.find("at");
  const bool at_end = !at || (at->is_string() && at->string() == "end");
  if (!at_end) expect.at = at->time();
  return expect;
}

ExpectPath path_of(const Value& value, const Nodes& nodes) {
  value.only_keys("an expected path", {"description", "path", "socket", "peer"});
  ExpectPath expect;
  const Value path = value.at("path");
  if (path.is_array() && path.size() == 0) path.want("at least one state");
  path.for_each_element("an array of states", [&](const Value& state) {
    expect.path.push_back(named_at<tcp::State>(state, "a state"));
  });
  expect.socket = socket_of(value, nodes);
  return expect;
}

Names state_names() { return names_of<tcp::State>(); }
Names errno_names() {
  Names names = names_of<tcp::Error>();
  std::erase(names, name_of(tcp::Error::none));
  return names;
}
/// Of the reasons to send, those that send again.
Names reason_names() {
  Names names = names_of<tcp::SendReason>();
  std::erase_if(names, [](std::string_view name) {
    return !tcp::is_retransmission(*named<tcp::SendReason>(name));
  });
  return names;
}
/// On the wire, where nobody looks at a checksum.
Names loss_names() {
  Names names = names_of<trace::LossReason>();
  std::erase(names, name_of(trace::LossReason::checksum));
  return names;
}
Names discard_names() {
  Names names = names_of<tcp::DiscardReason>();
  names.push_back(name_of(trace::LossReason::host_off));
  names.push_back(name_of(trace::LossReason::checksum));
  return names;
}
Names kind_names() { return {"syn", "synack", "fin", "rst", "data", "ack"}; }

Names counter_names() {
  Names names;
  for (const tcp::CounterInfo& info : tcp::counter_infos()) names.push_back(info.name);
  return names;
}

/// An object of numbers in the summary, and what its keys may be.
struct MetricGroup {
  std::string_view name;
  Names (*keys)();
};

constexpr MetricGroup metric_groups[] = {
    {"connect_errors", errno_names},
    {"accept_errors", errno_names},
    {"recv_errors", errno_names},
    {"send_errors", errno_names},
    {"retransmitted_by_cause", reason_names},
    {"lost_by_reason", loss_names},
    {"discarded_by_reason", discard_names},
    {"sent_by_kind", kind_names},
    {"peak", state_names},
    {"open_at_end", state_names},
    {"time_in", state_names},
};

/// The same for one host: "hosts.server.counters.TcpExtListenDrops".
constexpr MetricGroup host_metric_groups[] = {
    {"counters", counter_names},
    {"time_in", state_names},
    {"peak", state_names},
    {"open_at_end", state_names},
};

/// Numbers of the summary that stand alone.
constexpr std::string_view plain_metrics[] = {"events",
                                              "segments_sent",
                                              "segments_lost",
                                              "segments_discarded",
                                              "segments_retransmitted",
                                              "bytes_delivered",
                                              "connects",
                                              "connects_ok",
                                              "connect_time",
                                              "close_time",
                                              "active_close_time",
                                              "orphan_time",
                                              "accepts",
                                              "datagrams_sent",
                                              "datagrams_received",
                                              "simulated_seconds",
                                              "listen_overflows",
                                              "listen_drops",
                                              "half_open_at_end",
                                              "syn_cookies_sent",
                                              "connections_failed",
                                              "connections_reset",
                                              "requests",
                                              "requests_ok",
                                              "request_time"};

/// "peak.TIME_WAIT" gives "peak" and leaves "TIME_WAIT".
std::string_view take_part(std::string_view& path) {
  const std::string_view part = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(path.size(), part.size() + 1));
  return part;
}

void check_group(const Value& value, std::span<const MetricGroup> groups, std::string_view name,
                 std::string_view key) {
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const MetricGroup& g) { return g.name == name; });
  const Names keys = group->keys();
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    value.unknown(fmt::format("a key of \"{}\"", name), key, keys);
  }
}

Names group_names(std::span<const MetricGroup> groups) {
  Names names;
  for (const MetricGroup& group : groups) names.push_back(group.name);
  return names;
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Throws where the summary has no such number and never will: it would count as 0.
void check_metric(const Value& value, std::string_view metric, const Nodes& nodes) {
  std::string_view rest = metric;
  const std::string_view first = take_part(rest);
  Names known(std::begin(plain_metrics), std::end(plain_metrics));
  if (contains(known, first)) {
    if (first.size() != metric.size()) value.want(fmt::format("\"{}\" without more parts", first));
    return;
  }
  if (contains(group_names(metric_groups), first))
    return check_group(value, metric_groups, first, rest);
  if (first != "hosts") {
    const Names groups = group_names(metric_groups);
    known.insert(known.end(), groups.begin(), groups.end());
    known.push_back("hosts");
    value.unknown("a metric", first, known);
  }
  nodes.require_one(value, nodes.host_named(value, take_part(rest)));
  const std::string_view group = take_part(rest);
  const Names groups = group_names(host_metric_groups);
  if (!contains(groups, group)) value.unknown("a group of a host's metrics", group, groups);
  check_group(value, host_metric_groups, group, rest);
}

ExpectMetric metric_of(const Value& value, const Nodes& nodes) {
  value.only_keys("an expected metric", {"description", "metric", "equals", "min", "max"});
  ExpectMetric expect;
  expect.metric = value.at("metric").string("the name of a metric");
  check_metric(value.at("metric"), expect.metric, nodes);
  expect.value = bounds_of(value, "equals");
  return expect;
}

using What = decltype(Expectation::what);
struct ExpectationKind {
  std::string_view key;
  What (*read)(const Value&, const Apps&);
};

template <auto read> What as_what(const Value& value, const Apps& apps) {
  return read(value, apps.nodes);
}

constexpr ExpectationKind kinds[] = {
    {"call", [](const Value& value, const Apps& apps) -> What { return call_of(value, apps); }},
    {"segments", as_what<segments_of>},
    {"state", as_what<state_of>},
    {"path", as_what<path_of>},
    {"metric", as_what<metric_of>},
};

Expectation expectation_at(const Value& value, const Apps& apps) {
  if (!value.is_object()) value.want("an object for an expectation");
  const auto* const kind = std::find_if(std::begin(kinds), std::end(kinds),
                                        [&](const auto& k) { return value.has(k.key); });
  if (kind == std::end(kinds)) {
    value.only_keys("an expectation", {"call", "segments", "state", "path", "metric", "description",
                                       "host", "who", "nth", "result", "after", "until", "count",
                                       "socket", "peer", "at", "equals", "min", "max"});
    value.fail("want one of \"call\", \"segments\", \"state\", \"path\" and \"metric\", have none");
  }
  Expectation expectation{kind->read(value, apps), value.pointer(), ""};
  if (const auto v = value.find("description")) expectation.description = v->string();
  return expectation;
}

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::delivered: return "delivered";
    case Fate::dropped: return "dropped";
    case Fate::lost: return "lost";
    case Fate::delayed: return "delayed";
    case Fate::duplicated: return "duplicated";
  }
  return "?";
}

void read_expectations(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto expectations = root.find("expect");
  if (!expectations) return;
  const CallerIndex callers{scenario};
  const Apps apps{nodes, callers, root.as_written("apps")};
  expectations->for_each_element("an array of expectations", [&](const Value& value) {
    scenario.expectations.push_back(expectation_at(value, apps));
  });
}

}  // namespace lastack::scenario
