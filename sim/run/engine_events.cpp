// What the scenario does to hosts and links, and what it sends past TCP: forged segments,
// datagrams.
#include <algorithm>

#include "engine.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::run {

void Simulation::Impl::note_numbers(const tcp::Segment& segment) {
  const Ends ends{segment.src, segment.dst};
  if (segment.flags.has(tcp::Flags::syn)) last_syn_[ends] = segment.seq;
  if (segment.options.has_timestamps) last_stamp_[ends] = segment.options.ts_val;
}

/// The newest timestamp that `local` sent to `remote`; 0 where it sent none.
tcp::Timestamp Simulation::Impl::last_stamp(tcp::SocketAddress local,
                                            tcp::SocketAddress remote) const {
  const auto last = last_stamp_.find({local, remote});
  return last == last_stamp_.end() ? tcp::Timestamp{} : last->second;
}

/// A relative number counts from the initial one of the live connection at `local`; where there is
/// none, from its last SYN's; where there never was one, from 0.
tcp::Seq Simulation::Impl::resolve(const scenario::SeqRef& ref, tcp::SocketAddress local,
                                   tcp::SocketAddress remote) const {
  const auto offset = static_cast<std::uint32_t>(ref.value);
  if (!ref.relative) return tcp::Seq{offset};
  if (const auto live = stacks_[world_.host_at(local.address)].iss(local, remote)) {
    return *live + offset;
  }
  const auto last = last_syn_.find({local, remote});
  return (last == last_syn_.end() ? tcp::Seq{} : last->second) + offset;
}

/// The segment arrives now, without having crossed any link.
void Simulation::Impl::inject(const scenario::Injection& injection) {
  const HostIndex from = world_.hosts(injection.from).first;
  const HostIndex to = world_.hosts(injection.to).first;
  const net::PacketIndex index = network_.allocate();
  net::Packet& packet = network_.packet(index);
  packet = net::Packet{};
  packet.id = ++last_packet_id_;
  packet.from = from;
  packet.to = to;
  tcp::Segment& segment = packet.segment;
  segment.src = {world_.address(from), injection.sport};
  segment.dst = {world_.address(to), injection.dport};
  segment.flags = injection.flags;
  segment.seq = resolve(injection.seq, segment.src, segment.dst);
  segment.ack = resolve(injection.ack, segment.dst, segment.src);
  segment.wnd = injection.win;
  segment.data = injection.len;
  segment.options = scenario::as_received(scenario::resolve(
      injection.options,
      {resolve({true, 0}, segment.dst, segment.src), last_stamp(segment.src, segment.dst),
       last_stamp(segment.dst, segment.src)}));
  trace::Send forged{packet.id, world_.end(segment.src), world_.end(segment.dst), segment,
                     tcp::SendReason::data};
  forged.forged = true;
  forged.relative = injection.seq.relative;
  packet.cause = record(0, std::move(forged));
  if (network_.power(to) == net::Power::on) {
    take_in(to, index, trace::any_link);
    return;
  }
  tally_.discarded.add(trace::LossReason::host_off);
  record(packet.cause, trace::Drop{packet.id, trace::HostId{to}, trace::DropPlace::host,
                                   trace::LossReason::host_off});
  network_.release(index);
}

void Simulation::Impl::do_to_hosts(const scenario::HostEvent& event) {
  const net::HostRange hosts = world_.hosts(event.host);
  for (HostIndex host = hosts.first; host <= hosts.last; ++host) do_to_host(event, host);
}

void Simulation::Impl::do_to_host(const scenario::HostEvent& event, HostIndex host) {
  using Do = scenario::HostEvent::Do;
  const trace::HostId id{host};
  switch (event.what) {
    case Do::power_off:
      log_host(id, trace::Call::power_off, {});
      network_.set_power(host, net::Power::off);
      break;
    case Do::power_on:
      log_host(id, trace::Call::power_on, {});
      network_.set_power(host, net::Power::on);
      break;
    case Do::reboot: reboot(host, log_host(id, trace::Call::reboot, {})); break;
    case Do::set:
      for (const auto& [name, value] : event.sysctl) {
        log_host(id, trace::Call::sysctl, name + "=" + value);
        const auto wrong = tcp::apply_setting(stacks_[host].settings(), name, value);
        LASTACK_ASSERT(!wrong);  // the scenario was checked
      }
      applications_.settings_changed();
      break;
  }
}

/// All state is lost and nothing is sent: sockets, requests, applications that were running,
/// settings made meanwhile. Afterwards the host has power, and applications whose time is still to
/// come will find the new sockets that they bind.
void Simulation::Impl::reboot(HostIndex index, std::uint64_t cause) {
  if (out_.reports == tcp::Reports::all) {
    book_.host_lost(now(), world_.address(index));
    for (const tcp::SocketSnapshot& socket : stacks_[index].snapshot()) {
      if (socket.state == tcp::State::closed || !recorder_.active()) continue;
      const bool listens = socket.remote.port == 0;
      record(cause, trace::StateChange{world_.end(socket.local),
                                       listens ? trace::End{} : world_.end(socket.remote),
                                       socket.state, tcp::State::closed, tcp::StateReason::reboot});
    }
  }
  applications_.host_lost(index);
  forget_past(index);
  stacks_[index] = tcp::Stack{world_.stack_config(index, ++lives_[index].boots)};
  stacks_[index].census().count_into(sockets_);
  network_.set_power(index, net::Power::on);
  applications_.host_is_back(index);
}

/// Keeps the numbers of the life that ends.
void Simulation::Impl::forget_past(HostIndex host) {
  if (!lives_[host].past) lives_[host].past = Past{};
  Past& past = *lives_[host].past;
  const tcp::StateCensus& census = stacks_[host].census();
  for (const tcp::CounterInfo& info : tcp::counter_infos()) {
    past.counters.*info.value += stacks_[host].counters().*info.value;
  }
  for (std::size_t s = 0; s < tcp::state_count; ++s) {
    const auto state = static_cast<tcp::State>(s);
    past.peak[s] = std::max<std::uint64_t>(past.peak[s], census.peak(state));
    past.socket_seconds[s] += census.socket_seconds(state, now());
    sockets_.current[s] -= census.current(state);
  }
}

void Simulation::Impl::do_to_links(const scenario::LinkEvent& event) {
  const bool down = event.what == scenario::LinkEvent::Do::down;
  const scenario::World::LinkRange links = world_.links(event.link);
  const net::HostRange as = world_.nodes(event.a);
  const net::HostRange bs = world_.nodes(event.b);
  for (std::size_t i = links.first; i < links.last; ++i) {
    const auto [a, b] = world_.names().links[i];
    if (!as.contains(static_cast<net::NodeIndex>(a))) continue;
    if (!bs.contains(static_cast<net::NodeIndex>(b))) continue;
    log_host(a, down ? trace::Call::link_down : trace::Call::link_up,
             world_.names().name(a) + "-" + world_.names().name(b));
    network_.set_link(i, down ? net::LinkState::down : net::LinkState::up);
  }
}

std::uint64_t Simulation::Impl::log_host(trace::HostId host, trace::Call call,
                                         trace::Result result) {
  if (!recorder_.active()) return 0;
  trace::AppCall line{host, {trace::Who::Role::host}, call, std::move(result)};
  return recorder_.record(now(), 0, std::move(line));
}

void Simulation::Impl::send_datagram(std::uint32_t index) {
  const app::DatagramFlow& flow = scenario_.datagram_flows[index];
  const std::uint64_t number = ++datagrams_sent_[index];
  if (number < flow.count) {
    scheduler_.schedule(saturating_add(now(), flow.every), event_of(EventKind::datagram, 0, index));
  }
  const net::PacketIndex place = network_.allocate();
  net::Packet& packet = network_.packet(place);
  packet.id = ++last_packet_id_;
  packet.from = flow.host;
  packet.to = flow.to;
  packet.protocol = trace::Protocol::datagram;
  packet.segment = {};
  packet.segment.src = {world_.address(flow.host), flow.from_port};
  packet.segment.dst = {world_.address(flow.to), flow.to_port};
  packet.segment.seq = tcp::Seq{static_cast<std::uint32_t>(number)};
  packet.segment.data = flow.size;
  ++tally_.datagrams_sent;
  if (recorder_.active()) record_send(packet, tcp::SendReason::data, 0);
  put_on_wire(place);
}

}  // namespace lastack::run
