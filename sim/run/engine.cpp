#include "engine.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/prefetch.hpp"

namespace lastack::run {

namespace {

/// With so few connections each one's states are followed, though nobody traces them.
constexpr std::uint64_t followed_connections_max = ConnectionBook::max_records;

/// Of packets of one instant that follow from one another: more than any run has that goes on.
constexpr std::uint32_t chain_max = 1'000'000;

bool needs_recording(const scenario::Scenario& scenario) {
  return std::any_of(scenario.expectations.begin(), scenario.expectations.end(),
                     [](const scenario::Expectation& e) {
                       return !std::holds_alternative<scenario::ExpectMetric>(e.what);
                     });
}

tcp::Reports wanted_reports(const scenario::Scenario& scenario, const Recorder& recorder) {
  const app::Prospect all = app::prospect(scenario.connectors, scenario.stop_at);
  const bool few = all.connections <= followed_connections_max;
  return recorder.active() || few ? tcp::Reports::all : tcp::Reports::none;
}

}  // namespace

Standstill::Standstill(const std::string& packets, double seconds)
    : std::runtime_error{
          fmt::format("simulated time stands still at {:.3f} s: a million segments followed from "
                      "one another in "
                      "this instant, the last one {}; give the links between them a delay",
                      seconds, packets)} {}

Simulation::Simulation(const scenario::Scenario& scenario, std::uint64_t seed,
                       std::vector<trace::Sink*> sinks)
    : impl_{std::make_unique<Impl>(scenario, seed, std::move(sinks))} {}
Simulation::Simulation(Simulation&&) noexcept = default;
Simulation::~Simulation() = default;

void Simulation::run(const std::atomic<bool>* stop, Progress* progress) {
  impl_->run(stop, progress);
}
void Simulation::watch_memory(std::function<bool()> exceeded) {
  impl_->watch_memory(std::move(exceeded));
}
void Simulation::keep_checking() { impl_->keep_checking(); }
std::uint64_t Simulation::checks() const { return impl_->checks(); }
void Simulation::follow_connections() { impl_->follow_connections(); }
void Simulation::record_series(Series& series) { impl_->record_series(series); }
Summary Simulation::summary() const { return impl_->summary(); }
Totals Simulation::totals() const { return impl_->totals(); }

void Simulation::Impl::follow_connections() {
  out_.reports = tcp::Reports::all;
  book_.follow_all();
}

Simulation::Impl::Impl(const scenario::Scenario& scenario, std::uint64_t seed,
                       std::vector<trace::Sink*> sinks)
    : scenario_{scenario},
      world_{scenario_, seed},
      recorder_{with_recording(std::move(sinks), scenario_, recording_)},
      out_{wanted_reports(scenario_, recorder_)},
      network_{world_.network_config()},
      lives_(world_.host_count()),
      datagrams_sent_(scenario_.datagram_flows.size()),
      applications_{{scenario_, world_, stacks_, out_, scheduler_, recorder_, tally_, book_},
                    *this} {
  stacks_.reserve(world_.host_count());
  for (HostIndex host = 0; host < world_.host_count(); ++host) {
    const tcp::StackConfig config = world_.stack_config(host, 0);
    stacks_.emplace_back(config).census().count_into(sockets_);
    if (config.timers == tcp::TimerMode::wheel) {
      applications_.take_turns(host, {config.seed, "host/" + config.name + "/turns"});
    }
  }
#ifdef LASTACK_KEEPS_CHECKING
  keep_checking();
#endif
}

std::vector<trace::Sink*> Simulation::Impl::with_recording(std::vector<trace::Sink*> sinks,
                                                           const scenario::Scenario& scenario,
                                                           trace::Recording& recording) {
  if (needs_recording(scenario)) sinks.push_back(&recording);
  return sinks;
}

/// Where the system refuses memory the run ends, and what it came to so far is reported: for that,
/// what would only serve the rest of the run makes room.
void Simulation::Impl::run(const std::atomic<bool>* stop, Progress* progress) {
  try {
    run_events(stop, progress);
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    scheduler_ = Scheduler{};
    applications_.give_up();
  }
  finish();
}

void Simulation::Impl::run_events(const std::atomic<bool>* stop, Progress* progress) {
  if (!started_) start();
  constexpr std::uint64_t look_around = 4096;  // events between two looks at the outside
  for (std::uint64_t turn = 0;; ++turn) {
    if (turn % look_around == 0) {
      if (progress != nullptr) {
        progress->events = tally_.events;
        progress->connects = tally_.connects;
        progress->now = now();
      }
      interrupted_ = stop != nullptr && *stop;
      out_of_memory_ = memory_exceeded_ && memory_exceeded_();
      if (interrupted_ || out_of_memory_) break;
    }
    // Woken applications wait until every segment of this instant is in, as a rule.
    const Woken& woken = applications_.woken();
    std::optional<Event> next;
    if (!woken.impatient()) {
      next = scheduler_.next(woken.empty() ? scenario_.stop_at
                                           : std::min(woken.turn(), scenario_.stop_at));
    }
    if (!next && woken.empty()) break;
    if (!next) {
      applications_.run_woken();
      continue;
    }
    applications_.let_pass();
    look_ahead();
    if (now() > series_due_ ? handle_sampled(*next) : handle(*next)) {
      ++tally_.events;
      ended_ = now();
      if (standstill_) break;
      if (pace_ && pace_->event_happened()) check_now();
    }
  }
}

/// What happens before the clock starts, then everything whose time the scenario gives.
void Simulation::Impl::start() {
  started_ = true;
  if (recorder_.active()) recorder_.begin(world_.names());
  applications_.start();
  schedule_scenario();
}

/// Of one instant, what is done to hosts and links comes first, then applications, listeners before
/// connectors.
void Simulation::Impl::schedule_scenario() {
  const auto schedule = [this](SimTime at, EventKind kind, std::size_t index) {
    scheduler_.schedule(at, event_of(kind, 0, index));
  };
  for (std::size_t i = 0; i < scenario_.host_events.size(); ++i) {
    schedule(scenario_.host_events[i].at, EventKind::host_event, i);
  }
  for (std::size_t i = 0; i < scenario_.link_events.size(); ++i) {
    schedule(scenario_.link_events[i].at, EventKind::link_event, i);
  }
  for (std::size_t i = 0; i < scenario_.injections.size(); ++i) {
    schedule(scenario_.injections[i].at, EventKind::injection, i);
  }
  for (std::size_t i = 0; i < scenario_.listeners.size(); ++i) {
    const app::Listener& listener = scenario_.listeners[i];
    if (listener.listen_at > sim_start) schedule(listener.listen_at, EventKind::listener_start, i);
    if (listener.accept_from && *listener.accept_from > listener.listen_at) {
      schedule(*listener.accept_from, EventKind::listener_accept, i);
    }
    if (listener.close_at) schedule(*listener.close_at, EventKind::listener_close, i);
  }
  for (std::uint32_t i = 0; i < scenario_.connectors.size(); ++i) {
    if (const auto at = applications_.next_connection(i)) schedule(*at, EventKind::connector, i);
  }
  for (std::size_t i = 0; i < scenario_.datagram_flows.size(); ++i) {
    const app::DatagramFlow& flow = scenario_.datagram_flows[i];
    if (flow.count > 0) schedule(flow.at, EventKind::datagram, i);
  }
}

/// Stale entries in the queue are nothing left to happen.
void Simulation::Impl::finish() {
  if (pace_ && !out_of_memory_) check_now();
  if (!interrupted_ && !out_of_memory_ && !standstill_) {
    while (const std::optional<Event> later = scheduler_.next()) {
      const auto kind = static_cast<EventKind>(later->kind);
      bool real = true;
      if (kind == EventKind::tcp_timer) {
        Wakeup* wakeup = stacks_[later->owner].wakeup(unpack(later->index));
        real = wakeup != nullptr && scheduler_.comes_due(*wakeup, *later);
      } else if (kind == EventKind::process) {
        real = applications_.clock_is_real(*later);
      }
      if (real) {
        beyond_stop_ = later;
        ended_ = scenario_.stop_at;
        break;
      }
    }
  }
  if (series_ != nullptr) series_->finish(ended_, sample());
  if (recorder_.active()) recorder_.end(ended_);
}

/// With many connections what belongs to each has left the caches when its turn comes: it is called
/// back some events before.
void Simulation::Impl::look_ahead() {
  constexpr std::size_t distance = 8;  // 4 to 32 do as well
  const Event* later = scheduler_.following(distance);
  if (later == nullptr) return;
  const auto kind = static_cast<EventKind>(later->kind);
  if (kind == EventKind::arrival) {
    prefetch(network_.packet(later->index));
  } else if (kind == EventKind::tcp_timer) {
    const Wakeup* wakeup = stacks_[later->owner].wakeup(unpack(later->index));
    if (wakeup != nullptr) prefetch(*wakeup);
  }
}

bool Simulation::Impl::handle(Event event) {
  const std::uint32_t index = event.index;
  chain_ = 0;
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::arrival: packet_arrives(event); break;
    case EventKind::tcp_timer: return tcp_timer(event);
    case EventKind::process: return applications_.clock_came_up(event);
    case EventKind::connector: applications_.start_connector(index); break;
    case EventKind::listener_start: applications_.start_listener(index); break;
    case EventKind::listener_accept: applications_.begin_to_accept(index); break;
    case EventKind::listener_close: applications_.close_listener(index); break;
    case EventKind::datagram: send_datagram(index); break;
    case EventKind::injection: inject(scenario_.injections[index]); break;
    case EventKind::host_event: do_to_hosts(scenario_.host_events[index]); break;
    case EventKind::link_event: do_to_links(scenario_.link_events[index]); break;
  }
  return true;
}

void Simulation::Impl::packet_arrives(Event event) {
  const net::PacketIndex index = event.index;
  chain_ = network_.packet(index).chain;
  if (chain_ >= chain_max) stand_still(network_.packet(index));
  const net::Network::Reached reached = network_.arrives(now(), event.owner, index, transit_);
  if (reached == net::Network::Reached::host) {
    take_in(network_.packet(index).to, index, net::Network::link_of(event.owner));
  } else {
    carry_out_transit();
  }
}

/// The packet reached its host in good order.
void Simulation::Impl::take_in(HostIndex host, net::PacketIndex index, trace::LinkId link) {
  const net::Packet& packet = network_.packet(index);
  const std::uint64_t cause =
      record(packet.cause, trace::Receive{packet.id, trace::HostId{host}, link});
  if (world_.is_silent(host)) {
    if (packet.protocol == trace::Protocol::tcp) {
      tally_.discarded.add(tcp::DiscardReason::silent);
    }
    record(cause, trace::Drop{packet.id, trace::HostId{host}, trace::DropPlace::host,
                              tcp::DiscardReason::silent});
    network_.release(index);
    return;
  }
  if (packet.protocol == trace::Protocol::datagram) {
    ++tally_.datagrams_received;
    network_.release(index);
    return;
  }
  const Occasion occasion{cause, packet.id};
  stacks_[host].segment_arrives(now(), packet.segment, out_);
  network_.release(index);
  carry_out(host, occasion);
}

bool Simulation::Impl::tcp_timer(Event event) {
  const HostIndex host = event.owner;
  const tcp::TimerOwner owner = unpack(event.index);
  Wakeup* wakeup = stacks_[host].wakeup(owner);
  if (wakeup == nullptr || !scheduler_.comes_due(*wakeup, event)) return false;
  stacks_[host].timeout(now(), owner, out_);
  carry_out(host, Occasion{});
  return true;
}

/// Carries out what TCP answered. After a timer fired, what follows has that for its cause.
void Simulation::Impl::carry_out_all(HostIndex host, Occasion occasion) {
  for (const tcp::Effect& effect : out_.effects) {
    if (const auto* sent = std::get_if<tcp::Sent>(&effect)) {
      send(host, *sent, occasion.cause);
    } else {
      occasion.cause = carry_out_reported(host, effect, occasion);
    }
  }
  for (const tcp::TimerOwner owner : out_.rescheduled) follow(host, owner);
  for (const tcp::ListenerId listener : out_.acceptable) {
    applications_.wake({host, listener, occasion.cause});
  }
  for (const tcp::SocketId socket : out_.woken) applications_.wake({host, socket, occasion.cause});
  out_.clear();
}

/// Returns the cause of what comes after it.
std::uint64_t Simulation::Impl::carry_out_reported(HostIndex host, const tcp::Effect& effect,
                                                   const Occasion& occasion) {
  const std::uint64_t cause = occasion.cause;
  if (const auto* discarded = std::get_if<tcp::Discarded>(&effect)) {
    tally_.discarded.add(discarded->reason);
    record(cause, trace::Drop{occasion.packet, trace::HostId{host}, trace::DropPlace::host,
                              discarded->reason});
  } else if (const auto* state = std::get_if<tcp::StateChanged>(&effect)) {
    const bool listens = state->remote.port == 0;
    if (!listens) book_.changed(now(), *state);
    if (!recorder_.active()) return cause;
    const trace::End remote = listens ? trace::End{} : world_.end(state->remote);
    record(cause, trace::StateChange{world_.end(state->local), remote, state->from, state->to,
                                     state->why});
  } else if (const auto* timer = std::get_if<tcp::TimerChanged>(&effect);
             timer != nullptr && recorder_.active()) {
    const std::uint64_t n =
        recorder_.record_timer(now(), cause,
                               {world_.end(timer->local), world_.end(timer->remote), timer->timer,
                                timer->action, timer->due});
    if (timer->action == tcp::TimerAction::fire) return n;
  } else if (const auto* reset = std::get_if<tcp::ConnectionReset>(&effect)) {
    tally_.broken.note(*reset);
  } else if (const auto* failed = std::get_if<tcp::ConnectionFailed>(&effect)) {
    tally_.broken.note(*failed);
  }
  return cause;
}

void Simulation::Impl::send(HostIndex host, const tcp::Sent& sent, std::uint64_t cause) {
  const net::PacketIndex index = network_.allocate();
  net::Packet& packet = network_.packet(index);
  packet.id = ++last_packet_id_;
  packet.from = host;
  packet.to = world_.host_at(sent.segment.dst.address);
  packet.protocol = trace::Protocol::tcp;
  packet.segment = sent.segment;
  tally_.sent(sent);
  if (out_.reports == tcp::Reports::all || tcp::is_retransmission(sent.why)) {
    book_.sent(now(), sent);
  }
  if (!scenario_.injections.empty()) note_numbers(sent.segment);
  if (recorder_.active()) record_send(packet, sent.why, cause);
  put_on_wire(index);
}

void Simulation::Impl::record_send(net::Packet& packet, tcp::SendReason why, std::uint64_t cause) {
  trace::Send send{packet.id,
                   {trace::HostId{packet.from}, packet.segment.src.port},
                   {trace::HostId{packet.to}, packet.segment.dst.port},
                   packet.segment,
                   why,
                   packet.protocol};
  send.link = network_.link_towards(packet.from, packet.to);
  packet.cause = recorder_.record(now(), cause, send);
}

void Simulation::Impl::put_on_wire(net::PacketIndex index) {
  network_.send(now(), index, transit_);
  carry_out_transit();
}

void Simulation::Impl::carry_out_transit() {
  if (transit_.arrival) {
    schedule_arrival(*transit_.arrival, lane_of(transit_.arrival->delay_class));
    transit_.arrival.reset();
  }
  if (!transit_.notes.empty()) {
    carry_out_notes();
    transit_.clear();
  }
}

void Simulation::Impl::schedule_arrival(const net::Arrival& arrival, Lane lane) {
  network_.packet(arrival.packet).chain = arrival.at > now() ? 0 : chain_ + 1;
  scheduler_.schedule(lane, arrival.at,
                      event_of(EventKind::arrival, arrival.channel, arrival.packet));
}

/// The run ends with this event: more of the kind would come for ever.
void Simulation::Impl::stand_still(const net::Packet& packet) {
  const tcp::Segment& segment = packet.segment;
  standstill_ = world_.names().text(world_.end(segment.src)) + " > " +
                world_.names().text(world_.end(segment.dst));
}

/// What befell the packet on its way, and the copies that were made of it.
void Simulation::Impl::carry_out_notes() {
  auto copy = transit_.copies.begin();
  for (const net::Note& note : transit_.notes) {
    if (const auto* drop = std::get_if<trace::Drop>(&note)) {
      if (transit_.protocol == trace::Protocol::tcp) {
        const bool on_wire = drop->place == trace::DropPlace::wire;
        (on_wire ? tally_.lost : tally_.discarded).add(drop->reason);
      }
      record(transit_.cause, *drop);
    } else if (const auto* delay = std::get_if<trace::Delay>(&note)) {
      record(transit_.cause, *delay);
    } else if (recorder_.active()) {  // copies arrive because they were made
      LASTACK_ASSERT(copy != transit_.copies.end());
      network_.packet(copy++->packet).cause =
          record(transit_.cause, std::get<trace::Duplicate>(note));
    }
  }
  for (const net::Arrival& made : transit_.copies) {
    schedule_arrival(made, no_lane);
  }
}

void Simulation::Impl::follow(HostIndex host, tcp::TimerOwner owner) {
  Wakeup* wakeup = stacks_[host].wakeup(owner);
  LASTACK_ASSERT(wakeup != nullptr);
  scheduler_.follow(*wakeup, event_of(EventKind::tcp_timer, host, pack(owner)));
}

}  // namespace lastack::run
