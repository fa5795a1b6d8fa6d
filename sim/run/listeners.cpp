// Applications that listen: they accept, and those without a descriptor wait for one.
#include <algorithm>

#include "applications.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::run {

void Applications::start_listener(std::uint32_t index) {
  const app::Listener& program = listener(index);
  tcp::ListenerId id{};
  tcp::Error error = take_socket({Program::Kind::listener, index});
  if (error == tcp::Error::none) {
    error =
        stack(program.host)
            .listen(now(), program.port, program.backlog, program.options, program.iss, id, out());
    if (error != tcp::Error::none) give_back_descriptor({Program::Kind::listener, index});
  }
  // A listener that is there from the start goes without saying.
  const bool worth_saying = error != tcp::Error::none || program.listen_at > sim_start;
  const std::uint64_t cause = worth_saying ? log_listener(program, trace::Call::listen, error) : 0;
  if (error == tcp::Error::none) hosts_[program.host].listening.emplace_back(id, index);
  carry_out(program.host, cause);
}

void Applications::begin_to_accept(std::uint32_t index) {
  const HostIndex host = listener(index).host;
  for (const auto& [id, of] : hosts_[host].listening) {
    if (of == index) accept_all(host, index, id, 0);
  }
}

void Applications::close_listener(std::uint32_t index) {
  const app::Listener& program = listener(index);
  auto& listening = hosts_[program.host].listening;
  const auto found = std::find_if(listening.begin(), listening.end(),
                                  [index](const auto& entry) { return entry.second == index; });
  if (found == listening.end()) return;  // it never listened, or a reboot ended it
  const tcp::ListenerId id = found->first;
  listening.erase(found);
  const std::uint64_t cause = log_listener(program, trace::Call::close, {});
  stack(program.host).close_listener(now(), id, out());
  carry_out(program.host, cause);
  no_longer_starved(index);
  give_back_descriptor({Program::Kind::listener, index});
}

void Applications::wake_listener(const Wake& wake, tcp::ListenerId id) {
  const auto& listening = hosts_[wake.host].listening;
  const auto found = std::find_if(listening.begin(), listening.end(),
                                  [id](const auto& entry) { return entry.first == id; });
  if (found == listening.end()) return;
  const app::Listener& program = listener(found->second);
  if (program.accept_from && *program.accept_from <= now()) {
    accept_all(wake.host, found->second, id, wake.cause);
  }
}

void Applications::accept_all(HostIndex host, std::uint32_t index, tcp::ListenerId id,
                              std::uint64_t cause) {
  while (stack(host).acceptable(id)) {
    const tcp::Error error = accept_one(host, index, id, cause);
    if (error != tcp::Error::none) return starve({host, index, id}, error, cause);
  }
  if (!starved_.empty()) no_longer_starved(index);
  carry_out(host, cause);
}

/// The descriptor comes first: without one the connection stays in the queue (Linux, do_accept).
tcp::Error Applications::accept_one(HostIndex host, std::uint32_t index, tcp::ListenerId id,
                                    std::uint64_t cause) {
  const tcp::Error error = take_descriptor({Program::Kind::listener, index});
  if (error != tcp::Error::none) return error;
  const auto socket = stack(host).accept(now(), id, out());
  LASTACK_ASSERT(socket.has_value());
  const ProcessIndex made = processes_.make(host, *socket, listener(index).steps);
  Process& process = processes_[made];
  process.accepted = true;
  process.program = index;
  process.number = ++hosts_[host].accepted;
  process.cause = cause;
  process.last_arrival = woken_.last_cause(host, *socket, cause);
  process.cause = log(process, trace::Call::accepted, {});
  ++surroundings_.tally.accepts;
  run_process(made);
  return tcp::Error::none;
}

/// The failure is logged once, however long the shortage lasts.
void Applications::starve(const Starved& who, tcp::Error error, std::uint64_t cause) {
  const bool known = std::any_of(starved_.begin(), starved_.end(),
                                 [&who](const Starved& s) { return s.listener == who.listener; });
  if (!known) {
    starved_.push_back(who);
    cause = log_listener(listener(who.listener), trace::Call::accept, error, cause);
    ++surroundings_.tally.accept_errors[static_cast<std::size_t>(error)];
  }
  carry_out(who.host, cause);
}

/// A descriptor came free: whoever can use one accepts again. No segment caused that, and what is
/// accepted has nothing to do with what was closed.
void Applications::feed_starved() {
  for (const Starved& starved : starved_) {
    const Program program{Program::Kind::listener, starved.listener};
    if (descriptors_.available(program, stack(starved.host).config().settings)) {
      wake({starved.host, starved.id, 0});
    }
  }
}

void Applications::no_longer_starved(std::uint32_t index) {
  std::erase_if(starved_, [index](const Starved& starved) { return starved.listener == index; });
}

}  // namespace lastack::run
