#include "host/request.hpp"

#include "peer_options.hpp"
#include "receive/receive_window.hpp"

namespace lastack::tcp {

Negotiated Request::agreed(const Host& host, SimTime now) const {
  Negotiated n;
  n.local = host.at(local_port);
  n.remote = remote();
  n.iss = iss;
  n.irs = irs;
  n.mss = peer_mss;
  n.timestamps = timestamps;
  n.sack = sack;
  n.window_scaling = scaling;
  n.send_scale = send_scale;
  n.receive_scale = receive_scale;
  n.send_window = peer_window;
  n.receive_window = offer;
  n.ts_recent = ts_recent;
  n.ts_recent_at = now;
  const bool repeated_unasked = timeouts > 0 || host.profile.paws != Paws::linux;
  n.synacks_lost = retransmits > 1 && repeated_unasked;
  if (retransmits == 0) {
    n.rtt = now - sent;
  }
  return n;
}

bool Request::first_synack_came(const Segment& seg, const Host& host) const {
  if (host.profile.paws != Paws::linux || !timestamps || !seg.options.has_timestamps) return false;
  return seg.options.ts_ecr == timestamp_clock(sent) + host.timestamp_offset(remote_address);
}

bool Request::echoes_no_synack(const Segment& seg, const Host& host) const {
  if (host.profile.paws != Paws::linux || !timestamps) return false;
  const std::uint32_t offset = host.timestamp_offset(remote_address);
  return echoes_outside(seg, timestamp_clock(sent) + offset, timestamp_clock(last_sent) + offset);
}

SocketSnapshot Request::snapshot(const Host& host) const {
  SocketSnapshot row{};
  row.local = host.at(local_port);
  row.remote = remote();
  row.state = State::syn_rcvd;
  row.timer = Timer::synack;
  row.due = wakeup.due;
  row.retransmits = timeouts;
  return row;
}

Request request_from(const Segment& syn, const Host& host, const SocketOptions& options,
                     SimTime now) {
  const PeerOptions agreed{syn.options, host.settings()};
  Request r;
  r.local_port = syn.dst.port;
  r.remote_address = syn.src.address;
  r.remote_port = syn.src.port;
  r.irs = syn.seq;
  r.timestamps = agreed.timestamps;
  r.ts_recent = agreed.ts_recent;
  r.sack = agreed.sack;
  r.scaling = agreed.window_scaling;
  r.send_scale = agreed.send_scale & 0xfU;
  r.peer_window = syn.wnd;
  r.peer_mss = agreed.mss;
  r.offer_window(host, options, std::nullopt);
  r.sent = r.last_sent = now;
  return r;
}

void Request::offer_window(const Host& host, const SocketOptions& options,
                           std::optional<std::uint16_t> segment) {
  using Stamps = ReceiveWindow::Stamps;
  const ReceiveWindow::Surroundings s{host, options, timestamps ? Stamps::yes : Stamps::no, irs + 1,
                                      sent};
  const WindowOffer window = initial_window(
      host, ReceiveBuffer{host.profile, s.buffer_bytes()}.full_space(), s.buffer_size(),
      segment.value_or(s.payload_max()), scaling ? Scaling::offered : Scaling::none);
  offer = static_cast<std::uint16_t>(window.window);
  receive_scale = window.scale & 0xfU;
}

Segment synack_of(const Request& request, const Host& host, const SocketOptions& options,
                  Flags flags, SimTime now) {
  Segment seg;
  seg.src = host.at(request.local_port);
  seg.dst = request.remote();
  seg.flags = flags;
  seg.seq = request.iss;
  seg.ack = flags.has(Flags::ack) ? request.irs + 1 : Seq{};
  seg.wnd = request.offer;
  seg.options.mss = host.advertised_mss(options);
  seg.options.sack_permitted = request.sack;
  seg.options.has_window_scale = request.scaling;
  seg.options.window_scale = request.receive_scale;
  if (request.timestamps) {
    add_timestamps(seg.options, host.timestamp_offset(request.remote_address), request.ts_recent,
                   now);
  }
  return seg;
}

Segment ack_of(const Request& request, const Host& host, SimTime now) {
  Segment seg;
  seg.src = host.at(request.local_port);
  seg.dst = request.remote();
  seg.flags = Flags::ack;
  seg.seq = request.iss + 1;
  seg.ack = request.irs + 1;
  seg.wnd = static_cast<std::uint16_t>(request.offer >> request.receive_scale);
  if (request.timestamps) {
    add_timestamps(seg.options, host.timestamp_offset(request.remote_address), request.ts_recent,
                   now);
  }
  return seg;
}

Segment ack_of_syn(const Request& request, const Host& host, SimTime now) {
  Segment seg = ack_of(request, host, now);
  seg.seq = request.iss;  // the SYN that follows is not sent yet
  return seg;
}

}  // namespace lastack::tcp
