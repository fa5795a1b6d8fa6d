#include "process_table.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::run {

ProcessIndex ProcessTable::make(app::HostIndex host, tcp::SocketId socket,
                                const std::vector<app::Step>& steps) {
  auto index = static_cast<ProcessIndex>(processes_.size());
  if (free_.empty()) {
    processes_.emplace_back(app::StepRunner{steps, socket});
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Process& process = processes_[index];
  process.host = host;
  process.socket = socket;
  process.cause = 0;
  process.last_arrival = 0;
  process.runner = app::StepRunner{steps, socket};
  const auto place = static_cast<std::size_t>(socket);
  std::vector<ProcessIndex>& of_sockets = by_socket_[host];
  if (place >= of_sockets.size()) of_sockets.resize(place + 1, no_process);
  LASTACK_ASSERT(of_sockets[place] == no_process);
  of_sockets[place] = index;
  return index;
}

void ProcessTable::end(ProcessIndex index) {
  Process& process = processes_[index];
  ProcessIndex& of_socket = by_socket_[process.host][static_cast<std::size_t>(process.socket)];
  LASTACK_ASSERT(of_socket == index);
  of_socket = no_process;
  process.doing = Process::Doing::nothing;
  process.clock.due = never;
  free_.push_back(index);
}

void ProcessTable::check_invariants() const {
  std::vector<bool> is_free(processes_.size());
  for (const ProcessIndex place : free_) {
    LASTACK_ASSERT(place < processes_.size());
    LASTACK_ASSERT(!is_free[place]);  // ended twice
    is_free[place] = true;
  }
  std::size_t running = 0;
  for_each([&](ProcessIndex index, const Process& process) {
    ++running;
    LASTACK_ASSERT(index < processes_.size());
    LASTACK_ASSERT(!is_free[index]);
    LASTACK_ASSERT(of(process.host, process.socket) == index);
    LASTACK_ASSERT(process.doing != Process::Doing::nothing);
    if (process.doing == Process::Doing::connecting) LASTACK_ASSERT(!process.accepted);
    LASTACK_ASSERT(!process.clock.needs_entry());
  });
  LASTACK_ASSERT(running + free_.size() == processes_.size());
}

}  // namespace lastack::run
