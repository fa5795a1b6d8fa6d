// What applications do without: descriptors, and memory for sockets.
#include <algorithm>

#include "engine.hpp"

namespace lastack::run {

tcp::Error Simulation::Impl::take_descriptor(Program program) {
  tcp::Stack& stack = hosts_[descriptors_.host(program)].stack;
  return descriptors_.take(program, stack.config().settings);
}

/// socket(): the kernel makes the socket, then finds it a descriptor (Linux, __sys_socket).
tcp::Error Simulation::Impl::take_socket(Program program) {
  const tcp::Stack& stack = hosts_[descriptors_.host(program)].stack;
  return stack.has_room() ? take_descriptor(program) : tcp::Error::no_buffer_space;
}

void Simulation::Impl::give_back_descriptor(Program program) {
  descriptors_.give_back(program);
  if (!starved_.empty()) feed_starved();
}

/// The failure is logged once, however long the shortage lasts.
void Simulation::Impl::starve(HostIndex host, std::uint32_t listener, tcp::ListenerId id,
                              tcp::Error error, std::uint64_t cause) {
  const bool known = std::any_of(starved_.begin(), starved_.end(),
                                 [listener](const Starved& s) { return s.listener == listener; });
  if (!known) {
    starved_.push_back({host, listener, id});
    cause = log_listener(scenario_.listeners[listener], trace::Call::accept, error, cause);
    ++tally_.accept_errors[static_cast<std::size_t>(error)];
  }
  carry_out(host, cause);
}

/// A descriptor came free: whoever can use one accepts again. No segment caused that, and what is
/// accepted has nothing to do with what was closed.
void Simulation::Impl::feed_starved() {
  for (const Starved& starved : starved_) {
    const Program program{Program::Kind::listener, starved.listener};
    const tcp::Settings& settings = hosts_[starved.host].stack.config().settings;
    if (descriptors_.available(program, settings)) wake({starved.host, starved.id, 0});
  }
}

void Simulation::Impl::no_longer_starved(std::uint32_t listener) {
  std::erase_if(starved_,
                [listener](const Starved& starved) { return starved.listener == listener; });
}

}  // namespace lastack::run
