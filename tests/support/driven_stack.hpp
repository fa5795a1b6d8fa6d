#pragma once

#include <set>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/output.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::test {

/// A configuration as a host of this profile gets it: its settings, its first RTO, its MSL, its
/// timers.
tcp::StackConfig profile_config(tcp::ProfileId profile);

/// A Stack together with what every driver of one must remember: whose deadlines may come due.
/// The effects of each event collect in `effects` until somebody takes them. After each the stack's
/// invariants are checked.
class DrivenStack {
 public:
  explicit DrivenStack(const tcp::StackConfig& config);

  /// Runs `event(stack, output)`: a call, a segment or anything else that fills an Output.
  template <typename EventFunction> auto run(EventFunction&& event) {
    if constexpr (std::is_void_v<decltype(event(stack_, out_))>) {
      event(stack_, out_);
      note_output();
    } else {
      auto result = event(stack_, out_);
      note_output();
      return result;
    }
  }

  void segment_arrives(SimTime now, const tcp::Segment& segment);

  /// When the next timer is due; `never` if none is.
  SimTime next_deadline() const;
  /// Lets the timer (or timers of one owner) fire that is due first. Requires next_deadline() ==
  /// now.
  void run_timer(SimTime now);

  /// What happened since the last call, in order.
  std::vector<tcp::Effect> take_effects();
  /// Sockets on which a waiting call may go on, since the last call.
  std::vector<tcp::SocketId> take_woken();

  tcp::Stack& stack() { return stack_; }
  const tcp::Stack& stack() const { return stack_; }

 private:
  struct ByKindAndIndex {
    bool operator()(tcp::TimerOwner a, tcp::TimerOwner b) const {
      return a.kind != b.kind ? a.kind < b.kind : a.index < b.index;
    }
  };

  void note_output();

  tcp::Stack stack_;
  tcp::Output out_;
  std::set<tcp::TimerOwner, ByKindAndIndex> waiting_;
  std::vector<tcp::Effect> effects_;
  std::vector<tcp::SocketId> woken_;
};

}  // namespace lastack::test
