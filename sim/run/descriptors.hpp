#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lastack/scenario/scenario.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::run {

/// An application of the scenario: one of its listeners, or one of its connectors with all its
/// connections. To the kernel it is a process.
struct Program {
  enum class Kind : std::uint8_t { listener, connector };
  Kind kind;
  std::uint32_t index;  ///< into Scenario::listeners or ::connectors

  friend bool operator==(const Program&, const Program&) = default;
};

/// The descriptors of a run's processes (RLIMIT_NOFILE, fs.nr_open) and the open files of its hosts
/// (fs.file-max). Every socket is one of each, from the call that makes it until its application
/// gives it up.
class Descriptors {
 public:
  /// `hosts` is how many hosts there are, groups counted by their members.
  Descriptors(const scenario::Scenario& scenario, std::size_t hosts);

  /// Takes one for a socket. none, too_many_files or file_table_overflow: the process's own limit
  /// is looked at first, as Linux does (get_unused_fd_flags, then alloc_empty_file).
  tcp::Error take(Program program, const tcp::Settings& host_settings);
  /// Gives one back. Requires that `take` gave it.
  void give_back(Program program);
  /// Whether `take` would give one.
  bool available(Program program, const tcp::Settings& host_settings) const {
    return problem(program, host_settings) == tcp::Error::none;
  }
  /// Everything that ran on the host is gone.
  void forget(app::HostIndex host);

  app::HostIndex host(Program program) const { return terms(program).host; }

  /// Asserts what is always true: the open files of a host are those of its processes, and these
  /// have `held[host]` sockets, counted anew.
  void check_invariants(const std::vector<std::size_t>& held) const;

 private:
  struct Terms {
    app::HostIndex host;
    std::uint32_t files_max;
  };
  Terms terms(Program program) const;
  tcp::Error problem(Program program, const tcp::Settings& host_settings) const;
  std::uint32_t open(Program program) const {
    return open_[static_cast<std::size_t>(program.kind)][program.index];
  }
  std::uint32_t& open(Program program) {
    return open_[static_cast<std::size_t>(program.kind)][program.index];
  }

  const scenario::Scenario* scenario_;
  std::array<std::vector<std::uint32_t>, 2> open_;  ///< by each program, by its kind and index
  std::vector<std::int64_t> open_on_host_;
};

}  // namespace lastack::run
