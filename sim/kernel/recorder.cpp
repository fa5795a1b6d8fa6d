#include "recorder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace lastack::kernel {

namespace {

constexpr std::uint32_t first_address = 0x0a000001;  // 10.0.0.1, as the simulator gives them

/// Says why each segment was sent. A kernel does not tell, so this goes by the numbers: what was
/// sent before is a repetition.
class ReasonGuess {
 public:
  tcp::SendReason operator()(const trace::Send& send) {
    using Reason = tcp::SendReason;
    const tcp::Segment& segment = send.segment;
    const tcp::Flags flags = segment.flags;
    if (flags.has(tcp::Flags::rst)) return Reason::reset;
    auto& next = next_[{send.src.host, send.src.port, send.dst.port}];
    const bool syn = flags.has(tcp::Flags::syn);
    if (syn && (!next || segment.end() != *next)) next.reset();  // a new connection
    const bool again = next && segment.len() > 0 && tcp::before(segment.seq, *next);
    const bool probe = next && segment.len() == 0 && segment.seq + 1 == *next;
    next = next ? tcp::later_of(*next, segment.end()) : segment.end();
    if (syn && flags.has(tcp::Flags::ack)) return again ? Reason::synack_timeout : Reason::synack;
    if (again) return Reason::rto;
    if (syn) return Reason::syn;
    if (flags.has(tcp::Flags::fin)) return Reason::fin;
    if (segment.data > 0) return Reason::data;
    return probe ? Reason::keepalive : Reason::ack;
  }

 private:
  std::map<std::tuple<trace::HostId, tcp::Port, tcp::Port>, std::optional<tcp::Seq>> next_;
};

/// Numbers events and finds the number of the segment that each speaks of.
class Numbering {
 public:
  explicit Numbering(trace::Recording& out) : out_{out} {}

  void add(Journal::Entry entry) {
    const std::uint64_t n = ++count_;
    if (auto* send = std::get_if<trace::Send>(&entry.what)) {
      sent_[send->id] = n;
      if (!send->forged) send->why = reason_(*send);
    }
    const std::uint64_t cause = cause_of(entry.what);
    out_.event({n, cause, entry.at, std::move(entry.what)});
  }

 private:
  std::uint64_t cause_of(const trace::What& what) const {
    if (const auto* drop = std::get_if<trace::Drop>(&what)) return number_of(drop->id);
    if (const auto* delay = std::get_if<trace::Delay>(&what)) return number_of(delay->id);
    if (const auto* copy = std::get_if<trace::Duplicate>(&what)) return number_of(copy->id);
    if (const auto* receive = std::get_if<trace::Receive>(&what)) return number_of(receive->id);
    return 0;
  }

  std::uint64_t number_of(std::uint64_t id) const {
    const auto found = sent_.find(id);
    return found == sent_.end() ? 0 : found->second;
  }

  trace::Recording& out_;
  std::uint64_t count_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> sent_;  ///< event numbers by segment
  ReasonGuess reason_;
};

}  // namespace

trace::Names names_of(const scenario::Scenario& scenario) {
  trace::Names names;
  names.scenario = scenario.name;
  names.description = scenario.description;
  names.seed = scenario.seed;
  names.host_count = scenario.hosts.size();
  std::uint32_t next = first_address;
  for (const scenario::Host& host : scenario.hosts) {
    names.hosts.push_back(host.name);
    const auto is_taken = [&](std::uint32_t address) {
      return std::any_of(
          scenario.hosts.begin(), scenario.hosts.end(),
          [&](const scenario::Host& h) { return h.address == tcp::Address{address}; });
    };
    while (!host.address && is_taken(next)) ++next;
    names.addresses.push_back(host.address.value_or(tcp::Address{next}));
    ++next;
  }
  for (const scenario::Link& link : scenario.links) {
    const auto id = [](const scenario::NodeRef& ref) {
      return trace::HostId{static_cast<std::uint32_t>(std::get<scenario::HostRef>(ref.node).host)};
    };
    names.links.emplace_back(id(link.a), id(link.b));
  }
  return names;
}

std::shared_ptr<const trace::Recording> make_trace(const trace::Names& names,
                                                   std::vector<Journal::Entry> entries,
                                                   SimTime ended) {
  const auto earlier = [](const Journal::Entry& a, const Journal::Entry& b) { return a.at < b.at; };
  std::stable_sort(entries.begin(), entries.end(), earlier);
  auto recording = std::make_shared<trace::Recording>();
  recording->begin(names);
  Numbering numbering{*recording};
  for (Journal::Entry& entry : entries) numbering.add(std::move(entry));
  recording->end(ended);
  return recording;
}

}  // namespace lastack::kernel
