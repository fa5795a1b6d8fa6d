#include "support/tcp_test.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <type_traits>

namespace lastack::test {
namespace {

using tcp::Flags;
using tcp::Options;
using tcp::Port;
using tcp::Segment;
using tcp::Sent;
using tcp::Seq;
using tcp::SocketAddress;
using tcp::Stack;
using tcp::State;

constexpr tcp::Address our_address{0x0a000001};
constexpr tcp::Address peer_address{0x0a000002};
constexpr Port server_port = 80;

tcp::StackConfig config_of(const Setup& setup) {
  tcp::StackConfig config = profile_config(setup.profile);
  config.address = our_address;
  config.initial_rto = setup.initial_rto.value_or(config.initial_rto);
  config.msl = setup.msl.value_or(config.msl);
  config.timers = setup.timers.value_or(config.timers);
  config.handshake = setup.handshake;
  for (const auto& [name, value] : setup.sysctl) {
    if (const auto problem = tcp::apply_setting(config.settings, name, value)) {
      throw std::invalid_argument{name + ": " + *problem};
    }
  }
  return config;
}

std::string place(Where where) {
  return std::string{where.file_name()} + ":" + std::to_string(where.line());
}

std::string result_text(tcp::Error error) { return std::string{name_of(error)}; }
std::string result_text(const tcp::IoResult& result) {
  return std::string{name_of(result.error)} + " " + std::to_string(result.bytes) +
         (result.eof ? " eof" : "");
}
std::string result_text(bool result) { return result ? "yes" : "no"; }

}  // namespace

TcpTest::TcpTest(Setup setup, Role role)
    : setup_{std::move(setup)},
      role_{role},
      driven_{std::make_unique<DrivenStack>(config_of(setup_))} {
  conversation(current_);
}

TcpTest::~TcpTest() {
  if (!driven_ || std::uncaught_exceptions() > 0 || pending_.empty()) return;
  FAIL_CHECK("the end was wanted, but this was sent: "
             << to_line(pending_.front().sent.segment, origins_out()) << "\n"
             << story());
}

template <typename Call> auto TcpTest::call(const std::string& name, Call&& event) {
  want_nothing_pending({});
  const std::size_t place_of_call = story_.size();
  note("call " + name);
  if constexpr (std::is_void_v<decltype(event(driven_->stack(), std::declval<tcp::Output&>()))>) {
    driven_->run(event);
    absorb();
  } else {
    const auto result = driven_->run(event);
    story_[place_of_call] += " -> " + result_text(result);
    absorb();
    return result;
  }
}

TcpTest TcpTest::client(Setup setup) { return TcpTest{std::move(setup), Role::client}; }

TcpTest TcpTest::listener(Setup setup) {
  TcpTest t{std::move(setup), Role::server};
  t.call("listen", [&](Stack& stack, tcp::Output& out) {
    tcp::ListenerId id{};
    const tcp::Error error = stack.listen(t.now_, server_port, t.setup_.backlog, t.setup_.options,
                                          t.setup_.iss, id, out);
    t.listener_ = id;
    return error;
  });
  return t;
}

TcpTest TcpTest::in(State state, Setup setup) {
  const bool listens = state == State::listen || setup.role == Role::server;
  TcpTest t = listens ? listener(std::move(setup)) : client(std::move(setup));
  t.reach(state);
  if (t.state() != state) t.fail(std::string{name_of(state)}, std::string{name_of(t.state())}, {});
  t.note("---");
  return t;
}

void TcpTest::reach(State state) {
  if (state == State::closed || state == State::listen) return;
  if (role_ == Role::client) {
    connect();
    out("S 0:0");
    if (state == State::syn_sent) return;
    if (state == State::syn_rcvd) {
      in("S 0:0").out("S. 0:0 ack 1");
      return;
    }
    in("S. 0:0 ack 1").out(". 1:1 ack 1");
  } else {
    in("S 0:0").out("S. 0:0 ack 1");
    if (state == State::syn_rcvd) return;
    in(". 1:1 ack 1").accept();
  }
  finish(state);
}

void TcpTest::finish(State state) {
  if (state == State::close_wait || state == State::last_ack) {
    in("F. 1:1 ack 1").out(". 1:1 ack 2");
    if (state == State::close_wait) return;
    shutdown();
    out("F. 1:1 ack 2");
    return;
  }
  if (state == State::established) return;
  shutdown();
  out("F. 1:1 ack 1");
  if (state == State::fin_wait_1) return;
  if (state == State::closing) {
    in("F. 1:1 ack 1").out(". 2:2 ack 2");
    return;
  }
  in(". 1:1 ack 2");
  if (state == State::time_wait) in("F. 1:1 ack 2").out(". 2:2 ack 2");
}

// --- The peer and the time ---

TcpTest& TcpTest::in(std::string_view text, Where where) {
  want_nothing_pending(where);
  Line line = parse_line(text);
  if (line.flags.has(Flags::syn) && !line.options) {
    line.options = parse_line("S 0:0 " + setup_.peer_options).options;
  }
  Segment segment = to_segment(line, origins_in(), setup_.peer_window);
  segment.src = flow().remote;
  segment.dst = flow().local;
  stamp(segment, line);
  note("in   " + to_line(segment, origins_in()));
  learn_from_peers(segment);
  driven_->segment_arrives(now_, segment);
  absorb();
  return *this;
}

TcpTest& TcpTest::out(std::string_view text, Where where) {
  if (pending_.empty()) fail(std::string{text}, "nothing", where);
  last_sent_ = pending_.front().sent;
  pending_.pop_front();
  const Segment& seen = last_sent_.segment;
  const bool ours = seen.src == flow().local && seen.dst == flow().remote;
  if (!ours || !matches(parse_line(text), seen, origins_out())) {
    fail(std::string{text},
         to_line(seen, origins_out()) + (ours ? "" : " (in another conversation)"), where);
  }
  return *this;
}

TcpTest& TcpTest::quiet(Where where) {
  want_nothing_pending(where);
  return *this;
}

TcpTest& TcpTest::quiet(State wanted, Where where) {
  want_nothing_pending(where);
  if (state() != wanted) {
    fail(std::string{name_of(wanted)}, std::string{name_of(state())}, where);
  }
  return *this;
}

TcpTest& TcpTest::after(SimDuration duration, Where where) {
  want_nothing_pending(where);
  run_until(now_ + duration);
  note("time passes");
  return *this;
}

TcpTest& TcpTest::out_after(SimDuration duration, std::string_view line, Where where) {
  after(duration - 1ns, where).quiet(where);
  return after(1ns, where).out(line, where);
}

SimDuration TcpTest::until_sent(SimDuration limit, Where where) {
  want_nothing_pending(where);
  const SimTime start = now_;
  while (pending_.empty() && driven_->next_deadline() <= start + limit) {
    run_until(driven_->next_deadline());
  }
  if (pending_.empty()) fail("some segment within " + text_of(limit), "nothing", where);
  return now_ - start;
}

std::size_t TcpTest::skip_sent() {
  const std::size_t count = pending_.size();
  if (count != 0) last_sent_ = pending_.back().sent;
  pending_.clear();
  return count;
}

void TcpTest::run_until(SimTime end) {
  constexpr int storm = 100'000;
  for (int fired = 0; driven_->next_deadline() <= end; ++fired) {
    if (driven_->next_deadline() < now_) fail("deadlines from now on", "one in the past", {});
    if (fired == storm) fail("an end of timeouts", "a storm of them", {});
    now_ = driven_->next_deadline();
    driven_->run_timer(now_);
    absorb();
  }
  now_ = end;
}

// --- Calls ---

void TcpTest::open_socket() {
  const bool fixed = setup_.iss.has_value();
  flow().socket = stack().open(setup_.options, fixed ? std::optional{flow().iss} : std::nullopt);
  const tcp::Error error = stack().bind(*flow().socket, flow().local.port);
  if (error != tcp::Error::none) fail("bind", std::string{name_of(error)}, {});
}

tcp::Error TcpTest::connect() {
  if (!flow().socket) open_socket();
  return call("connect", [&](Stack& stack, tcp::Output& out) {
    return stack.connect(now_, *flow().socket, flow().remote, out);
  });
}

tcp::Error TcpTest::connect_result() {
  return call("connect_result",
              [&](Stack& stack, tcp::Output&) { return stack.connect_result(*flow().socket); });
}

bool TcpTest::accept() {
  const auto accepted = [&](Stack& stack, tcp::Output& out) {
    const auto socket = stack.accept(now_, *listener_, out);
    if (!socket) return false;
    conversation(stack.remote(*socket).port);
    flow().socket = socket;
    return true;
  };
  return call("accept", accepted);
}

tcp::IoResult TcpTest::send(std::uint64_t bytes) {
  return call("send " + std::to_string(bytes), [&](Stack& stack, tcp::Output& out) {
    return stack.send(now_, flow().socket.value(), bytes, out);
  });
}

tcp::IoResult TcpTest::receive(std::uint64_t bytes_max) {
  return call("receive", [&](Stack& stack, tcp::Output& out) {
    return stack.receive(now_, flow().socket.value(), bytes_max, out);
  });
}

tcp::Error TcpTest::shutdown(Stack::Direction how) {
  return call("shutdown", [&](Stack& stack, tcp::Output& out) {
    return stack.shutdown(now_, flow().socket.value(), how, out);
  });
}

void TcpTest::close() {
  call("close",
       [&](Stack& stack, tcp::Output& out) { stack.close(now_, flow().socket.value(), out); });
}

void TcpTest::abort() {
  call("abort",
       [&](Stack& stack, tcp::Output& out) { stack.abort(now_, flow().socket.value(), out); });
}

tcp::Error TcpTest::set(tcp::SocketOption option, std::int32_t value) {
  return call("set " + std::string{name_of(option)}, [&](Stack& stack, tcp::Output& out) {
    return stack.set_option(now_, flow().socket.value(), {option, value}, out);
  });
}

void TcpTest::close_listener() {
  call("close listener",
       [&](Stack& stack, tcp::Output& out) { stack.close_listener(now_, listener_.value(), out); });
  listener_.reset();
}

// --- What can be seen ---

std::optional<tcp::SocketSnapshot> TcpTest::snapshot() const {
  for (const tcp::SocketSnapshot& row : stack().snapshot()) {
    if (row.local == flow().local && row.remote == flow().remote) return row;
  }
  return std::nullopt;
}

State TcpTest::state() const {
  const auto row = snapshot();
  if (row) return row->state;
  return listener_ ? State::listen : State::closed;
}

bool TcpTest::woken() {
  const bool found = std::find(woken_.begin(), woken_.end(), flow().socket.value()) != woken_.end();
  std::erase(woken_, flow().socket.value());
  return found;
}

std::uint32_t TcpTest::announced_window() const { return flow().window; }

TcpTest& TcpTest::conversation(Port port) {
  current_ = port;
  if (flows_.contains(port)) return *this;
  Flow fresh{};
  fresh.local = {our_address, role_ == Role::client ? port : server_port};
  fresh.remote = {peer_address, role_ == Role::client ? server_port : port};
  fresh.iss = setup_.iss.value_or(Seq{0});
  fresh.peer_iss = setup_.peer_iss;
  flows_.emplace(port, fresh);
  return *this;
}

// --- What each segment teaches ---

void TcpTest::learn_from_peers(const Segment& segment) {
  if (!segment.flags.has(Flags::syn)) return;
  flow().peer_scales = segment.options.has_window_scale;
  flow().peer_stamps = segment.options.has_timestamps;
}

void TcpTest::learn_from_ours(const Segment& segment) {
  const auto found = flows_.find(role_ == Role::client ? segment.src.port : segment.dst.port);
  if (found == flows_.end()) return;
  Flow& flow = found->second;
  if (segment.flags.has(Flags::syn)) {
    flow.iss = segment.seq;
    flow.we_scale = segment.options.has_window_scale;
    flow.we_stamp = segment.options.has_timestamps;
    flow.window_shift = segment.options.window_scale;
  }
  if (segment.options.has_timestamps) flow.last_ts_val = segment.options.ts_val;
  if (!segment.flags.has(Flags::ack) || segment.flags.has(Flags::rst)) return;
  const bool scaled = !segment.flags.has(Flags::syn) && flow.we_scale && flow.peer_scales;
  flow.acknowledged = segment.ack;
  flow.window = static_cast<std::uint32_t>(segment.wnd) << (scaled ? flow.window_shift : 0U);
}

/// The peer's timestamp clock shows milliseconds since 1 s before the conversation.
void TcpTest::stamp(Segment& segment, const Line& line) const {
  const bool agreed = flow().we_stamp && flow().peer_stamps;
  Options& options = segment.options;
  if (!line.options) options.has_timestamps = agreed;
  if (!options.has_timestamps) return;
  if (!line.options || !line.options->has_ts_val) {
    options.ts_val = tcp::Timestamp{static_cast<std::uint32_t>((now_ - sim_start + 1s) / 1ms)};
  }
  if (segment.flags.has(Flags::ack) && (!line.options || !line.options->has_ts_ecr)) {
    options.ts_ecr = flow().last_ts_val;
  }
}

// --- What our side did ---

void TcpTest::absorb() {
  for (const tcp::Effect& effect : driven_->take_effects()) {
    std::visit([&](const auto& what) { note(what); }, effect);
  }
  const auto woken = driven_->take_woken();
  woken_.insert(woken_.end(), woken.begin(), woken.end());
}

void TcpTest::note(const Sent& sent) {
  learn_from_ours(sent.segment);
  note("out  " + to_line(sent.segment, origins_out()) + "  (" + std::string{name_of(sent.why)} +
       ")");
  pending_.push_back({now_, sent});
}

void TcpTest::note(const tcp::StateChanged& change) {
  note("     " + std::string{name_of(change.from)} + " -> " + std::string{name_of(change.to)} +
       " (" + std::string{name_of(change.why)} + ")");
  if (!is_transition(change.from, change.to)) fail("an arrow of Figure 5", "another", {});
  const std::pair ports{change.local.port, change.remote.port};
  const auto last = last_state_.find(ports);
  if (last != last_state_.end() && last->second != change.from) {
    fail("a change from " + std::string{name_of(last->second)}, "from another state", {});
  }
  last_state_[ports] = change.to;
  if (change.to == State::closed) last_state_.erase(ports);
}

void TcpTest::note(const tcp::TimerChanged& change) {
  const char* const did = change.action == tcp::TimerAction::arm    ? " armed for "
                          : change.action == tcp::TimerAction::fire ? " fires, due "
                                                                    : " cancelled, was due ";
  note("     timer " + std::string{name_of(change.timer)} + did + text_of(change.due - sim_start));
}

void TcpTest::note(const tcp::Discarded& discarded) {
  note("     discarded: " + std::string{name_of(discarded.reason)});
  discards_.emplace_back(name_of(discarded.reason));
}

void TcpTest::note(const tcp::ConnectionReset& /*reset*/) {
  note("     the connection is reset");
  ++resets_;
}

void TcpTest::note(const tcp::ConnectionFailed& /*failed*/) {
  note("     the connection failed");
  ++failures_;
}

void TcpTest::want_nothing_pending(Where where) {
  if (pending_.empty()) return;
  const Segment& first = pending_.front().sent.segment;
  fail("nothing (more) sent before this step", to_line(first, origins_out()), where);
}

Origins TcpTest::origins_in() const {
  return {flow().peer_iss, flow().iss, flow().acknowledged + flow().window};
}

Origins TcpTest::origins_out() const { return {flow().iss, flow().peer_iss, Seq{}}; }

// --- The steps that a failure prints ---

void TcpTest::note(const std::string& step) {
  std::string time = text_of(now_ - sim_start);
  constexpr std::size_t width = 16;
  if (time.size() < width) time.insert(0, width - time.size(), ' ');
  story_.push_back(time + "  " + step);
}

std::string TcpTest::story() const {
  std::string text;
  for (const std::string& step : story_) text += step + "\n";
  return text;
}

void TcpTest::fail(const std::string& wanted, const std::string& seen, Where where) const {
  FAIL(place(where) << "\n" << story() << "  wanted: " << wanted << "\n  seen:   " << seen);
  throw std::logic_error{"not reached"};
}

}  // namespace lastack::test
