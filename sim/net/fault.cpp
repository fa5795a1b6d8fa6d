#include "lastack/net/fault.hpp"

#include <algorithm>

namespace lastack::net {

namespace {

bool matches(const Fault& fault, SimTime now, const Packet& packet) {
  const tcp::Segment& segment = packet.segment;
  return fault.from.contains(packet.from) && fault.to.contains(packet.to) &&
         (!fault.flags ||
          fault.flags->without(tcp::Flags::psh) == segment.flags.without(tcp::Flags::psh)) &&
         (!fault.payload || *fault.payload == (segment.data > 0)) && fault.after <= now &&
         now < fault.until;
}

bool counts_out(const Fault& fault, std::uint64_t seen) {
  return fault.nth.empty() ||
         std::any_of(fault.nth.begin(), fault.nth.end(), [seen](const auto& range) {
           return range.first <= seen && seen <= range.second;
         });
}

}  // namespace

FaultList::FaultList(std::vector<Fault> faults) {
  for (Fault& fault : faults) entries_.push_back({std::move(fault)});
}

const Fault* FaultList::apply(SimTime now, const Packet& packet) {
  const Fault* first = nullptr;
  for (Entry& entry : entries_) {
    if (!matches(entry.fault, now, packet)) continue;
    ++entry.seen;
    if (first == nullptr && counts_out(entry.fault, entry.seen)) first = &entry.fault;
  }
  return first;
}

}  // namespace lastack::net
