#include "reports/sysctl_fragment.hpp"

#include <sstream>
#include <string>

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace lastack::cli {
namespace {

scenario::Objective objective(const std::string& settings) {
  return scenario::parse_objective(
      R"({"scenario": {
        "hosts": {"client": {}, "server": {}},
        "links": [{"a": "client", "b": "server"}],
        "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]},
      "minimize": {"metric": "syn_sent"}, "settings": {)" +
          settings + "}}",
      "o.json");
}

TEST_CASE("sysctl fragment: each setting with what it does, its default and its full name",
          "[cli]") {
  const auto fragments = sysctl_fragments(
      objective(R"("hosts.client.sysctl.tcp_syn_retries": [3])"), 0, {"why\nand how"});
  REQUIRE(fragments.size() == 1);
  CHECK(fragments[0].host == "client");
  CHECK_THAT(fragments[0].text, StartsWith("# why\n# and how\n\n# "));
  CHECK_THAT(fragments[0].text, Contains("\n# Default: 6 segments. Source: "));
  CHECK_THAT(fragments[0].text, EndsWith("\nnet.ipv4.tcp_syn_retries = 3\n"));
}

TEST_CASE("sysctl fragment: a line is a comment, empty, or a setting as sysctl.d wants it",
          "[cli]") {
  const auto fragments = sysctl_fragments(
      objective(R"("hosts.client.sysctl.net.ipv4.ip_local_port_range": ["1024 65535"],
                   "hosts.client.sysctl.somaxconn": [16], "links.0.loss": [0.1])"),
      0, {"a heading"});
  REQUIRE(fragments.size() == 1);
  CHECK_THAT(fragments[0].text, Contains("\nnet.ipv4.ip_local_port_range = 1024 65535\n"));
  CHECK_THAT(fragments[0].text, Contains("\nnet.core.somaxconn = 16\n"));
  CHECK_THAT(fragments[0].text, Contains("# No sysctl, to be set elsewhere: links.0.loss = 0.1\n"));
  std::istringstream lines{fragments[0].text};
  int settings = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    ++settings;
    CHECK_THAT(line, Catch::Matchers::Matches(R"([a-z0-9_.]+ = [0-9 ]+)"));
  }
  CHECK(settings == 2);
}

TEST_CASE("sysctl fragment: every host has its own, with what is everybody's", "[cli]") {
  const auto fragments = sysctl_fragments(
      objective(R"("sysctl.tcp_sack": [0], "hosts.client.sysctl.tcp_syn_retries": [3],
                   "hosts.server.sysctl.tcp_synack_retries": [2])"),
      0, {});
  REQUIRE(fragments.size() == 2);
  CHECK_THAT(fragments[0].text, Contains("tcp_sack = 0") && Contains("tcp_syn_retries = 3") &&
                                    !Contains("tcp_synack_retries = "));
  CHECK_THAT(fragments[1].text, Contains("tcp_sack = 0") && Contains("tcp_synack_retries = 2"));
  CHECK(file_for_host("etc/90-tcp.conf", "server") == "etc/90-tcp.server.conf");
}

TEST_CASE("sysctl fragment: settings for all hosts are one file, and no sysctl is none", "[cli]") {
  const auto all = sysctl_fragments(objective(R"("sysctl.tcp_sack": [0])"), 0, {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].host.empty());
  CHECK_THAT(all[0].text, EndsWith("net.ipv4.tcp_sack = 0\n"));
  CHECK(sysctl_fragments(objective(R"("links.0.loss": [0.1])"), 0, {}).empty());
}

}  // namespace
}  // namespace lastack::cli
