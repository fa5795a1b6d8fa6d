#include "lastack/fuzz/features.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lastack/core/assert.hpp"
#include "lastack/event/event.hpp"
#include "lastack/run/simulation.hpp"

namespace lastack::fuzz {

namespace {

/// A scenario that takes more events than this tells nothing that a smaller one would not.
constexpr std::uint64_t events_max = 100'000;

/// Follows each end of a connection through the run.
class FeatureSink final : public trace::Sink {
 public:
  explicit FeatureSink(Shown& shown) : shown_{shown} {}

  void begin(const trace::Names&) override {}
  void event(const trace::Event& event) override {
    at_ = event.at;
    std::visit([this](const auto& what) { take(what); }, event.what);
  }
  void end(SimTime) override {}

  /// What the counters of the hosts came to.
  void take_counters(const run::Summary& summary) {
    for (const run::HostSummary& host : summary.hosts) {
      for (const auto& [name, count] : host.counters) {
        note("counter " + name + (count == 1 ? "" : count < 4 ? " some" : " many"));
      }
    }
  }

 private:
  using End = std::tuple<trace::HostId, tcp::Port, tcp::Port>;
  struct Life {
    tcp::State state = tcp::State::closed;
    std::string last;
  };
  struct Packet {
    End to;
    std::string word;
  };

  static std::string word_of(const tcp::Segment& segment) {
    return segment.flags.without(tcp::Flags::psh).text() + (segment.data > 0 ? " data" : "");
  }

  void take(const trace::Send& send) {
    const std::string word = word_of(send.segment);
    packets_[send.id] = {{send.dst.host, send.dst.port, send.src.port},
                         (send.forged ? "forged " : "recv ") + word};
    if (send.forged) return happened({});
    ++shown_.segments;
    happened({send.src.host, send.src.port, send.dst.port},
             "send " + word + " " + std::string{name_of(send.why)});
  }
  void take(const trace::Drop& drop) {
    const auto found = packets_.find(drop.id);
    if (found == packets_.end() || drop.place != trace::DropPlace::host) return;
    happened(found->second.to, "discard " + std::string{name_of(drop.reason)});
  }
  void take(const trace::Receive& receive) {
    const auto found = packets_.find(receive.id);
    if (found != packets_.end()) happened(found->second.to, found->second.word);
  }
  void take(const trace::StateChange& change) {
    const End end{change.local.host, change.local.port, change.remote.port};
    happened(end, "to " + std::string{name_of(change.to)} + " " + std::string{name_of(change.why)});
    lives_[end].state = change.to;
  }
  void take(const trace::TimerChange& change) {
    if (change.action != tcp::TimerAction::fire) return;
    happened({change.local.host, change.local.port, change.remote.port},
             "timer " + std::string{name_of(change.timer)});
  }
  void take(const trace::AppCall& call) {
    const std::string_view problem = errno_of(call.result);
    happened({call.host, 0, 0}, "call " + std::string{name_of(call.call)} + " " +
                                    std::string{problem.empty() ? "ok" : problem});
  }
  void take(const trace::Delay&) {}
  void take(const trace::Duplicate&) {}

  void happened(const End& end, const std::string& word = "") {
    shown_.times.push_back(at_);
    if (word.empty()) return;
    Life& life = lives_[end];
    const std::string state{name_of(life.state)};
    note(state + ": " + word);
    note(state + ": " + life.last + ", " + word);
    life.last = word;
  }

  void note(const std::string& text) {
    if (seen_.insert(text).second) shown_.features.push_back({text, at_});
  }

  Shown& shown_;
  SimTime at_ = sim_start;
  std::map<End, Life> lives_;
  std::map<std::uint64_t, Packet> packets_;
  std::set<std::string> seen_;
};

}  // namespace

Shown shown_by(const scenario::Scenario& scenario) {
  Shown shown;
  FeatureSink sink{shown};
  run::Simulation simulation{scenario, scenario.seed, {&sink}};
  run::Progress progress;
  simulation.watch_memory([&] { return progress.events > events_max; });
  simulation.run(nullptr, &progress);
  const run::Summary summary = simulation.summary();
  sink.take_counters(summary);
  shown.whole = !summary.out_of_memory && !summary.standstill;
  return shown;
}

}  // namespace lastack::fuzz
