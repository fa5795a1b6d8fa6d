#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "lastack/event/event.hpp"
#include "lastack/event/recording.hpp"

namespace lastack::trace {

/// Writes the events of a run by hand, as a run would report them. Client and server are hosts 0
/// and 1; each call adds one event at the current time, and returns its `n`.
class Story {
 public:
  using Cause = std::uint64_t;

  explicit Story(Names names = two_hosts()) { recording.begin(names); }

  /// client 10.0.0.1 and server 10.0.0.2 with a link between them.
  static Names two_hosts() {
    Names names;
    names.scenario = "hand-made";
    names.hosts = {"client", "server"};
    names.addresses = {tcp::Address{0x0a000001}, tcp::Address{0x0a000002}};
    names.host_count = 2;
    names.links = {{client, server}};
    return names;
  }

  static constexpr HostId client{0};
  static constexpr HostId server{1};
  static constexpr End c{client, 40000};
  static constexpr End s{server, 80};

  void at(SimDuration since_start) { now = sim_start + since_start; }

  std::uint64_t add(What what, Cause cause = 0) {
    recording.event(Event{++n, cause, now, std::move(what)});
    return n;
  }

  /// Sends "S.", with the sequence numbers relative to `iss`; returns the packet's id.
  std::uint64_t send(End src, End dst, std::string_view flags, std::uint32_t seq, std::uint32_t ack,
                     tcp::SendReason why, Cause cause = 0, std::uint32_t data = 0) {
    Send sent{.id = ++id, .src = src, .dst = dst, .segment = {}, .why = why};
    const Names& names = recording.names();
    sent.segment.src = {names.addresses[static_cast<std::size_t>(src.host)], src.port};
    sent.segment.dst = {names.addresses[static_cast<std::size_t>(dst.host)], dst.port};
    sent.segment.flags = *tcp::Flags::parse(flags);
    sent.segment.seq = tcp::Seq{seq + iss(src)};
    sent.segment.ack = tcp::Seq{sent.segment.flags.has(tcp::Flags::ack) ? ack + iss(dst) : 0};
    sent.segment.wnd = 64240;
    sent.segment.data = data;
    sent.segment.options = options;
    last_send = add(sent, cause);
    return id;
  }
  std::uint64_t receive(std::uint64_t packet, HostId host) { return add(Receive{packet, host}); }
  std::uint64_t lose(std::uint64_t packet, HostId where, DropReason reason = LossReason::fault) {
    return add(Drop{packet, where, DropPlace::wire, reason}, last_send);
  }
  std::uint64_t state(End local, End remote, tcp::State from, tcp::State to, Cause cause = 0) {
    return add(StateChange{local, remote, from, to, tcp::StateReason::connect}, cause);
  }
  std::uint64_t timer(End local, End remote, tcp::Timer timer, tcp::TimerAction action,
                      SimDuration due, Cause cause = 0) {
    return add(TimerChange{local, remote, timer, action, sim_start + due}, cause);
  }
  /// In the words of a trace: "connect#2", "recv eof"; a result may be an errno's name.
  std::uint64_t app(HostId host, std::string_view who, std::string_view call, Result result = {},
                    Cause cause = 0) {
    const auto* word = std::get_if<std::string>(&result);
    const auto error = word == nullptr ? std::nullopt : named<tcp::Error>(*word);
    if (error) result = *error;
    return add(AppCall{host, who_in(who), named<Call>(call).value(), std::move(result)}, cause);
  }

  /// The recording, ended now.
  Recording& finish() {
    recording.end(now);
    return recording;
  }

  static Who who_in(std::string_view text) {
    const std::size_t sign = text.find('#');
    const std::string_view name = text.substr(0, sign);
    Who who;
    while (name_of(who.role) != name)
      who.role = static_cast<Who::Role>(1 + static_cast<int>(who.role));
    if (sign != text.npos) who.number = std::stoull(std::string{text.substr(sign + 1)});
    return who;
  }
  std::uint32_t iss(End end) const { return end.host == client ? client_iss : server_iss; }

  Recording recording;
  SimTime now = sim_start;
  std::uint64_t n = 0;
  std::uint64_t id = 0;
  std::uint64_t last_send = 0;
  tcp::Options options;  ///< of the segments to come
  std::uint32_t client_iss = 1000;
  std::uint32_t server_iss = 5000;
};

}  // namespace lastack::trace
