#include "recorder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace lastack::kernel {

namespace {

/// Says why each segment was sent. A kernel does not say, so this goes by the numbers: what was
/// sent before is a repetition.
class ReasonGuess {
 public:
  tcp::SendReason operator()(const trace::Send& send) {
    using Reason = tcp::SendReason;
    const tcp::Segment& segment = send.segment;
    const tcp::Flags flags = segment.flags;
    if (flags.has(tcp::Flags::rst)) return Reason::reset;
    auto& next = next_[{send.src.host, send.src.port, send.dst.host, send.dst.port}];
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
  using End = std::tuple<trace::HostId, tcp::Port, trace::HostId, tcp::Port>;
  std::map<End, std::optional<tcp::Seq>> next_;
};

/// Finds what caused each event. A kernel does not say, so this goes by time: what happens at one
/// end of a connection right after a segment came or a call was made follows from that.
class CauseGuess {
 public:
  /// The cause of the event that will be number `n`; 0: none is known.
  std::uint64_t operator()(std::uint64_t n, const Journal::Entry& entry) {
    return std::visit([&](const auto& what) { return cause(n, entry, what); }, entry.what);
  }

 private:
  struct Segment {
    std::uint64_t sent;  ///< number of its event
    trace::End src;
    trace::End dst;
  };
  /// What happened at an end last that may have consequences.
  struct Last {
    std::uint64_t n = 0;
    SimTime at;
  };
  using End = std::tuple<trace::HostId, tcp::Port, tcp::Port>;

  /// How long a host takes over what follows at once, a thread's wakening included.
  static constexpr SimDuration at_once = 3ms;

  std::uint64_t cause(std::uint64_t n, const Journal::Entry& entry, const trace::Send& send) {
    segments_[send.id] = {n, send.src, send.dst};
    if (send.forged) return 0;
    return recent({send.src.host, send.src.port, send.dst.port}, entry.at);
  }
  std::uint64_t cause(std::uint64_t, const Journal::Entry&, const trace::Drop& drop) {
    return segments_[drop.id].sent;
  }
  std::uint64_t cause(std::uint64_t, const Journal::Entry&, const trace::Delay& delay) {
    return segments_[delay.id].sent;
  }
  std::uint64_t cause(std::uint64_t, const Journal::Entry&, const trace::Duplicate& copy) {
    return segments_[copy.id].sent;
  }
  std::uint64_t cause(std::uint64_t n, const Journal::Entry& entry, const trace::Receive& receive) {
    const Segment& segment = segments_[receive.id];
    last_[{receive.host, segment.dst.port, segment.src.port}] = {n, entry.at};
    return segment.sent;
  }
  std::uint64_t cause(std::uint64_t, const Journal::Entry& entry,
                      const trace::StateChange& change) {
    return recent({change.local.host, change.local.port, change.remote.port}, entry.at);
  }
  std::uint64_t cause(std::uint64_t, const Journal::Entry&, const trace::TimerChange&) { return 0; }
  std::uint64_t cause(std::uint64_t n, const Journal::Entry& entry, const trace::AppCall& call) {
    if (entry.ports.remote == 0) return 0;
    const End end{call.host, entry.ports.local, entry.ports.remote};
    const std::uint64_t now = recent(end, entry.at);
    auto& before = calls_[end];
    const std::uint64_t result = now != 0 ? now : before;
    before = n;
    last_[end] = {n, entry.at};
    return result;
  }

  std::uint64_t recent(const End& end, SimTime at) const {
    const auto found = last_.find(end);
    if (found == last_.end() || at - found->second.at > at_once) return 0;
    return found->second.n;
  }

  std::unordered_map<std::uint64_t, Segment> segments_;  ///< by id
  std::map<End, Last> last_;
  std::map<End, std::uint64_t> calls_;  ///< the last one there
};

}  // namespace

std::shared_ptr<const trace::Recording> make_trace(const trace::Names& names,
                                                   std::vector<Journal::Entry> entries,
                                                   SimTime ended) {
  const auto earlier = [](const Journal::Entry& a, const Journal::Entry& b) { return a.at < b.at; };
  std::stable_sort(entries.begin(), entries.end(), earlier);
  auto recording = std::make_shared<trace::Recording>();
  recording->begin(names);
  ReasonGuess reason;
  CauseGuess cause;
  std::uint64_t n = 0;
  for (Journal::Entry& entry : entries) {
    auto* send = std::get_if<trace::Send>(&entry.what);
    if (send != nullptr && !send->forged) send->why = reason(*send);
    const std::uint64_t caused_by = cause(++n, entry);
    recording->event({n, caused_by, entry.at, std::move(entry.what)});
  }
  recording->end(ended);
  return recording;
}

}  // namespace lastack::kernel
