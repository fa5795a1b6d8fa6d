#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "delays.hpp"
#include "lastack/scenario/nearest_name.hpp"
#include "limits.hpp"
#include "reach.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

/// Apps that groups may amount to: one for each member.
constexpr std::uint64_t max_apps = 1'000'000;
constexpr std::int64_t max_connections = 10'000'000;
/// What fits into an IPv4 packet beside the headers of IP and UDP.
constexpr std::int64_t max_datagram = 65507;
constexpr std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();

constexpr std::int32_t last_socket_option = static_cast<std::int32_t>(tcp::SocketOption::so_sndbuf);

tcp::SocketOption option_named(const std::string& name, const Value& member) {
  if (const auto option = tcp::socket_option_named(name)) return *option;
  std::vector<std::string_view> known;
  for (std::int32_t i = 0; i <= last_socket_option; ++i) {
    known.push_back(tcp::name_of(static_cast<tcp::SocketOption>(i)));
  }
  member.unknown("a socket option", name, known);
}

/// A number in the option's range; true and false where that is 0 to 1.
std::int32_t option_value(tcp::SocketOption option, const Value& member) {
  const auto [min, max] = tcp::socket_option_range(option);
  const bool is_switch = min == 0 && max == 1;
  if (is_switch && member.is_bool()) return member.boolean() ? 1 : 0;
  return member.integer_as<std::int32_t>(min, max);
}

using Options = std::vector<tcp::SocketOptionValue>;

Options options_at(const Value& value) {
  Options options;
  value.for_each_member("an object of socket options",
                        [&](const std::string& name, const Value& member) {
                          const tcp::SocketOption option = option_named(name, member);
                          options.push_back({option, option_value(option, member)});
                        });
  return options;
}

void want_true(const Value& value) {
  if (!value.is_bool() || !value.boolean()) value.want("true");
}

std::uint64_t bytes_at(const Value& value) {
  return static_cast<std::uint64_t>(value.integer(1, max_bytes));
}

app::Step recv_step(const Value& value) {
  if (value.is_integer()) return app::RecvStep{bytes_at(value)};
  if (!value.is_string() || value.string() != "eof") value.want("a number of bytes or \"eof\"");
  return app::RecvStep{};
}

app::Step shutdown_step(const Value& value) {
  using Direction = tcp::Stack::Direction;
  return app::ShutdownStep{one_of<Direction>(
      value, "a direction of shutdown",
      {{"read", Direction::read}, {"write", Direction::write}, {"both", Direction::both}})};
}

app::Step sleep_step(const Value& value) {
  if (value.is_object()) return app::SleepStep{read_delay_model(value, "sleep")};
  return app::SleepStep{net::ConstantDelay{value.duration()}};
}

app::Step close_step(const Value& value) {
  want_true(value);
  return app::CloseStep{};
}

app::Step abort_step(const Value& value) {
  want_true(value);
  return app::AbortStep{};
}

app::Step hold_step(const Value& value) {
  want_true(value);
  return app::HoldStep{};
}

struct StepKind {
  std::string_view key;
  app::Step (*read)(const Value&);
};

constexpr StepKind step_kinds[] = {
    {"send", [](const Value& v) -> app::Step { return app::SendStep{bytes_at(v)}; }},
    {"recv", recv_step},
    {"sleep", sleep_step},
    {"until", [](const Value& v) -> app::Step { return app::UntilStep{v.time()}; }},
    {"shutdown", shutdown_step},
    {"close", close_step},
    {"abort", abort_step},
    {"setsockopt", [](const Value& v) -> app::Step { return app::SetOptionStep{options_at(v)}; }},
    {"hold", hold_step},
};

app::Step step_at(const std::string& key, const Value& value) {
  std::vector<std::string_view> known;
  for (const StepKind& kind : step_kinds) {
    if (kind.key == key) return kind.read(value);
    known.push_back(kind.key);
  }
  value.unknown("a step", key, known);
}

std::vector<app::Step> steps_of(const Value& app, const char* name) {
  std::vector<app::Step> steps;
  const auto value = app.find(name);
  if (!value) return steps;
  value->for_each_element("an array of steps", [&](const Value& element) {
    constexpr std::string_view wish = "a step with one key such as {\"send\": 100}";
    const auto* members = std::get_if<Json::Object>(&element.json().value);
    if (members == nullptr || members->size() != 1) {
      element.fail(fmt::format(
          "want {}, have {}", wish,
          members == nullptr ? shown(element.json()) : fmt::format("{} keys", members->size())));
    }
    const std::string& key = members->front().first;
    steps.push_back(step_at(key, element.at(key)));
  });
  return steps;
}

/// Steps of a socket that is connecting: nothing can be written or read yet.
std::vector<app::Step> steps_while_connecting(const Value& app) {
  std::vector<app::Step> steps = steps_of(app, "while_connecting");
  if (steps.empty()) return steps;
  app.at("while_connecting").for_each_element("an array of steps", [](const Value& element) {
    for (const char* key : {"send", "recv", "hold"}) {
      if (!element.has(key)) continue;
      element.fail(
          fmt::format("want a step of a connecting socket (sleep, until, shutdown, close, "
                      "abort, setsockopt), have \"{}\"",
                      key));
    }
    const auto sleep = element.find("sleep");
    if (sleep && sleep->is_object()) sleep->want("a constant duration such as \"50ms\"");
  });
  return steps;
}

/// A number for all connections, or a list with one for each.
tcp::FixedIss iss_of(const Value& app) {
  const auto value = app.find("iss");
  if (!value) return {};
  if (!value->is_array()) return tcp::Seq{value->integer_as<std::uint32_t>()};
  constexpr std::string_view wish = "a number from 0 to 4294967295, or a list of at least one";
  if (value->size() == 0) value->want(wish);
  std::vector<tcp::Seq> numbers;
  value->for_each_element(wish, [&](const Value& element) {
    numbers.emplace_back(element.integer_as<std::uint32_t>());
  });
  return tcp::FixedIss{std::move(numbers)};
}

void read_accept(const Value& value, app::Listener& listener) {
  if (value.is_bool()) {
    if (!value.boolean()) listener.accept_from.reset();
    return;
  }
  if (!value.is_string()) value.want("true, false or a time such as \"5s\"");
  listener.accept_from = value.time();
}

app::Listener listener_at(const Value& value) {
  value.only_keys("a listener", {"host", "listen", "backlog", "accept", "at", "close_at",
                                 "setsockopt", "iss", "limits", "steps"});
  app::Listener listener;
  listener.port = value.at("listen").integer_as<tcp::Port>(1);
  if (const auto v = value.find("backlog")) listener.backlog = v->integer_as<std::int32_t>(0);
  if (const auto v = value.find("accept")) read_accept(*v, listener);
  if (const auto v = value.find("at")) listener.listen_at = v->time();
  if (const auto v = value.find("close_at")) {
    listener.close_at = v->time();
    if (*listener.close_at <= listener.listen_at) v->want("a time later than \"at\"");
  }
  if (const auto v = value.find("setsockopt")) listener.options = options_at(*v);
  listener.iss = iss_of(value);
  listener.steps = steps_of(value, "steps");
  return listener;
}

/// `at`, `count` and `every` of a connector or flow.
template <class App> void read_series(const Value& value, App& app) {
  if (const auto v = value.find("at")) app.at = v->time();
  if (const auto v = value.find("count")) {
    app.count = static_cast<std::uint64_t>(v->integer(1, max_connections));
  }
  if (const auto v = value.find("every")) {
    app.every = v->duration();
    const auto intervals = static_cast<std::int64_t>(app.count) - 1;
    if (intervals > 0 && app.every > (never - app.at) / intervals) {
      v->want(fmt::format("an interval that {} times fits into 292 years", intervals));
    }
  }
}

app::ArrivalLaw law_at(const Value& value) {
  return one_of<app::ArrivalLaw>(
      value, "a law of arrivals",
      {{"poisson", app::ArrivalLaw::poisson}, {"even", app::ArrivalLaw::even}});
}

/// `rate`, `arrivals` and `for`, which go with each other but not with `every`.
void read_arrivals(const Value& value, app::Connector& connector) {
  const auto rate = value.find("rate");
  if (!rate) {
    for (const char* key : {"arrivals", "for"}) {
      if (const auto v = value.find(key)) {
        v->fail(fmt::format("want a \"rate\" such as \"50/s\" beside \"{}\", have none", key));
      }
    }
    return;
  }
  if (const auto v = value.find("every")) v->fail("want either \"every\" or \"rate\", have both");
  app::ArrivalProcess arrivals;
  arrivals.rate = rate->parsed(parse_frequency, "a rate such as \"5000/s\"");
  if (const auto v = value.find("arrivals")) arrivals.law = law_at(*v);
  if (const auto v = value.find("for")) {
    arrivals.lasts = v->duration();
    if (*arrivals.lasts == SimDuration{0}) v->want("a duration above 0");
  }
  if (!value.has("count")) connector.count = app::Connector::unlimited;
  connector.arrivals = arrivals;
}

app::Connector connector_at(const Value& value) {
  value.only_keys("a connector",
                  {"host", "connect", "from_port", "at", "count", "every", "rate", "arrivals",
                   "for", "setsockopt", "iss", "limits", "while_connecting", "steps"});
  app::Connector connector;
  read_series(value, connector);
  read_arrivals(value, connector);
  if (const auto v = value.find("from_port")) {
    if (connector.count == app::Connector::unlimited) {
      v->fail("want a \"count\" beside \"rate\" and \"from_port\": ports are bound at the start");
    }
    connector.from_port = v->integer_as<tcp::Port>(1);
    if (*connector.from_port + (connector.count - 1) > 65535) {
      v->fail(fmt::format("want \"from_port\" + \"count\" - 1 up to 65535, have {}",
                          *connector.from_port + (connector.count - 1)));
    }
  }
  if (const auto v = value.find("setsockopt")) connector.options = options_at(*v);
  connector.iss = iss_of(value);
  connector.while_connecting = steps_while_connecting(value);
  connector.steps = steps_of(value, "steps");
  return connector;
}

app::DatagramFlow flow_at(const Value& value) {
  value.only_keys("a datagram flow",
                  {"host", "datagrams", "from_port", "size", "at", "count", "every"});
  app::DatagramFlow flow;
  read_series(value, flow);
  if (const auto v = value.find("from_port")) flow.from_port = v->integer_as<tcp::Port>(1);
  if (const auto v = value.find("size")) flow.size = v->integer_as<std::uint32_t>(1, max_datagram);
  return flow;
}

/// Reads apps one after the other; a group's name makes one for each member.
class AppsReader {
 public:
  AppsReader(const Value& root, const Nodes& nodes, Scenario& scenario)
      : nodes_{&nodes},
        scenario_{&scenario},
        reach_{scenario, nodes},
        links_known_{links_known(root, scenario)} {}

  void read(const Value& value) {
    if (!value.is_object()) value.want("an object for an app");
    if (const auto host = value.find("host")) refuse_silent(*host);
    const int kinds = value.has("listen") + value.has("connect") + value.has("datagrams");
    if (kinds == 0) refuse_unnamed(value);
    if (kinds > 1)
      value.fail("want one of \"listen\", \"connect\" and \"datagrams\", have several");
    if (value.has("listen")) {
      auto listener = listener_at(value);
      limit(value, listener);
      add(value, std::move(listener), scenario_->listeners);
    } else if (value.has("connect")) {
      auto connector = connector_at(value);
      aim(value, value.at("connect"), connector);
      limit(value, connector);
      add(value, std::move(connector), scenario_->connectors);
    } else {
      auto flow = flow_at(value);
      aim(value, value.at("datagrams"), flow);
      add(value, std::move(flow), scenario_->datagram_flows);
    }
  }

 private:
  /// A silent host has no TCP, and so no sockets.
  void refuse_silent(const Value& host) const {
    const Host& named = scenario_->hosts[nodes_->host(host).host];
    if (!named.silent) return;
    host.fail(fmt::format("want a host that is not silent, have \"{}\"", named.name));
  }

  /// There is no key that says what kind of app it is: perhaps it is misspelt.
  [[noreturn]] static void refuse_unnamed(const Value& value) {
    value.only_keys("an app", {"host",
                               "listen",
                               "connect",
                               "datagrams",
                               "backlog",
                               "accept",
                               "at",
                               "close_at",
                               "from_port",
                               "count",
                               "every",
                               "rate",
                               "arrivals",
                               "for",
                               "size",
                               "setsockopt",
                               "iss",
                               "limits",
                               "while_connecting",
                               "steps"});
    value.fail("want one of \"listen\", \"connect\" and \"datagrams\", have none");
  }

  /// Reads where a connector or flow goes; every host that sends must have a way there.
  template <class App> void aim(const Value& value, const Value& target, App& app) {
    const EndRef to = nodes_->end(target);
    app.to = nodes_->index(to.host.host, to.host.member.value_or(0));
    app.to_port = to.port;
    const HostRef from = nodes_->host(value.at("host"));
    const auto [first, end] = nodes_->range(from);
    for (auto host = first; host < end; ++host) {
      if (host == app.to) target.want("another host than the app's own");
      if (links_known_ && !reach_.connected(host, app.to)) {
        target.fail(fmt::format("want a host that \"{}\" has links to, have \"{}\"",
                                nodes_->name(HostRef{from.host, host - first_of(from)}),
                                nodes_->name(to.host)));
      }
    }
  }

  /// Its own limits, or else its host's.
  template <class App> void limit(const Value& value, App& app) {
    app.files_max = scenario_->hosts[nodes_->host(value.at("host")).host].files_max;
    value.with("limits", [&](const Value& limits) {
      limits.only_keys("limits of an app", {"nofile"});
      limits.with("nofile", [&](const Value& v) { app.files_max = files_max_at(v); });
    });
  }

  app::HostIndex first_of(const HostRef& ref) const { return nodes_->index(ref.host, 0); }

  template <class App> void add(const Value& value, App app, std::vector<App>& apps) {
    const auto [first, end] = nodes_->range(nodes_->host(value.at("host")));
    apps_ += end - first;
    if (apps_ > max_apps) {
      value.fail(fmt::format("want at most {} apps in all, have more", max_apps));
    }
    for (app.host = first; app.host < end; ++app.host) {
      take_turn(app, app.host - first, end - first);
      apps.push_back(app);
    }
  }

  /// Only connectors with a rate have turns.
  static void take_turn(app::Connector& connector, std::uint32_t member, std::uint32_t members) {
    if (!connector.arrivals) return;
    connector.arrivals->member = member;
    connector.arrivals->members = members;
  }
  template <class App> static void take_turn(App&, std::uint32_t, std::uint32_t) {}

  const Nodes* nodes_;
  Scenario* scenario_;
  Reach reach_;
  bool links_known_;
  std::uint64_t apps_ = 0;
};

}  // namespace

void read_apps(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto apps = root.find("apps");
  if (!apps) return;
  AppsReader reader{root, nodes, scenario};
  apps->for_each_element("an array of apps", [&](const Value& value) { reader.read(value); });
}

}  // namespace lastack::scenario
