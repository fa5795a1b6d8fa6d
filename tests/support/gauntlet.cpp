#include "support/gauntlet.hpp"

#include <array>
#include <stdexcept>

#include "support/notation.hpp"

namespace lastack::test {
namespace {

using tcp::Flags;
using tcp::ProfileId;
using tcp::Segment;
using tcp::Seq;
using tcp::SocketAddress;
using tcp::SocketId;
using tcp::SocketOption;
using tcp::Stack;

constexpr tcp::Address our_address{0x0a000001};
constexpr tcp::Address peer_address{0x0a000002};
constexpr std::size_t flow_count = 3;
constexpr std::size_t option_count = static_cast<std::size_t>(SocketOption::so_sndbuf) + 1;

/// Settings worth changing, with values at the ends of what they do.
constexpr std::array<std::pair<const char*, std::array<const char*, 2>>, 16> interesting{{
    {"tcp_syncookies", {"0", "2"}},
    {"tcp_syn_retries", {"1", "3"}},
    {"tcp_synack_retries", {"0", "2"}},
    {"tcp_orphan_retries", {"0", "1"}},
    {"tcp_retries2", {"1", "3"}},
    {"tcp_fin_timeout", {"1", "200"}},
    {"tcp_max_orphans", {"0", "1"}},
    {"tcp_max_tw_buckets", {"0", "1"}},
    {"tcp_tw_reuse", {"0", "1"}},
    {"tcp_rfc1337", {"0", "1"}},
    {"tcp_abort_on_overflow", {"0", "1"}},
    {"tcp_timestamps", {"0", "1"}},
    {"tcp_sack", {"0", "1"}},
    {"tcp_window_scaling", {"0", "1"}},
    {"tcp_challenge_ack_limit", {"1", "100"}},
    {"tcp_max_syn_backlog", {"1", "2"}},
}};

}  // namespace

Gauntlet::Gauntlet(std::span<const std::uint8_t> bytes)
    : bytes_{bytes},
      driven_{choose_config(*this)} {
  for (std::size_t i = 0; i < flow_count; ++i) {
    const auto port = static_cast<tcp::Port>(40000 + i);
    Flow flow{};
    flow.local = {our_address, port};
    flow.remote = {peer_address, 80};
    flows_.push_back(flow);
  }
}

/// Runs before the Stack exists; reads only the bytes.
tcp::StackConfig Gauntlet::choose_config(Gauntlet& g) {
  static constexpr std::array profiles{ProfileId::linux_6, ProfileId::linux_4, ProfileId::rfc9293,
                                       ProfileId::textbook};
  static constexpr std::array handshakes{tcp::Handshake::three_way, tcp::Handshake::three_way,
                                         tcp::Handshake::two_way, tcp::Handshake::four_way};
  tcp::StackConfig config = profile_config(g.one_of(profiles));
  config.address = our_address;
  config.handshake = g.one_of(handshakes);
  for (std::uint8_t changes = g.byte() % 4; changes > 0; --changes) {
    const auto& [name, values] = g.one_of(interesting);
    if (tcp::apply_setting(config.settings, name, g.one_of(values))) {
      throw std::logic_error{std::string{"no such setting or value: "} + name};
    }
  }
  return config;
}

void Gauntlet::run() {
  for (std::uint8_t count = byte() % 3; count > 0; --count) {
    const auto option = static_cast<SocketOption>(byte() % option_count);
    const auto [least, most] = tcp::socket_option_range(option);
    options_.push_back({option, std::min(most, least + static_cast<std::int32_t>(byte() % 8))});
  }
  if (byte() % 2 == 0) {
    listen();
  } else {
    open_socket();
  }
  walk_ahead();
  while (!empty()) step();
  run_until(now_ + 10min);
}

void Gauntlet::listen() {
  for (Flow& flow : flows_) {
    flow.remote.port = flow.local.port;
    flow.local.port = 80;
  }
  note("listen");
  driven_.run([&](Stack& stack, tcp::Output& out) {
    tcp::ListenerId id{};
    const std::int32_t backlog = byte() % 3;
    if (stack.listen(now_, 80, backlog, options_, Seq{number()}, id, out) == tcp::Error::none) {
      listener_ = id;
    }
  });
}

/// So that states beyond the handshake are met often: a few right steps first.
void Gauntlet::walk_ahead() {
  const std::uint8_t how_far = byte() % 6;
  Flow& flow = flows_[0];
  const Seq peer_iss{0xffff'fff0U};
  const bool server = listener_.has_value();
  if (how_far > 0) {
    arrive(server ? Flags::syn : Flags::syn | Flags::ack, peer_iss, flow.sent_end, 0);
  }
  if (how_far > 1 && server) {
    arrive(Flags::ack, peer_iss + 1, flow.sent_end, 0);
    accept();
  }
  if (how_far > 2 && flow.socket) call_socket(*flow.socket, 0);
  if (how_far > 3) arrive(Flags::fin | Flags::ack, flow.acknowledged, flow.sent_end, 0);
  if (how_far > 4 && flow.socket) call_socket(*flow.socket, 3);
}

void Gauntlet::step() {
  const std::uint8_t kind = byte() % 16;
  if (kind < 9) return arrive();
  if (kind < 12) return pass_time();
  if (kind < 15) return call();
  current_ = byte() % flow_count;
}

// --- Segments ---

void Gauntlet::arrive() {
  static constexpr std::array<std::uint32_t, 6> lengths{0, 0, 1, 100, 1460, 20000};
  static constexpr std::array usual{Flags::ack,
                                    Flags::ack,
                                    Flags::ack | Flags::psh,
                                    Flags::fin | Flags::ack,
                                    Flags::syn,
                                    Flags::syn | Flags::ack,
                                    Flags::rst,
                                    Flags::rst | Flags::ack};
  const std::uint8_t choice = byte();
  const Flags flags = choice < 200 ? usual[choice % usual.size()]
                                   : Flags{static_cast<std::uint8_t>(choice & 0x1fU)};
  const Seq seq = choose_seq();
  const Seq ack = choose_ack();
  arrive(flags, seq, ack, one_of(lengths));
}

void Gauntlet::arrive(Flags flags, Seq seq, Seq ack, std::uint32_t data) {
  const Flow& flow = flows_[current_];
  Segment segment;
  segment.src = flow.remote;
  segment.dst = flow.local;
  segment.flags = flags;
  segment.seq = seq;
  segment.ack = ack;
  segment.data = data;
  static constexpr std::array<std::uint16_t, 6> windows{65535, 65535, 0, 1, 1000, 500};
  segment.wnd = one_of(windows);
  add_options(segment);
  octets_arrived_ += data;
  note("in   " + to_line(segment, {Seq{0}, flow.iss, Seq{0}}));
  driven_.segment_arrives(now_, segment);
  absorb();
}

Seq Gauntlet::choose_seq() {
  const Flow& flow = flows_[current_];
  const auto offset = static_cast<std::uint32_t>(static_cast<std::int8_t>(byte()));
  switch (byte() % 6) {
    case 0:
    case 1:
    case 2: return flow.acknowledged;
    case 3: return flow.acknowledged + offset;
    case 4: return flow.acknowledged + flow.window + offset;
    default: return Seq{number()};
  }
}

Seq Gauntlet::choose_ack() {
  const Flow& flow = flows_[current_];
  const auto offset = static_cast<std::uint32_t>(static_cast<std::int8_t>(byte()));
  switch (byte() % 6) {
    case 0:
    case 1:
    case 2: return flow.sent_end;
    case 3: return flow.sent_end + offset;
    case 4: return flow.iss + offset;
    default: return Seq{number()};
  }
}

void Gauntlet::add_options(Segment& segment) {
  const Flow& flow = flows_[current_];
  const std::uint8_t which = byte();
  tcp::Options& options = segment.options;
  if (segment.flags.has(Flags::syn)) {
    static constexpr std::array<std::uint16_t, 5> sizes{0, 1, 536, 1460, 65535};
    options.mss = one_of(sizes);
    options.sack_permitted = (which & 1U) != 0;
    options.has_window_scale = (which & 2U) != 0;
    if (options.has_window_scale) options.window_scale = byte() % 16;
  }
  if ((which & 4U) != 0) {
    options.has_timestamps = true;
    options.ts_val =
        tcp::Timestamp{static_cast<std::uint32_t>((now_ - sim_start) / 1ms) + (byte() % 8U) - 2U};
    options.ts_ecr = byte() % 4 == 0 ? tcp::Timestamp{number()} : flow.ts_val;
  }
  if ((which & 8U) == 0 || segment.flags.has(Flags::syn)) return;
  options.sack_count =
      static_cast<std::uint8_t>(1U + (which >> 4U) % (options.has_timestamps ? 3U : 4U));
  for (std::size_t i = 0; i < options.sack_count; ++i) {
    const Seq left = flow.iss + static_cast<std::uint32_t>(word());
    options.sack[i] = {left, left + (byte() % 8U) * 365U};
  }
}

// --- Time ---

void Gauntlet::pass_time() {
  static constexpr std::array<std::int64_t, 6> milliseconds{1, 40, 200, 1000, 30'000, 3'600'000};
  const SimTime next = driven_.next_deadline();
  if (byte() % 2 == 0 && next != never && next - now_ < 24h) {
    note("until the next timer");
    return run_until(next);
  }
  const std::chrono::milliseconds wait{one_of(milliseconds)};
  note("wait " + std::to_string(wait.count()) + " ms");
  run_until(now_ + wait);
}

void Gauntlet::run_until(SimTime end) {
  constexpr int storm = 50'000;
  for (int fired = 0; driven_.next_deadline() <= end; ++fired) {
    require(driven_.next_deadline() >= now_, "no deadline lies in the past");
    require(fired < storm, "timeouts come to an end");
    now_ = driven_.next_deadline();
    driven_.run_timer(now_);
    absorb();
  }
  now_ = end;
}

// --- Calls ---

void Gauntlet::call() {
  const std::uint8_t which = byte() % 12;
  Flow& flow = flows_[current_];
  if (flow.socket) return call_socket(*flow.socket, which);
  if (listener_ && which == 11) {
    note("close listener");
    driven_.run(
        [&](Stack& stack, tcp::Output& out) { stack.close_listener(now_, *listener_, out); });
    listener_.reset();
    return absorb();
  }
  if (listener_) return accept();
  open_socket();
}

void Gauntlet::call_socket(SocketId socket, std::uint8_t which) {
  note("call " + std::to_string(which));
  Flow& flow = flows_[current_];
  driven_.run([&](Stack& stack, tcp::Output& out) {
    switch (which) {
      case 0: stack.send(now_, socket, 1 + word() % 5000, out); break;
      case 1: stack.send(now_, socket, 100'000, out); break;
      case 2: octets_read_ += stack.receive(now_, socket, 1 + word(), out).bytes; break;
      case 3: stack.shutdown(now_, socket, Stack::Direction::write, out); break;
      case 4: stack.shutdown(now_, socket, Stack::Direction::read, out); break;
      case 5: stack.shutdown(now_, socket, Stack::Direction::both, out); break;
      case 6:
        stack.close(now_, socket, out);
        flow.socket.reset();
        break;
      case 7:
        stack.abort(now_, socket, out);
        flow.socket.reset();
        break;
      case 8: stack.connect_result(socket); break;
      case 9: stack.connect(now_, socket, flow.remote, out); break;
      default: {
        const auto option = static_cast<SocketOption>(byte() % option_count);
        const auto [least, most] = tcp::socket_option_range(option);
        const std::int32_t value = std::min(most, least + static_cast<std::int32_t>(byte()));
        stack.set_option(now_, socket, {option, value}, out);
      }
    }
  });
  absorb();
}

void Gauntlet::open_socket() {
  Flow& flow = flows_[current_];
  note("connect");
  driven_.run([&](Stack& stack, tcp::Output& out) {
    flow.socket = stack.open(options_, Seq{number()});
    if (stack.bind(*flow.socket, flow.local.port) == tcp::Error::none) {
      stack.connect(now_, *flow.socket, flow.remote, out);
    }
  });
  absorb();
}

void Gauntlet::accept() {
  const auto socket = driven_.run(
      [&](Stack& stack, tcp::Output& out) { return stack.accept(now_, *listener_, out); });
  absorb();
  if (!socket) return;
  note("accept");
  for (Flow& flow : flows_) {
    if (flow.remote == driven_.stack().remote(*socket)) {
      // A connection accepted before from this port is forgotten, its socket left open.
      flow.socket = socket;
    }
  }
}

// --- What comes out ---

void Gauntlet::absorb() {
  constexpr std::size_t burst = 20'000;
  std::size_t sent = 0;
  for (const tcp::Effect& effect : driven_.take_effects()) {
    if (const auto* segment = std::get_if<tcp::Sent>(&effect)) {
      check_sent(segment->segment);
      require(++sent < burst, "one event sends no flood of segments");
    }
    if (const auto* change = std::get_if<tcp::StateChanged>(&effect)) {
      note("     " + std::string{name_of(change->from)} + " -> " +
           std::string{name_of(change->to)});
      require(is_transition(change->from, change->to), "states change along Figure 5");
    }
  }
  require(octets_read_ <= octets_arrived_, "no octet is delivered that did not arrive");
  require(driven_.next_deadline() >= now_, "no deadline lies in the past");
  driven_.take_woken();
}

void Gauntlet::check_sent(const Segment& segment) {
  for (Flow& flow : flows_) {
    if (segment.dst != flow.remote || segment.src != flow.local) continue;
    if (segment.flags.has(Flags::syn)) flow.iss = segment.seq;
    if (!segment.flags.has(Flags::rst)) flow.sent_end = segment.end();
    if (segment.flags.has(Flags::ack) && !segment.flags.has(Flags::rst)) {
      flow.acknowledged = segment.ack;
      flow.window = segment.wnd;
    }
    if (segment.options.has_timestamps) flow.ts_val = segment.options.ts_val;
    note("out  " + to_line(segment, {flow.iss, Seq{0}, Seq{0}}));
  }
  const Flags flags = segment.flags;
  const bool syn = flags.has(Flags::syn);
  require(!(syn && flags.has(Flags::fin)), "no SYN with FIN");
  require(!(syn && flags.has(Flags::rst)), "no SYN with RST");
  require(!(flags.has(Flags::rst) && flags.has(Flags::fin)), "no RST with FIN");
  require(flags.has(Flags::ack) || syn || flags.has(Flags::rst), "ACK is on after the first SYN");
  require(!flags.has(Flags::rst) || segment.data == 0, "a RST carries no data");
  require(segment.data == 0 || segment.wire_size() <= 1500, "segments fit the link");
  require(segment.options.wire_size() <= 40, "options fit the header");
  require(segment.src.address == our_address && segment.dst.address == peer_address,
          "segments go from us to the peer");
}

void Gauntlet::require(bool holds, const std::string& rule) const {
  if (!holds) throw std::logic_error{rule + "\n" + story()};
}

std::string Gauntlet::story() const {
  std::string text;
  for (const std::string& step : story_) text += step + "\n";
  return text;
}

// --- Bytes; none left reads as zero ---

std::uint8_t Gauntlet::byte() {
  if (bytes_.empty()) return 0;
  const std::uint8_t first = bytes_.front();
  bytes_ = bytes_.subspan(1);
  return first;
}

std::uint16_t Gauntlet::word() {
  const std::uint32_t high = byte();
  return static_cast<std::uint16_t>(high << 8U | byte());
}

std::uint32_t Gauntlet::number() {
  const std::uint32_t high = word();
  return high << 16U | word();
}

}  // namespace lastack::test
