// Inputs that nobody means well with, and unlucky ones: each is answered with exit code 2, in
// words, with file and place, and at once.
#include <string>

#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"
#include "small_sweeps.hpp"

using Catch::Matchers::Contains;

namespace {

const std::string two_hosts = R"({"hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}])";

std::string settings_file(const std::string& name) {
  return R"({"hosts": {"a": {"sysctl_file": ")" + name + R"("}}})";
}

std::string varied(const std::string& vary) {
  return "{\"scenario\": " + two_hosts + "}, \"vary\": {" + vary + "}}";
}

/// One member of many, again and again.
template <class Make> std::string repeated(int count, Make make) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + make(i);
  return text;
}

}  // namespace

TEST_CASE("hostile: a FIFO, a device, a socket or a folder is refused as such, unopened",
          "[command]") {
  Shell t;
  t.run("mkfifo pipe; mkdir folder");
  t.file("pipe.json", settings_file("pipe"));
  t.file("zero.json", settings_file("/dev/zero"));
  t.file("stdin.json", settings_file("/dev/stdin"));
  t.file("folder.json", settings_file("folder"));
  t.file("sweep.json", R"({"scenario": "pipe", "vary": {"links.0.loss": [0]}})");
  t.file("s.json", holds);
  t.run("$LASTACK run s.json -q --trace s.jsonl");
  refuses(t, {{"run pipe.json", "pipe.json: /hosts/a/sysctl_file: pipe: want a file, have a FIFO"},
              {"run zero.json", "/dev/zero: want a file, have a device"},
              {"run stdin.json", "/dev/stdin: want a file, have a device"},
              {"run folder.json", "folder: want a file, have a directory"},
              {"run pipe", "pipe: want a file, have a FIFO"},
              {"run /dev/zero", "/dev/zero: want a file, have a device"},
              {"validate sweep.json", "sweep.json: /scenario: pipe: want a file, have a FIFO"},
              {"diff pipe s.jsonl", "pipe: want a trace or a recording, have a FIFO"},
              {"diff s.jsonl /dev/zero", "/dev/zero: want a trace or a recording, have a device"}});
}

TEST_CASE("hostile: a scenario may still come from stdin", "[command]") {
  Shell t;
  t.file("s.json", holds);
  t.run("cat s.json | $LASTACK run -q /dev/stdin");
  CHECK(t.exit_code() == 0);
  t.run("$LASTACK run -q /dev/stdin < s.json");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("hostile: no message has content of a file that is none of ours", "[command]") {
  Shell t;
  t.file("shadow", "root:$6$secret:19000:0:99999:7:::\n");
  t.file("token.json", "\"secret-token\" x");
  t.file("s.json", settings_file("shadow"));
  refuses(t, {{"run s.json", "shadow:1: want KEY = VALUE in each line"},
              {"run shadow", "shadow: line 1, column 1: "},
              {"run token.json", "token.json: line 1, column "}});
  for (const char* what : {"run s.json", "run shadow", "run token.json", "validate shadow",
                           "diff shadow token.json", "report shadow -o x", "sweep shadow",
                           "tune token.json", "explain shadow", "merge x shadow"}) {
    INFO(what);
    t.lastack(what);
    CHECK(t.exit_code() == 2);
    CHECK(t.err().find("secret") == std::string::npos);
    CHECK(t.err().find("root") == std::string::npos);
  }
}

TEST_CASE("hostile: a settings file with lines of another file shows none of them", "[command]") {
  Shell t;
  t.file("mixed",
         "root@secret-host:~# cat secret\nnet.ipv4.tcp_ecn = secret\n"
         "sysctl: secret\nsecret.name = secret\n");
  t.file("s.json", settings_file("mixed"));
  t.lastack("run s.json");
  CHECK(t.exit_code() == 0);
  CHECK_THAT(t.err(), Contains("mixed:1: passed over: a prompt, no setting"));
  CHECK_THAT(t.err(), Contains("mixed:3: passed over: a message of sysctl, no setting"));
  CHECK_THAT(t.err(), Contains("1 setting of the file is not modelled: tcp_ecn"));
  CHECK(t.err().find("secret") == std::string::npos);
}

TEST_CASE("hostile: limits of JSON are named with their place", "[command]") {
  Shell t;
  std::string deep = "{\"hosts\": ";
  for (int i = 0; i < 100; ++i) deep += "[";
  t.file("deep.json", deep);
  t.file("long.json", R"({"seed": 123456789012345678901234567890})");
  t.file("large.json", R"({"links": [{}, {"loss": 1e999}]})");
  refuses(t,
          {{"run deep.json", "deep.json: /hosts/0/0/"},
           {"run deep.json", "want at most 64 levels of nesting, have more"},
           {"run long.json", "long.json: /seed: want a number of at most 64 bits"},
           {"run large.json", "large.json: /links/1/loss: want a number that a double can hold"}});
}

TEST_CASE("hostile: ranges without a number for each step are refused", "[command]") {
  Shell t;
  t.file("log.json", varied(R"("links.0.loss": {"from": 1e-308, "to": 1e308, "steps": 2,
                               "scale": "log"})"));
  t.file("wide.json", varied(R"("links.0.loss": {"from": -1e308, "to": 1e308, "steps": 3})"));
  refuses(t, {{"validate log.json", "log.json: /vary/links.0.loss/to: want a number"},
              {"validate wide.json", "wide.json: /vary/links.0.loss/to: want a number nearer"}});
  t.file("tiny.json", varied(R"("links.0.loss": {"from": 1e-310, "to": 2e-310, "steps": 3})"));
  t.lastack("validate tiny.json");
  CHECK(t.exit_code() == 0);
}

TEST_CASE("hostile: a dotted path is no deeper than JSON may be", "[command]") {
  Shell t;
  std::string path = "a";
  for (int i = 0; i < 250'000; ++i) path += ".a";
  t.file("vary.json", varied("\"" + path + "\": [1]"));
  t.file("set.json", "{\"scenario\": " + two_hosts + R"(}, "under": [{"name": "x", "set": {")" +
                         path + R"(": 1}}], "vary": {"links.0.loss": [0]}})");
  t.file("s.json", holds);
  refuses(t, {{"validate vary.json", "want a path of at most 64 parts, have 250001"},
              {"validate set.json", "want a path of at most 64 parts, have more"},
              {"run s.json --set a.$(printf 'a.%.0s' $(seq 100))a=1", "at most 64 parts"}});
  CHECK(t.err().size() < 2000);
}

TEST_CASE("hostile: an option's number is decimal, finite and in range", "[command]") {
  Shell t;
  t.file("s.json", holds);
  refuses(t, {{"compare a b --confidence nan", "--confidence: want a number from 0.5 to 0.9999"},
              {"compare a b --confidence inf", "have inf"},
              {"compare a b --confidence 0x1p-1", "have 0x1p-1"},
              {"compare a b --confidence 1e-310", "have 1e-310"},
              {"kernel check s.json --share nan --recordings x", "have nan"},
              {"kernel run s.json --late nan", "--late: want a number from 0.01 to 10000"},
              {"run s.json --columns 0x50", "--columns: want a whole number from 80 to 120"},
              {"run s.json --columns 0100", "have 0100"},
              {"test s.json -j 5000000000", "--jobs: want a whole number from 1 to 1024"},
              {"test s.json -j 1.5", "have 1.5"},
              {"test s.json -j -1", "have -1"},
              {"test s.json -j ''", "--jobs: "},
              {"diff a b --recording 0x1", "have 0x1"},
              {"run s.json --max-memory nan", "want a size"},
              {"run s.json --seed 0x1", "have 0x1"}});
}

TEST_CASE("hostile: fewer threads than asked for are an answer in words", "[command]") {
  Shell t;
  for (int i = 0; i < 300; ++i) t.file("s/" + std::to_string(i) + ".json", holds);
  t.run("ulimit -v 1000000; $LASTACK test s -j 300");
  if (t.err().find("Sanitizer") != std::string::npos) {
    WARN("skipped: a sanitizer reserves more address space than the limit allows");
    return;
  }
  CHECK(t.exit_code() == 2);
  CHECK_THAT(t.err(), Contains("want 300 threads, but the system gives no more than") &&
                          Contains("-j N asks for fewer"));
}

TEST_CASE("hostile: a folder that cannot be read is named among many", "[command]") {
  Shell t;
  t.file("tree/a.json", holds);
  t.file("tree/closed/b.json", holds);
  t.run("chmod 000 tree/closed; ls tree/closed");
  const bool may_read_all = t.exit_code() == 0;  // root
  t.lastack("test tree");
  if (!may_read_all) {
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Contains("tree/closed: cannot be read: Permission denied"));
  }
  t.run("chmod 700 tree/closed");
}

TEST_CASE("hostile: a file of a megabyte is checked at once, whatever it repeats", "[command]") {
  Shell t;
  constexpr int many = 15'000;
  const auto number = [](int i) { return std::to_string(i); };
  const std::string hosts = repeated(many, [&](int i) { return "\"h" + number(i) + "\":{}"; });
  t.file("events.json",
         "{\"hosts\":{\"s\":{}," + hosts + "},\"links\":[" +
             repeated(many, [&](int i) { return R"({"a":"s","b":"h)" + number(i) + "\"}"; }) +
             "],\"events\":[" +
             repeated(many,
                      [&](int i) {
                        return R"({"at":"1s","link":["s","h)" + number(i) + R"("],"do":"down"})";
                      }) +
             "]}");
  t.file("faults.json", two_hosts + ",\"faults\":[" + repeated(many, [&](int i) {
                          return R"({"on":"client->server","do":"drop","after":")" + number(i) +
                                 R"(us","until":")" + number(i + 1) + "us\"}";
                        }) + "]}");
  t.file("steps.json", varied(R"("links.0.loss": {"from": 0.1, "to": 0.2, "steps": 1000})"));
  t.file("values.json",
         varied("\"links.0.loss\": [" +
                repeated(many, [&](int i) { return "0.00" + number(100'000 + i); }) + "]"));
  for (const char* file : {"events.json", "faults.json", "steps.json", "values.json"}) {
    INFO(file);
    t.run(std::string{"ulimit -t 60; $LASTACK validate -q "} + file);
    CHECK(t.exit_code() == 0);
  }
}
