#include "lastack/scenario/load.hpp"

#include <chrono>
#include <string>
#include <variant>

#include <catch2/catch.hpp>

#include "bad_inputs.hpp"
#include "support.hpp"

namespace lastack::scenario {
namespace {

Scenario parsed(std::string_view json) { return parse_scenario(json, "folder/s.json"); }

/// The scenario of two linked hosts with more keys.
Scenario two_hosts(const std::string& more) {
  return parsed(R"({"hosts": {"a": {}, "b": {}}, "links": [{"a": "a", "b": "b"}], )" + more + "}");
}

template <class T> const T& as(const auto& variant) {
  REQUIRE(std::holds_alternative<T>(variant));
  return std::get<T>(variant);
}

TEST_CASE("scenario: defaults are those of the format", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {"a": {}}})");
  CHECK(s.name == "s");
  CHECK(s.seed == 1);
  CHECK(s.stop_at == sim_start + 10min);
  REQUIRE(s.hosts.size() == 1);
  CHECK(s.hosts[0].profile == tcp::ProfileId::linux_6);
  CHECK(s.hosts[0].settings == tcp::default_settings(tcp::ProfileId::linux_6));
  CHECK(s.hosts[0].handshake == tcp::Handshake::three_way);
  CHECK_FALSE(s.hosts[0].group);
}

TEST_CASE("hosts: keep the order of the file", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {"z": {}, "m": {}, "a": {}}})");
  CHECK(s.hosts[0].name == "z");
  CHECK(s.hosts[1].name == "m");
  CHECK(s.hosts[2].name == "a");
}

TEST_CASE("hosts: each profile brings its times", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {
    "l6": {}, "l4": {"profile": "linux-4"}, "rfc": {"profile": "rfc9293"},
    "book": {"profile": "textbook"}}})");
  for (const Host& host : s.hosts) CHECK(host.initial_rto == 1s);
  CHECK(s.hosts[0].msl == 30s);
  CHECK(s.hosts[1].msl == 30s);
  CHECK(s.hosts[2].msl == 2min);
  CHECK(s.hosts[3].msl == 30s);
  CHECK(s.hosts[0].timers == tcp::TimerMode::wheel);
  CHECK(s.hosts[1].timers == tcp::TimerMode::wheel);
  CHECK(s.hosts[2].timers == tcp::TimerMode::exact);
  CHECK(s.hosts[3].timers == tcp::TimerMode::exact);
}

TEST_CASE("hosts: what a host says goes before what the scenario says", "[scenario]") {
  const Scenario s = parsed(R"({
    "profile": "textbook", "initial_rto": "3s", "msl": "1min", "timer_wheel": true, "hz": 1000,
    "what_if": {"handshake": "two-way"}, "sysctl": {"tcp_syn_retries": 3, "somaxconn": 7},
    "hosts": {
      "a": {},
      "b": {"profile": "rfc9293", "initial_rto": "2s", "msl": "5s", "timer_wheel": false, "hz": 100,
            "what_if": {"handshake": "four-way"}, "sysctl": {"net.ipv4.tcp_syn_retries": "4"}}
    }})");
  const Host& a = s.hosts[0];
  CHECK(a.profile == tcp::ProfileId::textbook);
  CHECK(a.initial_rto == 3s);
  CHECK(a.msl == 1min);
  CHECK(a.timers == tcp::TimerMode::wheel);
  CHECK(a.hz == 1000);
  CHECK(a.handshake == tcp::Handshake::two_way);
  CHECK(a.settings.tcp_syn_retries == 3);
  CHECK(a.settings.tcp_synack_retries == 5);
  const Host& b = s.hosts[1];
  CHECK(b.profile == tcp::ProfileId::rfc9293);
  CHECK(b.initial_rto == 2s);
  CHECK(b.msl == 5s);
  CHECK(b.timers == tcp::TimerMode::exact);
  CHECK(b.hz == 100);
  CHECK(b.handshake == tcp::Handshake::four_way);
  CHECK(b.settings.tcp_syn_retries == 4);
  CHECK(b.settings.somaxconn == 7);
}

TEST_CASE("hosts: limits come from the app, else its host, else the scenario", "[scenario]") {
  const Scenario s = parsed(R"({
    "limits": {"nofile": 100, "sockets": 7},
    "hosts": {"a": {"limits": {"nofile": "unlimited"}}, "b": {"limits": {"sockets": "unlimited"}}},
    "links": [{"a": "a", "b": "b"}],
    "apps": [
      {"host": "a", "listen": 80, "limits": {"nofile": 5}},
      {"host": "a", "listen": 81},
      {"host": "b", "connect": "a:80", "limits": {"nofile": "unlimited"}},
      {"host": "b", "connect": "a:80"}
    ]})");
  CHECK(s.hosts[0].sockets_max == 7);
  CHECK(s.hosts[1].sockets_max == tcp::unlimited_sockets);
  CHECK(s.listeners[0].files_max == 5);
  CHECK(s.listeners[1].files_max == app::unlimited_files);
  CHECK(s.connectors[0].files_max == app::unlimited_files);
  CHECK(s.connectors[1].files_max == 100);
  const Scenario plain = parsed(R"({"hosts": {"a": {}}, "apps": [{"host": "a", "listen": 80}]})");
  CHECK(plain.hosts[0].sockets_max == tcp::unlimited_sockets);
  CHECK(plain.listeners[0].files_max == app::unlimited_files);
}

TEST_CASE("hosts: a Linux profile may be given its own times", "[scenario]") {
  CHECK(parsed(R"({"hosts": {"a": {}}, "initial_rto": "1s", "msl": "30s"})").hosts[0].msl == 30s);
}

TEST_CASE("groups: are numbered before and after the others, in the file's order", "[scenario]") {
  const Scenario s = parsed(R"({
    "hosts": {"gate": {}, "clients": {"count": 3, "address": "10.1.0.1"}, "server": {}},
    "routers": ["r"],
    "links": [{"a": "clients", "b": "r"}, {"a": "r", "b": "server"}],
    "apps": [{"host": "server", "listen": 80},
             {"host": "clients", "connect": "server:80", "from_port": 4000, "count": 2},
             {"host": "clients[2]", "connect": "server:80"}]})");
  CHECK(s.hosts[1].group);
  CHECK(s.hosts[1].count == 3);
  CHECK(s.hosts[1].address == tcp::Address{0x0a010001});
  REQUIRE(s.listeners.size() == 1);
  CHECK(s.listeners[0].host == 4);
  REQUIRE(s.connectors.size() == 4);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(s.connectors[i].host == 1 + i);
    CHECK(s.connectors[i].to == 4);
    CHECK(s.connectors[i].count == 2);
  }
  CHECK(s.connectors[3].host == 3);
  CHECK(as<HostRef>(s.links[0].a.node) == HostRef{1, std::nullopt});
  CHECK(as<std::size_t>(s.links[0].b.node) == 0);
  CHECK(as<HostRef>(s.links[1].b.node) == HostRef{2, 0});
}

TEST_CASE("groups: a hundred thousand members load in a moment", "[scenario]") {
  const std::string members = "100000";
  const Scenario s = parsed(R"({"hosts": {"c": {"count": )" + members + R"(}, "s": {}},
    "routers": ["r"], "links": [{"a": "c", "b": "r"}, {"a": "s", "b": "r"}],
    "apps": [{"host": "s", "listen": 80},
             {"host": "c", "connect": "s:80", "steps": [{"send": 1}, {"close": true}]}]})");
  CHECK(s.connectors.size() == 100'000);
}

TEST_CASE("links: each key, and what one direction overrides", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {"a": {}, "b": {}}, "links": [{
    "a": "a", "b": "b", "delay": "10ms", "jitter": "1ms", "loss": 0.5, "duplicate": 0.25,
    "reorder": {"p": 0.125, "by": "3ms"}, "corrupt": 1, "rate": "10Mbit", "queue": 3000, "mtu": 576,
    "b_to_a": {"delay": "20ms", "loss": 0}}]})");
  const net::LinkConfig& there = s.links[0].a_to_b;
  CHECK(as<net::ConstantDelay>(there.delay).value == 10ms);
  CHECK(there.jitter == 1ms);
  CHECK(as<net::BernoulliLoss>(there.loss).p == 0.5);
  CHECK(there.duplicate == 0.25);
  CHECK(there.reorder.p == 0.125);
  CHECK(there.reorder.by == 3ms);
  CHECK(there.corrupt == 1);
  CHECK(there.rate_bps == 10'000'000);
  CHECK(there.queue_bytes_max == 3000);
  CHECK(there.mtu == 576);
  const net::LinkConfig& back = s.links[0].b_to_a;
  CHECK(as<net::ConstantDelay>(back.delay).value == 20ms);
  CHECK(as<net::BernoulliLoss>(back.loss).p == 0);
  CHECK(back.mtu == 576);
}

TEST_CASE("links: defaults are no delay, no loss, no limit, MTU 1500", "[scenario]") {
  const net::LinkConfig c = two_hosts(R"("name": "x")").links[0].b_to_a;
  CHECK(as<net::ConstantDelay>(c.delay).value == 0ns);
  CHECK(as<net::BernoulliLoss>(c.loss).p == 0);
  CHECK_FALSE(c.rate_bps);
  CHECK_FALSE(c.queue_bytes_max);
  CHECK(c.mtu == 1500);
}

TEST_CASE("links: every model of delay and loss", "[scenario]") {
  const auto link = [](const std::string& key, const std::string& value) {
    return parse_scenario(scenario_with("/links/0/" + key, value), "s.json").links[0].a_to_b;
  };
  const auto delay = [&](const std::string& value) { return link("delay", value).delay; };
  CHECK(as<net::ConstantDelay>(delay(R"({"model": "constant", "value": "5ms"})")).value == 5ms);
  const auto uniform = delay(R"({"model": "uniform", "min": "1ms", "max": "2ms"})");
  CHECK(as<net::UniformDelay>(uniform).min == 1ms);
  CHECK(as<net::UniformDelay>(uniform).max == 2ms);
  const auto normal = delay(R"({"model": "normal", "mean": "5ms", "sd": "1ms"})");
  CHECK(as<net::NormalDelay>(normal).mean == 5ms);
  CHECK(as<net::NormalDelay>(normal).sd == 1ms);
  const auto exponential = delay(R"({"model": "exponential", "min": "5ms", "mean": "1ms"})");
  CHECK(as<net::ExponentialDelay>(exponential).min == 5ms);
  CHECK(as<net::ExponentialDelay>(exponential).mean == 1ms);
  const auto pareto = delay(R"({"model": "pareto", "min": "5ms", "shape": 1.5})");
  CHECK(as<net::ParetoDelay>(pareto).min == 5ms);
  CHECK(as<net::ParetoDelay>(pareto).shape == 1.5);
  const auto bursts =
      link("loss", R"({"model": "gilbert_elliott", "p_good_to_bad": 0.1, "p_bad_to_good": 0.5})");
  CHECK(as<net::GilbertElliottLoss>(bursts.loss).p_good_to_bad == 0.1);
  CHECK(as<net::GilbertElliottLoss>(bursts.loss).loss_bad == 1);
  CHECK(link("reorder", "0.5").reorder.by == 10ms);
}

TEST_CASE("links: between members of one group, and to several routers", "[scenario]") {
  CHECK_NOTHROW(parsed(R"({"hosts": {"c": {"count": 3}}, "routers": ["r", "q"], "links": [
    {"a": "c[0]", "b": "c[1]"}, {"a": "c[1]", "b": "c[2]"}, {"a": "c", "b": "r"},
    {"a": "c[0]", "b": "q"}, {"a": "c[1]", "b": "q"}, {"a": "r", "b": "q"}]})"));
}

TEST_CASE("faults: every condition", "[scenario]") {
  const Scenario s = two_hosts(R"("faults": [
    {"on": "a->b", "do": "drop"},
    {"on": "b->a", "flags": "FP.", "payload": true, "nth": [1, 3], "after": "1s", "until": "2s",
     "do": "delay", "by": "5ms"},
    {"on": "b->a", "flags": "none", "nth": "3+", "do": "duplicate", "by": "0s"}])");
  const Fault& plain = s.faults[0];
  CHECK(plain.from.host == 0);
  CHECK(plain.to.host == 1);
  CHECK_FALSE(plain.flags);
  CHECK(plain.nth.empty());
  CHECK(plain.until == never);
  CHECK(plain.action == FaultAction::drop);
  const Fault& full = s.faults[1];
  CHECK(full.flags == (tcp::Flags::fin | tcp::Flags::ack));  // P makes no difference
  CHECK(full.payload == true);
  CHECK(full.nth == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 1}, {3, 3}});
  CHECK(full.after == sim_start + 1s);
  CHECK(full.until == sim_start + 2s);
  CHECK(full.action == FaultAction::delay);
  CHECK(full.by == 5ms);
  CHECK(s.faults[2].flags == tcp::Flags::none);
  CHECK(s.faults[2].nth[0].first == 3);
}

TEST_CASE("forged segments: absolute and relative numbers", "[scenario]") {
  const Scenario s = two_hosts(R"("inject": [
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": "S", "seq": 90},
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": "R.", "seq": "iss+1",
     "ack": "iss-5", "win": 0, "len": 10}])");
  CHECK_FALSE(s.injections[0].seq.relative);
  CHECK(s.injections[0].seq.value == 90);
  CHECK(s.injections[0].win == 65535);
  CHECK(s.injections[0].len == 0);
  CHECK(s.injections[1].seq.relative);
  CHECK(s.injections[1].seq.value == 1);
  CHECK(s.injections[1].ack.value == -5);
  CHECK(s.injections[1].win == 0);
  CHECK(s.injections[1].len == 10);
}

TEST_CASE("forged segments: options in the order of the wire", "[scenario]") {
  const Scenario s = two_hosts(R"("inject": [
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": "S"},
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": ".", "options":
      [{"ts": ["ts+5", 7]}, "nop", {"wscale": 200}, {"sack": [["iss+100", 200]]},
       "sack_permitted", {"mss": 1460}, {"mss": 536}]}])");
  CHECK(s.injections[0].options.empty());
  const auto& options = s.injections[1].options;
  REQUIRE(options.size() == 7);  // one that is there twice, and those of a SYN, may be forged
  const auto& stamps = std::get<ForgedTimestamps>(options[0]);
  CHECK(stamps.val.relative);
  CHECK(stamps.val.value == 5);
  CHECK_FALSE(stamps.ecr.relative);
  CHECK(stamps.ecr.value == 7);
  CHECK(std::holds_alternative<ForgedNop>(options[1]));
  CHECK(std::get<ForgedWindowScale>(options[2]).shift == 200);
  const auto& [left, right] = std::get<ForgedSack>(options[3]).blocks.at(0);
  CHECK(left.relative);
  CHECK_FALSE(right.relative);
  CHECK(std::holds_alternative<ForgedSackPermitted>(options[4]));
  CHECK(std::get<ForgedMss>(options[6]).mss == 536);
}

TEST_CASE("forged segments: options of exactly 40 octets fit", "[scenario]") {
  const Scenario s = two_hosts(R"("inject": [
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": ".", "len": 65455,
     "options": [{"mss": 1}, "sack_permitted", {"sack": [[1, 2], [3, 4], [5, 6], [7, 8]]}]}])");
  CHECK(s.injections[0].options.size() == 3);
  CHECK(problem_with(R"({"hosts": {"a": {}, "b": {}}, "inject": [
    {"at": "1s", "from": "a", "to": "b", "sport": 4000, "dport": 80, "flags": ".", "len": 65492,
     "options": ["nop"]}]})") ==
        "s.json: /inject/0/len: want an integer from 0 to 65491, have 65492");
}

TEST_CASE("forged options: relative numbers, and what a receiver reads of repeated ones",
          "[scenario]") {
  const ForgedBase base{tcp::Seq{1000}, tcp::Timestamp{50}, tcp::Timestamp{70}};
  const OptionsInOrder each =
      resolve({ForgedMss{1460}, ForgedTimestamps{{true, -1}, {true, 2}}, ForgedNop{},
               ForgedSack{{{{true, 10}, {true, 20}}, {{false, 5}, {true, -1}}}}, ForgedMss{536}},
              base);
  REQUIRE(each.size() == 5);
  CHECK(each[2].wire_size() == 0);
  const tcp::Options read = as_received(each);
  CHECK(read.mss == 536);
  CHECK(read.ts_val == tcp::Timestamp{49});
  CHECK(read.ts_ecr == tcp::Timestamp{72});
  CHECK(read.sack_count == 2);
  CHECK(read.sack[0] == tcp::SackBlock{tcp::Seq{1010}, tcp::Seq{1020}});
  CHECK(read.sack[1] == tcp::SackBlock{tcp::Seq{5}, tcp::Seq{999}});
  CHECK_FALSE(read.has_window_scale);
}

TEST_CASE("events: of hosts, of settings and of links", "[scenario]") {
  const Scenario s = two_hosts(R"("events": [
    {"at": "1s", "host": "a", "do": "reboot"},
    {"at": "2s", "host": "b", "sysctl": {"net.ipv4.tcp_rmem": "1 2 3", "somaxconn": 5}},
    {"at": "3s", "link": ["b", "a"], "do": "up"}])");
  REQUIRE(s.host_events.size() == 2);
  CHECK(s.host_events[0].what == HostEvent::Do::reboot);
  CHECK(s.host_events[1].what == HostEvent::Do::set);
  CHECK(s.host_events[1].sysctl == std::vector<std::pair<std::string, std::string>>{
                                       {"tcp_rmem", "1 2 3"}, {"somaxconn", "5"}});
  REQUIRE(s.link_events.size() == 1);
  CHECK(s.link_events[0].link == 0);
  CHECK(s.link_events[0].what == LinkEvent::Do::up);
  CHECK(as<HostRef>(s.link_events[0].a.node).host == 0);  // in the order of the link's own ends
  CHECK(as<HostRef>(s.link_events[0].b.node).host == 1);
}

TEST_CASE("events: of one member's link, and of all links that the names cover", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {"c": {"count": 3}, "s": {}}, "routers": ["r"], "links": [
    {"a": "c", "b": "r"}, {"a": "c[0]", "b": "s"}, {"a": "s", "b": "c[2]"}], "events": [
    {"at": "1s", "link": ["r", "c[1]"], "do": "down"}, {"at": "2s", "link": ["c", "s"], "do": "up"}]})");
  REQUIRE(s.link_events.size() == 3);
  CHECK(s.link_events[0].link == 0);
  CHECK(as<HostRef>(s.link_events[0].a.node) == HostRef{0, 1});
  CHECK(s.link_events[1].link == 1);
  CHECK(as<HostRef>(s.link_events[1].a.node) == HostRef{0, 0});
  CHECK(s.link_events[2].link == 2);
  CHECK(as<HostRef>(s.link_events[2].b.node) == HostRef{0, 2});
}

TEST_CASE("apps: a listener with all its keys", "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [
    {"host": "b", "listen": 80, "backlog": 4, "accept": "5s", "at": "1s", "close_at": "9s",
     "setsockopt": {"TCP_DEFER_ACCEPT": 3, "SO_KEEPALIVE": true}, "iss": 100},
    {"host": "b", "listen": 81, "accept": false}, {"host": "b", "listen": 82, "accept": true}])");
  const app::Listener& full = s.listeners[0];
  CHECK(full.port == 80);
  CHECK(full.backlog == 4);
  CHECK(full.accept_from == sim_start + 5s);
  CHECK(full.listen_at == sim_start + 1s);
  CHECK(full.close_at == sim_start + 9s);
  REQUIRE(full.options.size() == 2);
  CHECK(full.options[0].option == tcp::SocketOption::tcp_defer_accept);
  CHECK(full.options[0].value == 3);
  CHECK(full.options[1].value == 1);
  CHECK(full.iss.of(0) == tcp::Seq{100});
  CHECK(s.listeners[1].backlog == 128);
  CHECK_FALSE(s.listeners[1].accept_from);
  CHECK(s.listeners[2].accept_from == sim_start);
}

TEST_CASE("apps: a connector with all its keys and every step", "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [{"host": "a", "connect": "b:80", "from_port": 65000,
    "at": "1s", "count": 536, "every": "50ms", "iss": 4294967295, "steps": [
      {"send": 5}, {"recv": 7}, {"recv": "eof"}, {"sleep": "1s"}, {"until": "9s"},
      {"shutdown": "write"}, {"setsockopt": {"TCP_QUICKACK": 0}}, {"hold": true}, {"abort": true},
      {"close": true}]}])");
  const app::Connector& c = s.connectors[0];
  CHECK(c.host == 0);
  CHECK(c.to == 1);
  CHECK(c.to_port == 80);
  CHECK(c.from_port == 65000);
  CHECK(c.at == sim_start + 1s);
  CHECK(c.count == 536);
  CHECK(c.every == 50ms);
  CHECK(c.iss.of(7) == tcp::Seq{4294967295});
  REQUIRE(c.steps.size() == 10);
  CHECK(as<app::SendStep>(c.steps[0]).bytes == 5);
  CHECK(as<app::RecvStep>(c.steps[1]).bytes == 7);
  CHECK_FALSE(as<app::RecvStep>(c.steps[2]).bytes);
  CHECK(as<net::ConstantDelay>(as<app::SleepStep>(c.steps[3]).duration).value == 1s);
  CHECK(as<app::UntilStep>(c.steps[4]).time == sim_start + 9s);
  CHECK(as<app::ShutdownStep>(c.steps[5]).how == tcp::Stack::Direction::write);
  CHECK(as<app::SetOptionStep>(c.steps[6]).options[0].value == 0);
  as<app::HoldStep>(c.steps[7]);
  as<app::AbortStep>(c.steps[8]);
  as<app::CloseStep>(c.steps[9]);
}

TEST_CASE("apps: a connector with a rate begins connections without end, by a Poisson process",
          "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [{"host": "a", "connect": "b:80", "rate": "5000/s"},
    {"host": "a", "connect": "b:80", "at": "2s", "rate": "3/s", "arrivals": "even", "for": "60s"},
    {"host": "a", "connect": "b:80", "rate": "3/s", "count": 7, "from_port": 65529}])");
  REQUIRE(s.connectors.size() == 3);
  for (const app::Connector& connector : s.connectors) REQUIRE(connector.arrivals);
  CHECK(s.connectors[0].count == app::Connector::unlimited);
  CHECK(s.connectors[0].arrivals->rate == app::Rate{1, 200'000});
  CHECK(s.connectors[0].arrivals->law == app::ArrivalLaw::poisson);
  CHECK_FALSE(s.connectors[0].arrivals->lasts);
  CHECK(s.connectors[1].at == sim_start + 2s);
  CHECK(s.connectors[1].arrivals->law == app::ArrivalLaw::even);
  CHECK(s.connectors[1].arrivals->lasts == 60s);
  CHECK(s.connectors[2].count == 7);
}

TEST_CASE("apps: a group's members take turns", "[scenario]") {
  const Scenario s = parsed(R"({"hosts": {"c": {"count": 3}, "b": {}},
    "links": [{"a": "c", "b": "b"}],
    "apps": [{"host": "c", "connect": "b:80", "rate": "5/s"},
             {"host": "c[2]", "connect": "b:80", "rate": "5/s"}]})");
  REQUIRE(s.connectors.size() == 4);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(s.connectors[i].arrivals->member == i);
    CHECK(s.connectors[i].arrivals->members == 3);
  }
  CHECK(s.connectors[3].arrivals->members == 1);
}

TEST_CASE("apps: how long a step sleeps can be drawn", "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [{"host": "a", "connect": "b:80", "steps": [
    {"sleep": {"model": "exponential", "mean": "2s"}},
    {"sleep": {"model": "uniform", "min": "1s", "max": "3s"}},
    {"sleep": {"model": "constant", "value": "5s"}},
    {"sleep": "876000h"}]}])");
  const auto sleep = [&](std::size_t step) {
    return as<app::SleepStep>(s.connectors[0].steps[step]).duration;
  };
  CHECK(as<net::ExponentialDelay>(sleep(0)).mean == 2s);
  CHECK(as<net::UniformDelay>(sleep(1)).max == 3s);
  CHECK(as<net::ConstantDelay>(sleep(2)).value == 5s);
  CHECK(as<net::ConstantDelay>(sleep(3)).value == 876000h);
}

TEST_CASE("apps: a flow of datagrams", "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [{"host": "a", "datagrams": "b:9000", "size": 100,
    "at": "1s", "count": 50, "every": "20ms", "from_port": 5}])");
  REQUIRE(s.datagram_flows.size() == 1);
  CHECK(s.datagram_flows[0].to_port == 9000);
  CHECK(s.datagram_flows[0].from_port == 5);
  CHECK(s.datagram_flows[0].size == 100);
  CHECK(s.datagram_flows[0].count == 50);
}

TEST_CASE("apps: hosts do not forward, routers do", "[scenario]") {
  const auto connects = [](const std::string& routers, const std::string& middle) {
    const std::string json = R"({"hosts": {"a": {}, "b": {}, "m": {}}, "routers": )" + routers +
                             R"(, "links": [{"a": "a", "b": ")" + middle +
                             R"("}, {"a": "b", "b": ")" + middle +
                             R"("}], "apps": [{"host": "a", "connect": "b:80"}]})";
    try {
      parse_scenario(json, "s.json");
      return true;
    } catch (const ScenarioError&) {
      return false;
    }
  };
  CHECK(connects(R"(["r"])", "r"));
  CHECK_FALSE(connects(R"(["r"])", "m"));
}

TEST_CASE("expectations: every kind", "[scenario]") {
  const Scenario s = two_hosts(R"("apps": [{"host": "a", "connect": "b:80"}], "expect": [
    {"call": "recv", "host": "a", "who": "connect", "nth": 2, "result": 17, "after": "1s",
     "until": "1s", "description": "why"},
    {"call": "connected", "host": "b", "min": 1, "max": 2},
    {"segments": {"on": "a->b", "flags": "S", "payload": false, "why": "rto", "fate": "lost",
                  "after": "1s", "until": "2s"}, "count": 3},
    {"segments": {"from": "b"}, "min": 1},
    {"state": "SYN_RCVD", "socket": "b:80", "peer": "a:4000", "at": "3s"},
    {"state": "CLOSED", "socket": "b:80", "at": "end"},
    {"path": ["SYN_SENT", "ESTABLISHED"], "socket": "a:4000"},
    {"metric": "connect_errors.ETIMEDOUT", "equals": 1},
    {"metric": "hosts.b.counters.TcpExtListenDrops", "max": 0}])");
  REQUIRE(s.expectations.size() == 9);
  CHECK(s.expectations[0].pointer == "/expect/0");
  CHECK(s.expectations[0].description == "why");
  const auto& call = as<ExpectCall>(s.expectations[0].what);
  CHECK(call.nth == 2);
  CHECK(call.result == "17");
  CHECK(call.after == call.until);
  CHECK_FALSE(call.count);
  CHECK(as<ExpectCall>(s.expectations[1].what).count->max == 2);
  const auto& segments = as<ExpectSegments>(s.expectations[2].what);
  CHECK(segments.filter.from == HostRef{0, 0});
  CHECK(segments.filter.to == HostRef{1, 0});
  CHECK(segments.filter.flags == tcp::Flags::syn);
  CHECK(segments.filter.why == tcp::SendReason::rto);
  CHECK(segments.filter.fate == Fate::lost);
  CHECK(segments.count.equals == 3);
  CHECK_FALSE(as<ExpectSegments>(s.expectations[3].what).filter.to);
  const auto& state = as<ExpectState>(s.expectations[4].what);
  CHECK(state.state == tcp::State::syn_rcvd);
  CHECK(state.socket.peer->second == 4000);
  CHECK(state.at == sim_start + 3s);
  CHECK_FALSE(as<ExpectState>(s.expectations[5].what).at);
  CHECK(as<ExpectPath>(s.expectations[6].what).path[1] == tcp::State::established);
  CHECK(as<ExpectMetric>(s.expectations[7].what).value.equals == 1);
}

}  // namespace
}  // namespace lastack::scenario
