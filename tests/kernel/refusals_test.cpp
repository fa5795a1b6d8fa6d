// What a kernel cannot do is refused by name and place, before anything is done.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "kernel/machine.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/load.hpp"

using namespace lastack;
using Catch::Matchers::Contains;

namespace {

/// A scenario file that is gone with its test.
class File {
 public:
  explicit File(const std::string& text) : path_{std::filesystem::temp_directory_path() / name()} {
    std::ofstream{path_} << text;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string path() const { return path_.string(); }

 private:
  static std::string name() {
    return "lastack-refusals-" + std::to_string(reinterpret_cast<std::uintptr_t>(&name)) + "-" +
           std::to_string(std::filesystem::hash_value(std::filesystem::current_path())) + ".json";
  }
  std::filesystem::path path_;
};

const std::string two_hosts = R"("hosts": {"client": {}, "server": {}})";
const std::string a_link = R"("links": [{"a": "client", "b": "server", "delay": "10ms"}])";

std::vector<std::string> refused(const std::string& text) {
  const File file{text};
  const auto scenario = scenario::load_scenario(file.path());
  std::vector<std::string> messages;
  for (const auto& error : kernel::refusals(scenario)) {
    CHECK(error.file() == file.path());
    messages.push_back(error.pointer() + ": " + error.problem());
  }
  return messages;
}

/// Requires exactly one refusal, at that place.
void check_refused(const std::string& text, const std::string& pointer, const std::string& words) {
  const auto messages = refused(text);
  INFO(text);
  REQUIRE(messages.size() == 1);
  CHECK_THAT(messages.front(), Catch::StartsWith(pointer + ": ") && Contains(words));
}

std::string with_link(const std::string& keys) {
  return "{" + two_hosts + R"(, "links": [{"a": "client", "b": "server", )" + keys + "}]}";
}

std::string with(const std::string& keys) {
  return "{" + two_hosts + ", " + a_link + ", " + keys + "}";
}

}  // namespace

TEST_CASE("refusals: all that the lab can do passes", "[kernel]") {
  CHECK(refused(R"({
    "profile": "linux-6", "timer_wheel": true, "stop_at": "5s", "sysctl": {"tcp_syn_retries": 2},
    "hosts": {"client": {"sysctl": {"tcp_sack": 0}}, "server": {"address": "10.1.2.3"}},
    "links": [{"a": "client", "b": "server", "mtu": 1400, "rate": "10Mbit", "queue": 20000,
               "a_to_b": {"delay": "1ms"}, "b_to_a": {"delay": {"model": "constant", "value": "2ms"}}}],
    "faults": [{"on": "client->server", "flags": "S", "nth": [1, 3], "do": "delay", "by": "1s"},
               {"on": "server->client", "payload": true, "do": "duplicate", "by": "1ms"}],
    "inject": [{"at": "1s", "from": "client", "to": "server", "sport": 1, "dport": 80, "flags": "S",
                "seq": 1}],
    "events": [{"at": "1s", "host": "client", "do": "power_off"},
               {"at": "2s", "host": "client", "do": "power_on"},
               {"at": "3s", "host": "client", "sysctl": {"tcp_retries2": 5}},
               {"at": "1s", "link": ["client", "server"], "do": "down"}],
    "apps": [{"host": "server", "listen": 80, "accept": "2s", "steps": [{"recv": "eof"}]},
             {"host": "client", "connect": "server:80", "count": 3, "every": "10ms",
              "steps": [{"send": 10}, {"abort": true}]}],
    "expect": []})")
            .empty());
}

TEST_CASE("refusals: a link that loses everything draws no numbers", "[kernel]") {
  CHECK(refused(with_link(R"("loss": 1)")).empty());
  CHECK(refused(with_link(R"("a_to_b": {"loss": 1})")).empty());
  check_refused(with_link(R"("loss": 0.999)"), "/links/0/loss", "draws numbers");
}

TEST_CASE("refusals: models that draw numbers, each at its own place", "[kernel]") {
  check_refused(with_link(R"("loss": 0.1)"), "/links/0/loss", "draws numbers");
  check_refused(with_link(R"("b_to_a": {"loss": {"model": "gilbert_elliott", "p_good_to_bad": 0.1,
                             "p_bad_to_good": 0.1}})"),
                "/links/0/b_to_a/loss", "draws numbers");
  check_refused(with_link(R"("jitter": "1ms")"), "/links/0/jitter", "draws numbers");
  check_refused(with_link(R"("reorder": 0.5)"), "/links/0/reorder", "draws numbers");
  check_refused(with_link(R"("duplicate": 0.5)"), "/links/0/duplicate", "draws numbers");
  check_refused(with_link(R"("corrupt": 0.5)"), "/links/0/corrupt", "draws numbers");
  check_refused(with_link(R"("delay": {"model": "uniform", "min": "1ms", "max": "2ms"})"),
                "/links/0/delay", "draws numbers");
}

TEST_CASE("refusals: groups, routers, reboots and fixed numbers pass", "[kernel]") {
  CHECK(refused(R"({
    "hosts": {"clients": {"count": 8}, "server": {}}, "routers": ["r"],
    "links": [{"a": "clients", "b": "r"}, {"a": "r", "b": "server"}],
    "events": [{"at": "1s", "host": "clients", "do": "reboot"}],
    "apps": [{"host": "server", "listen": 80, "iss": [1, 2]},
             {"host": "clients", "connect": "server:80", "iss": 7}]})")
            .empty());
}

TEST_CASE("refusals: a network of more hosts than a lab has, or of one", "[kernel]") {
  check_refused(R"({"hosts": {"a": {}}, "routers": ["r"], "links": [{"a": "a", "b": "r"}]})",
                "/hosts", "want 2 to 16 hosts, have 1");
  check_refused(R"({"hosts": {"a": {"count": 16}, "b": {}}, "links": [{"a": "a", "b": "b"}]})",
                "/hosts", "want 2 to 16 hosts, have 17");
  check_refused("{" + two_hosts + "}", "/links", "want a link, have none");
}

TEST_CASE("refusals: what only a simulated TCP can be", "[kernel]") {
  check_refused(with(R"("what_if": {"handshake": "two-way"})"), "/what_if", "three-way");
  check_refused(with(R"("timer_wheel": false)"), "/timer_wheel", "want true");
  check_refused(with(R"("profile": "textbook")"), "/profile",
                "linux-6 or another Linux, have textbook");
  check_refused(R"({"hosts": {"client": {"profile": "rfc9293"}, "server": {}}, )" + a_link + "}",
                "/hosts/client/profile", "have rfc9293");
}

TEST_CASE("refusals: limits, which its applications' threads would share", "[kernel]") {
  check_refused(with(R"("limits": {"nofile": 9})"), "/limits", "share its descriptors");
  check_refused(
      R"({"hosts": {"client": {}, "server": {"limits": {"sockets": 9}}}, )" + a_link + "}",
      "/hosts/server/limits", "share its descriptors");
  check_refused(with(R"("apps": [{"host": "server", "listen": 80, "limits": {"nofile": 9}}])"),
                "/apps/0/limits", "want none");
}

TEST_CASE("refusals: timers that tick otherwise than this kernel's", "[kernel]") {
  const std::string here = std::to_string(kernel::kernel_hz());
  const std::string other = here == "100" ? "1000" : "100";
  CHECK(refused(with("\"hz\": " + here)).empty());
  check_refused(with("\"hz\": " + other), "/hz", "want " + here);
  check_refused(R"({"hosts": {"client": {"hz": )" + other + R"(}, "server": {}}, )" + a_link + "}",
                "/hosts/client/hz", "have " + other);
}

TEST_CASE("refusals: apps and events that no kernel has, at their own place", "[kernel]") {
  check_refused(with(R"("apps": [{"host": "server", "listen": 80},
                                 {"host": "server", "listen": 81, "iss": 7}],
                       "sysctl": {"tcp_syncookies": 2})"),
                "/apps/1/iss", "a cookie is the number itself");
  check_refused(with(R"("apps": [{"host": "client", "connect": "server:80", "count": 5000}])"),
                "/apps/0/count", "at most 4000");
  check_refused(with(R"("apps": [{"host": "client", "connect": "server:80", "rate": "5/s"}])"),
                "/apps/0/rate", R"(want "count" and "every" instead)");
  check_refused(with(R"("apps": [{"host": "server", "listen": 80, "steps": [
                                   {"send": 1}, {"sleep": {"model": "exponential", "mean": "1s"}}]},
                                 {"host": "client", "connect": "server:80", "steps": [
                                   {"sleep": {"model": "constant", "value": "1s"}}]}])"),
                "/apps/0/steps/1/sleep", "want none that draws numbers");
  check_refused(with(R"("apps": [{"host": "client", "datagrams": "server:9", "count": 2}])"),
                "/apps/0", "have datagrams");
  check_refused(with(R"("events": [{"at": "1s", "host": "client", "sysctl": {"file-max": 100}}])"),
                "/events/0/sysctl/file-max", "have one of the whole machine");
}

TEST_CASE("refusals: a receive buffer at which Linux 6.18 divides by zero", "[kernel]") {
  const std::string size = GENERATE("2", "3");
  const std::string setting = R"("tcp_rmem": "1 )" + size + R"( 4")";
  const std::string why = "divides by zero";
  check_refused(with(R"("sysctl": {)" + setting + "}"), "/sysctl/tcp_rmem", why);
  check_refused(
      R"({"hosts": {"client": {}, "server": {"sysctl": {)" + setting + "}}}, " + a_link + "}",
      "/hosts/server/sysctl/tcp_rmem", why);
  check_refused(with(R"("events": [{"at": "1s", "host": "client", "sysctl": {)" + setting + "}}]"),
                "/events/0/sysctl/tcp_rmem", why);
}

TEST_CASE("refusals: a receive buffer of 1 byte, or of 4, is what any other is", "[kernel]") {
  const std::string size = GENERATE("1", "4");
  CHECK(refused(with(R"("sysctl": {"tcp_rmem": "1 )" + size + R"( 4"})")).empty());
}
