#include "lastack/net/fault.hpp"

#include <algorithm>

namespace lastack::net {

namespace {

/// Which conditions a segment on a fault's way meets.
struct Met {
  bool flags;
  bool payload;
  bool time;

  bool all() const { return flags && payload && time; }
};

bool is_on_its_way(const Fault& fault, const Packet& packet) {
  return fault.from.contains(packet.from) && fault.to.contains(packet.to);
}

Met met_by(const Fault& fault, SimTime now, const tcp::Segment& segment) {
  const auto without_push = [](tcp::Flags flags) { return flags.without(tcp::Flags::psh); };
  return {!fault.flags || without_push(*fault.flags) == without_push(segment.flags),
          !fault.payload || *fault.payload == (segment.data > 0),
          fault.after <= now && now < fault.until};
}

/// The record may grow by a few flags; only scenarios with faults come here.
void note_miss(const Met& met, SimTime now, const tcp::Segment& segment, FaultRecord& record) {
  if (!met.flags && met.payload && met.time) {
    const tcp::Flags flags = segment.flags.without(tcp::Flags::psh);
    auto& others = record.other_flags;
    auto known = std::find_if(others.begin(), others.end(),
                              [flags](const auto& other) { return other.first == flags; });
    if (known == others.end()) known = others.insert(known, {flags, 0});
    ++known->second;
  } else if (met.flags && !met.payload && met.time) {
    ++record.other_payload;
  } else if (met.flags && met.payload) {
    ++record.other_time;
    record.first_other_time = std::min(record.first_other_time, now);
    record.last_other_time = now;
  }
}

bool counts_out(const Fault& fault, std::uint64_t seen) {
  return fault.nth.empty() ||
         std::any_of(fault.nth.begin(), fault.nth.end(), [seen](const auto& range) {
           return range.first <= seen && seen <= range.second;
         });
}

}  // namespace

FaultList::FaultList(std::vector<Fault> faults) {
  for (Fault& fault : faults) entries_.push_back({std::move(fault), {}});
}

const Fault* FaultList::apply(SimTime now, const Packet& packet) {
  const Fault* first = nullptr;
  for (auto& [fault, record] : entries_) {
    if (!is_on_its_way(fault, packet)) continue;
    ++record.passed;
    const Met met = met_by(fault, now, packet.segment);
    if (!met.all()) {
      note_miss(met, now, packet.segment, record);
      continue;
    }
    if (!counts_out(fault, ++record.matched)) continue;
    ++record.chosen;
    if (first != nullptr) continue;
    ++record.applied;
    first = &fault;
  }
  return first;
}

std::vector<FaultRecord> FaultList::records() const {
  std::vector<FaultRecord> records;
  for (const Entry& entry : entries_) records.push_back(entry.record);
  return records;
}

}  // namespace lastack::net
