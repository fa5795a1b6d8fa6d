#include "descriptors.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// A process starts with stdin, stdout and stderr.
constexpr std::uint32_t standard_files = 3;

std::size_t host_count(const scenario::Scenario& scenario) {
  std::size_t count = 0;
  for (const scenario::Host& host : scenario.hosts) count += host.count;
  return count;
}

}  // namespace

Descriptors::Descriptors(const scenario::Scenario& scenario)
    : scenario_{&scenario},
      open_by_listeners_(scenario.listeners.size(), standard_files),
      open_by_connectors_(scenario.connectors.size(), standard_files),
      open_on_host_(host_count(scenario)) {}

app::HostIndex Descriptors::host(Program program) const {
  return program.kind == Program::Kind::listener ? scenario_->listeners[program.index].host
                                                 : scenario_->connectors[program.index].host;
}

std::uint32_t Descriptors::files_max(Program program) const {
  return program.kind == Program::Kind::listener ? scenario_->listeners[program.index].files_max
                                                 : scenario_->connectors[program.index].files_max;
}

tcp::Error Descriptors::problem(Program program, const tcp::Settings& host_settings) const {
  const std::uint32_t open = program.kind == Program::Kind::listener
                                 ? open_by_listeners_[program.index]
                                 : open_by_connectors_[program.index];
  const auto nr_open = static_cast<std::uint32_t>(host_settings.nr_open);
  if (open >= std::min(files_max(program), nr_open)) return tcp::Error::too_many_files;
  const bool full = open_on_host_[host(program)] >= host_settings.file_max;
  return full ? tcp::Error::file_table_overflow : tcp::Error::none;
}

tcp::Error Descriptors::take(Program program, const tcp::Settings& host_settings) {
  const tcp::Error error = problem(program, host_settings);
  if (error == tcp::Error::none) {
    ++open_of(program.kind)[program.index];
    ++open_on_host_[host(program)];
  }
  return error;
}

void Descriptors::give_back(Program program) {
  std::uint32_t& open = open_of(program.kind)[program.index];
  std::int64_t& on_host = open_on_host_[host(program)];
  LASTACK_ASSERT(open > standard_files && on_host > 0);
  --open;
  --on_host;
}

void Descriptors::forget(app::HostIndex host) {
  open_on_host_[host] = 0;
  for (std::size_t i = 0; i < open_by_listeners_.size(); ++i) {
    if (scenario_->listeners[i].host == host) open_by_listeners_[i] = standard_files;
  }
  for (std::size_t i = 0; i < open_by_connectors_.size(); ++i) {
    if (scenario_->connectors[i].host == host) open_by_connectors_[i] = standard_files;
  }
}

}  // namespace lastack::run
