#include "applications.hpp"

#include <algorithm>
#include <utility>

#include "event_kind.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// A result as the trace keeps it.
trace::Result logged(const decltype(app::Progress::result)& result) {
  if (const auto* number = std::get_if<std::uint64_t>(&result)) return *number;
  if (const auto* error = std::get_if<tcp::Error>(&result)) return *error;
  const auto* closed = std::get_if<tcp::Stack::Direction>(&result);
  if (closed == nullptr) return std::monostate{};
  return std::string{app::name_of(*closed)};
}

}  // namespace

Applications::Applications(const Surroundings& surroundings, Driver& driver)
    : surroundings_{surroundings},
      driver_{driver},
      chance_{surroundings.scenario, surroundings.world.names()},
      hosts_(surroundings.world.host_count()),
      processes_{surroundings.world.host_count()},
      connectors_(surroundings.scenario.connectors.size()),
      descriptors_{surroundings.scenario, surroundings.world.host_count()},
      requests_{surroundings.scenario.connectors},
      woken_{surroundings.world.host_count(),
             surroundings.recorder.active() ? Woken::Causes::kept : Woken::Causes::forgotten} {}

void Applications::start() {
  const scenario::Scenario& scenario = surroundings_.scenario;
  // Servers are there before clients choose their ports.
  for (std::uint32_t i = 0; i < scenario.listeners.size(); ++i) {
    if (scenario.listeners[i].listen_at == sim_start) start_listener(i);
  }
  for (std::uint32_t i = 0; i < scenario.connectors.size(); ++i) {
    if (!scenario.connectors[i].from_port) continue;
    early_binders_.emplace_back(scenario.connectors[i].host, i);
    bind_early(i);
  }
  std::sort(early_binders_.begin(), early_binders_.end());
}

// --- Processes and their steps ---

void Applications::run_woken() {
  woken_.run([this](const Wake& wake) {
    if (const auto* socket = std::get_if<tcp::SocketId>(&wake.whom)) {
      wake_socket(wake, *socket);
    } else {
      wake_listener(wake, std::get<tcp::ListenerId>(wake.whom));
    }
  });
}

void Applications::wake_socket(const Wake& wake, tcp::SocketId socket) {
  const ProcessIndex index = processes_.of(wake.host, socket);
  if (index == no_process) return;  // its application has finished
  Process& process = processes_[index];
  if (process.doing == Process::Doing::connecting) {
    const tcp::Error result = stack(wake.host).connect_result(socket);
    if (result == tcp::Error::would_block) {
      if (process.clock.due == never) run_process(index);  // its turn while it is connecting
      return;
    }
    process.cause = wake.cause;
    process.last_arrival = woken_.last_cause(wake.host, socket, wake.cause);
    decide(index, result);
  } else if (process.doing == Process::Doing::waiting_for_socket) {
    // Who waits to send is not woken by what comes in.
    if (process.runner.sends_next() && stack(wake.host).waits_for_room(socket)) return;
    process.cause = wake.cause;
    process.last_arrival = woken_.last_cause(wake.host, socket, wake.cause);
    run_process(index);
  }
}

/// `connect` succeeded or failed.
void Applications::decide(ProcessIndex index, tcp::Error result) {
  Process& process = processes_[index];
  process.cause = log(process, trace::Call::connected, {.result = result});
  surroundings_.book.decide(now(), process.record, result);
  if (result == tcp::Error::none) {
    ++surroundings_.tally.connects_ok;
    begin_steps(process);
    run_process(index);
    return;
  }
  ++surroundings_.tally.connect_errors[static_cast<std::size_t>(result)];
  // The steps are not run. The socket is dead; closing it gives its port and memory back.
  const HostIndex host = process.host;
  stack(host).close(now(), process.socket, out());
  carry_out(host, process.cause);
  give_back_descriptor(process.owner());
  processes_.end(index);
}

/// What it did while it was connecting is over, whether it was through with it or not.
void Applications::begin_steps(Process& process) {
  process.clock.due = never;
  process.doing = Process::Doing::nothing;
  process.runner = app::StepRunner{connector(process.program).steps, process.socket};
}

/// Makes the application's calls until it has to wait.
void Applications::run_process(ProcessIndex index) {
  Process& process = processes_[index];
  const bool connecting = process.doing == Process::Doing::connecting;
  while (true) {
    const std::optional<Ends> closing = ends_to_close(process);
    const std::size_t step = process.runner.step();
    const app::Progress progress =
        process.runner.advance(now(), stack(process.host), out(), chance_of(process));
    if (!connecting) count(index, step, progress);
    if (process.last_arrival != 0 && progress.call && trace::is_read(*progress.call)) {
      process.cause = std::exchange(process.last_arrival, 0);
    }
    if (progress.call) process.cause = log(process, *progress.call, progress);
    carry_out(process.host, process.cause);
    switch (progress.pause) {
      case app::Pause::none: break;
      case app::Pause::socket: process.doing = Process::Doing::waiting_for_socket; return;
      case app::Pause::clock:
        if (!connecting) process.doing = Process::Doing::sleeping;
        set_clock(index, progress.until);
        return;
      case app::Pause::either:
        if (connecting) surroundings_.book.cut_off(process.record, CutOff::closed);
        process.doing = Process::Doing::waiting_for_socket;
        set_clock(index, progress.until);
        return;
      case app::Pause::finished:
        if (!connecting) processes_.end(index);
        return;
      case app::Pause::closed:
        if (connecting) surroundings_.book.cut_off(process.record, CutOff::closed);
        if (closing) surroundings_.book.closed(now(), closing->local, closing->remote);
        give_back_descriptor(process.owner());
        processes_.end(index);
        return;
    }
  }
}

/// Counts what the call of this step came to.
void Applications::count(ProcessIndex index, std::size_t step, const app::Progress& progress) {
  Tally& tally = surroundings_.tally;
  tally.bytes_read += progress.bytes_read;
  if (const auto* error = std::get_if<tcp::Error>(&progress.result)) {
    const auto which = static_cast<std::size_t>(*error);
    if (progress.call == trace::Call::send) ++tally.send_errors[which];
    if (progress.call == trace::Call::recv) ++tally.recv_errors[which];
  }
  const Process& process = processes_[index];
  if (process.accepted || !requests_.makes(process.program)) return;
  requests_.called(now(), index, process, step, progress, tally);
}

/// The ends of the connection that the application's next step may close, where the book wants to
/// know: afterwards nobody can count them. An aborted one is no orphan.
std::optional<Ends> Applications::ends_to_close(const Process& process) const {
  const bool wanted = surroundings_.out.reports == tcp::Reports::all;
  if (!wanted || !process.runner.closes_next()) return std::nullopt;
  const tcp::Stack& host = stack(process.host);
  return Ends{host.local(process.socket), host.remote(process.socket)};
}

void Applications::set_clock(ProcessIndex index, SimTime due) {
  Wakeup& clock = processes_[index].clock;
  clock.due = due;
  surroundings_.scheduler.follow(clock, event_of(EventKind::process, 0, index));
}

bool Applications::clock_came_up(Event event) {
  Process& process = processes_[event.index];
  if (!surroundings_.scheduler.comes_due(process.clock, event)) return false;
  process.clock.due = never;
  const bool connecting = process.doing == Process::Doing::connecting;
  if (!connecting) process.doing = Process::Doing::waiting_for_socket;
  wake({process.host, process.socket, process.cause});
  return true;
}

app::Chance Applications::chance_of(const Process& process) const {
  return process.accepted ? chance_.of_listener(process.program, process.number)
                          : chance_.of_connector(process.program, process.number);
}

// --- What befalls hosts ---

void Applications::host_lost(HostIndex host) {
  processes_.for_each_on(host, [this](ProcessIndex index) {
    const Process& process = processes_[index];
    const bool undecided = process.doing == Process::Doing::connecting;
    if (undecided) surroundings_.book.cut_off(process.record, CutOff::rebooted);
    processes_.end(index);
  });
  hosts_[host].listening.clear();
  descriptors_.forget(host);
  std::erase_if(starved_, [host](const Starved& starved) { return starved.host == host; });
}

void Applications::host_is_back(HostIndex host) {
  auto binder = std::lower_bound(early_binders_.begin(), early_binders_.end(),
                                 std::pair{host, std::uint32_t{0}});
  for (; binder != early_binders_.end() && binder->first == host; ++binder) {
    bind_early(binder->second);
  }
}

void Applications::settings_changed() {
  if (!starved_.empty()) feed_starved();
}

void Applications::give_up() {
  processes_ = ProcessTable{0};
  connectors_ = {};
  woken_ = Woken{0, Woken::Causes::forgotten};
}

void Applications::check_invariants() const {
  processes_.check_invariants();
  std::vector<std::size_t> held;
  for (const tcp::Stack& stack : surroundings_.stacks) held.push_back(stack.sockets_held());
  descriptors_.check_invariants(held);
  for (const Starved& starved : starved_) {
    const auto& listening = hosts_[starved.host].listening;
    const std::pair entry{starved.id, starved.listener};
    LASTACK_ASSERT(std::find(listening.begin(), listening.end(), entry) != listening.end());
  }
  for (std::size_t i = 0; i < connectors_.size(); ++i) {
    LASTACK_ASSERT(connectors_[i].next <= surroundings_.scenario.connectors[i].count);
  }
}

// --- Descriptors ---

tcp::Error Applications::take_descriptor(Program program) {
  return descriptors_.take(program, stack(descriptors_.host(program)).config().settings);
}

/// socket(): the kernel makes the socket, then finds it a descriptor (Linux, __sys_socket).
tcp::Error Applications::take_socket(Program program) {
  const bool room = stack(descriptors_.host(program)).has_room();
  return room ? take_descriptor(program) : tcp::Error::no_buffer_space;
}

void Applications::give_back_descriptor(Program program) {
  descriptors_.give_back(program);
  if (!starved_.empty()) feed_starved();
}

// --- The trace ---

trace::Who Applications::who(const Process& process) const {
  return process.accepted ? app::who_accepted(process.number)
                          : app::who_connects(connector(process.program), process.number);
}

std::uint64_t Applications::record_call(const Process& process, trace::Call call,
                                        const app::Progress& progress) {
  return surroundings_.recorder.record(
      now(), process.cause,
      trace::AppCall{trace::HostId{process.host}, who(process), call, logged(progress.result)});
}

std::uint64_t Applications::log_listener(const app::Listener& listener, trace::Call call,
                                         trace::Result result, std::uint64_t cause) {
  if (!surroundings_.recorder.active()) return 0;
  trace::AppCall line{
      trace::HostId{listener.host}, {trace::Who::Role::listen}, call, std::move(result)};
  return surroundings_.recorder.record(now(), cause, std::move(line));
}

}  // namespace lastack::run
