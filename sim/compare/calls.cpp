#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "lastack/event/call.hpp"
#include "rules.hpp"

namespace lastack::compare {

namespace {

using Calls = std::vector<const Call*>;
/// An application: its host and which of the host's it is.
using Caller = std::pair<std::string, std::string>;

/// Power and settings, which are events of the scenario rather than calls.
bool is_of_application(const Call& call) { return call.who != name_of(trace::Who::Role::host); }

struct BothCalls {
  Calls left;
  Calls right;
};

std::map<Caller, BothCalls> calls_by_application(const History& left, const History& right) {
  std::map<Caller, BothCalls> result;
  for (const Call& call : left.calls) {
    if (is_of_application(call)) result[{call.host, call.who}].left.push_back(&call);
  }
  for (const Call& call : right.calls) {
    if (is_of_application(call)) result[{call.host, call.who}].right.push_back(&call);
  }
  return result;
}

std::string shown(const Call* call) {
  return call == nullptr ? "nothing more" : to_text(*call) + " " + at_text(call->at);
}

bool alike(const Call* left, const Call* right) {
  return left->call == right->call && left->result == right->result;
}

/// The nth call (from 0) of one application on both sides; null where there is none.
struct CallPair {
  const Task& task;
  const Caller& caller;
  std::size_t n;
  const Call* left;
  const Call* right;

  Difference difference(std::string_view predicate) const {
    const auto& [host, who] = caller;
    Difference difference;
    difference.aspect = Aspect::calls;
    difference.host = host;
    difference.where = fmt::format("{} {} #{}", host, who, n + 1);
    difference.what = fmt::format("{}'s {}: the {} call {}", host, who, ordinal(n + 1), predicate);
    difference.left = shown(left);
    difference.right = shown(right);
    point_to(task.left.calls, left, task.right.calls, right, difference);
    return difference;
  }
};

/// Whether a call of one side alone may have come on the other when the run was over.
bool is_cut_off(const Task& task, const Call& call, const Offsets& offsets) {
  const Seconds quiet = call.at - offsets.last_segment_before(call.at);
  return task.may_be_cut_off(call.at, task.tolerance.for_call(std::max(quiet, Seconds{0})));
}

/// How many calls went alike before one that did not.
std::size_t alike_calls(const BothCalls& calls) {
  const auto [left, right] = std::mismatch(calls.left.begin(), calls.left.end(),
                                           calls.right.begin(), calls.right.end(), alike);
  return static_cast<std::size_t>(left - calls.left.begin());
}

/// The first call that went otherwise, if there is one.
std::optional<Difference> first_other(const Task& task, const Caller& caller,
                                      const BothCalls& calls, const Offsets& offsets) {
  const auto [left, right] = std::mismatch(calls.left.begin(), calls.left.end(),
                                           calls.right.begin(), calls.right.end(), alike);
  const CallPair pair{task, caller, static_cast<std::size_t>(left - calls.left.begin()),
                      left == calls.left.end() ? nullptr : *left,
                      right == calls.right.end() ? nullptr : *right};
  if (pair.left == nullptr && pair.right == nullptr) return std::nullopt;
  const bool both = pair.left != nullptr && pair.right != nullptr;
  if (!both && is_cut_off(task, *(pair.left == nullptr ? pair.right : pair.left), offsets)) {
    return std::nullopt;
  }
  return pair.difference(both ? "is not the same" : "is there on one side only");
}

/// Calls that went alike must do so at like times: as far apart as some segment of the host was, or
/// not at all. How late a process wakes depends on how long its host had been quiet.
void compare_times(const Task& task, const Caller& caller, const BothCalls& calls,
                   const Offsets& offsets) {
  for (std::size_t n = 0; n < std::min(calls.left.size(), calls.right.size()); ++n) {
    const CallPair pair{task, caller, n, calls.left[n], calls.right[n]};
    const Seconds offset = pair.left->at - pair.right->at;
    const Seconds quiet = pair.left->at - offsets.last_segment_before(pair.left->at);
    const Seconds allowed = task.tolerance.for_call(quiet);
    if (offsets.beyond(offset) <= allowed) continue;
    Difference difference = pair.difference("comes at another time");
    difference.note = apart_text(offset, allowed);
    task.result.add(std::move(difference));
  }
}

}  // namespace

void compare_calls(const Task& task, const OffsetsByHost& offsets) {
  const Offsets none;
  for (const auto& [caller, calls] : calls_by_application(task.left, task.right)) {
    const auto host = offsets.find(caller.first);
    const Offsets& shown = host == offsets.end() ? none : host->second;
    task.result.agreement(caller.first).calls += alike_calls(calls);
    if (auto other = first_other(task, caller, calls, shown)) {
      task.result.add(*std::move(other));
    } else {
      compare_times(task, caller, calls, shown);
    }
  }
}

}  // namespace lastack::compare
