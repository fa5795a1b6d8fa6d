#include "support/duet.hpp"

#include <algorithm>

#include "support/notation.hpp"

namespace lastack::test {
namespace {

using tcp::Error;
using tcp::Flags;
using tcp::Segment;
using tcp::SocketAddress;
using tcp::Stack;

constexpr SocketAddress client_end{tcp::Address{0x0a000001}, 40000};
constexpr SocketAddress server_end{tcp::Address{0x0a000002}, 80};
constexpr std::size_t client_side = 0;
constexpr std::size_t server_side = 1;

tcp::StackConfig named(tcp::StackConfig config, std::string name, tcp::Address address) {
  config.name = std::move(name);
  config.address = address;
  return config;
}

}  // namespace

Duet::Duet(tcp::StackConfig client, tcp::StackConfig server, SimDuration delay, Wire wire)
    : delay_{delay},
      wire_{std::move(wire)} {
  sides_.reserve(2);
  sides_.emplace_back(named(std::move(client), "client", client_end.address));
  sides_.emplace_back(named(std::move(server), "server", server_end.address));
  sides_[client_side].local = client_end;
  sides_[server_side].local = server_end;
}

void Duet::run(const Play& play) {
  sides_[client_side].to_send = sides_[server_side].expected = play.client_bytes;
  sides_[server_side].to_send = sides_[client_side].expected = play.server_bytes;
  open(server_side, play);
  open(client_side, play);
  while (broken_.empty() && step(play)) {
  }
  look_at_the_end();
}

void Duet::open(std::size_t index, const Play& play) {
  Side& side = sides_[index];
  const bool listens = index == server_side && play.opening == Opening::listener;
  const tcp::Seq iss = index == client_side ? client_iss : server_iss;
  side.driven.run([&](Stack& stack, tcp::Output& out) {
    if (listens) {
      tcp::ListenerId listener{};
      const Error error = stack.listen(now_, side.local.port, 128, options, iss, listener, out);
      if (error != Error::none) breaks("listen works");
      side.listener = listener;
      return;
    }
    side.socket = stack.open(options, iss);
    note_error(side, stack.bind(*side.socket, side.local.port));
    note_error(side, stack.connect(now_, *side.socket, sides_[1 - index].local, out));
  });
  transmit(index);
}

/// The next arrival or timeout; both applications then do what they can.
bool Duet::step(const Play& play) {
  SimTime next = in_flight_.empty() ? never : in_flight_.begin()->first;
  for (const Side& side : sides_) next = std::min(next, side.driven.next_deadline());
  if (next == never) return false;
  if (next < now_) breaks("time never runs back");
  now_ = next;
  if (!in_flight_.empty() && in_flight_.begin()->first == now_) {
    const InFlight arrival = in_flight_.begin()->second;
    in_flight_.erase(in_flight_.begin());
    sides_[arrival.to].driven.segment_arrives(now_, arrival.segment);
    transmit(arrival.to);
  } else {
    const std::size_t index = sides_[0].driven.next_deadline() == now_ ? 0 : 1;
    sides_[index].driven.run_timer(now_);
    transmit(index);
  }
  for (std::size_t index = 0; index < 2; ++index) perform(index, play);
  return true;
}

// --- The applications ---

void Duet::perform(std::size_t index, const Play& play) {
  Side& side = sides_[index];
  if (!side.socket && side.listener) {
    side.socket = side.driven.run(
        [&](Stack& stack, tcp::Output& out) { return stack.accept(now_, *side.listener, out); });
  }
  if (!side.socket || side.part.closed) return;
  if (!side.part.connected) {
    const Error result =
        side.listener ? Error::none : side.driven.stack().connect_result(*side.socket);
    if (result == Error::would_block) return;
    note_error(side, result);
    side.part.connected = result == Error::none;
  }
  if (side.part.connected && play.closing != Closing::orphaned) read(side);
  if (side.part.connected) write(side);
  finish(index, play);
  transmit(index);
}

void Duet::read(Side& side) {
  while (side.part.error == Error::none && !side.part.end_of_stream) {
    const tcp::IoResult result = side.driven.run([&](Stack& stack, tcp::Output& out) {
      return stack.receive(now_, *side.socket, UINT64_MAX, out);
    });
    if (result.error == Error::would_block) break;
    note_error(side, result.error);
    side.part.received += result.bytes;
    side.part.end_of_stream = result.eof;
    if (result.error == Error::none && result.bytes == 0 && !result.eof) {
      breaks("a read brings octets, the end, or waits");
      break;
    }
  }
  if (side.part.received > side.expected) breaks("octets are delivered once");
}

void Duet::write(Side& side) {
  while (side.to_send > 0 && side.part.error == Error::none && !side.shut) {
    const tcp::IoResult result = side.driven.run([&](Stack& stack, tcp::Output& out) {
      return stack.send(now_, *side.socket, side.to_send, out);
    });
    if (result.error == Error::would_block) break;
    note_error(side, result.error);
    if (result.bytes > side.to_send) breaks("a write takes what it was given");
    side.to_send -= std::min(side.to_send, result.bytes);
    if (result.error == Error::none && result.bytes == 0) {
      breaks("a write takes octets, or waits");
      break;
    }
  }
}

void Duet::finish(std::size_t index, const Play& play) {
  Side& side = sides_[index];
  const bool failed = side.part.error != Error::none;
  const bool first = play.closing == Closing::together ||
                     (play.closing == Closing::client_first) == (index == client_side);
  const bool turn = first || side.part.end_of_stream;
  if (!failed && side.part.connected && side.to_send == 0 && turn && !side.shut &&
      play.closing != Closing::orphaned) {
    side.shut = true;
    note_error(side, side.driven.run([&](Stack& stack, tcp::Output& out) {
      return stack.shutdown(now_, *side.socket, Stack::Direction::write, out);
    }));
  }
  const bool over = play.closing == Closing::orphaned ? side.part.connected
                                                      : side.shut && side.part.end_of_stream;
  if (failed || over) {
    side.driven.run([&](Stack& stack, tcp::Output& out) { stack.close(now_, *side.socket, out); });
    side.part.closed = true;
  }
}

void Duet::note_error(Side& side, Error error) {
  if (error == Error::none || side.part.error != Error::none) return;
  side.part.error = error;
  story_.push_back("     " + side.driven.stack().config().name + ": " +
                   std::string{name_of(error)});
}

// --- The wire ---

void Duet::transmit(std::size_t from) {
  for (const tcp::Effect& effect : sides_[from].driven.take_effects()) {
    if (const auto* sent = std::get_if<tcp::Sent>(&effect)) put_on_wire(from, sent->segment);
  }
}

void Duet::put_on_wire(std::size_t from, const Segment& segment) {
  const Fate fate = wire_(segments_++, segment);
  const Origins origins{from == client_side ? client_iss : server_iss,
                        from == client_side ? server_iss : client_iss, tcp::Seq{}};
  story_.push_back(std::to_string((now_ - sim_start).count()) + " ns " +
                   (from == client_side ? "client > " : "server > ") + to_line(segment, origins) +
                   (fate.lost ? "  LOST" : "") + (fate.late > SimDuration::zero() ? "  LATE" : "") +
                   (fate.copy_later ? "  COPIED" : ""));
  check_sent(from, segment);
  if (segments_ > segments_max) breaks("there are no segment storms");
  if (fate.lost) return;
  const SimTime arrives = now_ + delay_ + fate.late;
  in_flight_.emplace(arrives, InFlight{1 - from, segment});
  if (fate.copy_later) in_flight_.emplace(arrives + *fate.copy_later, InFlight{1 - from, segment});
}

/// What every segment must respect, whatever was lost.
void Duet::check_sent(std::size_t from, const Segment& segment) {
  Side& me = sides_[from];
  Side& peer = sides_[1 - from];
  const tcp::Seq iss = from == client_side ? client_iss : server_iss;
  const tcp::Seq peer_iss = from == client_side ? server_iss : client_iss;
  if (segment.src != me.local || segment.dst != peer.local) breaks("segments go to the peer");
  if (segment.wire_size() > me.driven.stack().config().mtu) breaks("segments fit the link");
  if (segment.flags.has(Flags::rst)) return;
  if (segment.flags.has(Flags::syn)) {
    me.syn_sent = true;
    me.scales = segment.options.has_window_scale;
    me.shift = segment.options.window_scale;
    if (segment.seq != iss) breaks("a SYN stands at ISS");
  }
  if (segment.flags.has(Flags::ack) && segment.ack - peer_iss > peer.sent_end) {
    breaks("only what was sent is acknowledged");
  }
  const std::uint64_t end = segment.end() - iss;
  if (end > (1U << 30)) breaks("octets are counted from ISS");
  if (end > peer.edge + 1 && !segment.flags.has(Flags::syn)) {
    breaks("no octet is sent beyond the window (a FIN or a probe may stand at its edge)");
  }
  me.sent_end = std::max(me.sent_end, end);
  if (segment.flags.has(Flags::ack)) check_window(from, segment);
}

void Duet::check_window(std::size_t from, const Segment& segment) {
  Side& me = sides_[from];
  const Side& peer = sides_[1 - from];
  const tcp::Seq peer_iss = from == client_side ? server_iss : client_iss;
  const bool scaled = !segment.flags.has(Flags::syn) && me.scales && peer.scales;
  const std::uint64_t window = static_cast<std::uint64_t>(segment.wnd) << (scaled ? me.shift : 0U);
  me.edge = std::max(me.edge, (segment.ack - peer_iss) + window);
}

// --- The end ---

void Duet::look_at_the_end() {
  for (Side& side : sides_) {
    for (const tcp::SocketSnapshot& row : side.driven.stack().snapshot()) {
      side.part.socket_left |= row.state != tcp::State::listen && row.state != tcp::State::closed;
    }
  }
}

void Duet::breaks(const std::string& rule) {
  if (broken_.empty()) broken_ = rule;
}

std::string Duet::story() const {
  std::string text;
  const std::size_t first = story_.size() > 200 ? story_.size() - 200 : 0;
  for (std::size_t i = first; i < story_.size(); ++i) text += story_[i] + "\n";
  for (const Side& side : sides_) {
    for (const tcp::SocketSnapshot& row : side.driven.stack().snapshot()) {
      text +=
          side.driven.stack().config().name + " ends in " + std::string{name_of(row.state)} + "\n";
    }
  }
  return broken_.empty() ? text : text + "broken: " + broken_ + "\n";
}

}  // namespace lastack::test
