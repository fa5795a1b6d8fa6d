#include "support/driven_stack.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/kernel_versions.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::test {

tcp::StackConfig profile_config(tcp::ProfileId profile) {
  tcp::StackConfig config;
  config.name = "host";
  config.address = tcp::Address{0x0a000001};
  config.profile = profile;
  config.settings = tcp::default_settings(profile);
  const bool linux = tcp::kernel_of(profile).has_value();
  config.initial_rto = 1s;
  config.msl = profile == tcp::ProfileId::rfc9293 ? SimDuration{2min} : SimDuration{30s};
  config.timers = linux ? tcp::TimerMode::wheel : tcp::TimerMode::exact;
  return config;
}

DrivenStack::DrivenStack(const tcp::StackConfig& config)
    : stack_{config},
      out_{tcp::Reports::all} {}

void DrivenStack::segment_arrives(SimTime now, const tcp::Segment& segment) {
  run([&](tcp::Stack& stack, tcp::Output& out) { stack.segment_arrives(now, segment, out); });
}

SimTime DrivenStack::next_deadline() const {
  SimTime earliest = never;
  for (const tcp::TimerOwner owner : waiting_) {
    earliest = std::min(earliest, stack_.deadline(owner));
  }
  return earliest;
}

void DrivenStack::run_timer(SimTime now) {
  const auto due = std::find_if(waiting_.begin(), waiting_.end(), [&](tcp::TimerOwner owner) {
    return stack_.deadline(owner) == now;
  });
  LASTACK_ASSERT(due != waiting_.end());
  const tcp::TimerOwner owner = *due;
  run([&](tcp::Stack& stack, tcp::Output& out) { stack.timeout(now, owner, out); });
  LASTACK_ASSERT(stack_.deadline(owner) > now);  // a timeout meets every deadline up to now
}

std::vector<tcp::Effect> DrivenStack::take_effects() { return std::exchange(effects_, {}); }

std::vector<tcp::SocketId> DrivenStack::take_woken() { return std::exchange(woken_, {}); }

void DrivenStack::note_output() {
  effects_.insert(effects_.end(), out_.effects.begin(), out_.effects.end());
  woken_.insert(woken_.end(), out_.woken.begin(), out_.woken.end());
  waiting_.insert(out_.rescheduled.begin(), out_.rescheduled.end());
  out_.clear();
  std::erase_if(waiting_, [&](tcp::TimerOwner owner) { return stack_.deadline(owner) == never; });
  stack_.check_invariants();
}

}  // namespace lastack::test
