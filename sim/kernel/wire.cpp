#include "wire.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::kernel {

namespace {

net::NodeIndex node_of(const scenario::HostRef& ref) {
  return static_cast<net::NodeIndex>(ref.host);
}

net::NodeIndex node_of(const scenario::NodeRef& ref) {
  return node_of(std::get<scenario::HostRef>(ref.node));
}

net::NodeIndex other(net::NodeIndex node) { return 1 - node; }

net::Fault fault_of(const scenario::Fault& fault) {
  const net::NodeIndex from = node_of(fault.from);
  const net::NodeIndex to = node_of(fault.to);
  return {{from, from}, {to, to},    fault.flags,  fault.payload, fault.nth,
          fault.after,  fault.until, fault.action, fault.by};
}

}  // namespace

net::NetworkConfig network_config(const scenario::Scenario& scenario) {
  net::NetworkConfig config;
  for (const scenario::Host& host : scenario.hosts) config.nodes.push_back(host.name);
  config.host_count = config.nodes.size();
  for (const scenario::Link& link : scenario.links) {
    config.links.push_back({node_of(link.a), node_of(link.b),
                            std::make_shared<const net::LinkConfig>(link.a_to_b),
                            std::make_shared<const net::LinkConfig>(link.b_to_a)});
  }
  for (const scenario::Fault& fault : scenario.faults) config.faults.push_back(fault_of(fault));
  config.seed = scenario.seed;
  return config;
}

Wire::Wire(const scenario::Scenario& scenario, const Addresses& real, const Addresses& shown,
           Journal& journal)
    : scenario_{scenario},
      real_{real},
      shown_{shown},
      journal_{journal},
      network_{network_config(scenario)} {
  for (std::size_t i = 0; i < scenario.injections.size(); ++i) {
    put(Due::Kind::injection, scenario.injections[i].at, i);
  }
  for (std::size_t i = 0; i < scenario.host_events.size(); ++i) {
    put(Due::Kind::host_event, scenario.host_events[i].at, i);
  }
  for (std::size_t i = 0; i < scenario.link_events.size(); ++i) {
    put(Due::Kind::link_event, scenario.link_events[i].at, i);
  }
}

void Wire::put(Due::Kind kind, SimTime at, std::size_t index, net::ChannelIndex channel) {
  due_.push({at, ++order_, kind, index, channel});
}

SimTime Wire::next_due() const { return due_.empty() ? never : due_.top().at; }

void Wire::sent(SimTime now, net::NodeIndex from, std::span<const std::uint8_t> bytes) {
  auto segment = parse_packet(bytes);
  if (!segment) return;
  const net::NodeIndex to = other(from);
  if (segment->flags.has(tcp::Flags::syn)) {
    last_syn_[{from, segment->src.port, segment->dst.port}] = segment->seq;
  }
  if (segment->options.has_timestamps) {
    last_stamp_[{from, segment->src.port, segment->dst.port}] = segment->options.ts_val;
  }
  segment->src.address = shown_[from];
  segment->dst.address = shown_[to];

  const net::PacketIndex index = network_.allocate();
  net::Packet& packet = network_.packet(index);
  packet = net::Packet{};
  packet.id = ++last_id_;
  packet.from = from;
  packet.to = to;
  packet.segment = *segment;
  trace::Send send{packet.id, end(from, segment->src.port), end(to, segment->dst.port), *segment,
                   tcp::SendReason::ack};
  send.link = trace::LinkId{0};
  journal_.note(now, std::move(send));
  last_activity_ = now;

  network_.send(now, index, transit_);
  note_notes(now);
  const auto expect = [&](const net::Arrival& arrival) {
    Payload& payload = payloads_[last_id_];
    if (!payload.bytes) payload.bytes = std::make_shared<Bytes>(bytes.begin(), bytes.end());
    ++payload.copies;
    put(Due::Kind::arrival, arrival.at, arrival.packet, arrival.channel);
  };
  if (transit_.arrival) expect(*transit_.arrival);
  std::for_each(transit_.copies.begin(), transit_.copies.end(), expect);
  transit_.clear();
}

void Wire::note_notes(SimTime now) {
  for (const net::Note& note : transit_.notes) {
    std::visit([&](const auto& what) { journal_.note(now, what); }, note);
  }
  transit_.notes.clear();
}

std::optional<Wire::Delivery> Wire::advance(SimTime now) {
  const Due due = due_.top();
  LASTACK_ASSERT(due.at <= now);
  due_.pop();
  switch (due.kind) {
    case Due::Kind::arrival: return arrive(now, due);
    case Due::Kind::injection: return inject(now, due.index);
    case Due::Kind::host_event: do_to_host(now, scenario_.host_events[due.index]); break;
    case Due::Kind::link_event: do_to_link(now, scenario_.link_events[due.index]); break;
  }
  return std::nullopt;
}

std::shared_ptr<const Bytes> Wire::payload_of(std::uint64_t id) {
  const auto found = payloads_.find(id);
  LASTACK_ASSERT(found != payloads_.end());
  auto bytes = found->second.bytes;
  if (--found->second.copies == 0) payloads_.erase(found);
  return bytes;
}

std::optional<Wire::Delivery> Wire::arrive(SimTime now, const Due& due) {
  const auto index = static_cast<net::PacketIndex>(due.index);
  const net::Packet packet = network_.packet(index);
  auto bytes = payload_of(packet.id);
  const auto reached = network_.arrives(now, due.channel, index, transit_);
  note_notes(now);
  if (reached != net::Network::Reached::host) return std::nullopt;
  network_.release(index);
  last_activity_ = now;
  return deliver(now, packet.id, trace::LinkId{0}, {packet.to, std::move(bytes), due.at});
}

/// A silent host takes it in, and its kernel never sees it.
std::optional<Wire::Delivery> Wire::deliver(SimTime now, std::uint64_t id, trace::LinkId link,
                                            Delivery delivery) {
  const trace::HostId host{delivery.to};
  journal_.note(now, trace::Receive{id, host, link});
  if (!scenario_.hosts[delivery.to].silent) return delivery;
  journal_.note(now, trace::Drop{id, host, trace::DropPlace::host, tcp::DiscardReason::silent});
  return std::nullopt;
}

/// A relative number counts from the last SYN that this end sent; where there was none, from 0.
tcp::Seq Wire::resolve(const scenario::SeqRef& ref, EndKey end) const {
  const auto offset = static_cast<std::uint32_t>(ref.value);
  if (!ref.relative) return tcp::Seq{offset};
  const auto last = last_syn_.find(end);
  return (last == last_syn_.end() ? tcp::Seq{} : last->second) + offset;
}

/// The newest timestamp that this end sent; 0 where it sent none.
tcp::Timestamp Wire::last_stamp(EndKey end) const {
  const auto last = last_stamp_.find(end);
  return last == last_stamp_.end() ? tcp::Timestamp{} : last->second;
}

/// The segment as it is told; its addresses are those of the trace.
tcp::Segment Wire::forged_segment(const scenario::Injection& injection,
                                  const scenario::OptionsInOrder& options) const {
  tcp::Segment segment;
  const net::NodeIndex from = node_of(injection.from);
  const net::NodeIndex to = node_of(injection.to);
  segment.src = {shown_[from], injection.sport};
  segment.dst = {shown_[to], injection.dport};
  segment.flags = injection.flags;
  segment.seq = resolve(injection.seq, {from, injection.sport, injection.dport});
  segment.ack = resolve(injection.ack, {to, injection.dport, injection.sport});
  segment.wnd = injection.win;
  segment.data = injection.len;
  segment.options = scenario::as_received(options);
  return segment;
}

std::optional<Wire::Delivery> Wire::inject(SimTime now, std::size_t index) {
  const scenario::Injection& injection = scenario_.injections[index];
  const net::NodeIndex from = node_of(injection.from);
  const net::NodeIndex to = node_of(injection.to);
  const EndKey own{from, injection.sport, injection.dport};
  const EndKey peer{to, injection.dport, injection.sport};
  const scenario::OptionsInOrder options = scenario::resolve(
      injection.options, {resolve({true, 0}, peer), last_stamp(own), last_stamp(peer)});
  tcp::Segment segment = forged_segment(injection, options);
  const std::uint64_t id = ++last_id_;
  trace::Send forged{id, end(from, injection.sport), end(to, injection.dport), segment,
                     tcp::SendReason::data};
  forged.forged = true;
  forged.relative = injection.seq.relative;
  journal_.note(now, std::move(forged));
  injected_.push_back(index);
  last_activity_ = now;
  if (network_.power(to) == net::Power::off) {
    journal_.note(now, trace::Drop{id, trace::HostId{to}, trace::DropPlace::host,
                                   trace::LossReason::host_off});
    return std::nullopt;
  }
  segment.src.address = real_[from];
  segment.dst.address = real_[to];
  const auto packet = std::make_shared<const Bytes>(forge_packet(segment, options));
  return deliver(now, id, trace::any_link, {to, packet, injection.at});
}

void Wire::do_to_host(SimTime now, const scenario::HostEvent& event) {
  using Do = scenario::HostEvent::Do;
  const net::NodeIndex host = node_of(event.host);
  const bool off = event.what == Do::power_off;
  if (!off && event.what != Do::power_on) return;  // settings are made inside the namespace
  network_.set_power(host, off ? net::Power::off : net::Power::on);
  journal_.note(now, trace::AppCall{trace::HostId{host},
                                    {trace::Who::Role::host},
                                    off ? trace::Call::power_off : trace::Call::power_on,
                                    {}});
}

void Wire::do_to_link(SimTime now, const scenario::LinkEvent& event) {
  const bool down = event.what == scenario::LinkEvent::Do::down;
  const scenario::Link& link = scenario_.links[event.link];
  const net::NodeIndex a = node_of(link.a);
  const std::string name = scenario_.hosts[a].name + "-" + scenario_.hosts[node_of(link.b)].name;
  network_.set_link(event.link, down ? net::LinkState::down : net::LinkState::up);
  journal_.note(now, trace::AppCall{trace::HostId{a},
                                    {trace::Who::Role::host},
                                    down ? trace::Call::link_down : trace::Call::link_up,
                                    name});
}

}  // namespace lastack::kernel
