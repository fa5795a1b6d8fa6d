#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "fd.hpp"
#include "journal.hpp"
#include "lastack/scenario/scenario.hpp"
#include "net_namespace.hpp"
#include "stop_flag.hpp"
#include "wire.hpp"

namespace lastack::kernel {

/// A host from one reboot to the next, with a namespace of its own.
struct HostLife {
  app::HostIndex host = 0;
  const NetNamespace* space = nullptr;
  SimTime from = sim_start;  ///< included
  SimTime until = never;     ///< excluded
};

/// Who calls: his host and name, and his connection as far as he has one.
struct Caller {
  std::size_t life = 0;  ///< of his host: a place among the lives
  app::HostIndex host = 0;
  trace::Who who;
  Ports ports;
};

/// What a system call came to: 0, or an errno.
trace::Result result_of(int error);

/// The scenario's applications on real sockets, each in a thread of its own, as processes of a real
/// host are. Their calls go to the journal.
class Apps {
 public:
  /// All must outlive the Apps. Each host has lives that follow each other without a gap. Throws
  /// LabError.
  Apps(const scenario::Scenario& scenario, const scenario::World& world,
       const std::vector<HostLife>& lives, Addresses addresses, Journal& journal);
  ~Apps();
  Apps(const Apps&) = delete;
  Apps& operator=(const Apps&) = delete;

  /// Opens what is there from the start: listeners, and sockets with a port of their own.
  /// Throws LabError.
  void prepare();
  /// From here on `clock` counts. Required once.
  void start(const LabClock& clock);
  /// A life ends, by its place: nothing that belongs to it is noted from now on. The ports that
  /// listened are returned.
  std::vector<tcp::Port> end_life(std::size_t life);
  /// Ends every wait. An application may still be inside the kernel, in a close that lingers.
  void end_waits();
  /// Ends every wait and waits for the threads; then ends every socket that is still held, by RST.
  void stop();

  /// Whether every application waits for its peer, or has finished: none waits for a time.
  bool idle() const { return busy_ == 0; }
  /// Listeners that listen from the start: host and port.
  std::vector<trace::End> listening() const;
  /// How late an application that waited for a time went on, at worst.
  SimDuration lateness() const { return SimDuration{lateness_ns_.load()}; }
  /// The first thing in an application that should not have happened; empty: nothing.
  std::string problem() const;

 private:
  struct Life : HostLife {
    explicit Life(const HostLife& life) : HostLife{life} {}
    StopFlag stop{};
    std::atomic<bool> over{false};
    std::vector<tcp::Port> listening{};  ///< guarded by mutex_
  };
  struct Listening {
    const app::Listener* program;
    std::size_t life;
    std::shared_ptr<Fd> socket;
    int error = 0;
  };
  struct Bound {
    const app::Connector* program;
    std::uint64_t number;
    std::size_t life;
    std::shared_ptr<Fd> socket;  ///< null: made when its time has come
    int error = 0;
  };

  std::size_t life_at(app::HostIndex host, SimTime at) const;
  void add_connections(const app::Connector& connector);
  void open_listener(Listening& listening) const;
  void bind_early(Bound& bound) const;
  void spawn(std::function<void()> work);
  void do_work(const std::function<void()>& work);
  void listen(Listening listening);
  SimTime opening_time(const app::Listener& program) const;
  void accept_all(const Listening& listening);
  void stop_listening(const Listening& listening);
  void connect(Bound bound);
  /// Runs an application's steps on its connection; app_steps.cpp.
  void run_steps(const Caller& caller, const std::shared_ptr<Fd>& socket,
                 const std::vector<app::Step>& steps);
  /// The same of steps that neither read nor write, until connect has come to a result.
  void act_while_connecting(const Caller& caller, Fd& socket, const std::vector<app::Step>& steps);
  class Steps;
  void set_settings(const scenario::HostEvent& event, app::HostIndex host);
  void log(SimTime at, const Caller& caller, trace::Call call, trace::Result result = {});
  void log(const Caller& caller, trace::Call call, trace::Result result = {}) {
    log(clock_.now(), caller, call, std::move(result));
  }
  /// With a descriptor also until that is ready for `events`.
  Waited wait_until(std::size_t life, SimTime until, int fd = -1, short events = 0);
  Waited wait_for(std::size_t life, int fd, short events);
  void keep(std::shared_ptr<Fd> socket);

  const scenario::Scenario& scenario_;
  const scenario::World& world_;
  std::vector<std::unique_ptr<Life>> lives_;
  Addresses addresses_;
  Journal& journal_;
  LabClock clock_;
  std::vector<Listening> listeners_;
  std::vector<Bound> connectors_;
  std::atomic<int> busy_{0};  ///< threads that run, or wait for a time
  std::atomic<std::int64_t> lateness_ns_{0};
  std::vector<std::atomic<std::uint64_t>> accepted_;  ///< by host
  mutable std::mutex mutex_;                          ///< guards what follows
  std::list<std::thread> threads_;
  std::vector<std::shared_ptr<Fd>> kept_;
  std::string problem_;
  bool stopping_ = false;
};

}  // namespace lastack::kernel
