// One scenario on the kernel: sets the two hosts up, lets wire and applications run, and gathers
// what was seen.
#include "lastack/kernel/lab.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <utility>

#include <sys/resource.h>

#include "apps.hpp"
#include "clock.hpp"
#include "journal.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/scenario/world.hpp"
#include "machine.hpp"
#include "net_namespace.hpp"
#include "places.hpp"
#include "recorder.hpp"
#include "slot.hpp"
#include "socket_table.hpp"
#include "states.hpp"
#include "sysctl_files.hpp"
#include "table_watch.hpp"
#include "tracefs.hpp"
#include "tun.hpp"
#include "wire.hpp"

namespace lastack::kernel {

namespace {

/// From the sockets' making to the scenario's start, so that every thread is there.
constexpr SimDuration head_start = 100ms;
/// How long nothing must have happened before a run may be over: longer than a delayed ACK, which
/// the table does not show.
constexpr SimDuration quiet_time = 1s;
/// The wire looks up at least this often, to see whether it is to stop.
constexpr SimDuration longest_nap = 20ms;

/// 10.64.0.1, 10.64.0.2 and so on for slot 0. They never leave the namespaces.
Addresses addresses_of(const Slot& slot, std::size_t host_count) {
  constexpr std::uint32_t first = 0x0a400000;
  constexpr std::uint32_t per_octet = 250;
  const std::uint32_t net =
      first + (slot.number() / per_octet << 16U) + (slot.number() % per_octet << 8U);
  Addresses addresses;
  for (std::uint32_t host = 1; host <= host_count; ++host) {
    addresses.push_back(tcp::Address{net + host});
  }
  return addresses;
}

/// The ports by which the scenario's sockets can be distinguished from others'.
std::vector<tcp::Port> ports_of(const scenario::Scenario& scenario) {
  std::set<tcp::Port> ports;
  for (const app::Listener& listener : scenario.listeners) ports.insert(listener.port);
  for (const app::Connector& connector : scenario.connectors) ports.insert(connector.to_port);
  return {ports.begin(), ports.end()};
}

/// A host on the kernel, from one reboot to the next.
struct KernelHost {
  KernelHost(net::NodeIndex number, tcp::Address own, std::uint32_t mtu)
      : host{number},
        tun{space, own, mtu},
        table{space} {}

  net::NodeIndex host;
  SimTime from = sim_start;  ///< included
  SimTime until = never;     ///< excluded
  NetNamespace space;
  Tun tun;
  SocketTable table;
};

/// What became of the hosts' settings.
struct SettingsReport {
  std::optional<std::string> lacking;  ///< why the scenario is skipped
  std::vector<std::string> notes;
};

class Run {
 public:
  explicit Run(const scenario::Scenario& scenario)
      : scenario_{scenario},
        world_{scenario, scenario.seed},
        slot_{Tracefs::instances()},
        addresses_{addresses_of(slot_, world_.host_count())},
        hosts_{make_hosts()},
        current_(world_.host_count()),
        wire_{scenario, world_, addresses_, journal_},
        apps_{scenario, world_, lives(), addresses_, journal_},
        watch_{tables(), addresses_} {}

  ~Run() { tear_down(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  SettingsReport apply_settings();
  /// Runs until the scenario's end. False: `stop` turned true.
  bool run(const std::atomic<bool>* stop);
  KernelRun result();

 private:
  using Hosts = std::vector<std::unique_ptr<KernelHost>>;

  Hosts make_hosts() const;
  std::vector<HostLife> lives() const;
  TableWatch::Tables tables() const;
  KernelHost& now_at(net::NodeIndex host) { return *hosts_[current_[host]]; }
  void start();
  void work(SimTime now);
  void reboot(net::NodeIndex host, SimTime now);
  void nap();
  bool nothing_left(SimTime now);
  void tear_down();

  const scenario::Scenario& scenario_;
  scenario::World world_;
  Slot slot_;
  Addresses addresses_;
  Hosts hosts_;                       ///< all lives of the first host, then of the next
  std::vector<std::size_t> current_;  ///< by host: its life now, in hosts_
  Journal journal_;
  Wire wire_;
  Apps apps_;
  TableWatch watch_;
  std::optional<Tracefs> tracefs_;
  LabClock clock_;
  SimTime ended_ = sim_start;
  SimTime last_alive_ = sim_start;
  SimDuration lateness_{};
  std::vector<trace::End> listening_;
  std::vector<SocketChange> tracepoints_;
};

/// When a host starts anew, by time.
std::vector<SimTime> reboots_of(const scenario::Scenario& scenario, const scenario::World& world,
                                net::NodeIndex host) {
  std::vector<SimTime> times;
  for (const scenario::HostEvent& event : scenario.host_events) {
    const bool is_one = event.what == scenario::HostEvent::Do::reboot;
    if (is_one && world.hosts(event.host).contains(host)) times.push_back(event.at);
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// A reboot must take no time, so that the next life's namespace is there from the start.
Run::Hosts Run::make_hosts() const {
  Hosts hosts;
  for (net::NodeIndex host = 0; host < world_.host_count(); ++host) {
    const auto add = [&](SimTime from) {
      hosts.push_back(std::make_unique<KernelHost>(host, addresses_[host], world_.mtu(host)));
      hosts.back()->from = from;
    };
    add(sim_start);
    for (const SimTime at : reboots_of(scenario_, world_, host)) {
      hosts.back()->until = at;
      add(at);
    }
  }
  return hosts;
}

std::vector<HostLife> Run::lives() const {
  std::vector<HostLife> lives;
  for (const auto& life : hosts_) {
    lives.push_back({life->host, &life->space, life->from, life->until});
  }
  return lives;
}

/// The first life's of each host.
TableWatch::Tables Run::tables() const {
  TableWatch::Tables tables(world_.host_count());
  for (auto life = hosts_.rbegin(); life != hosts_.rend(); ++life) {
    tables[(*life)->host] = &(*life)->table;
  }
  return tables;
}

SettingsReport Run::apply_settings() {
  SettingsReport report;
  for (const auto& life : hosts_) {
    const scenario::Host& host = scenario_.hosts[world_.group(life->host)];
    SettingsResult result;
    life->space.inside([&] { result = kernel::apply_settings(host); });
    if (result.refused) {
      const std::string& name = result.refused->name;
      const std::string own = "/hosts/" + host.name + "/sysctl/" + name;
      throw scenario::ScenarioError{
          scenario_.file, Places{scenario_.file}.first_of({own, "/sysctl/" + name, own}),
          "this kernel refuses " + tcp::setting_value(host.settings, name) + ": " +
              result.refused->reason};
    }
    for (const std::string& name : result.lacking) {
      report.lacking = "Linux " + kernel_release() + " has no setting " + name +
                       " for a network namespace (host \"" + host.name + "\")";
    }
    for (const std::string& name : result.unlike) {
      report.notes.push_back(host.name + ": " + name + " is this kernel's own, not " +
                             tcp::setting_value(host.settings, name));
    }
    if (host.hz != kernel_hz()) {
      report.notes.push_back(host.name + ": timers tick " + std::to_string(kernel_hz()) +
                             " times a second, not " + std::to_string(host.hz));
    }
  }
  return report;
}

void Run::start() {
  for (std::size_t i = hosts_.size(); i-- > 0;) current_[hosts_[i]->host] = i;
  apps_.prepare();
  listening_ = apps_.listening();
  if (slot_.instance()) tracefs_.emplace(*slot_.instance(), ports_of(scenario_));
  clock_ = LabClock{monotonic_ns() + head_start.count()};
  apps_.start(clock_);
}

bool Run::run(const std::atomic<bool>* stop) {
  be_punctual(wire_priority);
  stay_on_one_processor(slot_.number());
  start();
  while (true) {
    const SimTime now = clock_.now();
    if (stop != nullptr && *stop) return false;
    if (now >= scenario_.stop_at || nothing_left(now)) break;
    work(now);
    nap();
  }
  ended_ = clock_.now();
  watch_.read_all(ended_);
  if (tracefs_) tracepoints_ = tracefs_->stop(addresses_, clock_);
  tear_down();
  const std::string problem = apps_.problem();
  if (!problem.empty()) throw LabError{problem};
  return true;
}

/// Takes in what the hosts sent, delivers what is due, and looks at the sockets.
void Run::work(SimTime now) {
  for (net::NodeIndex host = 0; host < world_.host_count(); ++host) {
    while (const auto packet = now_at(host).tun.read()) {
      wire_.sent(clock_.now(), host, *packet);
      watch_.touch(host);
    }
  }
  while (wire_.next_due() <= (now = clock_.now())) {
    const auto delivery = wire_.advance(now);
    for (const net::NodeIndex host : wire_.take_rebooted()) reboot(host, now);
    if (!delivery) continue;
    lateness_ = std::max(lateness_, now - delivery->due);
    if (!now_at(delivery->to).tun.write(*delivery->packet)) throw_errno("cannot write to a TUN");
    watch_.touch(delivery->to);
  }
  watch_.read_due(clock_.now(), wire_.next_due());
}

/// All state is lost and nothing is sent: what the old namespace still says, nobody reads. The next
/// one, without sockets but for those that its applications have bound, takes its place.
void Run::reboot(net::NodeIndex host, SimTime now) {
  for (const tcp::Port port : apps_.end_life(current_[host])) {
    journal_.note(now, trace::StateChange{{trace::HostId{host}, port},
                                          {},
                                          tcp::State::listen,
                                          tcp::State::closed,
                                          tcp::StateReason::reboot});
  }
  now_at(host).table.destroy_all();
  ++current_[host];
  watch_.replace(host, now_at(host).table);
}

/// Sleeps until a host sends something or something is due.
void Run::nap() {
  const SimTime now = clock_.now();
  SimTime until = std::min({wire_.next_due(), scenario_.stop_at, now + longest_nap});
  // A reading that is due but was put off comes after the wire's next delivery.
  if (watch_.next_due() > now) until = std::min(until, watch_.next_due());
  std::vector<pollfd> polled;
  for (const std::size_t life : current_) polled.push_back({hosts_[life]->tun.fd(), POLLIN, 0});
  const timespec left = timespec_of(until - now);
  ppoll(polled.data(), polled.size(), &left, nullptr);
}

/// Nothing has been on its way or planned for a while, nobody waited for a time, and no socket had
/// a timer. A single look would not do: what fires or is called just now is not seen yet.
bool Run::nothing_left(SimTime now) {
  const bool alive = wire_.next_due() != never || !apps_.idle() || watch_.any_timer();
  last_alive_ = std::max(alive ? now : last_alive_, wire_.last_activity());
  return now >= last_alive_ + quiet_time;
}

void Run::tear_down() {
  apps_.end_waits();
  for (const auto& life : hosts_) life->table.destroy_all();  // ends a close that lingers
  apps_.stop();
  for (const auto& life : hosts_) life->table.destroy_all();
}

KernelRun Run::result() {
  KernelRun run;
  std::vector<Journal::Entry> journal = journal_.take();
  std::erase_if(journal, [this](const Journal::Entry& entry) { return entry.at > ended_; });
  name_ports(tracepoints_, journal);
  Observed observed;
  observed.tracepoints = tracepoints_;
  observed.table = watch_.changes();
  observed.samples = watch_.samples();
  observed.listening = listening_;
  observed.has_tracepoints = tracefs_.has_value();
  const auto states = deduce_states(observed, journal);
  std::vector<Journal::Entry> entries;
  std::merge(journal.begin(), journal.end(), states.begin(), states.end(),
             std::back_inserter(entries),
             [](const Journal::Entry& a, const Journal::Entry& b) { return a.at < b.at; });
  run.trace = make_trace(world_.names(), std::move(entries), ended_);
  run.tracepoints = std::move(observed.tracepoints);
  run.table = std::move(observed.table);
  run.injections = wire_.injected();
  run.lateness = {lateness_, apps_.lateness()};
  return run;
}

/// Each connection has two sockets in this process, and many labs may run at once.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if not, a lab that needs more says so
}

/// One try. Its outcome is `recorded` or `late` by the lateness alone.
LabResult record_once(const scenario::Scenario& scenario, const LabOptions& options,
                      const std::atomic<bool>* stop) {
  LabResult result;
  Run run{scenario};
  SettingsReport settings = run.apply_settings();
  result.notes = std::move(settings.notes);
  if (settings.lacking) {
    result.outcome = Outcome::skipped;
    result.reason = *settings.lacking;
  } else if (!run.run(stop)) {
    result.outcome = Outcome::interrupted;
  } else {
    result.run = run.result();
    const bool late = result.run->lateness.worst() > options.late;
    result.outcome = late ? Outcome::late : Outcome::recorded;
  }
  return result;
}

LabResult record_until_punctual(const scenario::Scenario& scenario, const LabOptions& options,
                                const std::atomic<bool>* stop) {
  LabResult best;
  for (unsigned i = 1; i <= options.tries; ++i) {
    LabResult result = record_once(scenario, options, stop);
    result.tries = i;
    if (result.outcome != Outcome::late) return result;
    const bool better = !best.run || result.run->lateness.worst() < best.run->lateness.worst();
    if (better) best = std::move(result);
    best.tries = i;
  }
  return best;
}

}  // namespace

LabResult record(const scenario::Scenario& scenario, const LabOptions& options,
                 const std::atomic<bool>* stop) {
  LASTACK_ASSERT(options.tries >= 1);
  allow_many_descriptors();
  LabResult result;
  // The thread's scheduling is changed, so it is one of our own.
  in_own_thread([&] { result = record_until_punctual(scenario, options, stop); });
  return result;
}

}  // namespace lastack::kernel
