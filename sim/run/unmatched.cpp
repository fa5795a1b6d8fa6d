#include "unmatched.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "describe.hpp"

namespace lastack::run {

namespace {

using net::FaultRecord;
using scenario::Unmatched;

class Hint {
 public:
  Hint(const scenario::Scenario& scenario, const scenario::Fault& fault, const FaultRecord& record)
      : way_{name(scenario, fault.from) + "->" + name(scenario, fault.to)},
        fault_{fault},
        record_{record} {}

  /// Why a fault with such a record was never applied.
  std::string text() const {
    if (record_.passed == 0) return fmt::format("none went {} at all", way_);
    if (record_.chosen > 0) {
      return fmt::format("an earlier fault took the {} that it chose", segments(record_.chosen));
    }
    if (record_.matched > 0) {
      return fmt::format("{} met its other conditions, so `nth` was not reached",
                         segments(record_.matched));
    }
    const std::vector<std::string> near = near_misses();
    if (near.empty()) {
      return fmt::format("{} went {}, and none met all but one of its conditions",
                         segments(record_.passed), way_);
    }
    return fmt::format("{} matched the rest", fmt::join(near, " and "));
  }

 private:
  static std::string name(const scenario::Scenario& scenario, const scenario::HostRef& ref) {
    const scenario::Host& host = scenario.hosts[ref.host];
    if (!host.group || !ref.member) return host.name;
    return fmt::format("{}[{}]", host.name, *ref.member);
  }

  static std::string segments(std::uint64_t count) {
    return fmt::format("{} segment{}", count, count == 1 ? "" : "s");
  }

  /// "3 segments client->server with flags F.", "1 without data".
  std::vector<std::string> near_misses() const {
    std::vector<std::string> near;
    const auto add = [&](std::uint64_t count, std::string_view which) {
      if (count == 0) return;
      near.push_back(near.empty() ? fmt::format("{} {} {}", segments(count), way_, which)
                                  : fmt::format("{} {}", count, which));
    };
    if (!record_.other_flags.empty()) {
      const auto [flags, count] = most_common_flags();
      add(count, "with flags " + flags.text());
    }
    add(record_.other_payload, fault_.payload == true ? "without data" : "with data");
    add(record_.other_time, at_other_times());
    return near;
  }

  std::pair<tcp::Flags, std::uint64_t> most_common_flags() const {
    return *std::max_element(record_.other_flags.begin(), record_.other_flags.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
  }

  std::string at_other_times() const {
    const std::string first = exact(record_.first_other_time - sim_start);
    if (record_.first_other_time == record_.last_other_time) return "at " + first;
    return fmt::format("from {} to {}", first, exact(record_.last_other_time - sim_start));
  }

  std::string way_;
  const scenario::Fault& fault_;
  const FaultRecord& record_;
};

/// Puts what a run found among what never matches: faults, injections, expectations.
class List {
 public:
  explicit List(std::vector<Unmatched> never) : list_{std::move(never)} {
    for (const Unmatched& unmatched : list_) pointers_.insert(unmatched.pointer);
  }

  void add(const std::string& pointer, std::string problem) {
    if (pointers_.insert(pointer).second) list_.push_back({pointer, std::move(problem)});
  }

  std::vector<Unmatched> take() {
    const auto section = [](const Unmatched& unmatched) {
      if (unmatched.pointer.starts_with("/faults")) return 0;
      return unmatched.pointer.starts_with("/inject") ? 1 : 2;
    };
    const auto place = [](const Unmatched& unmatched) {
      return std::stoul(unmatched.pointer.substr(unmatched.pointer.rfind('/') + 1));
    };
    std::sort(list_.begin(), list_.end(), [&](const Unmatched& a, const Unmatched& b) {
      return std::pair{section(a), place(a)} < std::pair{section(b), place(b)};
    });
    return std::move(list_);
  }

 private:
  std::vector<Unmatched> list_;
  std::unordered_set<std::string> pointers_;  ///< of those in the list
};

}  // namespace

std::vector<Unmatched> unmatched(const scenario::Scenario& scenario,
                                 const std::vector<FaultRecord>& faults, const Summary& summary) {
  List list{scenario::never_matches(scenario)};
  if (summary.cut_short()) return list.take();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i].applied > 0) continue;
    list.add(scenario::fault_pointer(i), "matched no segment in this run: " +
                                             Hint{scenario, scenario.faults[i], faults[i]}.text());
  }
  for (const ExpectationResult& result : summary.expectations) {
    if (!result.hollow.empty()) {
      list.add(result.pointer, "matched nothing in this run, and so holds: " + result.hollow);
    }
  }
  return list.take();
}

}  // namespace lastack::run
