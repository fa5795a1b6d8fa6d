// Connectors with a rate, and steps that sleep as long as chance says, in a whole run.
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "story.hpp"

namespace lastack {
namespace {

using test::Story;

const std::string server = R"({"host": "server", "listen": 80, "backlog": 4000,
  "steps": [{"recv": "eof"}, {"close": true}]})";

std::string apps(const std::string& others) {
  return R"("apps": [)" + server + ", " + others + "]";
}

constexpr const char* poisson =
    R"({"host": "client", "connect": "server:80", "rate": "100/s", "for": "2s",
        "steps": [{"sleep": {"model": "exponential", "mean": "50ms"}}, {"close": true}]})";

/// Times of the host's calls of that name, by who made them.
std::map<std::string, SimTime> times(const Story& story, std::string_view host,
                                     std::string_view call) {
  std::map<std::string, SimTime> times;
  for (const trace::Event& event : story.events()) {
    const auto* app = std::get_if<trace::AppCall>(&event.what);
    if (app == nullptr || name_of(app->call) != call) continue;
    if (story.recording().names().name(app->host) == host) times[text_of(app->who)] = event.at;
  }
  return times;
}

TEST_CASE("Arrivals: even ones come at their times, numbered, from ports of their own", "[run]") {
  const Story story{apps(R"({"host": "client", "connect": "server:80", "at": "10ms",
    "rate": "1/ms", "arrivals": "even", "for": "3ms", "steps": [{"close": true}]})")};
  const auto connects = times(story, "client", "connect");
  REQUIRE(connects.size() == 3);
  CHECK(connects.at("connect#1") == sim_start + 10ms);
  CHECK(connects.at("connect#2") == sim_start + 11ms);
  CHECK(connects.at("connect#3") == sim_start + 12ms);
  CHECK(story.summary().connects_ok == 3);
}

TEST_CASE("Arrivals: a count ends them, and one alone has no number", "[run]") {
  const std::string rate = R"({"host": "client", "connect": "server:80", "rate": "1/ms", )";
  CHECK(Story{apps(rate + R"("count": 7})")}.summary().connects == 7);
  const Story one{apps(rate + R"("count": 1})")};
  CHECK(times(one, "client", "connect").contains("connect"));
  const Story bound{apps(rate + R"("count": 2, "from_port": 50000})")};
  CHECK(bound.summary().connections.at(1).local == "client:50001");
}

TEST_CASE("Arrivals: without a limit they go on to the end", "[run]") {
  const Story story{apps(R"({"host": "client", "connect": "server:80", "rate": "100/s",
    "arrivals": "even", "steps": [{"close": true}]})") +
                    R"(, "stop_at": "1s")"};
  CHECK(story.summary().connects == 101);
  CHECK(story.summary().simulated_seconds == 1);
}

TEST_CASE("Arrivals: each member of a group has the rate, and they take turns", "[run]") {
  const Story story{R"("hosts": {"clients": {"count": 4}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"}], )" +
                    apps(R"({"host": "clients", "connect": "server:80", "rate": "10/s",
    "arrivals": "even", "for": "1s", "steps": [{"close": true}]})")};
  CHECK(story.summary().connects == 40);
  CHECK(times(story, "clients[0]", "connect").at("connect#1") == sim_start);
  CHECK(times(story, "clients[1]", "connect").at("connect#1") == sim_start + 25ms);
  CHECK(times(story, "clients[3]", "connect").at("connect#10") == sim_start + 975ms);
}

TEST_CASE("Arrivals: a Poisson process keeps the rate, by seed", "[run]") {
  const Story story{apps(poisson)};
  CHECK(story.summary().connects > 200 - 6 * 14);
  CHECK(story.summary().connects < 200 + 6 * 14);
  CHECK(story.summary().connects_ok == story.summary().connects);
  CHECK(Story{apps(poisson)}.calls() == story.calls());
  CHECK(Story{apps(poisson), 2}.calls() != story.calls());
}

TEST_CASE("Arrivals: one more connector shifts neither another's arrivals nor its sleeps",
          "[run]") {
  const std::string alone = R"("hosts": {"client": {}, "server": {}, "other": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"},
              {"a": "other", "b": "server", "delay": "10ms"}], )";
  std::string other = poisson;
  other.replace(other.find("client"), 6, "other");
  const Story few{alone + apps(poisson)};
  const Story more{alone + apps(other + ", " + poisson)};
  CHECK(more.summary().connects > few.summary().connects);
  CHECK(few.calls("client") == more.calls("client"));
  CHECK(times(more, "other", "connect") != times(more, "client", "connect"));
}

TEST_CASE("Arrivals: two alike connectors of a host have numbers of their own", "[run]") {
  const Story story{apps(poisson + std::string{", "} + poisson)};
  std::map<SimTime, int> begun;
  for (const trace::Event& event : story.events()) {
    const auto* app = std::get_if<trace::AppCall>(&event.what);
    if (app != nullptr && app->call == trace::Call::connect) ++begun[event.at];
  }
  CHECK(begun.size() == story.summary().connects);  // no two at one time
}

TEST_CASE("Think times: have their mean, and depend neither on others nor on the network",
          "[run]") {
  const auto run_over = [](const std::string& delay) {
    return Story{R"("links": [{"a": "client", "b": "server", "delay": ")" + delay + R"("}], )" +
                 apps(R"({"host": "client", "connect": "server:80", "count": 2000, "every": "1ms",
      "steps": [{"sleep": {"model": "exponential", "mean": "1s"}}, {"close": true}]})")};
  };
  const auto sleeps = [](const Story& story) {
    const auto connected = times(story, "client", "connected");
    std::map<std::string, SimDuration> slept;
    for (const auto& [who, at] : times(story, "client", "close")) {
      slept[who] = at - connected.at(who);
    }
    return slept;
  };
  const auto near = sleeps(run_over("10ms"));
  REQUIRE(near.size() == 2000);
  SimDuration sum{};
  for (const auto& [who, slept] : near) sum += slept;
  CHECK(to_seconds(sum) / 2000 == Approx(1).margin(6 / std::sqrt(2000)));
  CHECK(sleeps(run_over("35ms")) == near);
}

TEST_CASE("Think times: those of a listener are each connection's own", "[run]") {
  const Story story{R"("apps": [
    {"host": "server", "listen": 80, "steps": [
      {"sleep": {"model": "uniform", "min": "1s", "max": "2s"}}, {"close": true}]},
    {"host": "client", "connect": "server:80", "count": 50, "every": "1ms",
     "steps": [{"recv": "eof"}, {"close": true}]}])"};
  const auto accepted = times(story, "server", "accepted");
  std::map<SimDuration, int> slept;
  for (const auto& [who, at] : times(story, "server", "close")) {
    const SimDuration sleep = at - accepted.at(who);
    CHECK(sleep >= 1s);
    CHECK(sleep <= 2s);
    ++slept[sleep];
  }
  CHECK(slept.size() == 50);
}

TEST_CASE("Arrivals: tracing changes nothing but the trace", "[run]") {
  const auto scenario = test::usual_scenario(apps(poisson));
  trace::Recording recording;
  run::Simulation traced{scenario, 3, {&recording}};
  run::Simulation untraced{scenario, 3};
  traced.run();
  untraced.run();
  CHECK(run::to_json(traced.summary()) == run::to_json(untraced.summary()));
}

}  // namespace
}  // namespace lastack
