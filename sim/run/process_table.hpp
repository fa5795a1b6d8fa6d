#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "connection_book.hpp"
#include "descriptors.hpp"
#include "lastack/app/step_runner.hpp"
#include "lastack/core/wakeup.hpp"
#include "lastack/tcp/output.hpp"

namespace lastack::run {

/// A running application: it is connecting, or runs its steps.
struct Process {
  enum class Doing : std::uint8_t { nothing, connecting, waiting_for_socket, sleeping };

  explicit Process(app::StepRunner first) : runner{first} {}

  /// Whose connection it is.
  Program owner() const {
    return {accepted ? Program::Kind::listener : Program::Kind::connector, program};
  }

  Doing doing = Doing::nothing;
  bool accepted = false;
  app::HostIndex host = 0;
  tcp::SocketId socket{};
  std::uint32_t program = 0;  ///< index into Scenario::listeners or ::connectors
  std::uint64_t number = 0;   ///< of a connector's connections from 0, of accepted ones from 1
  std::uint64_t cause = 0;    ///< trace event that its next call follows from
  /// What came later in the instant that woke it, which its next read may follow from; else 0.
  std::uint64_t last_arrival = 0;
  ConnectionBook::RecordIndex record = 0;  ///< of a connector's connection
  app::StepRunner runner;
  Wakeup clock;  ///< outlives the process: its place in the table is used again
};

/// A place in a ProcessTable.
using ProcessIndex = std::uint32_t;
inline constexpr ProcessIndex no_process = 0xffff'ffff;

/// The processes of a run, each found by its socket. The place of one that ended is used again.
class ProcessTable {
 public:
  explicit ProcessTable(std::size_t hosts) : by_socket_(hosts) {}

  /// A process that does nothing yet. Requires that none has this socket.
  ProcessIndex make(app::HostIndex host, tcp::SocketId socket, const std::vector<app::Step>& steps);
  /// It has nothing left to do. Its socket, unless closed, stays. Requires a running process.
  void end(ProcessIndex index);

  /// Who has the socket; no_process for nobody.
  ProcessIndex of(app::HostIndex host, tcp::SocketId socket) const {
    const std::vector<ProcessIndex>& of_sockets = by_socket_[host];
    const auto place = static_cast<std::size_t>(socket);
    return place < of_sockets.size() ? of_sockets[place] : no_process;
  }
  /// Valid until the next `make`.
  Process& operator[](ProcessIndex index) { return processes_[index]; }
  const Process& operator[](ProcessIndex index) const { return processes_[index]; }

  /// Calls `use(index)` for each process of the host, by its socket; `use` may end it.
  template <typename Use> void for_each_on(app::HostIndex host, Use use) {
    for (std::size_t socket = 0; socket < by_socket_[host].size(); ++socket) {
      const ProcessIndex index = by_socket_[host][socket];
      if (index != no_process) use(index);
    }
  }
  /// The same for all hosts; nobody ends.
  template <typename Use> void for_each(Use use) const {
    for (const std::vector<ProcessIndex>& of_sockets : by_socket_) {
      for (const ProcessIndex index : of_sockets) {
        if (index != no_process) use(index, processes_[index]);
      }
    }
  }
  /// Places, those that are free among them.
  std::size_t size() const { return processes_.size(); }

  /// Asserts what is always true: a place is free or its process is found by its own socket, and
  /// who runs waits for something.
  void check_invariants() const;

 private:
  std::vector<Process> processes_;
  std::vector<ProcessIndex> free_;                    ///< places in processes_
  std::vector<std::vector<ProcessIndex>> by_socket_;  ///< by host and socket, whose ids are small
};

}  // namespace lastack::run
