#include "app_chance.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace lastack::run {

namespace {

bool draws(const std::vector<app::Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const app::Step& step) {
    const auto* sleep = std::get_if<app::SleepStep>(&step);
    return sleep != nullptr && !std::holds_alternative<net::ConstantDelay>(sleep->duration);
  });
}

/// "connector/client-server:80/arrivals", and "…#2" for the second that would have this name. Only
/// those count that draw, so that the others shift nothing.
class StreamNames {
 public:
  StreamNames(const trace::Names& names, std::string_view purpose)
      : names_{names},
        purpose_{purpose} {}

  std::string of(const app::Connector& connector) {
    return numbered("connector/" + names_.hosts[connector.host] + "-" + names_.hosts[connector.to] +
                    ":" + std::to_string(connector.to_port) + purpose_);
  }
  std::string of(const app::Listener& listener) {
    return numbered("listener/" + names_.hosts[listener.host] + ":" +
                    std::to_string(listener.port) + purpose_);
  }

 private:
  std::string numbered(std::string name) {
    const std::uint32_t nth = ++seen_[name];
    return nth == 1 ? name : name + "#" + std::to_string(nth);
  }

  const trace::Names& names_;
  std::string purpose_;
  std::unordered_map<std::string, std::uint32_t> seen_;
};

}  // namespace

AppChance::AppChance(const scenario::Scenario& scenario, const trace::Names& names)
    : scenario_{&scenario} {
  make_arrivals(names);
  make_sleeps(names);
}

void AppChance::make_arrivals(const trace::Names& names) {
  StreamNames streams{names, "/arrivals"};
  const auto& connectors = scenario_->connectors;
  for (std::size_t i = 0; i < connectors.size(); ++i) {
    if (!connectors[i].arrivals) continue;
    places_of_arrivals_.resize(connectors.size(), nowhere);
    places_of_arrivals_[i] = static_cast<Place>(arrivals_.size());
    arrivals_.emplace_back(connectors[i], RandomStream{names.seed, streams.of(connectors[i])});
  }
}

void AppChance::make_sleeps(const trace::Names& names) {
  StreamNames streams{names, "/sleep"};
  const auto make = [&](const auto& apps, std::vector<Place>& places) {
    for (std::size_t i = 0; i < apps.size(); ++i) {
      if (!draws(apps[i].steps)) continue;
      places.resize(apps.size(), nowhere);
      places[i] = static_cast<Place>(sleeps_.size());
      sleeps_.emplace_back(names.seed, streams.of(apps[i]));
    }
  };
  make(scenario_->connectors, connector_sleeps_);
  make(scenario_->listeners, listener_sleeps_);
}

}  // namespace lastack::run
