// Applications that connect: when each connection begins, and from which socket.
#include <limits>

#include "applications.hpp"
#include "event_kind.hpp"

namespace lastack::run {

/// `from_port` implies SO_REUSEADDR and is bound at the start of the scenario, or of the host's new
/// life after a reboot. Requires a connector with one.
void Applications::bind_early(std::uint32_t index) {
  const app::Connector& program = connector(index);
  ConnectorState& state = connectors_[index];
  state.bound.resize(program.count);
  std::vector<tcp::SocketOptionValue> options = program.options;
  options.push_back({tcp::SocketOption::so_reuseaddr, 1});
  for (std::uint64_t i = state.next; i < program.count; ++i) {
    const std::uint64_t port = *program.from_port + i;
    const tcp::Error refused = take_socket({Program::Kind::connector, index});
    if (refused != tcp::Error::none) {
      state.bound[i] = {std::nullopt, refused};
      continue;
    }
    const tcp::SocketId socket = stack(program.host).open(options, program.iss.of(i));
    const bool possible = port <= std::numeric_limits<tcp::Port>::max();
    const tcp::Error error = possible
                                 ? stack(program.host).bind(socket, static_cast<tcp::Port>(port))
                                 : tcp::Error::invalid_argument;
    state.bound[i] = {socket, error};
  }
}

Applications::ConnectorState::Bound Applications::bound_socket(std::uint32_t index,
                                                               std::uint64_t number) {
  const app::Connector& program = connector(index);
  if (program.from_port) return connectors_[index].bound[number];
  const tcp::Error error = take_socket({Program::Kind::connector, index});
  if (error != tcp::Error::none) return {std::nullopt, error};
  return {stack(program.host).open(program.options, program.iss.of(number)), tcp::Error::none};
}

/// There is no socket that could connect.
void Applications::no_socket(std::uint32_t index, std::uint64_t number, tcp::Error error) {
  const app::Connector& program = connector(index);
  Process process{app::StepRunner{program.steps, tcp::SocketId{}}};
  process.host = program.host;
  process.program = index;
  process.number = number;
  process.cause = log(process, trace::Call::connect, {});
  log(process, trace::Call::connected, {.result = error});
  ConnectionBook& book = surroundings_.book;
  book.decide(now(), book.start(now(), index, number), error);
  ++surroundings_.tally.connects;
  ++surroundings_.tally.connect_errors[static_cast<std::size_t>(error)];
}

std::optional<SimTime> Applications::next_connection(std::uint32_t index) {
  const app::Connector& program = connector(index);
  const std::uint64_t number = connectors_[index].next;
  if (number >= program.count) return std::nullopt;
  if (program.arrivals) return chance_.next_arrival(index);
  return number == 0 ? program.at : saturating_add(now(), program.every);
}

/// Equal intervals make times come in order, random ones do not.
void Applications::schedule_connector(std::uint32_t index, SimTime at) {
  const auto& arrivals = connector(index).arrivals;
  const Event begins = event_of(EventKind::connector, 0, index);
  if (arrivals && arrivals->law == app::ArrivalLaw::poisson) {
    surroundings_.scheduler.schedule(at, begins);
  } else {
    surroundings_.scheduler.schedule(connector_lane, at, begins);
  }
}

void Applications::start_connector(std::uint32_t index) {
  const std::uint64_t number = connectors_[index].next++;
  if (const auto at = next_connection(index)) schedule_connector(index, *at);
  connect(index, number);
}

void Applications::connect(std::uint32_t index, std::uint64_t number) {
  const app::Connector& program = connector(index);
  const auto [socket, bind_error] = bound_socket(index, number);
  if (!socket) return no_socket(index, number, bind_error);
  const ProcessIndex made = processes_.make(program.host, *socket, program.while_connecting);
  Process& process = processes_[made];
  process.accepted = false;
  process.doing = Process::Doing::connecting;
  process.program = index;
  process.number = number;
  process.record = surroundings_.book.start(now(), index, number);
  process.cause = log(process, trace::Call::connect, {});
  if (requests_.makes(index)) requests_.begin(made);
  ++surroundings_.tally.connects;

  const tcp::SocketAddress remote{surroundings_.world.address(program.to), program.to_port};
  tcp::Stack& host = stack(program.host);
  tcp::Error error = bind_error;
  if (error == tcp::Error::none) error = host.connect(now(), *socket, remote, out());
  if (error == tcp::Error::none) {
    const tcp::SocketAddress local = host.local(*socket);
    surroundings_.tally.broken.begins(local, remote);
    surroundings_.book.follow(process.record, local, remote);
  }
  carry_out(program.host, process.cause);
  if (error != tcp::Error::none) return decide(made, error);
  if (!program.while_connecting.empty()) run_process(made);
}

}  // namespace lastack::run
