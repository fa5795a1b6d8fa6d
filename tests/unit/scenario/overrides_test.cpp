#include <string>
#include <variant>

#include <catch2/catch.hpp>

#include "support.hpp"

namespace lastack::scenario {
namespace {

constexpr std::string_view scenario = R"({
  "hosts": {"client": {}, "server": {"sysctl": {"net.ipv4.tcp_sack": 1}}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}]
})";

Scenario with(const std::vector<Override>& overrides) {
  return parse_scenario(scenario, "s.json", overrides);
}

TEST_CASE("option --set: replaces values, makes objects on the way, goes into arrays",
          "[scenario]") {
  CHECK(with({{"seed", "7"}}).seed == 7);
  CHECK(with({{"stop_at", "3s"}}).stop_at == sim_start + 3s);  // no JSON: a string
  CHECK(with({{"stop_at", "\"3s\""}}).stop_at == sim_start + 3s);
  CHECK(with({{"hosts.client.sysctl.tcp_syn_retries", "3"}}).hosts[0].settings.tcp_syn_retries ==
        3);
  const Scenario lossy = with({{"links.0.loss", "0.05"}});
  CHECK(std::get<net::BernoulliLoss>(lossy.links[0].a_to_b.loss).p == 0.05);
  CHECK(with({{"hosts.new.profile", "textbook"}}).hosts[2].profile == tcp::ProfileId::textbook);
  CHECK(with({{"what_if", R"({"handshake": "two-way"})"}}).hosts[0].handshake ==
        tcp::Handshake::two_way);
}

TEST_CASE("option --set: the last of several wins", "[scenario]") {
  CHECK(with({{"seed", "7"}, {"seed", "8"}}).seed == 8);
}

TEST_CASE("option --set: names of settings may have their dots", "[scenario]") {
  const auto sack = [](const std::string& path) {
    return with({{path, "0"}}).hosts[1].settings.tcp_sack;
  };
  CHECK(sack("hosts.server.sysctl.net.ipv4.tcp_sack") == 0);  // there already
  CHECK(sack("hosts.server.sysctl.tcp_sack") == 0);           // there by its other name
  const auto client = with({{"hosts.client.sysctl.net.ipv4.tcp_sack", "0"}}).hosts[0];  // new
  CHECK(client.settings.tcp_sack == 0);
  CHECK(with({{"sysctl.net.core.somaxconn", "5"}}).hosts[0].settings.somaxconn == 5);
  CHECK(with({{"sysctl.tcp_rmem", "1 2 3"}}).hosts[0].settings.tcp_rmem[2] == 3);
}

TEST_CASE("option --set: errors name it", "[scenario]") {
  const auto problem = [](const std::string& key, const std::string& value) {
    return problem_with(scenario, {{key, value}});
  };
  CHECK(problem("hosts.client.sysctl.tcp_syn_retries", "900") ==
        "s.json: /hosts/client/sysctl/tcp_syn_retries: want 1 to 127, have 900 "
        "(from --set hosts.client.sysctl.tcp_syn_retries=900)");
  CHECK(problem("links.0.dely", "10ms").find("nearest is \"delay\"") != std::string::npos);
  CHECK(problem("links.1.loss", "0") ==
        "s.json: /links: want the number 0, as the array has one element, have \"1\" "
        "(in --set links.1.loss=0)");
  CHECK(problem("links.first.loss", "0") ==
        "s.json: /links: want the number 0, as the array has one element, have \"first\" "
        "(in --set links.first.loss=0)");
  CHECK(problem("links.0.delay.min", "1ms") ==
        "s.json: /links/0/delay: want an object or array on the way, have \"10ms\" "
        "(in --set links.0.delay.min=1ms)");
  CHECK(problem("hosts..x", "1") ==
        "s.json: /hosts: want a key between two dots, have none (in --set hosts..x=1)");
  CHECK(problem("", "1") ==
        "s.json: want a dotted path such as links.0.loss, have \"\" (in --set =1)");
  CHECK(problem("hosts.", "1") ==
        "s.json: want a dotted path such as links.0.loss, have \"hosts.\" (in --set hosts.=1)");
  CHECK(problem("faults.0.do", "drop") ==
        "s.json: /faults: want an array of faults, have an object (from --set faults.0.do=drop)");
}

TEST_CASE("option --set: a new host is a warning, for it may be a slip of the pen", "[scenario]") {
  const Scenario slip = with({{"hosts.clinet.sysctl.tcp_sack", "0"}});
  REQUIRE(slip.new_hosts.size() == 1);
  CHECK(slip.new_hosts[0].override == "hosts.clinet.sysctl.tcp_sack=0");
  CHECK(to_text(slip.new_hosts[0]) == "a new host \"clinet\"; nearest is \"client\"");
  CHECK(with({{"hosts.client.sysctl.tcp_sack", "0"}}).new_hosts.empty());
  CHECK(with({{"hosts.client", "{}"}}).new_hosts.empty());  // replaced, not new
}

TEST_CASE("option --set: an error elsewhere does not name it", "[scenario]") {
  CHECK(problem_with(R"({"hosts": {"clients": {"count": 0}}})", {{"hosts.client", "{}"}}) ==
        "s.json: /hosts/clients/count: want an integer from 1 to 1000000, have 0");
  CHECK(problem_with(R"({"hosts": {"a": {"count": 0}}})", {{"seed", "2"}}) ==
        "s.json: /hosts/a/count: want an integer from 1 to 1000000, have 0");
}

}  // namespace
}  // namespace lastack::scenario
