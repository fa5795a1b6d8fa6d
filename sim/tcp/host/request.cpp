#include "host/request.hpp"

#include <algorithm>

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
  n.window_clamp = std::uint32_t{65535} << receive_scale;
  n.ts_recent = ts_recent;
  n.ts_recent_at = now;
  n.synack_retransmits = retransmits;
  if (retransmits == 0) {
    n.rtt = now - sent;
  }
  return n;
}

Request request_from(const Segment& syn, const Host& host, const SocketOptions& options,
                     SimTime now) {
  const Settings& settings = host.settings();
  Request r;
  r.local_port = syn.dst.port;
  r.remote_address = syn.src.address;
  r.remote_port = syn.src.port;
  r.irs = syn.seq;
  r.timestamps = settings.tcp_timestamps != 0 && syn.options.has_timestamps;
  r.ts_recent = r.timestamps ? syn.options.ts_val : 0;
  r.sack = settings.tcp_sack != 0 && syn.options.sack_permitted;
  r.scaling = settings.tcp_window_scaling != 0 && syn.options.has_window_scale;
  r.send_scale = r.scaling ? std::min(syn.options.window_scale, window_scale_max) & 0xfU : 0;
  r.peer_window = syn.wnd;
  const std::uint16_t mss = syn.options.mss != 0 ? syn.options.mss : default_mss;
  r.peer_mss = std::max(mss, static_cast<std::uint16_t>(settings.tcp_min_snd_mss));
  const std::int32_t buffer = options.rcvbuf != 0 ? options.rcvbuf : settings.tcp_rmem[1];
  const std::uint32_t payload = host.advertised_mss() - (r.timestamps ? timestamps_octets : 0U);
  const WindowOffer offer = initial_window(host, ReceiveBuffer{host.profile, buffer}.full_space(),
                                           payload, r.scaling ? Scaling::offered : Scaling::none);
  r.offer = static_cast<std::uint16_t>(offer.window);
  r.receive_scale = offer.scale & 0xfU;
  r.sent = now;
  return r;
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
  seg.options.mss = host.advertised_mss();
  if (options.max_seg != 0) {
    seg.options.mss = std::min(seg.options.mss, options.max_seg);
  }
  seg.options.sack_permitted = request.sack;
  seg.options.has_window_scale = request.scaling;
  seg.options.window_scale = request.receive_scale;
  if (request.timestamps) {
    seg.options.has_timestamps = true;
    seg.options.ts_val = Host::timestamp_ms(now) + host.timestamp_offset(request.remote_address);
    seg.options.ts_ecr = request.ts_recent;
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
    seg.options.has_timestamps = true;
    seg.options.ts_val = Host::timestamp_ms(now) + host.timestamp_offset(request.remote_address);
    seg.options.ts_ecr = request.ts_recent;
  }
  return seg;
}

Segment ack_of_syn(const Request& request, const Host& host, SimTime now) {
  Segment seg = ack_of(request, host, now);
  seg.seq = request.iss;  // the SYN that follows is not sent yet
  return seg;
}

}  // namespace lastack::tcp
