#include "surroundings.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace lastack::explain {

namespace {

using tcp::SocketOption;
using trace::AppCall;
using trace::Call;
using trace::End;
using trace::HostId;
using trace::Who;

/// The last value that a list sets.
void look_up(const std::vector<tcp::SocketOptionValue>& options, SocketOption wanted,
             std::optional<std::int32_t>& value) {
  for (const tcp::SocketOptionValue& each : options) {
    if (each.option == wanted) value = each.value;
  }
}

/// Of an application's own list, or of a step of it.
template <class Program>
std::optional<std::int32_t> option_of(const Program& program, SocketOption wanted) {
  std::optional<std::int32_t> value;
  look_up(program.options, wanted, value);
  for (const app::Step& step : program.steps) {
    if (const auto* set = std::get_if<app::SetOptionStep>(&step)) {
      look_up(set->options, wanted, value);
    }
  }
  return value;
}

}  // namespace

Surroundings::Surroundings(const Connections& connections, const scenario::Scenario& scenario)
    : scenario_{scenario} {
  for (const trace::Event& event : connections.recording().events()) {
    const auto* change = std::get_if<trace::StateChange>(&event.what);
    if (change != nullptr && change->remote.port == 0) listening_.push_back(&event);
    const auto* call = std::get_if<AppCall>(&event.what);
    if (call == nullptr) continue;
    const bool of_listener = call->who.role == Who::Role::listen;
    if (of_listener && call->call == Call::listen) attempts_.push_back(&event);
    if (of_listener && call->call == Call::accept) failed_accepts_.push_back(&event);
    if (call->who.role != Who::Role::host) continue;
    const auto* value = std::get_if<std::string>(&call->result);
    deeds_.push_back({event.n, event.at, call->host, call->call,
                      value == nullptr ? std::string_view{} : std::string_view{*value}});
  }
}

const scenario::Host& Surroundings::host(HostId id) const {
  auto index = static_cast<std::size_t>(id);
  for (const scenario::Host& host : scenario_.hosts) {
    if (index < host.count) return host;
    index -= host.count;
  }
  return scenario_.hosts.front();
}

tcp::Settings Surroundings::settings_of(HostId id, std::uint64_t n) const {
  tcp::Settings now = host(id).settings;
  for (const Deed& deed : deeds_) {
    if (deed.n >= n || deed.host != id) continue;
    if (deed.what == Call::reboot) now = host(id).settings;
    const std::size_t equals = deed.value.find('=');
    if (deed.what == Call::sysctl && equals != std::string_view::npos) {
      tcp::apply_setting(now, deed.value.substr(0, equals), deed.value.substr(equals + 1));
    }
  }
  return now;
}

std::string Surroundings::setting(HostId id, std::string_view name, std::uint64_t n) const {
  const tcp::Settings now = settings_of(id, n);
  const std::string_view unit = tcp::find_setting(name)->unit;
  constexpr std::array<std::string_view, 3> times{"s", "ms", "us"};
  const bool time = std::find(times.begin(), times.end(), unit) != times.end();
  return fmt::format("{} = {}{}{}", name, tcp::setting_value(now, name), time ? " " : "",
                     time ? unit : "");
}

std::string Surroundings::settings(HostId id, std::initializer_list<std::string_view> names,
                                   std::uint64_t n) const {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? "" : ", ") + setting(id, name, n);
  }
  return text;
}

std::optional<std::int32_t> Surroundings::option(const Connection& of, End end,
                                                 SocketOption wanted) const {
  if (end == of.client) {
    const app::Connector* program = connector(of);
    return program == nullptr ? std::nullopt : option_of(*program, wanted);
  }
  const app::Listener* program = listener(end);
  return program == nullptr ? std::nullopt : option_of(*program, wanted);
}

std::string Surroundings::option_or_setting(const Connection& of, End end, SocketOption wanted,
                                            std::string_view name, std::uint64_t n) const {
  const auto value = option(of, end, wanted);
  const bool counts = wanted == SocketOption::tcp_syncnt || wanted == SocketOption::tcp_keepcnt;
  if (value && *value != 0) {
    return fmt::format("{} = {}{}", tcp::name_of(wanted), *value, counts ? "" : " s");
  }
  return setting(end.host, name, n);
}

const app::Listener* Surroundings::listener(End end) const {
  const auto found = std::find_if(
      scenario_.listeners.begin(), scenario_.listeners.end(),
      [end](const auto& each) { return HostId{each.host} == end.host && each.port == end.port; });
  return found == scenario_.listeners.end() ? nullptr : &*found;
}

const app::Connector* Surroundings::connector(const Connection& of) const {
  if (of.call == nullptr) return nullptr;
  const bool numbered = std::get<AppCall>(of.call->what).who.number != 0;
  const auto fits = [&](const app::Connector& each) {
    if (HostId{each.host} != of.client.host || (each.count > 1) != numbered) return false;
    if (of.server.port == 0) return true;
    if (HostId{each.to} != of.server.host || each.to_port != of.server.port) return false;
    return !each.from_port ||
           (of.client.port >= *each.from_port &&
            static_cast<std::uint64_t>(of.client.port - *each.from_port) < each.count);
  };
  const auto found = std::find_if(scenario_.connectors.begin(), scenario_.connectors.end(), fits);
  return found == scenario_.connectors.end() ? nullptr : &*found;
}

bool Surroundings::listens(End end, std::uint64_t n) const {
  bool listens = false;
  for (const trace::Event* event : listening_) {
    const auto& change = std::get<trace::StateChange>(event->what);
    if (event->n < n && change.local == end) listens = change.to == tcp::State::listen;
  }
  return listens;
}

std::optional<SimTime> Surroundings::off_since(HostId id, std::uint64_t n) const {
  std::optional<SimTime> since;
  for (const Deed& deed : deeds_) {
    if (deed.n >= n || deed.host != id) continue;
    if (deed.what == Call::power_off && !since) since = deed.at;
    if (deed.what == Call::power_on || deed.what == Call::reboot) since.reset();
  }
  return since;
}

std::optional<Surroundings::FailedListen> Surroundings::failed_listen(End end,
                                                                      std::uint64_t n) const {
  std::optional<FailedListen> failed;
  for (const trace::Event* each : attempts_) {
    const auto& call = std::get<AppCall>(each->what);
    if (each->n >= n || call.host != end.host) continue;
    for (const app::Listener& listener : scenario_.listeners) {
      if (HostId{listener.host} != end.host || listener.port != end.port) continue;
      if (listener.listen_at != each->at) continue;
      const auto* error = std::get_if<tcp::Error>(&call.result);
      failed.reset();
      if (error == nullptr || *error == tcp::Error::none) continue;
      const auto reuse = option_of(listener, SocketOption::so_reuseaddr);
      failed = FailedListen{each->at, *error, reuse.value_or(1) != 0};
    }
  }
  return failed;
}

std::optional<Surroundings::FailedListen> Surroundings::failed_accept(End end,
                                                                      std::uint64_t n) const {
  const auto listeners =
      std::count_if(scenario_.listeners.begin(), scenario_.listeners.end(),
                    [end](const app::Listener& each) { return HostId{each.host} == end.host; });
  std::optional<FailedListen> failed;
  for (const trace::Event* each : failed_accepts_) {
    const auto& call = std::get<AppCall>(each->what);
    const auto* error = std::get_if<tcp::Error>(&call.result);
    const bool meant = each->n < n && call.host == end.host && listeners == 1;
    if (meant && error != nullptr) failed = FailedListen{each->at, *error, false};
  }
  return failed;
}

}  // namespace lastack::explain
