#include <string>

#include <catch2/catch.hpp>

#include "support.hpp"

namespace lastack::scenario {
namespace {

/// A scenario with a host that names a file with this text.
Scenario scenario_from(std::string_view text, const std::string& more = "") {
  const TemporaryFile file{"host-sysctl.conf", text};
  const std::string scenario = std::string{LASTACK_BUILD_DIR} + "/tests/s.json";
  return parse_scenario(R"({"hosts": {"a": {"sysctl_file": "host-sysctl.conf")" + more + "}}}",
                        scenario);
}

/// The settings of that host.
tcp::Settings settings_from(std::string_view text, const std::string& more = "") {
  return scenario_from(text, more).hosts[0].settings;
}

using Texts = std::vector<std::string>;

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

TEST_CASE("sysctl file: values as `sysctl -p` and the kernel read them", "[scenario]") {
  const tcp::Settings s = settings_from(
      "net.ipv4.tcp_keepalive_time = 600   # seconds\n"
      "net.ipv4.tcp_recovery = 0x1\n"
      "net.ipv4.tcp_retries2 = 010\n"
      "net.ipv4.tcp_keepalive_intvl=30\n"
      "net/ipv4/tcp_keepalive_probes = 5\n"
      "-net.ipv4.tcp_syn_retries = 4\n"
      "net.ipv4.tcp_retries1 = 7 ; another comment\n"
      "net.ipv4.tcp_reordering = 0X10 17\n"
      "net.ipv4.tcp_rmem = 8192\t0x10000\n"
      "net.ipv4.tcp_wmem = 1 2 3 4 # four\n");
  CHECK(s.tcp_keepalive_time == 600);
  CHECK(s.tcp_recovery == 1);
  CHECK(s.tcp_retries2 == 8);
  CHECK(s.tcp_keepalive_intvl == 30);
  CHECK(s.tcp_keepalive_probes == 5);
  CHECK(s.tcp_syn_retries == 4);
  CHECK(s.tcp_retries1 == 7);
  CHECK(s.tcp_reordering == 16);
  CHECK(tcp::setting_value(s, "tcp_rmem") == "8192 65536 33554432");  // the third stays
  CHECK(tcp::setting_value(s, "tcp_wmem") == "1 2 3");
}

TEST_CASE("sysctl file: what the kernel refuses is refused", "[scenario]") {
  for (const char* value : {"08", "0x", "0b1", "1x", "1.0", "1,", "1;", "+1", "-1", "\"1\"", "256",
                            "x 1", "# 1", "0x-1", "18446744073709551617"}) {
    INFO(value);
    const std::string line = std::string{"net.ipv4.tcp_recovery = "} + value;
    CHECK(problem_from(line) ==
          folder + "host-sysctl.conf:1: net.ipv4.tcp_recovery: want 0 to 255, have " + value);
  }
  CHECK(problem_from("net.ipv4.tcp_rmem = 1,2,3") != "");
  CHECK(problem_from("net.ipv4.tcp_rmem = 1 2 x") != "");
  CHECK(problem_from("net.ipv4.ip_local_port_range = 40000-40009") != "");
  CHECK(problem_from("net.ipv4.ip_local_port_range = 61000") != "");  // the last is 60999
}

TEST_CASE("sysctl file: zero where the kernel takes zero", "[scenario]") {
  const tcp::Settings s = settings_from(
      "net.ipv4.tcp_keepalive_time = 0\n"
      "net.ipv4.tcp_keepalive_intvl = 0\n");
  CHECK(s.tcp_keepalive_time == 0);
  CHECK(s.tcp_keepalive_intvl == 0);
}

TEST_CASE("sysctl file: -1 in a dump of an old kernel is no limit", "[scenario]") {
  CHECK(settings_from("net.ipv4.tcp_notsent_lowat = -1\n").tcp_notsent_lowat == 4294967295);
  CHECK(problem_from("net.ipv4.tcp_notsent_lowat = -2\n") != "");
}

TEST_CASE("sysctl file: reserved ports in the kernel's form", "[scenario]") {
  const auto ports = [](const std::string& value) {
    return tcp::setting_value(settings_from("net.ipv4.ip_local_reserved_ports =" + value),
                              "ip_local_reserved_ports");
  };
  CHECK(ports(" 40002-40007") == "40002-40007");
  CHECK(ports(" 40010,40002-40007,40008") == "40002-40008,40010");
  CHECK(ports("") == "");
  CHECK_THAT(problem_from("net.ipv4.ip_local_reserved_ports = 40002 # one"),
             Catch::Matchers::EndsWith("have 40002 # one"));
}

TEST_CASE("sysctl file: what stands around a pasted dump is passed over, and told by line",
          "[scenario]") {
  for (const auto& [line, kind] : std::vector<std::pair<std::string, std::string>>{
           {"root@host:~# sysctl -a", "a prompt"},
           {"[root@x ~]# sysctl -a | grep tcp", "a prompt"},
           {"$ sysctl net.ipv4.tcp_sack=0", "a prompt"},
           {"$ cat /etc/sysctl.conf", "a prompt"},
           {"/ # sudo /sbin/sysctl -p", "a prompt"},
           {"bash-5.1# sysctl -a", "a prompt"},
           {"root@host:~#", "a prompt"},
           {"sysctl -a", "a command"},
           {"sysctl -w net.ipv4.tcp_sack=0", "a command"},
           {"sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'", "a message of sysctl"},
           {"error: \"net.ipv4.tcp_foo\" is an unknown key", "a message of sysctl"},
           {"* Applying /etc/sysctl.d/99-sysctl.conf ...", "a heading"}}) {
    INFO(line);
    const Scenario s = scenario_from("\n" + line + "\nnet.ipv4.tcp_syn_retries = 2\n");
    CHECK(s.hosts[0].settings.tcp_syn_retries == 2);
    CHECK(s.hosts[0].settings.tcp_sack == 1);
    CHECK(s.remarks == Texts{folder + "host-sysctl.conf:2: passed over: " + kind + ", no setting"});
  }
  CHECK(scenario_from("# sysctl -a\n; no prompt\n\n").remarks.empty());
}

TEST_CASE("sysctl file: a thousand prompts are not a thousand remarks", "[scenario]") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "$ sysctl -a\n";
  const Texts remarks = scenario_from(text).remarks;
  REQUIRE(remarks.size() == 6);
  CHECK(remarks.back() == folder + "host-sysctl.conf: 995 more lines are no settings");
}

TEST_CASE("sysctl file: what is not modelled is listed, what is gone is named", "[scenario]") {
  const Scenario s = scenario_from(
      "kernel.hostname = x\n"
      "net.ipv4.tcp_ecn = 2\n"
      "net.ipv4.tcp_congestion_control = bbr\n"
      "net.ipv4.tcp_ecn = 0\n"
      "net.ipv4.tcp_tw_recycle = 0\n"
      "net.ipv6.conf.all.forwarding = 0\n");
  CHECK(s.remarks ==
        Texts{folder + "host-sysctl.conf:5: net.ipv4.tcp_tw_recycle: gone since Linux 4.12",
              folder + "host-sysctl.conf: 2 settings of the file are not modelled: tcp_ecn, "
                       "tcp_congestion_control"});
  CHECK(scenario_from("kernel.hostname = x\nnet.ipv6.conf.all.forwarding = 0\n").remarks.empty());
}

TEST_CASE("sysctl file: a file that several hosts name is told once", "[scenario]") {
  const TemporaryFile file{"two-hosts.conf", "net.ipv4.tcp_ecn = 2\n"};
  const Scenario s = parse_scenario(
      R"({"hosts": {"a": {"sysctl_file": "two-hosts.conf"},
                    "b": {"sysctl_file": "two-hosts.conf"}}})",
      folder + "s.json");
  CHECK(s.remarks ==
        Texts{folder + "two-hosts.conf: 1 setting of the file is not modelled: tcp_ecn"});
}

TEST_CASE("sysctl file: an unknown setting of TCP is an error with the nearest name",
          "[scenario]") {
  CHECK(problem_from("net.ipv4.tcp_congestion_controll = bbr\n") ==
        folder +
            "host-sysctl.conf:1: want a setting that Lastack knows, have "
            "\"net.ipv4.tcp_congestion_controll\"; nearest is \"tcp_congestion_control\"");
  CHECK(problem_from("net.ipv4.tcp_xyzzy_plugh = 1\n") ==
        folder +
            "host-sysctl.conf:1: want a setting that Lastack knows, have "
            "\"net.ipv4.tcp_xyzzy_plugh\"");
  CHECK(problem_from("-net.ipv4.tcp_xyzzy_plugh = 1\n") == "");  // which the dash allows
  CHECK(problem_from("tcp_secret_of_mine = 1\n") == "");         // of some other file
}

TEST_CASE("sysctl file: a line of any file is no prompt, and not shown", "[scenario]") {
  for (const char* line :
       {"root:$6$secret:19000:0:99999:7:::", "secret # of mine", "x > y", "Dear Sir, 5 % of it"}) {
    INFO(line);
    CHECK(problem_from(line) == folder + "host-sysctl.conf:1: want KEY = VALUE in each line");
  }
}

TEST_CASE("profile: a setting that its release does not have yet is set, and told", "[scenario]") {
  const auto scenario = [](const std::string& profile) {
    return parse_scenario(R"({"profile": ")" + profile + R"(", "sysctl": {"tcp_rto_max_ms": 5000},
                             "hosts": {"a": {}, "b": {}}})",
                          "s.json");
  };
  CHECK(scenario("linux-5.15").hosts[0].settings.tcp_rto_max_ms == 5000);
  CHECK(
      scenario("linux-5.15").remarks ==
      Texts{"s.json: tcp_rto_max_ms is a setting of Linux since 6.15, which linux-5.15 has not: it "
            "is set all the same"});
  CHECK(scenario("linux-6.18").remarks.empty());
  CHECK(scenario("rfc9293").remarks.empty());
}

TEST_CASE("sysctl file: the recorded kernel's own settings are those of linux-6", "[scenario]") {
  const Scenario s = parse_scenario(R"({"hosts": {"a": {"sysctl_file": "sysctl.txt"}}})",
                                    std::string{LASTACK_SOURCE_DIR} + "/tests/oracle/s.json");
  CHECK(s.hosts[0].settings == tcp::default_settings(tcp::ProfileId::linux_6));
}

}  // namespace
}  // namespace lastack::scenario
