#include "wire.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::kernel {

namespace {

WireEnd own_end(const tcp::Segment& segment, net::NodeIndex from, net::NodeIndex to) {
  return {from, segment.src.port, to, segment.dst.port};
}

WireEnd other_end(const WireEnd& end) {
  const auto& [host, port, peer, peer_port] = end;
  return {peer, peer_port, host, port};
}

}  // namespace

Wire::Wire(const scenario::Scenario& scenario, const scenario::World& world, Addresses real,
           Journal& journal)
    : scenario_{scenario},
      world_{world},
      real_{std::move(real)},
      journal_{journal},
      network_{world.network_config()},
      numbers_{scenario} {
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

std::optional<net::NodeIndex> Wire::host_with(tcp::Address address) const {
  const auto found = std::find(real_.begin(), real_.end(), address);
  if (found == real_.end()) return std::nullopt;
  return static_cast<net::NodeIndex>(found - real_.begin());
}

void Wire::sent(SimTime now, net::NodeIndex from, std::span<const std::uint8_t> bytes) {
  auto segment = parse_packet(bytes);
  const auto whose = segment ? host_with(segment->dst.address) : std::nullopt;
  if (!whose || *whose == from) return;
  const net::NodeIndex to = *whose;
  const WireEnd own = own_end(*segment, from, to);
  const std::uint32_t raise = numbers_.on_sent(now, own, *segment);
  segment->seq = segment->seq + raise;
  if (segment->flags.has(tcp::Flags::syn)) last_syn_[own] = segment->seq;
  if (segment->options.has_timestamps) last_stamp_[own] = segment->options.ts_val;
  segment->src.address = world_.address(from);
  segment->dst.address = world_.address(to);

  const net::PacketIndex index = network_.allocate();
  net::Packet& packet = network_.packet(index);
  packet = net::Packet{};
  packet.id = ++last_id_;
  packet.from = from;
  packet.to = to;
  packet.segment = *segment;
  trace::Send send{packet.id, end(from, segment->src.port), end(to, segment->dst.port), *segment,
                   tcp::SendReason::ack};
  send.link = network_.link_towards(from, to);
  journal_.note(now, std::move(send));
  last_activity_ = now;

  Payload& payload = payloads_[last_id_];
  payload.bytes = std::make_shared<Bytes>(raise == 0 ? Bytes{bytes.begin(), bytes.end()}
                                                     : renumbered(bytes, raise, 0));
  payload.copies = 1;  // until it is known what becomes of it
  network_.send(now, index, transit_);
  note_notes(now);
  expect_arrivals();
  forget_copy(last_id_);
}

/// What the network has handed on arrives later, each copy by itself.
void Wire::expect_arrivals() {
  const auto expect = [&](const net::Arrival& arrival) {
    ++payloads_[network_.packet(arrival.packet).id].copies;
    put(Due::Kind::arrival, arrival.at, arrival.packet, arrival.channel);
  };
  if (transit_.arrival) expect(*transit_.arrival);
  std::for_each(transit_.copies.begin(), transit_.copies.end(), expect);
  transit_.clear();
}

void Wire::forget_copy(std::uint64_t id) {
  const auto found = payloads_.find(id);
  LASTACK_ASSERT(found != payloads_.end());
  if (--found->second.copies == 0) payloads_.erase(found);
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
    case Due::Kind::host_event: do_to_hosts(now, scenario_.host_events[due.index]); break;
    case Due::Kind::link_event: do_to_links(now, scenario_.link_events[due.index]); break;
  }
  return std::nullopt;
}

std::optional<Wire::Delivery> Wire::arrive(SimTime now, const Due& due) {
  const auto index = static_cast<net::PacketIndex>(due.index);
  const net::Packet packet = network_.packet(index);
  auto bytes = payloads_.at(packet.id).bytes;
  const auto reached = network_.arrives(now, due.channel, index, transit_);
  note_notes(now);
  expect_arrivals();
  forget_copy(packet.id);
  if (reached != net::Network::Reached::host) return std::nullopt;
  network_.release(index);
  last_activity_ = now;
  const WireEnd own = other_end(own_end(packet.segment, packet.from, packet.to));
  const std::uint32_t raised = numbers_.raised(own, packet.segment.ack);
  if (raised != 0) bytes = std::make_shared<Bytes>(renumbered(*bytes, 0, 0 - raised));
  return deliver(now, packet.id, net::Network::link_of(due.channel),
                 {packet.to, std::move(bytes), due.at});
}

/// A silent host takes it in, and its kernel never sees it.
std::optional<Wire::Delivery> Wire::deliver(SimTime now, std::uint64_t id, trace::LinkId link,
                                            Delivery delivery) {
  const trace::HostId host{delivery.to};
  journal_.note(now, trace::Receive{id, host, link});
  if (!world_.is_silent(delivery.to)) return delivery;
  journal_.note(now, trace::Drop{id, host, trace::DropPlace::host, tcp::DiscardReason::silent});
  return std::nullopt;
}

/// A relative number counts from the last SYN that this end sent; where there was none, from 0.
tcp::Seq Wire::resolve(const scenario::SeqRef& ref, const WireEnd& end) const {
  const auto offset = static_cast<std::uint32_t>(ref.value);
  if (!ref.relative) return tcp::Seq{offset};
  const auto last = last_syn_.find(end);
  return (last == last_syn_.end() ? tcp::Seq{} : last->second) + offset;
}

/// The newest timestamp that this end sent; 0 where it sent none.
tcp::Timestamp Wire::last_stamp(const WireEnd& end) const {
  const auto last = last_stamp_.find(end);
  return last == last_stamp_.end() ? tcp::Timestamp{} : last->second;
}

/// The segment as it is told; its addresses are those of the trace.
tcp::Segment Wire::forged_segment(const scenario::Injection& injection,
                                  const scenario::OptionsInOrder& options) const {
  tcp::Segment segment;
  const net::NodeIndex from = world_.hosts(injection.from).first;
  const net::NodeIndex to = world_.hosts(injection.to).first;
  segment.src = {world_.address(from), injection.sport};
  segment.dst = {world_.address(to), injection.dport};
  segment.flags = injection.flags;
  const WireEnd own = own_end(segment, from, to);
  segment.seq = resolve(injection.seq, own);
  segment.ack = resolve(injection.ack, other_end(own));
  segment.wnd = injection.win;
  segment.data = injection.len;
  segment.options = scenario::as_received(options);
  return segment;
}

std::optional<Wire::Delivery> Wire::inject(SimTime now, std::size_t index) {
  const scenario::Injection& injection = scenario_.injections[index];
  const net::NodeIndex from = world_.hosts(injection.from).first;
  const net::NodeIndex to = world_.hosts(injection.to).first;
  const WireEnd own{from, injection.sport, to, injection.dport};
  const WireEnd peer = other_end(own);
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
  Bytes packet = forge_packet(segment, options);
  const std::uint32_t raised = numbers_.raised(peer, segment.ack);
  if (raised != 0) packet = renumbered(packet, 0, 0 - raised);
  return deliver(now, id, trace::any_link,
                 {to, std::make_shared<const Bytes>(std::move(packet)), injection.at});
}

void Wire::do_to_hosts(SimTime now, const scenario::HostEvent& event) {
  const net::HostRange hosts = world_.hosts(event.host);
  for (net::NodeIndex host = hosts.first; host <= hosts.last; ++host) do_to_host(now, event, host);
}

void Wire::do_to_host(SimTime now, const scenario::HostEvent& event, net::NodeIndex host) {
  using Do = scenario::HostEvent::Do;
  const auto note = [&](trace::Call call) {
    journal_.note(now, trace::AppCall{trace::HostId{host}, {trace::Who::Role::host}, call, {}});
  };
  switch (event.what) {
    case Do::power_off:
      network_.set_power(host, net::Power::off);
      note(trace::Call::power_off);
      break;
    case Do::power_on:
      network_.set_power(host, net::Power::on);
      note(trace::Call::power_on);
      break;
    case Do::reboot:
      network_.set_power(host, net::Power::on);
      note(trace::Call::reboot);
      rebooted_.push_back(host);
      break;
    case Do::set: break;  // settings are made inside the namespace
  }
}

void Wire::do_to_links(SimTime now, const scenario::LinkEvent& event) {
  const bool down = event.what == scenario::LinkEvent::Do::down;
  const scenario::World::LinkRange links = world_.links(event.link);
  const net::HostRange as = world_.nodes(event.a);
  const net::HostRange bs = world_.nodes(event.b);
  const trace::Names& names = world_.names();
  for (std::size_t i = links.first; i < links.last; ++i) {
    const auto [a, b] = names.links[i];
    if (!as.contains(static_cast<net::NodeIndex>(a))) continue;
    if (!bs.contains(static_cast<net::NodeIndex>(b))) continue;
    network_.set_link(i, down ? net::LinkState::down : net::LinkState::up);
    journal_.note(now, trace::AppCall{a,
                                      {trace::Who::Role::host},
                                      down ? trace::Call::link_down : trace::Call::link_up,
                                      names.name(a) + "-" + names.name(b)});
  }
}

}  // namespace lastack::kernel
