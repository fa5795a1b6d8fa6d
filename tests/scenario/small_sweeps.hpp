#pragma once

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "shell.hpp"

/// A folder with a small sweep: what holds, what does not, and what is wrong.
struct Sweeps : Shell {
  Sweeps() {
    const std::string start = R"({
  "name": "retries", "description": "How often a lost SYN is sent again.",
  "scenario": {
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
    "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]
  },
  "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 4]},
  "metrics": ["connect_ok", "connect_time", "syn_sent"], "repeat": 400)";
    file("plain.json", start + "}");
    file("good.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 0.8}]})");
    file("bad.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 0.999}]})");
    file("wrong.json", start + R"(, "metric": ["peak"]})");
    file("percent.json", start + R"(, "expect": [{"metric": "connect_ok", "min": 99}]})");
  }
};

/// What is given to the program, and what it says of it.
using Refusals = std::vector<std::pair<std::string, std::string>>;

/// Each is answered with exit code 2 and its message; `command` stands before each.
inline void refuses(Shell& t, const Refusals& cases, const std::string& command = "") {
  for (const auto& [arguments, message] : cases) {
    INFO(arguments);
    t.lastack(command + arguments);
    CHECK(t.exit_code() == 2);
    CHECK_THAT(t.err(), Catch::Matchers::Contains(message));
  }
}
