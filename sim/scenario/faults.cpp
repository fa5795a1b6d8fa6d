#include <cstdint>
#include <limits>
#include <tuple>
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

}  // namespace

void read_faults(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto faults = root.find("faults");
  if (!faults) return;
  faults->for_each_element("an array of faults", [&](const Value& value) {
    scenario.faults.push_back(fault_at(value, nodes));
  });
}

}  // namespace lastack::scenario
