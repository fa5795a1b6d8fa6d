// What applications do: listeners, connectors, the steps of their connections, datagram flows.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine.hpp"
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

/// Somebody may go on. How soon a real host's scheduler lets it run varies: where timers are real
/// too, now and then it is after a few more segments of the same instant, not after all.
void Simulation::Impl::wake(Wake wake) {
  constexpr double hurry = 1.0 / 16;
  constexpr std::uint64_t few = 5;
  std::optional<RandomStream>& turns = hosts_[wake.host].turns;
  if (woken_.empty() && turns && turns->bernoulli(hurry)) {
    patience_ = turns->below(few);
  }
  if (recorder_.active()) note_last_wake(wake);
  woken_.push_back(wake);
}

/// An application runs once for all that an instant brings to its socket.
void Simulation::Impl::note_last_wake(const Wake& wake) {
  const auto* socket = std::get_if<tcp::SocketId>(&wake.whom);
  if (socket == nullptr) return;
  std::vector<std::uint64_t>& causes = hosts_[wake.host].last_wakes;
  const auto place = static_cast<std::size_t>(*socket);
  if (place >= causes.size()) causes.resize(place + 1, 0);
  causes[place] = wake.cause;
}

void Simulation::Impl::forget_last_wakes() {
  for (const Wake& wake : woken_) {
    const auto* socket = std::get_if<tcp::SocketId>(&wake.whom);
    if (socket != nullptr) hosts_[wake.host].last_wakes[static_cast<std::size_t>(*socket)] = 0;
  }
}

/// What woke a socket after `first` did, in this instant; 0 for nothing.
std::uint64_t Simulation::Impl::last_wake(HostIndex host, tcp::SocketId socket,
                                          std::uint64_t first) const {
  const std::vector<std::uint64_t>& causes = hosts_[host].last_wakes;
  const auto place = static_cast<std::size_t>(socket);
  const std::uint64_t last = place < causes.size() ? causes[place] : 0;
  return last > first ? last : 0;
}

/// Lets everybody go on who may, in the order in which they were woken; what they do may wake more.
void Simulation::Impl::run_woken() {
  for (std::size_t i = 0; i < woken_.size(); ++i) {
    const Wake wake = woken_[i];
    if (const auto* socket = std::get_if<tcp::SocketId>(&wake.whom)) {
      wake_socket(wake, *socket);
      continue;
    }
    const auto id = std::get<tcp::ListenerId>(wake.whom);
    const auto& listening = hosts_[wake.host].listening;
    const auto found = std::find_if(listening.begin(), listening.end(),
                                    [id](const auto& entry) { return entry.first == id; });
    if (found == listening.end()) continue;
    const app::Listener& listener = scenario_.listeners[found->second];
    if (listener.accept_from && *listener.accept_from <= now()) {
      accept_all(wake.host, found->second, id, wake.cause);
    }
  }
  if (recorder_.active()) forget_last_wakes();
  woken_.clear();
  patience_ = unlimited;
}

void Simulation::Impl::wake_socket(const Wake& wake, tcp::SocketId socket) {
  const ProcessIndex index = process_of(wake.host, socket);
  if (index == no_process) return;  // its application has finished
  Process& process = processes_[index];
  if (process.doing == Process::Doing::connecting) {
    const tcp::Error result = hosts_[wake.host].stack.connect_result(socket);
    if (result == tcp::Error::would_block) return;
    process.cause = wake.cause;
    process.last_arrival = last_wake(wake.host, socket, wake.cause);
    decide(index, result);
  } else if (process.doing == Process::Doing::waiting_for_socket) {
    process.cause = wake.cause;
    process.last_arrival = last_wake(wake.host, socket, wake.cause);
    run_process(index);
  }
}

void Simulation::Impl::start_listener(std::uint32_t index) {
  const app::Listener& listener = scenario_.listeners[index];
  Host& host = hosts_[listener.host];
  tcp::ListenerId id{};
  const Program program{Program::Kind::listener, index};
  tcp::Error error = take_socket(program);
  if (error == tcp::Error::none) {
    error = host.stack.listen(now(), listener.port, listener.backlog, listener.options,
                              listener.iss, id, out_);
    if (error != tcp::Error::none) give_back_descriptor(program);
  }
  // A listener that is there from the start goes without saying.
  const bool worth_saying = error != tcp::Error::none || listener.listen_at > sim_start;
  const std::uint64_t cause = worth_saying ? log_listener(listener, trace::Call::listen, error) : 0;
  if (error == tcp::Error::none) host.listening.emplace_back(id, index);
  carry_out(listener.host, cause);
}

void Simulation::Impl::close_listener(std::uint32_t index) {
  const app::Listener& listener = scenario_.listeners[index];
  auto& listening = hosts_[listener.host].listening;
  const auto found = std::find_if(listening.begin(), listening.end(),
                                  [index](const auto& entry) { return entry.second == index; });
  if (found == listening.end()) return;  // it never listened, or a reboot ended it
  const tcp::ListenerId id = found->first;
  listening.erase(found);
  const std::uint64_t cause = log_listener(listener, trace::Call::close, {});
  hosts_[listener.host].stack.close_listener(now(), id, out_);
  carry_out(listener.host, cause);
  no_longer_starved(index);
  give_back_descriptor({Program::Kind::listener, index});
}

void Simulation::Impl::accept_all(HostIndex host, std::uint32_t listener, tcp::ListenerId id,
                                  std::uint64_t cause) {
  while (hosts_[host].stack.acceptable(id)) {
    const tcp::Error error = accept_one(host, listener, id, cause);
    if (error != tcp::Error::none) return starve(host, listener, id, error, cause);
  }
  if (!starved_.empty()) no_longer_starved(listener);
  carry_out(host, cause);
}

/// The descriptor comes first: without one the connection stays in the queue (Linux, do_accept).
tcp::Error Simulation::Impl::accept_one(HostIndex host, std::uint32_t listener, tcp::ListenerId id,
                                        std::uint64_t cause) {
  const tcp::Error error = take_descriptor({Program::Kind::listener, listener});
  if (error != tcp::Error::none) return error;
  const auto socket = hosts_[host].stack.accept(now(), id, out_);
  LASTACK_ASSERT(socket.has_value());
  const ProcessIndex index = new_process(host, *socket, scenario_.listeners[listener].steps);
  Process& process = processes_[index];
  process.accepted = true;
  process.program = listener;
  process.number = ++hosts_[host].accepted;
  process.cause = cause;
  process.last_arrival = last_wake(host, *socket, cause);
  process.cause = log(process, trace::Call::accepted, {});
  ++tally_.accepts;
  run_process(index);
  return tcp::Error::none;
}

/// `from_port` implies SO_REUSEADDR and is bound at the start of the scenario, or of the host's new
/// life after a reboot. Requires a connector with one.
void Simulation::Impl::bind_early(std::uint32_t connector) {
  const app::Connector& program = scenario_.connectors[connector];
  ConnectorState& state = connectors_[connector];
  tcp::Stack& stack = hosts_[program.host].stack;
  state.bound.resize(program.count);
  std::vector<tcp::SocketOptionValue> options = program.options;
  options.push_back({tcp::SocketOption::so_reuseaddr, 1});
  for (std::uint64_t i = state.next; i < program.count; ++i) {
    const std::uint64_t port = *program.from_port + i;
    const tcp::Error refused = take_socket({Program::Kind::connector, connector});
    if (refused != tcp::Error::none) {
      state.bound[i] = {std::nullopt, refused};
      continue;
    }
    const tcp::SocketId socket = stack.open(options, program.iss);
    const bool possible = port <= std::numeric_limits<tcp::Port>::max();
    const tcp::Error error =
        possible ? stack.bind(socket, static_cast<tcp::Port>(port)) : tcp::Error::invalid_argument;
    state.bound[i] = {socket, error};
  }
}

Simulation::Impl::ConnectorState::Bound Simulation::Impl::bound_socket(std::uint32_t connector,
                                                                       std::uint64_t number) {
  const app::Connector& program = scenario_.connectors[connector];
  if (program.from_port) return connectors_[connector].bound[number];
  const tcp::Error error = take_socket({Program::Kind::connector, connector});
  if (error != tcp::Error::none) return {std::nullopt, error};
  return {hosts_[program.host].stack.open(program.options, program.iss), tcp::Error::none};
}

/// There is no socket that could connect.
void Simulation::Impl::no_socket(std::uint32_t connector, std::uint64_t number, tcp::Error error) {
  const app::Connector& program = scenario_.connectors[connector];
  Process process{app::StepRunner{program.steps, tcp::SocketId{}}};
  process.host = program.host;
  process.program = connector;
  process.number = number;
  process.cause = log(process, trace::Call::connect, {});
  log(process, trace::Call::connected, {.result = error});
  if (const auto record = book_.start(now(), connector, number)) {
    book_.decide(now(), *record, error);
  }
  ++tally_.connects;
  ++tally_.connect_errors[static_cast<std::size_t>(error)];
}

/// When the connector's next connection begins; the one before begins now. Asked once for each.
std::optional<SimTime> Simulation::Impl::next_connection(std::uint32_t index) {
  const app::Connector& program = scenario_.connectors[index];
  const std::uint64_t number = connectors_[index].next;
  if (number >= program.count) return std::nullopt;
  if (program.arrivals) return app_chance_.next_arrival(index);
  return number == 0 ? program.at : saturating_add(now(), program.every);
}

/// Equal intervals make times come in order, random ones do not.
void Simulation::Impl::schedule_connector(std::uint32_t index, SimTime at) {
  const auto& arrivals = scenario_.connectors[index].arrivals;
  const Event begins = event(Kind::connector, 0, index);
  if (arrivals && arrivals->law == app::ArrivalLaw::poisson) {
    scheduler_.schedule(at, begins);
  } else {
    scheduler_.schedule(connector_lane, at, begins);
  }
}

/// One connection of the connector begins, and the time of the next is set.
void Simulation::Impl::start_connector(std::uint32_t index) {
  const std::uint64_t number = connectors_[index].next++;
  if (const auto at = next_connection(index)) schedule_connector(index, *at);
  connect(index, number);
}

void Simulation::Impl::connect(std::uint32_t connector, std::uint64_t number) {
  const app::Connector& program = scenario_.connectors[connector];
  const auto [made, bind_error] = bound_socket(connector, number);
  if (!made) return no_socket(connector, number, bind_error);
  const tcp::SocketId socket = *made;
  const ProcessIndex index = new_process(program.host, socket, program.steps);
  Process& process = processes_[index];
  process.accepted = false;
  process.doing = Process::Doing::connecting;
  process.program = connector;
  process.number = number;
  process.record = book_.start(now(), connector, number);
  process.cause = log(process, trace::Call::connect, {});
  ++tally_.connects;

  const tcp::SocketAddress remote{world_.address(program.to), program.to_port};
  tcp::Stack& stack = hosts_[program.host].stack;
  tcp::Error error = bind_error;
  if (error == tcp::Error::none) error = stack.connect(now(), socket, remote, out_);
  if (error == tcp::Error::none && process.record) {
    book_.follow(*process.record, stack.local(socket), remote);
  }
  carry_out(program.host, process.cause);
  if (error != tcp::Error::none) decide(index, error);
}

/// `connect` succeeded or failed.
void Simulation::Impl::decide(ProcessIndex index, tcp::Error result) {
  Process& process = processes_[index];
  process.cause = log(process, trace::Call::connected, {.result = result});
  if (process.record) book_.decide(now(), *process.record, result);
  if (result == tcp::Error::none) {
    ++tally_.connects_ok;
    run_process(index);
    return;
  }
  ++tally_.connect_errors[static_cast<std::size_t>(result)];
  // The steps are not run. The socket is dead; closing it gives its port and memory back.
  const HostIndex host = process.host;
  hosts_[host].stack.close(now(), process.socket, out_);
  carry_out(host, process.cause);
  give_back_descriptor(program_of(process));
  end_process(index);
}

Simulation::Impl::ProcessIndex Simulation::Impl::new_process(HostIndex host, tcp::SocketId socket,
                                                             const std::vector<app::Step>& steps) {
  ProcessIndex index = static_cast<ProcessIndex>(processes_.size());
  if (free_processes_.empty()) {
    processes_.emplace_back(app::StepRunner{steps, socket});
  } else {
    index = free_processes_.back();
    free_processes_.pop_back();
  }
  Process& process = processes_[index];
  process.host = host;
  process.socket = socket;
  process.cause = 0;
  process.last_arrival = 0;
  process.record.reset();
  process.runner = app::StepRunner{steps, socket};
  const auto place = static_cast<std::size_t>(socket);
  std::vector<ProcessIndex>& of_sockets = hosts_[host].processes;
  if (place >= of_sockets.size()) of_sockets.resize(place + 1, no_process);
  of_sockets[place] = index;
  return index;
}

Simulation::Impl::ProcessIndex Simulation::Impl::process_of(HostIndex host,
                                                            tcp::SocketId socket) const {
  const std::vector<ProcessIndex>& of_sockets = hosts_[host].processes;
  const auto place = static_cast<std::size_t>(socket);
  return place < of_sockets.size() ? of_sockets[place] : no_process;
}

/// The application has nothing left to do. Its socket, unless closed, stays.
void Simulation::Impl::end_process(ProcessIndex index) {
  Process& process = processes_[index];
  hosts_[process.host].processes[static_cast<std::size_t>(process.socket)] = no_process;
  process.doing = Process::Doing::nothing;
  process.clock.due = never;
  free_processes_.push_back(index);
}

/// Makes the application's calls until it has to wait.
void Simulation::Impl::run_process(ProcessIndex index) {
  Process& process = processes_[index];
  while (true) {
    const std::optional<Ends> closing = ends_to_close(process);
    const app::Progress progress =
        process.runner.advance(now(), hosts_[process.host].stack, out_, chance_of(process));
    tally_.bytes_read += progress.bytes_read;
    if (process.last_arrival != 0 && progress.call && trace::is_read(*progress.call)) {
      process.cause = std::exchange(process.last_arrival, 0);
    }
    if (progress.call) process.cause = log(process, *progress.call, progress);
    carry_out(process.host, process.cause);
    switch (progress.pause) {
      case app::Pause::none: break;
      case app::Pause::socket: process.doing = Process::Doing::waiting_for_socket; return;
      case app::Pause::clock:
        process.doing = Process::Doing::sleeping;
        set_clock(index, progress.until);
        return;
      case app::Pause::either:
        process.doing = Process::Doing::waiting_for_socket;
        set_clock(index, progress.until);
        return;
      case app::Pause::finished: end_process(index); return;
      case app::Pause::closed:
        if (closing) book_.closed(now(), closing->local, closing->remote);
        give_back_descriptor(program_of(process));
        end_process(index);
        return;
    }
  }
}

/// The ends of the connection that the application's next step may close, where the book wants to
/// know: afterwards nobody can count them. An aborted one is no orphan.
std::optional<Ends> Simulation::Impl::ends_to_close(const Process& process) const {
  if (out_.reports != tcp::Reports::all || !process.runner.closes_next()) return std::nullopt;
  const tcp::Stack& stack = hosts_[process.host].stack;
  return Ends{stack.local(process.socket), stack.remote(process.socket)};
}

void Simulation::Impl::set_clock(ProcessIndex index, SimTime due) {
  Wakeup& clock = processes_[index].clock;
  clock.due = due;
  scheduler_.follow(clock, event(Kind::process, 0, index));
}

app::Chance Simulation::Impl::chance_of(const Process& process) const {
  return process.accepted ? app_chance_.of_listener(process.program, process.number)
                          : app_chance_.of_connector(process.program, process.number);
}

bool Simulation::Impl::wake_process(Event event) {
  Process& process = processes_[event.index];
  if (!scheduler_.comes_due(process.clock, event)) return false;
  process.clock.due = never;
  process.doing = Process::Doing::waiting_for_socket;
  wake({process.host, process.socket, process.cause});
  return true;
}

trace::Who Simulation::Impl::who(const Process& process) const {
  return process.accepted
             ? app::who_accepted(process.number)
             : app::who_connects(scenario_.connectors[process.program], process.number);
}

std::uint64_t Simulation::Impl::record_call(const Process& process, trace::Call call,
                                            const app::Progress& progress) {
  return recorder_.record(
      now(), process.cause,
      trace::AppCall{trace::HostId{process.host}, who(process), call, logged(progress.result)});
}

std::uint64_t Simulation::Impl::log_listener(const app::Listener& listener, trace::Call call,
                                             trace::Result result, std::uint64_t cause) {
  if (!recorder_.active()) return 0;
  trace::AppCall line{
      trace::HostId{listener.host}, {trace::Who::Role::listen}, call, std::move(result)};
  return recorder_.record(now(), cause, std::move(line));
}

void Simulation::Impl::send_datagram(std::uint32_t index) {
  const app::DatagramFlow& flow = scenario_.datagram_flows[index];
  const std::uint64_t number = ++datagrams_sent_[index];
  if (number < flow.count) {
    scheduler_.schedule(saturating_add(now(), flow.every), event(Kind::datagram, 0, index));
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
