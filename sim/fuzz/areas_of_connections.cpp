// What a scenario says of the lives of connections: how they begin and end, and who takes part.
#include <string>

#include "areas.hpp"

namespace lastack::fuzz {

namespace {

constexpr const char* web = "server:80";

/// A fault on the nth of some flags. The direction is the sender's.
Json fault_on(Dice& dice, const std::string& from, const char* flags) {
  Json fault = {{"on", from + "->" + Sketch::other(from)}, {"flags", flags}};
  if (dice.chance(85)) fault["nth"] = dice.between(1, 3);
  switch (dice.between(0, 4)) {
    case 0:
      fault["do"] = "delay";
      fault["by"] = dice.duration(5ms, 3s);
      break;
    case 1:
      fault["do"] = "duplicate";
      fault["by"] = dice.duration(5ms, 3s);
      break;
    default: fault["do"] = "drop"; break;
  }
  return fault;
}

/// A further connector to the listener.
Json further_connector(Dice& dice, std::int64_t port) {
  return {{"host", client},
          {"connect", web},
          {"from_port", port},
          {"at", dice.duration(20ms, 3s)},
          {"steps", some_steps(dice, true)}};
}

/// Both hosts connect to each other, and nobody listens.
void open_simultaneously(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json& apps = sketch.apps();
  apps = Json::array();
  sketch.add_app({{"host", server},
                  {"connect", "client:40000"},
                  {"from_port", 80},
                  {"at", dice.duration(1ms, 200ms)},
                  {"steps", some_steps(dice, false)}});
  sketch.add_app({{"host", client},
                  {"connect", web},
                  {"from_port", 40000},
                  {"steps", some_steps(dice, true)}});
}

}  // namespace

void add_handshake(Sketch& sketch) {
  Dice& dice = sketch.dice();
  if (dice.chance(12)) open_simultaneously(sketch);
  const auto faults = dice.between(0, 2);
  for (std::int64_t i = 0; i < faults; ++i) {
    const char* flags = dice.one_of({"S", "S", "S.", "S.", ".", "R.", "R"});
    sketch.add_fault(fault_on(dice, sketch.host(), flags));
  }
  if (dice.chance(40)) sketch.settings(client)["tcp_syn_retries"] = dice.between(1, 3);
  if (dice.chance(30)) sketch.settings(server)["tcp_synack_retries"] = dice.between(0, 2);
  if (dice.chance(20))
    sketch.settings(sketch.host())["tcp_syn_linear_timeouts"] = dice.between(0, 5);
  Json* listener = sketch.app("listen");
  if (listener == nullptr) return;
  if (dice.chance(15)) (*listener)["setsockopt"]["TCP_DEFER_ACCEPT"] = dice.between(1, 4);
  if (dice.chance(10)) (*listener)["at"] = dice.duration(10ms, 3s);
  if (dice.chance(10)) (*listener)["listen"] = 81;  // nobody listens at 80
}

void add_close(Sketch& sketch) {
  Dice& dice = sketch.dice();
  for (const char* key : {"listen", "connect"}) {
    Json* steps = sketch.steps(key);
    if (steps == nullptr || !dice.chance(60)) continue;
    *steps = Json::array();
    if (dice.chance(40)) steps->push_back({{"send", dice.scaled(1, 3000)}});
    if (dice.chance(60)) steps->push_back({{"sleep", dice.duration(20ms, 1500ms)}});
    if (dice.chance(30)) steps->push_back({{"recv", dice.chance(50) ? Json("eof") : Json(1)}});
    if (dice.chance(30)) steps->push_back({{"shutdown", dice.one_of({"read", "write", "both"})}});
    if (dice.chance(30)) steps->push_back({{"sleep", dice.duration(20ms, 1500ms)}});
    add_ending(dice, *steps);
  }
  if (dice.chance(50)) {
    const char* flags = dice.one_of({"F.", "F.", ".", "R", "R."});
    sketch.add_fault(fault_on(dice, sketch.host(), flags));
  }
  const std::string host = sketch.host();
  if (dice.chance(30)) sketch.settings(host)["tcp_fin_timeout"] = dice.between(0, 3);
  if (dice.chance(20)) sketch.settings(host)["tcp_orphan_retries"] = dice.between(0, 3);
}

void add_time_wait(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const auto again = dice.between(1, 2);
  for (std::int64_t i = 0; i < again; ++i) sketch.add_app(further_connector(dice, 40000));
  const std::string host = sketch.host();
  if (dice.chance(40)) sketch.settings(host)["tcp_tw_reuse"] = dice.between(0, 2);
  if (dice.chance(30)) sketch.settings(host)["tcp_tw_reuse_delay"] = dice.scaled(1, 3000);
  if (dice.chance(20)) sketch.settings(host)["tcp_rfc1337"] = dice.between(0, 1);
  if (dice.chance(10)) sketch.settings(host)["tcp_max_tw_buckets"] = dice.between(0, 2);
  if (dice.chance(20)) sketch.settings(sketch.host())["tcp_timestamps"] = 0;
  if (dice.chance(50)) return;
  const std::string from = sketch.host();
  const bool up = from == client;
  sketch.add_injection({{"at", dice.duration(300ms, 4s)},
                        {"from", from},
                        {"to", Sketch::other(from)},
                        {"sport", up ? 40000 : 80},
                        {"dport", up ? 80 : 40000},
                        {"flags", dice.one_of({"S", "F.", ".", "R", "R.", "S.", "P."})},
                        {"seq", "iss+" + std::to_string(dice.scaled(0, 100'000))},
                        {"ack", "iss+" + std::to_string(dice.scaled(0, 5000))}});
}

void add_backlog(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json* connector = sketch.app("connect");
  if (connector != nullptr && !connector->contains("count")) {
    (*connector)["count"] = dice.between(2, 6);
    (*connector)["every"] = dice.duration(5ms, 700ms);
  }
  Json* listener = sketch.app("listen");
  if (listener == nullptr) return;
  (*listener)["backlog"] = dice.between(0, 3);
  if (dice.chance(30)) (*listener)["accept"] = false;
  if (dice.chance(30)) (*listener)["accept"] = dice.duration(200ms, 5s);
  Json& settings = sketch.settings(server);
  if (dice.chance(30)) settings["tcp_abort_on_overflow"] = dice.between(0, 1);
  if (dice.chance(40)) settings["tcp_syncookies"] = dice.between(0, 2);
  if (dice.chance(30)) settings["tcp_max_syn_backlog"] = dice.between(0, 8);
  if (dice.chance(15)) settings["somaxconn"] = dice.between(0, 3);
  if (dice.chance(30)) settings["tcp_synack_retries"] = dice.between(0, 3);
  if (dice.chance(30)) sketch.add_fault(fault_on(dice, client, "."));
}

void add_ports(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json* connector = sketch.app("connect");
  if (connector != nullptr && dice.chance(50)) connector->erase("from_port");
  if (connector != nullptr && dice.chance(30)) {
    (*connector)["count"] = dice.between(2, 4);
    (*connector)["every"] = dice.duration(5ms, 300ms);
  }
  if (dice.chance(30)) {
    const auto first = dice.between(1024, 60'000);
    sketch.settings(client)["ip_local_port_range"] =
        std::to_string(first) + " " + std::to_string(first + dice.between(0, 7));
  }
  Json* listener = sketch.app("listen");
  if (listener != nullptr && dice.chance(40)) {
    (*listener)["close_at"] = dice.duration(20ms, 3s);
    if (dice.chance(60)) {
      sketch.add_app({{"host", server},
                      {"listen", 80},
                      {"at", dice.duration(20ms, 4s)},
                      {"steps", some_steps(dice, false)}});
    }
  }
  if (dice.chance(40)) {
    sketch.add_app(further_connector(dice, dice.one_of<std::int64_t>({40000, 40001, 40002})));
  }
}

namespace {

/// A host loses all state; a listener may be there again later.
void reboot(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const std::string host = sketch.host();
  sketch.add_event({{"at", dice.duration(10ms, 2s)}, {"host", host}, {"do", "reboot"}});
  if (dice.chance(50)) {
    sketch.add_app({{"host", server},
                    {"listen", 80},
                    {"at", dice.duration(1s, 3s)},
                    {"steps", some_steps(dice, false)}});
  }
  if (dice.chance(50)) sketch.add_app(further_connector(dice, 40001));
}

}  // namespace

void add_power(Sketch& sketch) {
  Dice& dice = sketch.dice();
  if (dice.chance(35)) return reboot(sketch);
  const bool host_alone = dice.chance(60);
  const std::string host = sketch.host();
  const auto event = [&](const char* host_word, const char* link_word, std::string at) {
    Json made = {{"at", std::move(at)}};
    if (host_alone) {
      made["host"] = host;
    } else {
      made["link"] = Json::array({client, server});
    }
    made["do"] = host_alone ? host_word : link_word;
    sketch.add_event(std::move(made));
  };
  event("power_off", "down", dice.duration(10ms, 2s));
  if (dice.chance(70)) event("power_on", "up", dice.duration(200ms, 6s));
}

void add_numbers(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const auto number = [&] {
    constexpr std::int64_t wrap = std::int64_t{1} << 32U;
    switch (dice.between(0, 3)) {
      case 0: return dice.between(0, 2);
      case 1: return wrap / 2 - dice.scaled(1, 20'000);
      case 2: return dice.between(0, wrap - 1);
      default: return wrap - dice.scaled(1, 20'000);
    }
  };
  for (const char* key : {"listen", "connect"}) {
    Json* app = sketch.app(key);
    if (app == nullptr || !dice.chance(70)) continue;
    (*app)["iss"] = dice.chance(70) ? Json(number()) : Json::array({number(), number()});
  }
}

/// More hosts that connect to the server, each by a link of its own, or all by a router.
void add_crowd(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json& document = sketch.document();
  if (document["hosts"].contains(crowd)) return;
  const auto count = dice.between(1, 3);
  document["hosts"][crowd] = {{"count", count}};
  Json& links = document["links"];
  const char* to = server;
  if (dice.chance(40)) {
    to = "middle";
    document["routers"] = Json::array({to});
    links.push_back({{"a", to}, {"b", server}, {"delay", dice.one_of({"3ms", "11ms", "29ms"})}});
  }
  links.push_back({{"a", crowd}, {"b", to}, {"delay", dice.one_of({"5ms", "17ms", "59ms"})}});
  // Each in its own time: what members do at one instant may come in any order.
  for (std::int64_t member = 0; member < count; ++member) {
    sketch.add_app({{"host", std::string{crowd} + "[" + std::to_string(member) + "]"},
                    {"connect", web},
                    {"from_port", 50000},
                    {"at", dice.duration(20ms, 1s)},
                    {"steps", some_steps(dice, true)}});
  }
  if (dice.chance(30)) {
    sketch.add_fault(
        {{"on", std::string{crowd} + "->" + server}, {"nth", dice.between(1, 4)}, {"do", "drop"}});
  }
  if (dice.chance(15)) {
    sketch.add_event({{"at", dice.duration(50ms, 2s)}, {"host", crowd}, {"do", "reboot"}});
  }
}

}  // namespace lastack::fuzz
