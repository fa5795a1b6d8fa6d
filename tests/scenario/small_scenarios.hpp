#pragma once

#include <string>

/// A client connects and closes; it expects to be connected after `milliseconds` (20 is right).
inline std::string connects_after(int milliseconds) {
  const std::string at = std::to_string(milliseconds) + "ms";
  return R"({
  "name": "small",
  "description": "One connection over 10 ms.",
  "profile": "textbook",
  "hosts": {"client": {}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "steps": [{"close": true}]}
  ],
  "expect": [
    {"call": "connected", "host": "client", "result": "ok", "after": ")" +
         at + R"(", "until": ")" + at + R"("}
  ]
})";
}

inline const std::string holds = connects_after(20);
inline const std::string fails = connects_after(30);

/// The one that holds, with faults.
inline std::string with_faults(const std::string& faults) {
  std::string text = holds;
  return text.insert(text.find("  \"apps\""), "  \"faults\": [" + faults + "],\n");
}

/// Valid, but expects nothing.
inline const std::string expects_nothing = R"({"name": "idle", "hosts": {"a": {}}})";

/// A wrong key, and no unit.
inline const std::string two_mistakes = R"({
  "hosts": {"client": {}, "server": {}, "other": {}},
  "links": [
    {"a": "client", "b": "server", "dely": "10ms"},
    {"a": "other", "b": "server", "delay": 10}
  ]
})";

/// Takes longer than anybody waits: ten million connections, one after another.
inline const std::string never_ends = R"({
  "name": "long",
  "hosts": {"client": {"count": 100}, "server": {}},
  "links": [{"a": "client", "b": "server", "delay": "10ms"}],
  "stop_at": "10000min",
  "apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 100000, "every": "10ms",
     "steps": [{"close": true}]}
  ]
})";
