#pragma once

#include <array>
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

/// Who calls: his host and name, and his connection as far as he has one.
struct Caller {
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
  using Spaces = std::array<const NetNamespace*, host_count>;

  /// All must outlive the Apps. Throws LabError.
  Apps(const scenario::Scenario& scenario, const Spaces& spaces, const Addresses& addresses,
       Journal& journal);
  ~Apps();
  Apps(const Apps&) = delete;
  Apps& operator=(const Apps&) = delete;

  /// Opens what is there from the start: listeners, and sockets with a port of their own.
  /// Throws LabError.
  void prepare();
  /// From here on `clock` counts. Required once.
  void start(const LabClock& clock);
  /// Ends every wait. An application may still be inside the kernel, in a close that lingers.
  void end_waits() { stop_.raise(); }
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
  struct Listening {
    const app::Listener* program;
    std::shared_ptr<Fd> socket;
    int error = 0;
  };
  struct Bound {
    const app::Connector* program;
    std::uint64_t number;
    std::shared_ptr<Fd> socket;  ///< null: made when its time has come
    int error = 0;
  };

  void open_listener(Listening& listening) const;
  void bind_early(Bound& bound) const;
  void spawn(std::function<void()> work);
  void do_work(const std::function<void()>& work);
  void listen(Listening listening);
  void accept_all(const app::Listener& listener, int socket);
  void connect(Bound bound);
  /// Runs an application's steps on its connection; app_steps.cpp.
  void run_steps(const Caller& caller, const std::shared_ptr<Fd>& socket,
                 const std::vector<app::Step>& steps);
  class Steps;
  void set_settings(const scenario::HostEvent& event);
  void log(SimTime at, const Caller& caller, trace::Call call, trace::Result result = {});
  void log(const Caller& caller, trace::Call call, trace::Result result = {}) {
    log(clock_.now(), caller, call, std::move(result));
  }
  Waited wait_until(SimTime until);
  Waited wait_for(int fd, short events);
  void keep(std::shared_ptr<Fd> socket);

  const scenario::Scenario& scenario_;
  Spaces spaces_;
  Addresses addresses_;
  Journal& journal_;
  LabClock clock_;
  StopFlag stop_;
  std::vector<Listening> listeners_;
  std::vector<Bound> connectors_;
  std::atomic<int> busy_{0};  ///< threads that run, or wait for a time
  std::atomic<std::int64_t> lateness_ns_{0};
  std::array<std::atomic<std::uint64_t>, host_count> accepted_{};
  mutable std::mutex mutex_;  ///< guards what follows
  std::list<std::thread> threads_;
  std::vector<std::shared_ptr<Fd>> kept_;
  std::string problem_;
  bool stopping_ = false;
};

}  // namespace lastack::kernel
