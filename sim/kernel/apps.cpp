// The applications' threads: who listens, who connects, who sleeps.
#include "apps.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <limits>
#include <poll.h>
#include <utility>

#include <sys/socket.h>

#include "lastack/app/step_runner.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/kernel/lab.hpp"
#include "places.hpp"
#include "socket.hpp"
#include "sysctl_files.hpp"

namespace lastack::kernel {

using trace::Call;
using trace::Who;

trace::Result result_of(int error) {
  if (error == 0) return tcp::Error::none;
  const std::string name = errno_name(error);
  if (const auto known = named<tcp::Error>(name)) return *known;
  return trace::OtherErrno{name};
}

Apps::Apps(const scenario::Scenario& scenario, const scenario::World& world,
           const std::vector<HostLife>& lives, Addresses addresses, Journal& journal)
    : scenario_{scenario},
      world_{world},
      addresses_{std::move(addresses)},
      journal_{journal},
      accepted_(world.host_count()) {
  for (const HostLife& life : lives) lives_.push_back(std::make_unique<Life>(life));
  for (const app::Listener& listener : scenario.listeners) {
    listeners_.push_back({&listener, life_at(listener.host, listener.listen_at), {}});
  }
  for (const app::Connector& connector : scenario.connectors) add_connections(connector);
}

void Apps::add_connections(const app::Connector& connector) {
  for (std::uint64_t i = 0; i < connector.count; ++i) {
    const SimTime at = connector.at + connector.every * static_cast<std::int64_t>(i);
    connectors_.push_back({&connector, i, life_at(connector.host, at), {}});
  }
}

std::size_t Apps::life_at(app::HostIndex host, SimTime at) const {
  const auto found = std::find_if(lives_.begin(), lives_.end(), [&](const auto& life) {
    return life->host == host && life->from <= at && (at < life->until || life->until == never);
  });
  LASTACK_ASSERT(found != lives_.end());
  return static_cast<std::size_t>(found - lives_.begin());
}

Apps::~Apps() { stop(); }

void Apps::prepare() {
  for (std::size_t life = 0; life < lives_.size(); ++life) {
    lives_[life]->space->inside([&] {
      for (Listening& listening : listeners_) {
        if (listening.life != life || listening.program->listen_at != sim_start) continue;
        open_listener(listening);
      }
      for (Bound& bound : connectors_) {
        if (bound.life == life && bound.program->from_port) bind_early(bound);
      }
    });
  }
}

/// Requires to be inside the listener's namespace.
void Apps::open_listener(Listening& listening) const {
  const app::Listener& program = *listening.program;
  listening.socket = std::make_shared<Fd>(make_socket());
  const int fd = listening.socket->get();
  listening.error = set_options(fd, program.options);
  if (listening.error == 0) {
    listening.error =
        listen_on(fd, addresses_[program.host], program.port, program.backlog, program.options);
  }
}

/// Requires to be inside the connector's namespace.
void Apps::bind_early(Bound& bound) const {
  const app::Connector& program = *bound.program;
  bound.socket = std::make_shared<Fd>(make_socket());
  bound.error = set_options(bound.socket->get(), program.options);
  const std::uint64_t port = *program.from_port + bound.number;
  if (bound.error == 0) {
    bound.error = port > std::numeric_limits<tcp::Port>::max()
                      ? EINVAL
                      : bind_socket(bound.socket->get(), addresses_[program.host],
                                    static_cast<tcp::Port>(port));
  }
}

std::vector<trace::End> Apps::listening() const {
  std::vector<trace::End> ends;
  for (const Listening& listening : listeners_) {
    const bool now = listening.program->listen_at == sim_start;
    if (!now || listening.error != 0) continue;
    ends.push_back({trace::HostId{listening.program->host}, listening.program->port});
  }
  return ends;
}

void Apps::start(const LabClock& clock) {
  clock_ = clock;
  for (const Listening& listening : listeners_) spawn([this, listening] { listen(listening); });
  for (const Bound& bound : connectors_) spawn([this, bound] { connect(bound); });
  for (const scenario::HostEvent& event : scenario_.host_events) {
    if (event.what != scenario::HostEvent::Do::set) continue;
    const net::HostRange hosts = world_.hosts(event.host);
    for (app::HostIndex host = hosts.first; host <= hosts.last; ++host) {
      spawn([this, &event, host] { set_settings(event, host); });
    }
  }
}

void Apps::spawn(std::function<void()> work) {
  const std::lock_guard lock{mutex_};
  if (stopping_) return;
  ++busy_;
  try {
    threads_.emplace_back([this, work = std::move(work)] { do_work(work); });
  } catch (const std::system_error& error) {
    --busy_;
    throw_no_thread(error);
  }
}

void Apps::do_work(const std::function<void()>& work) {
  be_punctual(app_priority);
  try {
    work();
  } catch (const std::exception& error) {
    const std::lock_guard guard{mutex_};
    if (problem_.empty()) problem_ = error.what();
  }
  --busy_;
}

void Apps::stop() {
  end_waits();
  while (true) {
    std::list<std::thread> threads;
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      threads.swap(threads_);
    }
    if (threads.empty()) break;
    for (std::thread& thread : threads) thread.join();
  }
  for (const auto& socket : kept_) linger_zero(socket->get());
  kept_.clear();
  listeners_.clear();
  connectors_.clear();
}

std::string Apps::problem() const {
  const std::lock_guard lock{mutex_};
  return problem_;
}

std::vector<tcp::Port> Apps::end_life(std::size_t life) {
  lives_[life]->over = true;
  lives_[life]->stop.raise();
  const std::lock_guard lock{mutex_};
  return std::exchange(lives_[life]->listening, {});
}

void Apps::end_waits() {
  for (const auto& life : lives_) life->stop.raise();
}

Waited Apps::wait_until(std::size_t life, SimTime until, int fd, short events) {
  if (lives_[life]->over) return Waited::stopped;
  if (clock_.now() >= until) return Waited::time;
  const Waited waited = lives_[life]->stop.wait(fd, events, until, clock_);
  if (waited != Waited::time) return waited;
  const std::int64_t late = (clock_.now() - until).count();
  std::int64_t worst = lateness_ns_;
  while (late > worst && !lateness_ns_.compare_exchange_weak(worst, late)) {
  }
  return waited;
}

Waited Apps::wait_for(std::size_t life, int fd, short events) {
  --busy_;
  const Waited waited = lives_[life]->stop.wait(fd, events, never, clock_);
  ++busy_;
  return waited;
}

void Apps::keep(std::shared_ptr<Fd> socket) {
  const std::lock_guard lock{mutex_};
  kept_.push_back(std::move(socket));
}

void Apps::log(SimTime at, const Caller& caller, trace::Call call, trace::Result result) {
  if (lives_[caller.life]->over) return;
  journal_.note(at, trace::AppCall{trace::HostId{caller.host}, caller.who, call, std::move(result)},
                caller.ports);
}

void Apps::listen(Listening listening) {
  const app::Listener& program = *listening.program;
  if (program.listen_at > sim_start) {
    lives_[listening.life]->space->enter();
    if (wait_until(listening.life, opening_time(program)) == Waited::stopped) return;
    open_listener(listening);
  }
  const bool worth_saying = listening.error != 0 || program.listen_at > sim_start;
  if (worth_saying) {
    log({listening.life, program.host, {Who::Role::listen}, {}}, Call::listen,
        result_of(listening.error));
  }
  if (listening.error != 0) return;
  keep(listening.socket);
  {
    const std::lock_guard lock{mutex_};
    lives_[listening.life]->listening.push_back(program.port);
  }
  if (program.close_at) {
    spawn([this, listening] { stop_listening(listening); });
  }
  if (!program.accept_from) return;
  if (wait_until(listening.life, *program.accept_from) == Waited::stopped) return;
  accept_all(listening);
}

/// Of one instant a listener closes before another opens on its port, as in the simulator.
SimTime Apps::opening_time(const app::Listener& program) const {
  constexpr SimDuration a_close = 300us;
  const bool follows = std::any_of(
      scenario_.listeners.begin(), scenario_.listeners.end(), [&](const app::Listener& other) {
        return other.host == program.host && other.port == program.port &&
               other.close_at == program.listen_at;
      });
  return follows ? program.listen_at + a_close : program.listen_at;
}

void Apps::stop_listening(const Listening& listening) {
  const app::Listener& program = *listening.program;
  if (wait_until(listening.life, *program.close_at) == Waited::stopped) return;
  log({listening.life, program.host, {Who::Role::listen}, {}}, Call::close);
  // The thread that accepts may hold the descriptor, so this ends the listening instead.
  shut_down(listening.socket->get(), tcp::Stack::Direction::both);
  const std::lock_guard lock{mutex_};
  std::erase(lives_[listening.life]->listening, program.port);
}

void Apps::accept_all(const Listening& listening) {
  const app::Listener& listener = *listening.program;
  const int socket = listening.socket->get();
  while (wait_for(listening.life, socket, POLLIN) == Waited::ready) {
    auto connection =
        std::make_shared<Fd>(accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection->open()) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EINVAL) throw_errno("cannot accept");
      return;  // it does not listen any more
    }
    const Caller caller{listening.life, listener.host,
                        app::who_accepted(++accepted_[listener.host]), ports_of(connection->get())};
    log(caller, Call::accepted);
    spawn([this, &listener, connection, caller] { run_steps(caller, connection, listener.steps); });
  }
}

void Apps::connect(Bound bound) {
  const app::Connector& program = *bound.program;
  Caller caller{bound.life, program.host, app::who_connects(program, bound.number), {}};
  if (!bound.socket) lives_[bound.life]->space->enter();
  const SimDuration later = program.every * static_cast<std::int64_t>(bound.number);
  if (wait_until(bound.life, program.at + later) == Waited::stopped) return;
  if (!bound.socket) {
    bound.socket = std::make_shared<Fd>(make_socket());
    bound.error = set_options(bound.socket->get(), program.options);
  }
  const int fd = bound.socket->get();
  const SimTime called = clock_.now();
  int error = bound.error;
  if (error == 0) error = start_connect(fd, {addresses_[program.to], program.to_port});
  caller.ports = {ports_of(fd).local, program.to_port};
  log(called, caller, Call::connect);
  if (error == EINPROGRESS) {
    act_while_connecting(caller, *bound.socket, program.while_connecting);
    if (!bound.socket->open()) return;  // nobody hears the result
    if (wait_for(bound.life, fd, POLLOUT) == Waited::stopped) return keep(bound.socket);
    error = pending_error(fd);
  }
  log(caller, Call::connected, result_of(error));
  if (error != 0) return bound.socket->reset();  // the steps are not run
  run_steps(caller, bound.socket, program.steps);
}

void Apps::set_settings(const scenario::HostEvent& event, app::HostIndex host) {
  const std::size_t life = life_at(host, event.at);
  lives_[life]->space->enter();
  if (wait_until(life, event.at) == Waited::stopped) return;
  for (const auto& [name, value] : event.sysctl) {
    log({life, host, {Who::Role::host}, {}}, Call::sysctl, name + "=" + value);
    if (const int error = write_setting(name, value)) {
      const auto nth = static_cast<std::size_t>(&event - scenario_.host_events.data());
      const std::string place = Places{scenario_.file}.nth_with("events", "host", nth);
      throw LabError{place + "/sysctl/" + name + ": this kernel refuses " + value + ": " +
                     std::strerror(error)};
    }
  }
}

}  // namespace lastack::kernel
