#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sections.hpp"
#include "sysctl.hpp"

namespace lastack::scenario {
namespace {

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

/// One event for each of the scenario's links that joins these nodes; how many that are.
std::size_t add_link_events(LinkEvent event, const NodeRef& a, const NodeRef& b,
                            Scenario& scenario) {
  const std::size_t before = scenario.link_events.size();
  for (event.link = 0; event.link < scenario.links.size(); ++event.link) {
    const Link& link = scenario.links[event.link];
    auto found = on_link(event, link, a, b);
    if (!found) found = on_link(event, link, b, a);
    if (found) scenario.link_events.push_back(*found);
  }
  return scenario.link_events.size() - before;
}

void read_link_event(const Value& value, const Value& root, const Nodes& nodes,
                     Scenario& scenario) {
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
  if (add_link_events(event, ends[0], ends[1], scenario) == 0 && links_known(root, scenario)) {
    link.fail(fmt::format("want two nodes with a link, have \"{}\" and \"{}\"", nodes.name(ends[0]),
                          nodes.name(ends[1])));
  }
}

}  // namespace

void read_events(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto events = root.find("events");
  if (!events) return;
  events->for_each_element("an array of events", [&](const Value& value) {
    if (value.has("link")) {
      read_link_event(value, root, nodes, scenario);
    } else {
      scenario.host_events.push_back(host_event_at(value, nodes));
    }
  });
}

}  // namespace lastack::scenario
