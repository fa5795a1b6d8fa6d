#include "summary_json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lastack/tcp/state.hpp"

namespace lastack::run {

namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(const std::optional<SimDuration>& duration) {
  return duration ? Json(to_seconds(*duration)) : Json(nullptr);
}

template <typename Numbers> Json by_state(const Numbers& numbers) {
  Json json = Json::object();
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    if (numbers[s] != 0) json[std::string{tcp::name_of(static_cast<tcp::State>(s))}] = numbers[s];
  }
  return json;
}

std::string name_of(CutOff cut_off) {
  switch (cut_off) {
    case CutOff::no: return "pending";
    case CutOff::rebooted: return "rebooted";
    case CutOff::closed: return "closed";
  }
  return "";
}

Json json_of(const ConnectionSummary& c) {
  const bool pending = c.result == tcp::Error::would_block;
  Json json;
  json["host"] = c.host;
  json["who"] = c.who;
  json["local"] = c.local;
  json["remote"] = c.remote;
  json["result"] = pending ? name_of(c.cut_off) : std::string{tcp::name_of(c.result)};
  json["started"] = to_seconds(c.started - sim_start);
  json["connect_time"] = seconds_or_null(c.connect_time);
  json["close_time"] = seconds_or_null(c.close_time);
  json["active_close_time"] = seconds_or_null(c.active_close_time);
  json["orphan_time"] = seconds_or_null(c.orphan_time);
  json["orphan_time_remote"] = seconds_or_null(c.orphan_time_remote);
  json["retransmissions"] = c.retransmissions;
  json["final_state"] = tcp::name_of(c.final_state);
  json["final_state_remote"] = tcp::name_of(c.final_state_remote);
  return json;
}

Json json_of(const HostSummary& host) {
  Json json;
  json["counters"] = host.counters;
  json["time_in"] = by_state(host.socket_seconds);
  json["peak"] = by_state(host.peak);
  json["open_at_end"] = by_state(host.open_at_end);
  return json;
}

Json json_of(const ExpectationResult& result) {
  return {{"pointer", result.pointer},
          {"judged", result.judged},
          {"held", result.judged ? Json(result.held) : Json(nullptr)},
          {"wanted", result.wanted},
          {"seen", result.seen},
          {"where", result.where}};
}

Json json_of(const scenario::Unmatched& unmatched) {
  return {
      {"pointer", unmatched.pointer}, {"problem", unmatched.problem}, {"never", unmatched.never}};
}

template <typename T> Json array_of(const std::vector<T>& all) {
  Json json = Json::array();
  for (const T& one : all) json.push_back(json_of(one));
  return json;
}

/// Appended as they are: looking each name up first would take minutes with 100,000 hosts.
Json by_name(const std::vector<HostSummary>& hosts) {
  Json json = Json::object();
  for (const HostSummary& host : hosts) {
    json.get_ref<Json::object_t&>().emplace_back(host.name, json_of(host));
  }
  return json;
}

Json mean_of(const TimeDistribution& times) {
  const auto mean = times.mean();
  return mean ? Json(*mean) : Json(nullptr);
}

void add_closing_times(Json& json, const std::vector<ConnectionSummary>& connections) {
  TimeDistribution close;
  TimeDistribution active_close;
  TimeDistribution orphan;
  const auto add = [](TimeDistribution& times, const std::optional<SimDuration>& time) {
    if (time) times.add(*time);
  };
  for (const ConnectionSummary& c : connections) {
    add(close, c.close_time);
    add(active_close, c.active_close_time);
    add(orphan, c.orphan_time);
    add(orphan, c.orphan_time_remote);
  }
  json["close_time"] = mean_of(close);
  json["active_close_time"] = mean_of(active_close);
  json["orphan_time"] = mean_of(orphan);
}

}  // namespace

Json json_of(const Summary& s) {
  Json json;
  json["scenario"] = s.scenario;
  json["seed"] = s.seed;
  json["simulated_seconds"] = s.simulated_seconds;
  json["interrupted"] = s.interrupted;
  json["out_of_memory"] = s.out_of_memory;
  json["standstill"] = s.standstill ? Json(*s.standstill) : Json(nullptr);
  json["stopped_at_default"] = s.stopped_at_default;
  json["events_to_come"] = s.events_to_come;
  json["events"] = s.events;
  json["segments_sent"] = s.segments_sent;
  json["segments_lost"] = s.segments_lost;
  json["segments_discarded"] = s.segments_discarded;
  json["lost_by_reason"] = s.lost_by_reason;
  json["discarded_by_reason"] = s.discarded_by_reason;
  json["segments_retransmitted"] = s.segments_retransmitted;
  json["retransmitted_by_cause"] = s.retransmitted_by_cause;
  json["sent_by_kind"] = s.sent_by_kind;
  json["bytes_delivered"] = s.bytes_delivered;
  json["connects"] = s.connects;
  json["connects_ok"] = s.connects_ok;
  json["connect_errors"] = s.connect_errors;
  json["connect_time"] = mean_of(s.connect_times);
  add_closing_times(json, s.connections);
  json["recv_errors"] = s.recv_errors;
  json["send_errors"] = s.send_errors;
  json["connections_failed"] = s.connections_failed;
  json["connections_reset"] = s.connections_reset;
  json["requests"] = s.requests;
  json["requests_ok"] = s.requests_ok;
  json["request_time"] = mean_of(s.request_times);
  json["accepts"] = s.accepts;
  json["accept_errors"] = s.accept_errors;
  json["datagrams_sent"] = s.datagrams_sent;
  json["datagrams_received"] = s.datagrams_received;
  json["listen_overflows"] = s.listen_overflows;
  json["listen_drops"] = s.listen_drops;
  json["syn_cookies_sent"] = s.syn_cookies_sent;
  json["peak"] = s.peak;
  json["open_at_end"] = s.open_at_end;
  json["time_in"] = s.time_in;
  json["half_open_at_end"] = s.half_open_at_end;
  json["connections"] = array_of(s.connections);
  json["hosts"] = by_name(s.hosts);
  json["expectations"] = array_of(s.expectations);
  json["unmatched"] = array_of(s.unmatched);
  return json;
}

double metric(const nlohmann::json& json, std::string_view path) {
  constexpr std::size_t longest_key = 256;
  if (json.is_number()) return path.empty() ? json.get<double>() : 0;
  if (path.empty()) return 0;
  // A key may have dots of its own, so that each prefix is tried, the shortest first.
  for (std::size_t end = path.find('.');; end = path.find('.', end + 1)) {
    const std::string key{path.substr(0, end)};
    const std::string_view rest = end == path.npos ? "" : path.substr(end + 1);
    if (json.is_array() && key.find_first_not_of("0123456789") == key.npos && key.size() < 10) {
      const auto index = std::stoul(key);
      return index < json.size() ? metric(json[index], rest) : 0;
    }
    if (json.is_object() && json.contains(key)) return metric(json[key], rest);
    if (end == path.npos || end > longest_key) return 0;
  }
}

std::string to_json(const Summary& summary) { return json_of(summary).dump(2) + "\n"; }

}  // namespace lastack::run
