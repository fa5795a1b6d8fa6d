#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connections.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::explain {

/// What the scenario says of a connection's hosts and applications, at a time of the run.
class Surroundings {
 public:
  Surroundings(const Connections& connections, const scenario::Scenario& scenario);

  const scenario::Host& host(trace::HostId id) const;
  /// "tcp_syn_retries = 6", as it was before event `n`.
  std::string setting(trace::HostId id, std::string_view name, std::uint64_t n) const;
  /// The same for several, with commas.
  std::string settings(trace::HostId id, std::initializer_list<std::string_view> names,
                       std::uint64_t n) const;
  /// What the application of an end sets, if it does.
  std::optional<std::int32_t> option(const Connection& of, trace::End end,
                                     tcp::SocketOption option) const;
  /// "TCP_SYNCNT = 3" where the application sets it, else the host's setting.
  std::string option_or_setting(const Connection& of, trace::End end, tcp::SocketOption option,
                                std::string_view name, std::uint64_t n) const;
  /// The one that listens at an end; null where none does.
  const app::Listener* listener(trace::End end) const;
  /// The one that opened a connection; null where none did.
  const app::Connector* connector(const Connection& of) const;
  /// Whether somebody listened at an end at event `n`.
  bool listens(trace::End end, std::uint64_t n) const;
  /// Since when a host was without power before event `n`; nothing where it had it.
  std::optional<SimTime> off_since(trace::HostId id, std::uint64_t n) const;
  struct FailedListen {
    SimTime at;
    tcp::Error error;
    bool reuses_address;
  };
  /// The last attempt to listen at an end before event `n`, if it failed.
  std::optional<FailedListen> failed_listen(trace::End end, std::uint64_t n) const;
  /// The last failure of accept before event `n` at an end, where nobody else of that host listens.
  std::optional<FailedListen> failed_accept(trace::End end, std::uint64_t n) const;
  /// The settings of a host before event `n`.
  tcp::Settings settings_of(trace::HostId id, std::uint64_t n) const;
  SimTime stop_at() const { return scenario_.stop_at; }

 private:
  /// What was done to hosts, in order.
  struct Deed {
    std::uint64_t n;
    SimTime at;
    trace::HostId host;
    trace::Call what;
    std::string_view value;  ///< of a setting: "tcp_syn_retries=2"
  };
  const scenario::Scenario& scenario_;
  std::vector<Deed> deeds_;
  std::vector<const trace::Event*> listening_;  ///< changes of listeners' states
  std::vector<const trace::Event*> attempts_;   ///< to listen
  std::vector<const trace::Event*> failed_accepts_;
};

}  // namespace lastack::explain
