#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dice.hpp"
#include "json.hpp"
#include "lastack/tcp/segment.hpp"

namespace lastack::fuzz {

/// The two hosts that every drawn scenario has. Who opens is a matter of the scenario's apps.
inline constexpr const char* client = "client";
inline constexpr const char* server = "server";
/// A group of more hosts that some have.
inline constexpr const char* crowd = "crowd";

/// A scenario while areas add to it: two hosts with one link, and what the areas add.
class Sketch {
 public:
  /// The ports of a pair of ends, by which forged segments find a connection.
  struct Pair {
    std::string connector_host;
    tcp::Port connector_port;
    tcp::Port listener_port;
  };

  /// Two hosts, a link, a listener and a connector with some steps.
  explicit Sketch(Dice& dice);
  /// One that was finished before.
  Sketch(Json document, Dice& dice);

  Dice& dice() { return dice_; }
  Json& document() { return document_; }
  /// Without the lists that stayed empty.
  Json finished() const;

  /// The host's `sysctl`, made where there is none.
  Json& settings(std::string_view host);
  Json& link() { return document_["links"][0]; }
  Json& apps() { return document_["apps"]; }
  /// One of the apps with this key ("listen", "connect"); null where there is none.
  Json* app(std::string_view key);
  /// The steps of an app of either kind, made where there are none; null without such an app.
  Json* steps(std::string_view key);
  /// Either host, or the other one.
  std::string host();
  static std::string other(std::string_view host);
  std::string direction();

  void add_fault(Json fault) { document_["faults"].push_back(std::move(fault)); }
  void add_injection(Json injection) { document_["inject"].push_back(std::move(injection)); }
  void add_event(Json event) { document_["events"].push_back(std::move(event)); }
  void add_app(Json app) { apps().push_back(std::move(app)); }
  /// The pairs of ends that connectors with a port of their own have.
  std::vector<Pair> pairs() const;
  /// A time within the first seconds, at which little else happens.
  std::string moment();

 private:
  Dice& dice_;
  Json document_;
};

/// Some steps of an application. `connects`: of a connector, which more often speaks first.
Json some_steps(Dice& dice, bool connects);
/// Options of a socket, one to three. `before`: before its connection, when more are worth setting.
Json some_options(Dice& dice, bool before);
/// How an application ends a connection: one to three steps.
void add_ending(Dice& dice, Json& steps);

}  // namespace lastack::fuzz
