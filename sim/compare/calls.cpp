#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "rules.hpp"

namespace lastack::compare {

namespace {

using Calls = std::vector<const Call*>;
/// An application: its host and which of the host's it is.
using Caller = std::pair<std::string, std::string>;

/// Power and settings, which are events of the scenario rather than calls.
constexpr std::string_view no_application = "host";

struct BothCalls {
  Calls left;
  Calls right;
};

std::map<Caller, BothCalls> calls_by_application(const History& left, const History& right) {
  std::map<Caller, BothCalls> result;
  for (const Call& call : left.calls) {
    if (call.who != no_application) result[{call.host, call.who}].left.push_back(&call);
  }
  for (const Call& call : right.calls) {
    if (call.who != no_application) result[{call.host, call.who}].right.push_back(&call);
  }
  return result;
}

std::string shown(const Call* call) {
  return call == nullptr ? "nothing more" : to_text(*call) + " " + at_text(call->at);
}

Difference difference_of(const Caller& caller, std::size_t n, const Call* left, const Call* right,
                         std::string_view predicate) {
  Difference difference;
  difference.aspect = Aspect::calls;
  difference.host = caller.first;
  difference.where = fmt::format("{} {} #{}", caller.first, caller.second, n + 1);
  difference.what = fmt::format("{}'s {}: the {} call {}", caller.first, caller.second,
                                ordinal(n + 1), predicate);
  difference.left = shown(left);
  difference.right = shown(right);
  if (left != nullptr) difference.left_at = left->at;
  if (right != nullptr) difference.right_at = right->at;
  return difference;
}

bool alike(const Call* left, const Call* right) {
  return left->call == right->call && left->result == right->result;
}

/// The first call that went otherwise, if there is one.
std::optional<Difference> first_other(const Caller& caller, const BothCalls& calls) {
  const auto [left, right] = std::mismatch(calls.left.begin(), calls.left.end(),
                                           calls.right.begin(), calls.right.end(), alike);
  const Call* left_call = left == calls.left.end() ? nullptr : *left;
  const Call* right_call = right == calls.right.end() ? nullptr : *right;
  if (left_call == nullptr && right_call == nullptr) return std::nullopt;
  const bool both = left_call != nullptr && right_call != nullptr;
  return difference_of(caller, static_cast<std::size_t>(left - calls.left.begin()), left_call,
                       right_call, both ? "is not the same" : "is there on one side only");
}

/// Calls that went alike must do so at like times: as far apart as some segment of the host was, or
/// not at all. How late a process wakes depends on how long its host had been quiet.
void compare_times(const Caller& caller, const BothCalls& calls, const Tolerance& tolerance,
                   const Offsets& offsets, Comparison& result) {
  for (std::size_t n = 0; n < calls.left.size(); ++n) {
    const Call& left = *calls.left[n];
    const Call& right = *calls.right[n];
    const Seconds quiet = left.at - offsets.last_segment_before(left.at);
    const Seconds allowed = tolerance.for_call(quiet);
    if (offsets.beyond(left.at - right.at) <= allowed) continue;
    Difference difference = difference_of(caller, n, &left, &right, "comes at another time");
    difference.note =
        fmt::format("{} apart, where {} are allowed",
                    duration_text(std::chrono::abs(left.at - right.at)), duration_text(allowed));
    result.add(std::move(difference));
  }
}

}  // namespace

void compare_calls(const History& left, const History& right, const Tolerance& tolerance,
                   const OffsetsByHost& offsets, Comparison& result) {
  for (const auto& [caller, calls] : calls_by_application(left, right)) {
    if (auto other = first_other(caller, calls)) {
      result.add(*std::move(other));
      continue;
    }
    const auto host = offsets.find(caller.first);
    compare_times(caller, calls, tolerance, host == offsets.end() ? Offsets{} : host->second,
                  result);
  }
}

}  // namespace lastack::compare
