#include <string>

#include <catch2/catch.hpp>

#include "support.hpp"

namespace lastack::scenario {
namespace {

/// The settings of a host that names a file with this text.
tcp::Settings settings_from(std::string_view text, const std::string& more = "") {
  const TemporaryFile file{"host-sysctl.conf", text};
  const std::string scenario = std::string{LASTACK_BUILD_DIR} + "/tests/s.json";
  return parse_scenario(R"({"hosts": {"a": {"sysctl_file": "host-sysctl.conf")" + more + "}}}",
                        scenario)
      .hosts[0]
      .settings;
}

std::string problem_from(std::string_view text) {
  try {
    settings_from(text);
    return "";
  } catch (const ScenarioError& error) {
    CHECK(error.pointer() == "/hosts/a/sysctl_file");
    return error.problem();
  }
}

const std::string folder = std::string{LASTACK_BUILD_DIR} + "/tests/";

TEST_CASE("sysctl file: what `sysctl -a` prints", "[scenario]") {
  const tcp::Settings s = settings_from(
      "abi.vsyscall32 = 1\n"
      "net.core.somaxconn = 100\n"
      "net.ipv4.ip_local_port_range = 40000\t40100\n"
      "net.ipv4.tcp_allowed_congestion_control = reno cubic\n"
      "net.ipv4.tcp_rmem = 4096\t131072\t6291456\n"
      "net.ipv4.tcp_syn_retries = 2\n");
  CHECK(s.somaxconn == 100);
  CHECK(s.ip_local_port_range[1] == 40100);
  CHECK(s.tcp_rmem[2] == 6291456);
  CHECK(s.tcp_syn_retries == 2);
}

TEST_CASE("sysctl file: the format of sysctl.d", "[scenario]") {
  const tcp::Settings s = settings_from(
      "# a comment\n"
      "; another\r\n"
      "\n"
      "  net.ipv4.tcp_syn_retries=2\r\n"
      "net/ipv4/tcp_synack_retries = 3\n"
      "-net.ipv4.tcp_orphan_retries = 4\n"
      "-net.ipv4.tcp_retries2 = 999\n"
      "-net.ipv4.conf.*.rp_filter\n"
      "net.ipv4.tcp_fin_timeout = 7");
  CHECK(s.tcp_syn_retries == 2);
  CHECK(s.tcp_synack_retries == 3);
  CHECK(s.tcp_orphan_retries == 4);
  CHECK(s.tcp_retries2 == 15);  // refused, which the dash allows
  CHECK(s.tcp_fin_timeout == 7);
}

TEST_CASE("sysctl file: the host's own settings go before it", "[scenario]") {
  const auto s = settings_from("net.ipv4.tcp_syn_retries = 2\nnet.ipv4.tcp_sack = 0\n",
                               R"(, "sysctl": {"tcp_syn_retries": 9})");
  CHECK(s.tcp_syn_retries == 9);
  CHECK(s.tcp_sack == 0);
}

TEST_CASE("sysctl file: bad lines are reported with file and line", "[scenario]") {
  CHECK(problem_from("net.ipv4.tcp_sack = 1\nnet.ipv4.tcp_syn_retries = 128\n") ==
        folder + "host-sysctl.conf:2: net.ipv4.tcp_syn_retries: want 1 to 127, have 128");
  CHECK(problem_from("net.ipv4.tcp_syn_retries 5\n") ==
        folder + "host-sysctl.conf:1: want KEY = VALUE, have \"net.ipv4.tcp_syn_retries 5\"");
  CHECK(problem_from("net.ipv4.tcp_sin_retries = 5\n") ==
        folder +
            "host-sysctl.conf:1: want a setting that Lastack knows, have "
            "\"net.ipv4.tcp_sin_retries\"; nearest is \"tcp_syn_retries\"");
  CHECK(problem_from("net.ipv4.tcp_sack =\n") ==
        folder + "host-sysctl.conf:1: net.ipv4.tcp_sack: want 0 to 255, have nothing");
}

TEST_CASE("sysctl file: the recorded kernel's own settings are those of linux-6", "[scenario]") {
  const Scenario s = parse_scenario(R"({"hosts": {"a": {"sysctl_file": "sysctl.txt"}}})",
                                    std::string{LASTACK_SOURCE_DIR} + "/tests/oracle/s.json");
  CHECK(s.hosts[0].settings == tcp::default_settings(tcp::ProfileId::linux_6));
}

}  // namespace
}  // namespace lastack::scenario
