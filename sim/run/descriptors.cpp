#include "descriptors.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// A process starts with stdin, stdout and stderr.
constexpr std::uint32_t standard_files = 3;

}  // namespace

Descriptors::Descriptors(const scenario::Scenario& scenario, std::size_t hosts)
    : scenario_{&scenario},
      open_{std::vector(scenario.listeners.size(), standard_files),
            std::vector(scenario.connectors.size(), standard_files)},
      open_on_host_(hosts) {}

Descriptors::Terms Descriptors::terms(Program program) const {
  const auto of = [&program](const auto& programs) {
    return Terms{programs[program.index].host, programs[program.index].files_max};
  };
  return program.kind == Program::Kind::listener ? of(scenario_->listeners)
                                                 : of(scenario_->connectors);
}

tcp::Error Descriptors::problem(Program program, const tcp::Settings& host_settings) const {
  const auto [host, files_max] = terms(program);
  const auto nr_open = static_cast<std::uint32_t>(host_settings.nr_open);
  if (open(program) >= std::min(files_max, nr_open)) return tcp::Error::too_many_files;
  const bool full = open_on_host_[host] >= host_settings.file_max;
  return full ? tcp::Error::file_table_overflow : tcp::Error::none;
}

tcp::Error Descriptors::take(Program program, const tcp::Settings& host_settings) {
  const tcp::Error error = problem(program, host_settings);
  if (error == tcp::Error::none) {
    ++open(program);
    ++open_on_host_[host(program)];
  }
  return error;
}

void Descriptors::give_back(Program program) {
  std::uint32_t& by_program = open(program);
  std::int64_t& on_host = open_on_host_[host(program)];
  LASTACK_ASSERT(by_program > standard_files && on_host > 0);
  --by_program;
  --on_host;
}

void Descriptors::forget(app::HostIndex host) {
  open_on_host_[host] = 0;
  for (const Program::Kind kind : {Program::Kind::listener, Program::Kind::connector}) {
    const std::size_t programs = open_[static_cast<std::size_t>(kind)].size();
    for (std::uint32_t i = 0; i < programs; ++i) {
      if (terms({kind, i}).host == host) open({kind, i}) = standard_files;
    }
  }
}

void Descriptors::check_invariants(const std::vector<std::size_t>& held) const {
  std::vector<std::int64_t> open_by_programs(open_on_host_.size());
  for (const Program::Kind kind : {Program::Kind::listener, Program::Kind::connector}) {
    const std::size_t programs = open_[static_cast<std::size_t>(kind)].size();
    for (std::uint32_t i = 0; i < programs; ++i) {
      const Program program{kind, i};
      LASTACK_ASSERT(open(program) >= standard_files);
      open_by_programs[host(program)] += open(program) - standard_files;
    }
  }
  LASTACK_ASSERT(open_by_programs == open_on_host_);
  LASTACK_ASSERT(held.size() == open_on_host_.size());
  for (std::size_t host = 0; host < held.size(); ++host) {
    LASTACK_ASSERT(open_on_host_[host] == static_cast<std::int64_t>(held[host]));
  }
}

}  // namespace lastack::run
