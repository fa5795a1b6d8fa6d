// What is always true between two events of a run.
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "engine.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// The entries of a scheduler, to be looked up.
class Entries {
 public:
  explicit Entries(const Scheduler& scheduler) {
    scheduler.for_each([this](SimTime at, Event event) { entries_.push_back({at, key(event)}); });
    std::sort(entries_.begin(), entries_.end());
  }

  bool contains(SimTime at, Event event) const {
    return std::binary_search(entries_.begin(), entries_.end(), std::pair{at, key(event)});
  }

 private:
  static std::uint64_t key(Event event) {
    return std::uint64_t{event.kind} << 56 | std::uint64_t{event.owner} << 32 | event.index;
  }

  std::vector<std::pair<SimTime, std::uint64_t>> entries_;
};

}  // namespace

void Simulation::Impl::keep_checking() { pace_.emplace(); }

void Simulation::Impl::check_now() {
  check_invariants();
  pace_->checked(scheduler_.size() + network_.in_flight() + stacks_.size() +
                 applications_.processes().size() + book_.records().size());
}

void Simulation::Impl::check_invariants() const {
  LASTACK_ASSERT(out_.empty());
  scheduler_.check_invariants();
  network_.check_invariants();
  check_packets();
  check_stacks();
  check_deadlines();
  applications_.check_invariants();
  book_.check_invariants();
  tally_.check_invariants();
}

/// Every packet was delivered, is lost, or will arrive once.
void Simulation::Impl::check_packets() const {
  std::vector<net::PacketIndex> arriving;
  scheduler_.for_each([&arriving](SimTime, Event event) {
    if (static_cast<EventKind>(event.kind) == EventKind::arrival) arriving.push_back(event.index);
  });
  std::sort(arriving.begin(), arriving.end());
  LASTACK_ASSERT(arriving == network_.packets_in_flight());
  for (const net::PacketIndex index : arriving) {
    LASTACK_ASSERT(network_.packet(index).id <= last_packet_id_);
    LASTACK_ASSERT(network_.packet(index).cause <= recorder_.count());
  }
}

/// The sums over all hosts are those of the hosts.
void Simulation::Impl::check_stacks() const {
  tcp::StateTotals together;
  for (const tcp::Stack& stack : stacks_) {
    stack.check_invariants();
    for (std::size_t s = 0; s < tcp::state_count; ++s) {
      together.current[s] += stack.census().current(static_cast<tcp::State>(s));
    }
  }
  LASTACK_ASSERT(together.current == sockets_.current);
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    LASTACK_ASSERT(sockets_.current[s] <= sockets_.peak[s]);
  }
}

/// A deadline without an entry in the scheduler would never come.
void Simulation::Impl::check_deadlines() const {
  const Entries entries{scheduler_};
  const auto check = [&entries](const Wakeup& wakeup, Event event) {
    LASTACK_ASSERT(wakeup.queued <= wakeup.due);
    LASTACK_ASSERT(entries.contains(wakeup.queued, event));
  };
  for (HostIndex host = 0; host < stacks_.size(); ++host) {
    stacks_[host].visit_deadlines([&](tcp::TimerOwner owner, const Wakeup& wakeup) {
      check(wakeup, event_of(EventKind::tcp_timer, host, pack(owner)));
    });
  }
  applications_.processes().for_each([&](ProcessIndex index, const Process& process) {
    if (process.clock.armed()) check(process.clock, event_of(EventKind::process, 0, index));
  });
}

}  // namespace lastack::run
