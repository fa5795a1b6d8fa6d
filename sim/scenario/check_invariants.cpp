// What is always true of a scenario that was loaded: nothing that runs it has to look again.
#include <cstdint>
#include <variant>

#include "lastack/core/assert.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::scenario {

namespace {

class Check {
 public:
  explicit Check(const Scenario& scenario) : s_{scenario} {
    for (const Host& host : s_.hosts) hosts_ += host.count;
  }

  void everything() const {
    LASTACK_ASSERT(hosts_ >= 1);
    LASTACK_ASSERT(s_.stop_at > sim_start);
    for (const Host& host : s_.hosts) LASTACK_ASSERT(host.count == 1 || host.group);
    for (const Link& link : s_.links) {
      leads_somewhere(link.a);
      leads_somewhere(link.b);
    }
    for (const Fault& fault : s_.faults) is_sound(fault);
    for (const Injection& injection : s_.injections) {
      leads_to_one(injection.from);
      leads_to_one(injection.to);
    }
    for (const HostEvent& event : s_.host_events) leads_somewhere(event.host);
    for (const LinkEvent& event : s_.link_events) {
      LASTACK_ASSERT(event.link < s_.links.size());
      leads_somewhere(event.a);
      leads_somewhere(event.b);
    }
    applications();
  }

 private:
  void leads_somewhere(const HostRef& ref) const {
    LASTACK_ASSERT(ref.host < s_.hosts.size());
    if (ref.member) LASTACK_ASSERT(*ref.member < s_.hosts[ref.host].count);
  }
  void leads_to_one(const HostRef& ref) const {
    leads_somewhere(ref);
    LASTACK_ASSERT(ref.member.has_value());
  }
  void leads_somewhere(const NodeRef& ref) const {
    if (const auto* host = std::get_if<HostRef>(&ref.node)) return leads_somewhere(*host);
    LASTACK_ASSERT(std::get<std::size_t>(ref.node) < s_.routers.size());
  }
  void is_sound(const Fault& fault) const {
    leads_somewhere(fault.from);
    leads_somewhere(fault.to);
    LASTACK_ASSERT(fault.by >= SimDuration::zero());
    for (const auto& [first, last] : fault.nth) {
      LASTACK_ASSERT(first >= 1);
      LASTACK_ASSERT(first <= last);
    }
  }
  void applications() const {
    for (const app::Listener& listener : s_.listeners) LASTACK_ASSERT(listener.host < hosts_);
    for (const app::Connector& connector : s_.connectors) {
      LASTACK_ASSERT(connector.host < hosts_);
      LASTACK_ASSERT(connector.to < hosts_);
      LASTACK_ASSERT(connector.host != connector.to);
      const bool endless = connector.count == app::Connector::unlimited;
      LASTACK_ASSERT(!endless || connector.arrivals.has_value());
    }
    for (const app::DatagramFlow& flow : s_.datagram_flows) {
      LASTACK_ASSERT(flow.host < hosts_);
      LASTACK_ASSERT(flow.to < hosts_);
      LASTACK_ASSERT(flow.host != flow.to);
    }
  }

  const Scenario& s_;
  std::uint64_t hosts_ = 0;
};

}  // namespace

void check_invariants(const Scenario& scenario) { Check{scenario}.everything(); }

}  // namespace lastack::scenario
