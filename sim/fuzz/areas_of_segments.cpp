// What a scenario says of segments: data and its way, forged ones, timers and settings.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "areas.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::fuzz {

namespace {

/// Settings that no network namespace has of its own, or that limit the machine's memory.
constexpr std::string_view of_the_machine[] = {"tcp_max_orphans", "tcp_mem",  "rmem_max",
                                               "wmem_max",        "file-max", "nr_open"};

const std::vector<const tcp::SettingInfo*>& settings_of_hosts(
    std::vector<const tcp::SettingInfo*>& settings) {
  for (const tcp::SettingInfo& info : tcp::setting_infos()) {
    const auto* end = std::end(of_the_machine);
    if (std::find(std::begin(of_the_machine), end, info.name) == end) settings.push_back(&info);
  }
  return settings;
}

/// A port below 1024 takes rights that no program of a user has.
constexpr std::int64_t first_port = 1024;

Json setting_value(Dice& dice, const tcp::SettingInfo& info) {
  if (info.name == "ip_local_port_range") {
    const auto first = dice.between(first_port, 60'000);
    return std::to_string(first) + " " + std::to_string(dice.between(first, 65'535));
  }
  if (info.numbers == 0) {
    const auto first = dice.between(first_port, 65'535);
    return std::to_string(first) + "-" + std::to_string(dice.between(first, 65'535));
  }
  const auto number = [&] {
    switch (dice.between(0, 5)) {
      case 0: return info.min;
      case 1: return std::min(info.min + 1, info.max);
      case 2: return info.max;
      case 3: return dice.between(info.min, info.max);
      default: return dice.scaled(info.min, info.max);
    }
  };
  if (info.numbers == 1) return number();
  std::vector<std::int64_t> numbers;
  while (numbers.size() < info.numbers) numbers.push_back(number());
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (const std::int64_t each : numbers) text += (text.empty() ? "" : " ") + std::to_string(each);
  return text;
}

/// One setting, anywhere in its range.
void put_some_setting(Dice& dice, Json& sysctl) {
  std::vector<const tcp::SettingInfo*> all;
  settings_of_hosts(all);
  const tcp::SettingInfo& info = *all[dice.place(all.size())];
  sysctl[std::string{info.name}] = setting_value(dice, info);
}

void add_action(Dice& dice, Json& fault) {
  const auto kind = dice.between(0, 9);
  fault["do"] = kind < 6 ? "drop" : kind < 8 ? "delay" : "duplicate";
  if (kind >= 6) fault["by"] = dice.duration(3ms, 2500ms);
}

Json which(Dice& dice) {
  const auto first = dice.between(1, 6);
  switch (dice.between(0, 5)) {
    case 0: return std::to_string(first) + "+";
    case 1: return std::to_string(first) + "-" + std::to_string(first + dice.between(1, 4));
    case 2: return Json::array({first, first + dice.between(1, 3)});
    default: return first;
  }
}

Json some_fault(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json fault = {{"on", sketch.direction()}};
  switch (dice.between(0, 3)) {
    case 0: fault["payload"] = dice.chance(80); break;
    case 1: break;
    default: fault["flags"] = dice.one_of({"S", "S.", ".", ".", "F.", "F.", "R", "R."}); break;
  }
  if (dice.chance(85)) fault["nth"] = which(dice);
  if (dice.chance(10)) fault["after"] = dice.duration(20ms, 2s);
  if (dice.chance(10)) fault["until"] = dice.duration(100ms, 5s);
  add_action(dice, fault);
  return fault;
}

/// From a time on nothing of one host, or of both, arrives any more.
void fall_silent(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const std::string at = dice.duration(20ms, 1500ms);
  const std::string from = sketch.host();
  sketch.add_fault({{"on", from + "->" + Sketch::other(from)}, {"after", at}, {"do", "drop"}});
  if (dice.chance(40)) {
    sketch.add_fault({{"on", Sketch::other(from) + "->" + from}, {"after", at}, {"do", "drop"}});
  }
}

/// Near the numbers at which rules turn: the next ones, those behind, the window's edges.
std::string some_number(Dice& dice) {
  std::int64_t offset = 0;
  switch (dice.between(0, 6)) {
    case 0: offset = dice.between(-2, 3); break;
    case 1: offset = 1; break;
    case 2: offset = dice.scaled(1, 10'000); break;
    case 3: offset = -dice.scaled(1, 100'000); break;
    case 4:
      offset = dice.one_of<std::int64_t>({64240, 65160, 65535, 65536}) + dice.between(-2, 2);
      break;
    case 5: offset = dice.scaled(10'000, 1 << 28); break;
    default: offset = 1 + dice.between(0, 3000); break;
  }
  return (offset < 0 ? "iss" : "iss+") + std::to_string(offset);
}

/// Numbers of a SACK block of what the receiver has sent: near its first octets.
Json some_block(Dice& dice) {
  const std::int64_t left = dice.chance(80) ? dice.between(1, 8000) : dice.between(-5, 1);
  const std::int64_t right = left + (dice.chance(90) ? dice.scaled(1, 3000) : -dice.between(0, 50));
  const auto text = [](std::int64_t number) {
    return (number < 0 ? "iss" : "iss+") + std::to_string(number);
  };
  return Json::array({text(left), text(right)});
}

Json some_stamp(Dice& dice) {
  if (dice.chance(70)) return "ts";
  if (dice.chance(10)) return 0;
  const std::int64_t offset = dice.scaled(1, 100'000);
  return (dice.chance(50) ? "ts-" : "ts+") + std::to_string(offset);
}

/// TCP options as they stand on the wire: in any order, twice, or where they mean nothing.
Json some_forged_options(Dice& dice, bool syn) {
  Json options = Json::array();
  const auto count = dice.between(1, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    switch (dice.between(syn ? 0 : 3, syn ? 5 : 7)) {
      case 0: options.push_back({{"mss", dice.scaled(0, 65'535)}}); break;
      case 1: options.push_back("sack_permitted"); break;
      case 2: options.push_back({{"wscale", dice.between(0, 16)}}); break;
      case 3: options.push_back("nop"); break;
      case 6:
      case 7: options.push_back({{"sack", Json::array({some_block(dice)})}}); break;
      default:
        options.push_back({{"ts", Json::array({some_stamp(dice), some_stamp(dice)})}});
        break;
    }
  }
  return options;
}

}  // namespace

void add_data(Sketch& sketch) {
  Dice& dice = sketch.dice();
  for (const char* key : {"listen", "connect"}) {
    Json* app = sketch.app(key);
    if (app == nullptr) continue;
    Json steps = Json::array();
    const auto count = dice.between(1, 6);
    for (std::int64_t i = 0; i < count; ++i) {
      switch (dice.between(0, 3)) {
        case 0: steps.push_back({{"recv", dice.scaled(1, 6000)}}); break;
        case 1: steps.push_back({{"sleep", dice.duration(20ms, 700ms)}}); break;
        default: steps.push_back({{"send", dice.scaled(1, 9000)}}); break;
      }
    }
    if (dice.chance(30)) steps.push_back({{"recv", "eof"}});
    add_ending(dice, steps);
    (*app)["steps"] = std::move(steps);
    if (!dice.chance(40)) continue;
    const char* option = dice.one_of({"TCP_NODELAY", "TCP_CORK", "TCP_QUICKACK", "TCP_MAXSEG"});
    (*app)["setsockopt"][option] =
        option == std::string_view{"TCP_MAXSEG"} ? dice.scaled(88, 1460) : dice.between(0, 1);
  }
}

void add_window(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const bool up = dice.chance(50);
  Json* sender = sketch.app(up ? "connect" : "listen");
  Json* reader = sketch.app(up ? "listen" : "connect");
  if (sender == nullptr || reader == nullptr) return;
  Json steps = Json::array({{{"send", dice.scaled(3000, 40'000)}}});
  if (dice.chance(30)) steps.push_back({{"sleep", dice.duration(20ms, 3s)}});
  add_ending(dice, steps);
  (*sender)["steps"] = std::move(steps);
  Json reads = Json::array({{{"sleep", dice.duration(200ms, 4s)}}});
  const auto count = dice.between(0, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    reads.push_back({{"recv", dice.scaled(1, 10'000)}});
    if (dice.chance(60)) reads.push_back({{"sleep", dice.duration(20ms, 1500ms)}});
  }
  if (dice.chance(50)) reads.push_back({{"recv", "eof"}});
  add_ending(dice, reads);
  (*reader)["steps"] = std::move(reads);
  if (dice.chance(60)) (*reader)["setsockopt"]["SO_RCVBUF"] = dice.scaled(0, 30'000);
  const std::string host = (*reader)["host"];
  if (dice.chance(15)) sketch.settings(host)["tcp_shrink_window"] = 1;
  if (dice.chance(15)) sketch.settings(host)["tcp_window_scaling"] = 0;
  if (dice.chance(30)) sketch.settings(Sketch::other(host))["tcp_retries2"] = dice.between(1, 6);
  if (dice.chance(30)) sketch.add_fault(some_fault(sketch));
}

void add_loss(Sketch& sketch) {
  const auto count = sketch.dice().between(1, 4);
  for (std::int64_t i = 0; i < count; ++i) sketch.add_fault(some_fault(sketch));
}

void add_recovery(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const bool up = dice.chance(50);
  Json* sender = sketch.steps(up ? "connect" : "listen");
  Json* reader = sketch.steps(up ? "listen" : "connect");
  if (sender == nullptr || reader == nullptr) return;
  *sender = Json::array({{{"send", dice.scaled(4000, 40'000)}}});
  add_ending(dice, *sender);
  *reader = Json::array({{{"recv", "eof"}}, {{"close", true}}});
  const std::string from = up ? client : server;
  const auto losses = dice.between(1, 4);
  for (std::int64_t i = 0; i < losses; ++i) {
    Json fault = {
        {"on", from + "->" + Sketch::other(from)}, {"payload", true}, {"nth", dice.between(1, 14)}};
    add_action(dice, fault);
    sketch.add_fault(std::move(fault));
  }
  constexpr std::array switches{"tcp_sack",     "tcp_dsack", "tcp_timestamps",
                                "tcp_recovery", "tcp_frto",  "tcp_early_retrans"};
  const auto off = dice.between(0, 2);
  for (std::int64_t i = 0; i < off; ++i) {
    sketch.settings(sketch.host())[switches[dice.place(switches.size())]] = 0;
  }
  if (dice.chance(15)) sketch.settings(from)["tcp_thin_linear_timeouts"] = 1;
  if (dice.chance(10)) sketch.settings(from)["tcp_reordering"] = dice.between(1, 8);
}

void add_options(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json* app = sketch.app(dice.chance(50) ? "listen" : "connect");
  if (app != nullptr && dice.chance(70)) (*app)["setsockopt"] = some_options(dice, true);
  Json* steps = sketch.steps(dice.chance(50) ? "listen" : "connect");
  if (steps == nullptr || !dice.chance(60)) return;
  const auto place = static_cast<std::ptrdiff_t>(dice.place(steps->size() + 1));
  steps->insert(steps->begin() + place, Json{{"setsockopt", some_options(dice, false)}});
}

void add_keepalive(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json* app = sketch.app(dice.chance(50) ? "listen" : "connect");
  if (app == nullptr) return;
  Json& options = (*app)["setsockopt"];
  options["SO_KEEPALIVE"] = 1;
  options["TCP_KEEPIDLE"] = dice.between(1, 2);
  options["TCP_KEEPINTVL"] = dice.between(1, 2);
  if (dice.chance(80)) options["TCP_KEEPCNT"] = dice.between(1, 3);
  if (dice.chance(30)) options["TCP_USER_TIMEOUT"] = dice.scaled(100, 6000);
  for (const char* key : {"listen", "connect"}) {
    Json* steps = sketch.steps(key);
    if (steps == nullptr || !dice.chance(70)) continue;
    *steps = Json::array();
    if (dice.chance(30)) steps->push_back({{"send", dice.scaled(1, 2000)}});
    if (dice.chance(30)) steps->push_back({{"sleep", dice.duration(500ms, 5s)}});
    steps->push_back({{"recv", "eof"}});
    add_ending(dice, *steps);
  }
  if (dice.chance(60)) fall_silent(sketch);
}

void add_forged(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const auto pairs = sketch.pairs();
  const auto count = dice.between(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    Sketch::Pair pair{client, 41000, 80};  // of nobody's connection
    const bool real = !pairs.empty() && dice.chance(92);
    if (real) pair = pairs[dice.place(pairs.size())];
    const bool from_connector = dice.chance(50) || !real;
    const std::string from =
        from_connector ? pair.connector_host : Sketch::other(pair.connector_host);
    const std::string flags = dice.one_of({"S", "S.", ".", ".", "P.", "F.", "F.", "R", "R", "R.",
                                           "R.", "SF", "SR", "F", "P", "SFR.", "FR.", "none"});
    Json forged = {{"at", sketch.moment()},
                   {"from", from},
                   {"to", Sketch::other(from)},
                   {"sport", from_connector ? pair.connector_port : pair.listener_port},
                   {"dport", from_connector ? pair.listener_port : pair.connector_port},
                   {"flags", flags}};
    // Absolute ones lie near a kernel's own numbers or not, by chance.
    forged["seq"] = some_number(dice);
    forged["ack"] = some_number(dice);
    if (dice.chance(30)) forged["win"] = dice.scaled(0, 65535);
    if (dice.chance(40)) forged["len"] = dice.scaled(1, 1448);
    if (dice.chance(40)) {
      forged["options"] = some_forged_options(dice, flags.find('S') != std::string::npos);
    }
    sketch.add_injection(std::move(forged));
  }
}

void add_settings(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const auto count = dice.between(1, 3);
  for (std::int64_t i = 0; i < count; ++i) put_some_setting(dice, sketch.settings(sketch.host()));
  if (!dice.chance(30)) return;
  Json sysctl = Json::object();
  put_some_setting(dice, sysctl);
  sketch.add_event({{"at", sketch.moment()}, {"host", sketch.host()}, {"sysctl", sysctl}});
}

void add_path(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json& link = sketch.link();
  if (dice.chance(40)) link["mtu"] = dice.one_of<std::int64_t>({128, 296, 576, 1280, 1492, 9000});
  if (dice.chance(40)) {
    link["rate"] = dice.one_of({"256kbit", "1Mbit", "5Mbit"});
    // Half a segment more than some: which one is lost must not hang on a kernel's microseconds.
    if (dice.chance(50)) link["queue"] = 1500 * dice.scaled(2, 40) + 750;
  }
  if (dice.chance(50)) {
    link[dice.one_of({"a_to_b", "b_to_a"})] = {{"delay", dice.duration(1ms, 500ms)}};
  } else if (dice.chance(30)) {
    link[dice.one_of({"a_to_b", "b_to_a"})] = {{"loss", 1}};
  }
}

void add_timers(Sketch& sketch) {
  Dice& dice = sketch.dice();
  const std::string host = sketch.host();
  Json& settings = sketch.settings(host);
  if (dice.chance(50)) settings["tcp_rto_max_ms"] = dice.scaled(1000, 5000);
  if (dice.chance(40)) settings["tcp_rto_min_us"] = dice.scaled(1000, 1'000'000);
  if (dice.chance(50)) settings["tcp_retries2"] = dice.between(0, 6);
  if (dice.chance(30)) settings["tcp_orphan_retries"] = dice.between(0, 4);
  if (dice.chance(30)) settings["tcp_retries1"] = dice.between(0, 4);
  if (dice.chance(30)) settings["tcp_syn_retries"] = dice.between(1, 3);
  if (dice.chance(20)) settings["tcp_fin_timeout"] = dice.between(0, 4);
  if (dice.chance(10)) settings["tcp_invalid_ratelimit"] = dice.scaled(0, 2000);
  Json* app = sketch.app(dice.chance(50) ? "listen" : "connect");
  if (app != nullptr && dice.chance(30)) {
    (*app)["setsockopt"]["TCP_USER_TIMEOUT"] = dice.scaled(50, 6000);
  }
  if (dice.chance(70)) fall_silent(sketch);
}

/// The server has no TCP: its part of a conversation is written down.
void add_peerless(Sketch& sketch) {
  Dice& dice = sketch.dice();
  Json& apps = sketch.apps();
  Json left = Json::array();
  for (Json& app : apps) {
    if (app["host"] != server) left.push_back(std::move(app));
  }
  apps = std::move(left);
  sketch.document()["hosts"][server]["silent"] = true;
  const auto answer = [&](const char* flags, std::int64_t at_ms, std::int64_t seq,
                          const std::string& ack) {
    Json forged = {{"at", std::to_string(at_ms) + "ms"},
                   {"from", server},
                   {"to", client},
                   {"sport", 80},
                   {"dport", 40000},
                   {"flags", flags},
                   {"seq", seq},
                   {"ack", ack}};
    if (dice.chance(50)) forged["win"] = dice.scaled(0, 65'535);
    return forged;
  };
  constexpr std::int64_t first = 1000;  // its own initial number
  Json syn = answer("S.", dice.between(5, 900), first, "iss+1");
  if (dice.chance(70)) syn["options"] = some_forged_options(dice, true);
  sketch.add_injection(std::move(syn));
  std::int64_t at = dice.between(950, 1100);
  const auto count = dice.between(1, 4);
  for (std::int64_t i = 0; i < count; ++i, at += dice.between(20, 900)) {
    const char* flags = dice.one_of({".", ".", ".", "P.", "F.", "R.", "R"});
    const std::int64_t seq = first + 1 + dice.between(0, 1);
    Json forged = answer(flags, at, seq, some_number(dice));
    if (dice.chance(40)) forged["len"] = dice.scaled(1, 1448);
    if (dice.chance(50)) forged["options"] = some_forged_options(dice, false);
    sketch.add_injection(std::move(forged));
  }
}

}  // namespace lastack::fuzz
