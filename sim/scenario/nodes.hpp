#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/scenario/scenario.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::scenario {

/// Host, port: one end as "server:80" names it.
struct EndRef {
  HostRef host;
  tcp::Port port = 0;
};

/// Whether two references may stand for the same node.
bool overlap(const NodeRef& a, const NodeRef& b);

/// The names of a scenario's hosts and routers, and what stands for them in a run.
class Nodes {
 public:
  /// Requires names that differ.
  Nodes(const std::vector<Host>& hosts, const std::vector<std::string>& routers);

  /// Reads "client", "clients" (all of a group) or "clients[3]".
  HostRef host(const Value& value) const;
  /// The same for `text`, a part of the string at `value`.
  HostRef host_named(const Value& value, std::string_view text) const;
  /// As `host`, but it must be one host, not a whole group.
  HostRef one_host(const Value& value) const;
  /// Throws where `ref`, which stands at `value`, is a whole group.
  void require_one(const Value& value, const HostRef& ref) const;
  /// Host, group, member or router.
  NodeRef node(const Value& value) const;
  /// "client->server".
  std::pair<HostRef, HostRef> direction(const Value& value) const;
  /// "server:80", one host and a port from 1.
  EndRef end(const Value& value) const;

  /// Number of a member among the members of all hosts, in the file's order.
  app::HostIndex index(std::size_t host, std::uint32_t member) const {
    return first_[host] + member;
  }
  /// First and one past the last number of what `ref` names.
  std::pair<app::HostIndex, app::HostIndex> range(const HostRef& ref) const;
  std::uint32_t host_count() const { return first_.back(); }

  std::string name(const HostRef& ref) const;
  std::string name(const NodeRef& ref) const;
  /// Whether `ref` names more than one host for sure or perhaps: a group without its member.
  bool is_group(const HostRef& ref) const { return !ref.member && (*hosts_)[ref.host].group; }

 private:
  std::vector<std::string_view> known_hosts() const;

  const std::vector<Host>* hosts_;
  const std::vector<std::string>* routers_;
  std::unordered_map<std::string_view, std::size_t> host_by_name_;
  std::unordered_map<std::string_view, std::size_t> router_by_name_;
  std::vector<app::HostIndex> first_;  ///< number of each host's first member; the last is the sum
};

}  // namespace lastack::scenario
