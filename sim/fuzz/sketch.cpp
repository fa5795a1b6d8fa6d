#include "sketch.hpp"

#include <algorithm>
#include <utility>

namespace lastack::fuzz {

namespace {

constexpr const char* lists[] = {"faults", "inject", "events"};

std::int64_t some_bytes(Dice& dice) {
  switch (dice.between(0, 5)) {
    case 0: return dice.between(1, 3);
    case 1: return dice.scaled(1, 1448);
    case 2: return 1448 * dice.between(1, 6);
    case 3: return 1448 * dice.between(1, 6) + dice.one_of<std::int64_t>({-1, 1, 100});
    case 4: return dice.scaled(1000, 20'000);
    default: return dice.between(2, 5000);
  }
}

Json some_step(Dice& dice) {
  const auto kind = dice.between(0, 99);
  if (kind < 32) return {{"send", some_bytes(dice)}};
  if (kind < 47) return {{"recv", some_bytes(dice)}};
  if (kind < 57) return {{"recv", "eof"}};
  if (kind < 82) return {{"sleep", dice.duration(20ms, 2s)}};
  if (kind < 85) return {{"until", dice.duration(100ms, 3s)}};
  if (kind < 93) return {{"shutdown", dice.one_of({"read", "write", "write", "both"})}};
  return {{"setsockopt", some_options(dice, false)}};
}

/// A request and its answer.
Json dialogue(Dice& dice, bool connects) {
  Json steps = Json::array();
  if (connects) {
    steps.push_back({{"send", some_bytes(dice)}});
    if (dice.chance(50)) steps.push_back({{"recv", "eof"}});
  } else {
    steps.push_back({{"recv", dice.between(1, 200)}});
    if (dice.chance(50)) steps.push_back({{"sleep", dice.duration(20ms, 500ms)}});
    steps.push_back({{"send", some_bytes(dice)}});
  }
  return steps;
}

/// Primes, so that no round trip ends just when an application wakes: which of the two comes first
/// would hang on a kernel's microseconds.
const char* some_delay(Dice& dice) {
  return dice.one_of({"7ms", "13ms", "23ms", "41ms", "53ms", "83ms", "127ms", "211ms", "307ms"});
}

}  // namespace

Json some_options(Dice& dice, bool before) {
  Json options = Json::object();
  const auto count = dice.between(1, before ? 3 : 2);
  for (std::int64_t i = 0; i < count; ++i) {
    switch (dice.between(0, before ? 15 : 13)) {
      case 0: options["TCP_USER_TIMEOUT"] = dice.scaled(0, 5000); break;
      case 1: options["TCP_LINGER2"] = dice.between(-1, 3); break;
      case 2: options["TCP_KEEPIDLE"] = dice.between(1, 3); break;
      case 3: options["TCP_KEEPINTVL"] = dice.between(1, 2); break;
      case 4: options["TCP_KEEPCNT"] = dice.between(1, 3); break;
      case 5: options["SO_KEEPALIVE"] = dice.between(0, 1); break;
      case 6: options["TCP_NODELAY"] = dice.between(0, 1); break;
      case 7: options["TCP_QUICKACK"] = dice.between(0, 1); break;
      case 8: options["TCP_CORK"] = dice.between(0, 1); break;
      case 9: options["SO_LINGER"] = dice.between(0, 2); break;
      case 10: options["TCP_MAXSEG"] = dice.scaled(88, 1460); break;
      case 11: options["SO_RCVBUF"] = dice.scaled(0, 100'000); break;
      case 12: options["SO_SNDBUF"] = dice.scaled(0, 100'000); break;
      case 13: options["TCP_SYNCNT"] = dice.between(1, 3); break;
      case 14: options["TCP_DEFER_ACCEPT"] = dice.between(0, 4); break;
      default: options["TCP_SYNCNT"] = dice.between(1, 3); break;
    }
  }
  return options;
}

void add_ending(Dice& dice, Json& steps) {
  switch (dice.between(0, 9)) {
    case 0: steps.push_back({{"abort", true}}); break;
    case 1: steps.push_back({{"hold", true}}); break;
    case 2: break;  // it keeps its socket
    case 3:
      steps.push_back({{"shutdown", "write"}});
      steps.push_back({{"recv", "eof"}});
      steps.push_back({{"close", true}});
      break;
    case 4:
      steps.push_back({{"setsockopt", {{"SO_LINGER", dice.between(0, 2)}}}});
      steps.push_back({{"close", true}});
      break;
    default: steps.push_back({{"close", true}}); break;
  }
}

Json some_steps(Dice& dice, bool connects) {
  Json steps = Json::array();
  if (dice.chance(50)) {
    steps = dialogue(dice, connects);
  } else {
    const auto count = dice.between(0, 5);
    for (std::int64_t i = 0; i < count; ++i) steps.push_back(some_step(dice));
  }
  if (dice.chance(50)) steps.push_back({{"sleep", dice.duration(20ms, 2s)}});
  add_ending(dice, steps);
  return steps;
}

Sketch::Sketch(Dice& dice) : dice_{dice} {
  document_["hosts"] = {{client, Json::object()}, {server, Json::object()}};
  document_["links"] = Json::array({{{"a", client}, {"b", server}, {"delay", some_delay(dice)}}});
  document_["apps"] = Json::array();
  for (const char* list : lists) document_[list] = Json::array();
  add_app({{"host", server}, {"listen", 80}, {"steps", some_steps(dice, false)}});
  add_app({{"host", client},
           {"connect", std::string{server} + ":80"},
           {"from_port", 40000},
           {"steps", some_steps(dice, true)}});
}

Sketch::Sketch(Json document, Dice& dice) : dice_{dice}, document_(std::move(document)) {
  for (const char* list : lists) {
    if (!document_.contains(list)) document_[list] = Json::array();
  }
  document_.erase("stop_at");
}

Json Sketch::finished() const {
  Json document = document_;
  for (const char* list : lists) {
    if (document[list].empty()) document.erase(list);
  }
  for (auto& host : document["hosts"]) {
    if (host.contains("sysctl") && host["sysctl"].empty()) host.erase("sysctl");
  }
  return document;
}

Json& Sketch::settings(std::string_view host) {
  return document_["hosts"][std::string{host}]["sysctl"];
}

Json* Sketch::app(std::string_view key) {
  std::vector<Json*> found;
  for (Json& app : apps()) {
    if (app.contains(std::string{key})) found.push_back(&app);
  }
  return found.empty() ? nullptr : found[dice_.place(found.size())];
}

Json* Sketch::steps(std::string_view key) {
  Json* found = app(key);
  if (found == nullptr) return nullptr;
  if (!found->contains("steps")) (*found)["steps"] = Json::array();
  return &(*found)["steps"];
}

std::string Sketch::host() { return dice_.chance(50) ? client : server; }

std::string Sketch::other(std::string_view host) { return host == client ? server : client; }

std::string Sketch::direction() {
  const std::string from = host();
  return from + "->" + other(from);
}

std::vector<Sketch::Pair> Sketch::pairs() const {
  std::vector<Pair> pairs;
  for (const Json& app : document_["apps"]) {
    if (!app.contains("connect") || !app.contains("from_port")) continue;
    const std::string to = app["connect"].get<std::string>();
    const auto port = std::stoul(to.substr(to.find(':') + 1));
    const auto count = app.value("count", std::int64_t{1});
    const auto from = app["from_port"].get<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
      pairs.push_back({app["host"].get<std::string>(), static_cast<tcp::Port>(from + i),
                       static_cast<tcp::Port>(port)});
    }
  }
  return pairs;
}

std::string Sketch::moment() { return dice_.duration(15ms, 4s); }

}  // namespace lastack::fuzz
