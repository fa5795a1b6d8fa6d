#include "lastack/tcp/settings.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "lastack/tcp/kernel_versions.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {
namespace {

constexpr ProfileId every_profile[] = {
    ProfileId::linux_6,    ProfileId::linux_4,    ProfileId::rfc9293,   ProfileId::textbook,
    ProfileId::linux_4_9,  ProfileId::linux_4_19, ProfileId::linux_5_4, ProfileId::linux_5_10,
    ProfileId::linux_5_15, ProfileId::linux_6_1,  ProfileId::linux_6_6, ProfileId::linux_6_12,
    ProfileId::linux_6_18};
static_assert(std::size(every_profile) == profile_count);

/// What apply_setting says; "" if it takes the value.
std::string problem(std::string_view name, std::string_view value) {
  Settings settings;
  return apply_setting(settings, name, value).value_or("");
}

TEST_CASE("settings: every row has a range, a meaning and a source, and no name comes twice",
          "[tcp][settings]") {
  std::set<std::string_view> names;
  for (const SettingInfo& info : setting_infos()) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(info.min < info.max);
    CHECK(info.meaning.ends_with("."));
    CHECK_FALSE(info.source.empty());
    const bool known =
        info.section == "net.ipv4" || info.section == "net.core" || info.section == "fs";
    CHECK(known);
    CHECK_FALSE(is_unmodelled_setting(info.name));
  }
}

TEST_CASE("settings: every default of every profile is a value that may be set",
          "[tcp][settings]") {
  for (const ProfileId profile : every_profile) {
    const Settings settings = default_settings(profile);
    Settings copy;
    for (const SettingInfo& info : setting_infos()) {
      INFO(name_of(profile) << " " << info.name);
      CHECK(apply_setting(copy, info.name, setting_value(settings, info.name)) == std::nullopt);
    }
    CHECK(copy == settings);  // so that the table has every member
  }
}

TEST_CASE("settings: each name writes a member of its own", "[tcp][settings]") {
  for (const SettingInfo& info : setting_infos()) {
    INFO(info.name);
    const Settings before;
    const bool at_max = setting_value(before, info.name) == std::to_string(info.max);
    const std::string number = std::to_string(at_max ? info.min : info.max);
    std::string value = number;
    for (std::size_t i = 1; i < info.numbers; ++i) value += " " + number;
    Settings after;
    REQUIRE(apply_setting(after, info.name, value) == std::nullopt);
    for (const SettingInfo& other : setting_infos()) {
      const bool same = setting_value(before, other.name) == setting_value(after, other.name);
      CHECK(same == (other.name != info.name));
    }
  }
}

TEST_CASE("settings: profiles differ as their tables say", "[tcp][settings]") {
  CHECK(default_settings(ProfileId::linux_6) == Settings{});
  const Settings linux_4 = default_settings(ProfileId::linux_4);
  CHECK(linux_4.tcp_syn_linear_timeouts == 0);
  CHECK(linux_4.tcp_syn_retries == 6);
  CHECK(linux_4.somaxconn == 128);
  const Settings rfc = default_settings(ProfileId::rfc9293);
  CHECK(rfc.tcp_timestamps == 1);
  CHECK(rfc.tcp_sack == 1);
  CHECK(rfc.tcp_window_scaling == 1);
  CHECK(rfc.tcp_rto_min_us == 1'000'000);
  CHECK(rfc.tcp_syncookies == 0);
  const Settings textbook = default_settings(ProfileId::textbook);
  CHECK(textbook.tcp_syn_retries == 5);
  CHECK(textbook.tcp_synack_retries == 5);
  CHECK(textbook.tcp_orphan_retries == 8);
  CHECK(textbook.tcp_fin_timeout == 60);
  CHECK(textbook.tcp_syn_linear_timeouts == 0);
  CHECK(textbook.tcp_syncookies == 0);
  CHECK(textbook.tcp_early_retrans == 0);
  CHECK(textbook.tcp_rto_min_us == 1'000'000);
  CHECK(textbook.tcp_timestamps == 0);
  CHECK(textbook.tcp_sack == 0);
  CHECK(textbook.tcp_window_scaling == 0);
}

TEST_CASE("releases: linux-6 is 6.18, linux-4 is 4.19", "[tcp][settings]") {
  CHECK(default_settings(ProfileId::linux_6_18) == default_settings(ProfileId::linux_6));
  CHECK(default_settings(ProfileId::linux_4_19) == default_settings(ProfileId::linux_4));
  for (const auto& [one, other] : {std::pair{ProfileId::linux_6_18, ProfileId::linux_6},
                                   std::pair{ProfileId::linux_4_19, ProfileId::linux_4}}) {
    for (const RuleInfo& rule : rule_infos()) {
      INFO(rule.name);
      CHECK(rule.value(profile_of(one)) == rule.value(profile_of(other)));
    }
  }
}

/// The default of a setting in each release, the oldest first.
std::vector<std::string> through_releases(std::string_view name) {
  std::vector<std::string> values;
  for (std::size_t i = static_cast<std::size_t>(ProfileId::linux_4_9); i < profile_count; ++i) {
    values.push_back(setting_value(default_settings(static_cast<ProfileId>(i)), name));
  }
  return values;
}

TEST_CASE("releases: defaults change when their commits came", "[tcp][settings]") {
  using Values = std::vector<std::string>;  // 4.9 4.19 5.4 5.10 5.15 6.1 6.6 6.12 6.18
  const std::string none = "2147483647";
  CHECK(through_releases("somaxconn") ==
        Values{"128", "128", "4096", "4096", "4096", "4096", "4096", "4096", "4096"});
  CHECK(through_releases("tcp_tw_reuse") == Values{"0", "2", "2", "2", "2", "2", "2", "2", "2"});
  CHECK(through_releases("tcp_syn_linear_timeouts") ==
        Values{"0", "0", "0", "0", "0", "0", "4", "4", "4"});
  CHECK(through_releases("tcp_challenge_ack_limit") ==
        Values{"1000", "1000", "1000", "1000", "1000", none, none, none, none});
  CHECK(through_releases("tcp_pingpong_thresh") ==
        Values{"1", "1", "3", "3", "3", "1", "1", "1", "1"});
  const std::string old = "4096 87380 6291456";
  const std::string six_mb = "4096 131072 6291456";
  CHECK(through_releases("tcp_rmem") ==
        Values{old, old, six_mb, six_mb, six_mb, six_mb, six_mb, six_mb, "4096 131072 33554432"});
  CHECK(through_releases("rmem_max").front() == "212992");
  CHECK(through_releases("tcp_comp_sack_nr").front() == "0");
  CHECK(through_releases("tcp_comp_sack_nr")[1] == "44");
}

TEST_CASE("releases: what changed names a setting or a rule, a release and where to read of it",
          "[tcp][settings]") {
  std::optional<KernelVersion> newer;
  for (const KernelChange& change : kernel_changes()) {
    INFO(change.name);
    const auto rules = rule_infos();
    const bool is_rule = std::any_of(rules.begin(), rules.end(),
                                     [&](const RuleInfo& r) { return r.name == change.name; });
    CHECK(is_rule != (find_setting(change.name) != nullptr));
    CHECK_FALSE(change.source.empty());
    CHECK((!newer || change.since <= *newer));
    newer = change.since;
  }
  CHECK(birth_of_setting("tcp_rto_max_ms")->since == KernelVersion{6, 15});
  CHECK(birth_of_setting("tcp_sack") == nullptr);
  CHECK(to_string(KernelVersion{5, 15}) == "5.15");
  CHECK(KernelVersion{5, 4} < KernelVersion{5, 15});
  CHECK_FALSE(kernel_of(ProfileId::textbook));
}

TEST_CASE("releases: rules go back as well", "[tcp][settings]") {
  CHECK(profile_of(ProfileId::linux_4_9).wrong_syn_ack == WrongSynAck::reset);
  CHECK(profile_of(ProfileId::linux_5_4).wrong_syn_ack == WrongSynAck::reset);
  CHECK(profile_of(ProfileId::linux_5_10).wrong_syn_ack == WrongSynAck::reset_and_retry);
  CHECK_FALSE(profile_of(ProfileId::linux_4_19).exact_request_resets);
  CHECK(profile_of(ProfileId::linux_6_12).grows_bursts);
  CHECK_FALSE(profile_of(ProfileId::linux_6_6).grows_bursts);
  CHECK(profile_of(ProfileId::linux_4_9).id == ProfileId::linux_4_9);
}

/// When the last wait of `retries` plain retries ends: 1 + 2 + 4 + … s, none above the limit.
int give_up_after_s(int retries, int limit_s) {
  int sum = 0;
  for (int i = 0, wait = 1; i <= retries; ++i, wait = std::min(2 * wait, limit_s)) sum += wait;
  return sum;
}

TEST_CASE("settings: rfc9293 gives up no sooner than R2 allows (RFC 9293, 3.8.3)",
          "[tcp][settings][rfc9293]") {
  const Settings s = default_settings(ProfileId::rfc9293);
  const int limit_s = s.tcp_rto_max_ms / 1000;
  CHECK(limit_s >= 60);  // RFC 6298, 2.5
  CHECK(s.tcp_retries1 >= 3);
  CHECK(give_up_after_s(s.tcp_retries2, limit_s) >= 100);
  CHECK(give_up_after_s(s.tcp_retries2 - 1, limit_s) < 100);
  CHECK(give_up_after_s(s.tcp_syn_retries, limit_s) >= 180);
  CHECK(give_up_after_s(s.tcp_syn_retries - 1, limit_s) < 180);
  CHECK(give_up_after_s(s.tcp_synack_retries, limit_s) >= 180);
}

TEST_CASE("settings: names go with and without their own section", "[tcp][settings]") {
  CHECK(find_setting("tcp_sack")->name == "tcp_sack");
  CHECK(find_setting("net.ipv4.tcp_sack")->name == "tcp_sack");
  CHECK(find_setting("net.core.somaxconn")->name == "somaxconn");
  CHECK(find_setting("net.core.tcp_sack") == nullptr);
  CHECK(find_setting("net.ipv4.somaxconn") == nullptr);
  CHECK(find_setting("net.ipv4.") == nullptr);
  CHECK(find_setting("tcp_") == nullptr);
}

TEST_CASE("settings: what Linux has beside them is known by name", "[tcp][settings]") {
  CHECK(is_unmodelled_setting("tcp_ecn"));
  CHECK(is_unmodelled_setting("net.ipv4.tcp_congestion_control"));
  CHECK(is_unmodelled_setting("tcp_tw_recycle"));
  CHECK_FALSE(is_unmodelled_setting("tcp_sack"));
  CHECK_FALSE(is_unmodelled_setting("tcp_nonsense"));
}

TEST_CASE("settings: wrong values are refused with the range", "[tcp][settings]") {
  CHECK(problem("tcp_syn_retries", "0") == "want 1 to 127, have 0");
  CHECK(problem("tcp_syn_retries", "128") == "want 1 to 127, have 128");
  CHECK(problem("tcp_synack_retries", "0") == "");
  CHECK(problem("tcp_synack_retries", "256") == "want 0 to 255, have 256");
  CHECK(problem("tcp_tw_reuse", "3") == "want 0 to 2, have 3");
  CHECK(problem("tcp_rto_max_ms", "120001") == "want 1000 to 120000, have 120001");
  CHECK(problem("tcp_notsent_lowat", "4294967296") == "want 0 to 4294967295, have 4294967296");
  CHECK(problem("tcp_sack", "99999999999999999999") == "want 0 to 255, have 99999999999999999999");
  for (const auto* text : {"", " ", "x", "1x", "1 2", "1.0", "+1", "0x1", "1,"}) {
    INFO(text);
    CHECK(problem("tcp_sack", text) != "");
  }
  CHECK(problem("tcp_rmem", "1 2") == "want 3 numbers, each 1 to 2147483647, have 1 2");
  CHECK(problem("ip_local_port_range", "9 8") ==
        "want a first port that is not above the last, have 9 8");
  CHECK(problem("tcp_nonsense", "1") == "unknown setting");
}

TEST_CASE("settings: values may be parted by blanks and tabs", "[tcp][settings]") {
  Settings s;
  CHECK_FALSE(apply_setting(s, "net.ipv4.tcp_rmem", " 1\t2  3 "));
  CHECK(setting_value(s, "tcp_rmem") == "1 2 3");
  CHECK(setting_value(s, "net.ipv4.ip_local_port_range") == "32768 60999");
}

TEST_CASE("settings: what is written to /proc/sys may be hexadecimal, octal and followed by more",
          "[tcp][settings]") {
  Settings s;
  CHECK_FALSE(write_setting(s, "tcp_retries2", "010 # eight"));
  CHECK(s.tcp_retries2 == 8);
  CHECK_FALSE(write_setting(s, "net.core.somaxconn", "0xff"));
  CHECK(s.somaxconn == 255);
  CHECK_FALSE(write_setting(s, "ip_local_port_range", "40000"));
  CHECK(setting_value(s, "ip_local_port_range") == "40000 60999");
  CHECK(write_setting(s, "tcp_retries2", "08") == "want 0 to 255, have 08");
  CHECK(write_setting(s, "tcp_retries2", "") == "want 0 to 255, have nothing");
  CHECK(write_setting(s, "tcp_nonsense", "1") == "unknown setting");
  CHECK(s.tcp_retries2 == 8);
}

TEST_CASE("settings: a set of ports is a list of ports and ranges", "[tcp][settings]") {
  const auto text = [](std::string_view list) {
    const auto set = PortSet::parse(list);
    return set ? set->text() : "refused";
  };
  CHECK(text("") == "");
  CHECK(text("40010,40002-40007") == "40002-40007,40010");
  CHECK(text("1,1,1-3") == "1-3");
  CHECK(text("1-3,4") == "1-4");
  CHECK(text("1,") == "1");
  CHECK(text("0x10,010") == "8,16");
  CHECK(text("0,65535") == "0,65535");
  for (const auto* list : {"65536", "1,,2", ",1", "1-", "-1", "7-5", "1 2", "40010, 40002", "1x",
                           "1-3-5", "40002 - 40007", "x", "99999999999999999999", "1;2"}) {
    INFO(list);
    CHECK(text(list) == "refused");
  }
}

TEST_CASE("settings: a set of ports knows its members", "[tcp][settings]") {
  const PortSet set = PortSet::parse("10-20,30").value();
  for (const int port : {10, 15, 20, 30}) CHECK(set.contains(port));
  for (const int port : {0, 9, 21, 29, 31, 65535}) CHECK_FALSE(set.contains(port));
  CHECK(set.count_within(1, 65535) == 12);
  CHECK(set.count_within(15, 30) == 7);
  CHECK(set.count_within(21, 29) == 0);
  CHECK_FALSE(PortSet{}.contains(0));
}

TEST_CASE("settings: reserved ports outside the range take none from it", "[tcp][settings]") {
  Settings s;
  CHECK(ephemeral_ports(s) == 28232);
  REQUIRE_FALSE(apply_setting(s, "ip_local_port_range", "40000 40009"));
  REQUIRE_FALSE(apply_setting(s, "ip_local_reserved_ports", "8080,40002-40007,40010"));
  CHECK(ephemeral_ports(s) == 4);
  CHECK(problem("ip_local_reserved_ports", "1 2") ==
        "want ports and ranges such as 8080,9000-9010, each 0 to 65535, have 1 2");
  REQUIRE_FALSE(apply_setting(s, "ip_local_reserved_ports", ""));
  CHECK(ephemeral_ports(s) == 10);
}

TEST_CASE("settings: what became of a setting is known", "[tcp][settings]") {
  CHECK(fate_of_setting("net.ipv4.tcp_tw_recycle") == "gone since Linux 4.12");
  CHECK(fate_of_setting("tcp_ecn") == "");
  CHECK(fate_of_setting("tcp_sack") == "");
  const auto names = unmodelled_settings();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string_view name : names) CHECK(is_unmodelled_setting(name));
}

TEST_CASE("settings: a refused value changes nothing", "[tcp][settings]") {
  Settings s;
  CHECK(apply_setting(s, "tcp_rmem", "1 2 0"));
  CHECK(apply_setting(s, "ip_local_port_range", "2 1"));
  CHECK(s == Settings{});
}

TEST_CASE("profiles: have names", "[tcp][settings]") {
  for (const ProfileId profile : every_profile) CHECK(profile_named(name_of(profile)) == profile);
  CHECK_FALSE(profile_named("linux"));
}

TEST_CASE("socket options: have names and ranges", "[tcp][settings]") {
  CHECK(name_of(SocketOption::tcp_user_timeout) == "TCP_USER_TIMEOUT");
  CHECK(name_of(SocketOption::so_sndbuf) == "SO_SNDBUF");
  for (int i = 0; i <= static_cast<int>(SocketOption::so_sndbuf); ++i) {
    const auto option = static_cast<SocketOption>(i);
    CHECK(socket_option_named(name_of(option)) == option);
    CHECK(socket_option_range(option).first < socket_option_range(option).second);
  }
  CHECK(socket_option_range(SocketOption::tcp_syncnt) == std::pair{1, 127});
  CHECK_FALSE(socket_option_named("TCP_FASTOPEN"));
}

}  // namespace
}  // namespace lastack::tcp
