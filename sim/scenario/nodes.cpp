#include "nodes.hpp"

#include <fmt/format.h>

#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {
namespace {

/// "clients[3]" in parts; a name without index has none.
struct NameParts {
  std::string_view name;
  std::optional<std::string_view> index;
};

NameParts split_name(std::string_view text) {
  const auto bracket = text.find('[');
  if (bracket == text.npos || !text.ends_with(']')) return {text, std::nullopt};
  return {text.substr(0, bracket), text.substr(bracket + 1, text.size() - bracket - 2)};
}

}  // namespace

bool overlap(const NodeRef& a, const NodeRef& b) {
  if (a.node.index() != b.node.index()) return false;
  const auto* host_a = std::get_if<HostRef>(&a.node);
  if (host_a == nullptr) return std::get<std::size_t>(a.node) == std::get<std::size_t>(b.node);
  const auto& host_b = std::get<HostRef>(b.node);
  const bool same_member = !host_a->member || !host_b.member || host_a->member == host_b.member;
  return host_a->host == host_b.host && same_member;
}

Nodes::Nodes(const std::vector<Host>& hosts, const std::vector<std::string>& routers)
    : hosts_{&hosts},
      routers_{&routers} {
  app::HostIndex next = 0;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    host_by_name_.emplace(hosts[i].name, i);
    first_.push_back(next);
    next += hosts[i].count;
  }
  first_.push_back(next);
  for (std::size_t i = 0; i < routers.size(); ++i) router_by_name_.emplace(routers[i], i);
}

std::vector<std::string_view> Nodes::known_hosts() const {
  std::vector<std::string_view> names;
  for (const Host& host : *hosts_) names.push_back(host.name);
  return names;
}

HostRef Nodes::host_named(const Value& value, std::string_view text) const {
  const auto [name, index] = split_name(text);
  const auto found = host_by_name_.find(name);
  if (found == host_by_name_.end()) {
    if (router_by_name_.contains(name)) {
      value.fail(fmt::format("want a host, have the router {}", shown(name)));
    }
    value.unknown("the name of a host", name, known_hosts());
  }
  const Host& host = (*hosts_)[found->second];
  if (!index) return {found->second, host.group ? std::nullopt : std::optional<std::uint32_t>{0}};
  if (!host.group) {
    value.fail(fmt::format("want \"{}\" without an index (it has no \"count\"), have {}", name,
                           shown(text)));
  }
  const auto member = parse_count(*index);
  if (!member || *member >= host.count) {
    value.fail(fmt::format("want {0}[0] to {0}[{1}], have {2}", name, host.count - 1, shown(text)));
  }
  return {found->second, static_cast<std::uint32_t>(*member)};
}

HostRef Nodes::host(const Value& value) const {
  return host_named(value, value.string("the name of a host"));
}

void Nodes::require_one(const Value& value, const HostRef& ref) const {
  if (is_group(ref)) {
    value.want(fmt::format("one member of the group such as \"{}[0]\"", (*hosts_)[ref.host].name));
  }
}

HostRef Nodes::one_host(const Value& value) const {
  const HostRef ref = host(value);
  require_one(value, ref);
  return ref;
}

NodeRef Nodes::node(const Value& value) const {
  const std::string& text = value.string("the name of a host or router");
  if (const auto router = router_by_name_.find(text); router != router_by_name_.end()) {
    return {router->second};
  }
  if (host_by_name_.contains(split_name(text).name)) return {host_named(value, text)};
  std::vector<std::string_view> known = known_hosts();
  known.insert(known.end(), routers_->begin(), routers_->end());
  value.unknown("the name of a host or router", text, known);
}

std::pair<HostRef, HostRef> Nodes::direction(const Value& value) const {
  constexpr std::string_view wish = "a direction such as \"client->server\"";
  const std::string_view text = value.string(wish);
  const auto arrow = text.rfind("->");
  if (arrow == text.npos) value.want(wish);
  const HostRef from = host_named(value, text.substr(0, arrow));
  const HostRef to = host_named(value, text.substr(arrow + 2));
  if (from == to && !is_group(from)) value.want("two different hosts");
  return {from, to};
}

EndRef Nodes::end(const Value& value) const {
  constexpr std::string_view wish = "a host and a port such as \"server:80\"";
  const std::string_view text = value.string(wish);
  const auto colon = text.rfind(':');
  if (colon == text.npos) value.want(wish);
  const HostRef ref = host_named(value, text.substr(0, colon));
  require_one(value, ref);
  const auto port = parse_count(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) {
    value.want("a host and a port from 1 to 65535");
  }
  return {ref, static_cast<tcp::Port>(*port)};
}

std::pair<app::HostIndex, app::HostIndex> Nodes::range(const HostRef& ref) const {
  if (ref.member) return {index(ref.host, *ref.member), index(ref.host, *ref.member) + 1};
  return {first_[ref.host], first_[ref.host + 1]};
}

std::string Nodes::name(const HostRef& ref) const {
  const Host& host = (*hosts_)[ref.host];
  if (!host.group || !ref.member) return host.name;
  return fmt::format("{}[{}]", host.name, *ref.member);
}

std::string Nodes::name(const NodeRef& ref) const {
  if (const auto* host = std::get_if<HostRef>(&ref.node)) return name(*host);
  return (*routers_)[std::get<std::size_t>(ref.node)];
}

}  // namespace lastack::scenario
