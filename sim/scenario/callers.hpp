#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastack/event/call.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::scenario {

/// Who may make a call, as traces have it: {connect, accept} for `recv`.
std::span<const trace::Who::Role> roles_of(trace::Call call);

/// Who makes calls on some hosts, by the names that traces give them.
class Callers {
 public:
  /// Whether anybody has this role.
  bool any(trace::Who::Role role) const;
  /// Whether somebody of this role is called so: "connect", "connect#2", "accept#1".
  bool has(trace::Who::Role role, std::string_view name) const;
  /// The names of this role: of many the first and the last; "accept#1" for any number of these.
  std::vector<std::string> names(trace::Who::Role role) const;

 private:
  friend class CallerIndex;

  bool alone_ = false;          ///< a connector of one connection: "connect"
  std::uint64_t numbered_ = 0;  ///< the largest of "connect#1", "connect#2" and so on
  bool listens_ = false;
};

/// The callers of a scenario by host, so that many questions do not search all its apps each.
class CallerIndex {
 public:
  using Range = std::pair<app::HostIndex, app::HostIndex>;  ///< the first, and one past the last

  explicit CallerIndex(const Scenario& scenario);

  const Callers& of(Range hosts) const;

 private:
  std::vector<std::pair<app::HostIndex, std::uint64_t>> connectors_;  ///< host, count; sorted
  std::vector<app::HostIndex> listeners_;                             ///< sorted
  mutable std::map<Range, Callers> known_;  ///< answers so far: of a large group it is asked again
};

}  // namespace lastack::scenario
