#include <limits>
#include <utility>
#include <vector>

#include "flags.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

CountRange count_range_at(const Value& value) {
  if (value.is_string()) return value.parsed(parse_count_range, "a range");
  const auto n =
      static_cast<std::uint64_t>(value.integer(1, std::numeric_limits<std::int64_t>::max()));
  return {n, n};
}

std::vector<CountRange> nth_at(const Value& value) {
  if (!value.is_array()) {
    if (!value.is_integer() && !value.is_string()) {
      value.want("a count from 1, a list such as [1,3] or a range such as \"2-4\" or \"3+\"");
    }
    return {count_range_at(value)};
  }
  if (value.size() == 0) value.want("at least one count");
  std::vector<CountRange> ranges;
  value.for_each_element("a list of counts", [&](const Value& element) {
    if (!element.is_integer()) element.want("a count from 1");
    ranges.push_back(count_range_at(element));
  });
  return ranges;
}

void read_active_time(const Value& value, SimTime& after, SimTime& until) {
  if (const auto v = value.find("after")) after = v->time();
  if (const auto v = value.find("until")) {
    until = v->time();
    if (until <= after) v->want("a time later than \"after\"");
  }
}

Fault fault_at(const Value& value, const Nodes& nodes) {
  value.only_keys("a fault", {"on", "flags", "payload", "nth", "after", "until", "do", "by"});
  Fault fault;
  std::tie(fault.from, fault.to) = nodes.direction(value.at("on"));
  if (const auto v = value.find("flags")) fault.flags = flags_at(*v).without(tcp::Flags::psh);
  if (const auto v = value.find("payload")) fault.payload = v->boolean();
  if (const auto v = value.find("nth")) fault.nth = nth_at(*v);
  read_active_time(value, fault.after, fault.until);
  fault.action = one_of<FaultAction>(value.at("do"), "an action of a fault",
                                     {{"drop", FaultAction::drop},
                                      {"delay", FaultAction::delay},
                                      {"duplicate", FaultAction::duplicate}});
  if (fault.action != FaultAction::drop) {
    fault.by = value.at("by").duration();
  } else if (const auto v = value.find("by")) {
    v->fail("want no \"by\" for drop, have " + shown(v->json()));
  }
  return fault;
}

/// "iss+1", "iss-5", "iss" or a number of 32 bits.
SeqRef seq_at(const Value& value) {
  constexpr std::int64_t max = std::numeric_limits<std::uint32_t>::max();
  constexpr std::string_view wish = "a number from 0 to 4294967295 or one such as \"iss+1\"";
  if (const auto* n = std::get_if<std::int64_t>(&value.json().value); n && *n >= 0 && *n <= max) {
    return {false, *n};
  }
  std::string_view text = value.string(wish);
  if (!text.starts_with("iss")) value.want(wish);
  text.remove_prefix(3);
  if (text.empty()) return {true, 0};
  const bool negative = text.front() == '-';
  if (!negative && text.front() != '+') value.want(wish);
  const auto offset = parse_count(text.substr(1));
  if (!offset || *offset > static_cast<std::uint64_t>(max)) value.want(wish);
  const auto distance = static_cast<std::int64_t>(*offset);
  return {true, negative ? -distance : distance};
}

Injection injection_at(const Value& value, const Nodes& nodes) {
  value.only_keys("an injected segment",
                  {"at", "from", "to", "sport", "dport", "flags", "seq", "ack", "win", "len"});
  Injection injection;
  injection.at = value.at("at").time();
  injection.from = nodes.one_host(value.at("from"));
  injection.to = nodes.one_host(value.at("to"));
  if (injection.from == injection.to) value.at("to").want("another host than \"from\"");
  injection.sport = value.at("sport").integer_as<tcp::Port>(1);
  injection.dport = value.at("dport").integer_as<tcp::Port>(1);
  injection.flags = flags_at(value.at("flags"));
  if (const auto v = value.find("seq")) injection.seq = seq_at(*v);
  if (const auto v = value.find("ack")) injection.ack = seq_at(*v);
  if (const auto v = value.find("win")) injection.win = v->integer_as<std::uint16_t>();
  constexpr std::int64_t max_payload = 65535 - 40;
  if (const auto v = value.find("len")) {
    injection.len = v->integer_as<std::uint32_t>(0, max_payload);
  }
  return injection;
}

}  // namespace

void read_faults(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto faults = root.find("faults");
  if (!faults) return;
  faults->for_each_element("an array of faults", [&](const Value& value) {
    scenario.faults.push_back(fault_at(value, nodes));
  });
}

void read_injections(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto injections = root.find("inject");
  if (!injections) return;
  injections->for_each_element("an array of forged segments", [&](const Value& value) {
    scenario.injections.push_back(injection_at(value, nodes));
  });
}

}  // namespace lastack::scenario
