#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sections.hpp"
#include "sysctl.hpp"

namespace lastack::scenario {
namespace {

/// An event of a group's links is one of each.
constexpr std::size_t link_events_max = 1'000'000;

HostEvent host_event_at(const Value& value, const Nodes& nodes) {
  value.only_keys("an event of a host", {"at", "host", "do", "sysctl"});
  HostEvent event;
  event.at = value.at("at").time();
  event.host = nodes.host(value.at("host"));
  if (const auto sysctl = value.find("sysctl")) {
    if (const auto v = value.find("do")) v->fail("want either \"do\" or \"sysctl\", have both");
    event.what = HostEvent::Do::set;
    event.sysctl = read_sysctl(*sysctl);
    return event;
  }
  event.what = one_of<HostEvent::Do>(value.at("do"), "an action on a host",
                                     {{"power_off", HostEvent::Do::power_off},
                                      {"power_on", HostEvent::Do::power_on},
                                      {"reboot", HostEvent::Do::reboot}});
  return event;
}

/// The narrower of two references to the same node.
NodeRef narrower(const NodeRef& a, const NodeRef& b) {
  const auto* host = std::get_if<HostRef>(&a.node);
  return host != nullptr && !host->member ? b : a;
}

/// `event` for `link`, if the link joins some of `a` and `b`, in this order.
std::optional<LinkEvent> on_link(LinkEvent event, const Link& link, const NodeRef& a,
                                 const NodeRef& b) {
  if (!overlap(link.a, a) || !overlap(link.b, b)) return std::nullopt;
  event.a = narrower(link.a, a);
  event.b = narrower(link.b, b);
  return event;
}

/// The links by their ends, so that an event does not search them all.
class LinksByEnds {
 public:
  explicit LinksByEnds(const std::vector<Link>& links) {
    for (std::size_t i = 0; i < links.size(); ++i) {
      for (const Node& a : {node(links[i].a), whole(links[i].a)}) {
        for (const Node& b : {node(links[i].b), whole(links[i].b)}) links_[{a, b}].push_back(i);
      }
    }
  }

  /// Those that may join some of these nodes, in order.
  std::set<std::size_t> between(const NodeRef& a, const NodeRef& b) const {
    std::set<std::size_t> found;
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      for (const Node& key_a : asked(from)) {
        for (const Node& key_b : asked(to)) {
          const auto links = links_.find({key_a, key_b});
          if (links != links_.end()) found.insert(links->second.begin(), links->second.end());
        }
      }
    }
    return found;
  }

 private:
  /// Router or host, its index, and of a host the member or one of the two below.
  using Node = std::tuple<bool, std::size_t, std::int64_t>;
  static constexpr std::int64_t every_member = -1;  ///< the link is of the whole group
  static constexpr std::int64_t some_member = -2;   ///< of whichever

  static Node node(const NodeRef& ref) {
    const auto* host = std::get_if<HostRef>(&ref.node);
    if (host == nullptr) return {true, std::get<std::size_t>(ref.node), 0};
    return {false, host->host, host->member ? std::int64_t{*host->member} : every_member};
  }
  static Node whole(const NodeRef& ref) {
    Node result = node(ref);
    std::get<2>(result) = some_member;
    return result;
  }
  static std::vector<Node> asked(const NodeRef& ref) {
    const Node own = node(ref);
    if (std::get<2>(own) == every_member) return {whole(ref)};
    Node group = own;
    std::get<2>(group) = every_member;
    return {own, group};
  }

  std::map<std::pair<Node, Node>, std::vector<std::size_t>> links_;
};

/// One event for each of the scenario's links that joins these nodes; how many that are.
std::size_t add_link_events(LinkEvent event, const NodeRef& a, const NodeRef& b,
                            const LinksByEnds& links, Scenario& scenario) {
  const std::size_t before = scenario.link_events.size();
  for (const std::size_t index : links.between(a, b)) {
    event.link = index;
    const Link& link = scenario.links[event.link];
    auto found = on_link(event, link, a, b);
    if (!found) found = on_link(event, link, b, a);
    if (found) scenario.link_events.push_back(*found);
  }
  return scenario.link_events.size() - before;
}

void read_link_event(const Value& value, const Value& root, const Nodes& nodes,
                     const LinksByEnds& links, Scenario& scenario) {
  value.only_keys("an event of a link", {"at", "link", "do"});
  LinkEvent event;
  event.at = value.at("at").time();
  event.what = one_of<LinkEvent::Do>(value.at("do"), "an action on a link",
                                     {{"down", LinkEvent::Do::down}, {"up", LinkEvent::Do::up}});
  const Value link = value.at("link");
  constexpr std::string_view wish = "an array of two names such as [\"client\",\"server\"]";
  if (link.size() != 2) link.want(wish);
  std::vector<NodeRef> ends;
  link.for_each_element(wish, [&](const Value& end) { ends.push_back(nodes.node(end)); });
  if (ends.size() != 2) return;  // their errors are noted
  const std::size_t added = add_link_events(event, ends[0], ends[1], links, scenario);
  if (scenario.link_events.size() > link_events_max) {
    value.fail(
        fmt::format("want at most {} events of single links in all, have more", link_events_max));
  }
  if (added == 0 && links_known(root, scenario)) {
    link.fail(fmt::format("want two nodes with a link, have \"{}\" and \"{}\"", nodes.name(ends[0]),
                          nodes.name(ends[1])));
  }
}

}  // namespace

void read_events(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto events = root.find("events");
  if (!events) return;
  const LinksByEnds links{scenario.links};
  events->for_each_element("an array of events", [&](const Value& value) {
    if (value.has("link")) {
      read_link_event(value, root, nodes, links, scenario);
    } else {
      scenario.host_events.push_back(host_event_at(value, nodes));
    }
  });
}

}  // namespace lastack::scenario
