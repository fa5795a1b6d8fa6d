// Theory against the simulator: over every pattern of losses, each with its probability, and in
// thousands of runs with losses by chance.

#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/batch/interval.hpp"
#include "lastack/batch/theory.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::batch {
namespace {

std::string number(double value) { return std::to_string(value); }

struct Setup {
  std::string profile = "textbook";
  int retries = 1;
  double loss_there = 0;
  double loss_back = 0;
  std::string delay = "10ms";
  std::string sysctl = {};  ///< more of them
  std::string more = {};    ///< keys of the scenario
};

scenario::Scenario scenario_of(const Setup& setup) {
  const std::string json = R"({"name": "handshake", "profile": ")" + setup.profile + R"(",
    "stop_at": "20min", "hosts": {"client": {}, "server": {}},
    "sysctl": {"tcp_syn_retries": )" +
                           std::to_string(setup.retries) + setup.sysctl + R"(},
    "links": [{"a": "client", "b": "server", "delay": ")" +
                           setup.delay + R"(",
      "a_to_b": {"loss": )" +
                           number(setup.loss_there) + R"(},
      "b_to_a": {"loss": )" +
                           number(setup.loss_back) + R"(}}],
    "apps": [{"host": "server", "listen": 80},
             {"host": "client", "connect": "server:80", "from_port": 40000}])" +
                           setup.more + "}";
  return scenario::parse_scenario(json, "handshake.json");
}

ConnectModel model_of(const scenario::Scenario& scenario) {
  std::string why_not;
  const auto model = connect_model(scenario, &why_not);
  INFO(why_not);
  REQUIRE(model);
  return *model;
}

// --- Every pattern of losses ---

struct Outcome {
  bool ok = false;
  double time = 0;
  double syns = 0;
};

Outcome outcome_of(const scenario::Scenario& scenario, std::uint64_t seed) {
  run::Simulation simulation{scenario, seed};
  simulation.run();
  const run::Summary summary = simulation.summary();
  const run::ConnectionSummary& connection = summary.connections.at(0);
  return {connection.result == tcp::Error::none,
          connection.connect_time ? to_seconds(*connection.connect_time) : 0,
          static_cast<double>(summary.sent_by_kind.at("syn"))};
}

/// Drops those of the first `n` segments with these flags whose bit is set.
scenario::Fault losing(std::size_t from, tcp::Flags flags, unsigned bits) {
  scenario::Fault fault;
  fault.from.host = from;
  fault.from.member = 0;
  fault.to.host = 1 - from;
  fault.to.member = 0;
  fault.flags = flags;
  for (unsigned i = 0; i < 16; ++i) {
    if ((bits >> i & 1U) != 0) fault.nth.emplace_back(i + 1, i + 1);
  }
  fault.action = scenario::FaultAction::drop;
  return fault;
}

double probability_of(unsigned bits, unsigned n, double loss) {
  double product = 1;
  for (unsigned i = 0; i < n; ++i) product *= (bits >> i & 1U) != 0 ? loss : 1 - loss;
  return product;
}

/// The sum over all patterns of `syns` SYNs and `synacks` SYN-ACKs, which must be as many as ever
/// arrive in time.
ConnectOdds sum_over_patterns(const Setup& setup, unsigned syns, unsigned synacks) {
  Setup lossless = setup;
  lossless.loss_there = lossless.loss_back = 0;
  scenario::Scenario scenario = scenario_of(lossless);
  ConnectOdds sum;
  double time = 0;
  for (unsigned there = 0; there < 1U << syns; ++there) {
    for (unsigned back = 0; back < 1U << synacks; ++back) {
      scenario.faults.clear();
      if (there != 0) scenario.faults.push_back(losing(0, tcp::Flags::syn, there));
      const tcp::Flags synack = tcp::Flags{tcp::Flags::syn | tcp::Flags::ack};
      if (back != 0) scenario.faults.push_back(losing(1, synack, back));
      const Outcome outcome = outcome_of(scenario, 1);
      if (back + 1 == 1U << synacks) REQUIRE_FALSE(outcome.ok);  // no SYN-ACK is left out
      const double probability = probability_of(there, syns, setup.loss_there) *
                                 probability_of(back, synacks, setup.loss_back);
      sum.ok += outcome.ok ? probability : 0;
      time += outcome.ok ? probability * outcome.time : 0;
      sum.syns_sent += probability * outcome.syns;
    }
  }
  sum.times = {{SimDuration{static_cast<std::int64_t>(time / sum.ok * 1e9)}, sum.ok}};
  return sum;
}

void check_patterns(Setup setup, unsigned syns, unsigned synacks) {
  CAPTURE(setup.profile, setup.retries, setup.delay, setup.more);
  setup.loss_there = 0.3;
  setup.loss_back = 0.4;
  const ConnectOdds seen = sum_over_patterns(setup, syns, synacks);
  const ConnectOdds theory = model_of(scenario_of(setup)).odds();
  CHECK(theory.ok == Approx(seen.ok).epsilon(1e-9));
  CHECK(*theory.mean_time() == Approx(*seen.mean_time()).epsilon(1e-6));
  CHECK(theory.syns_sent == Approx(seen.syns_sent).epsilon(1e-9));
}

TEST_CASE("connect_odds: the sum over all patterns of losses, SYN-ACK again for each SYN",
          "[batch]") {
  check_patterns({.profile = "textbook", .retries = 1}, 2, 4);
  check_patterns({.profile = "textbook", .retries = 2}, 3, 6);
  check_patterns({.profile = "textbook", .retries = 2, .delay = "700ms"}, 3, 6);
}

TEST_CASE("connect_odds: the sum over all patterns of losses, an ACK for each further SYN",
          "[batch]") {
  check_patterns({.profile = "rfc9293", .retries = 1}, 2, 4);
  check_patterns({.profile = "rfc9293", .retries = 3}, 4, 6);
  // SYN-ACKs used up before the client is at its end: the next SYN is a new attempt.
  check_patterns({.profile = "rfc9293", .retries = 3, .sysctl = R"(, "tcp_synack_retries": 1)"}, 4,
                 6);
}

TEST_CASE("connect_odds: the sum over all patterns of losses, each SYN restarts the timer",
          "[batch]") {
  const std::string exact = R"(, "timer_wheel": false)";
  check_patterns({.profile = "linux-6", .retries = 1, .more = exact}, 4, 7);
  check_patterns({.profile = "linux-4", .retries = 2, .more = exact}, 3, 6);
  check_patterns({.profile = "linux-4", .retries = 2, .delay = "300ms", .more = exact}, 3, 6);
  check_patterns({.profile = "linux-4", .retries = 2, .delay = "620ms", .more = exact}, 3, 6);
}

TEST_CASE("connect_odds: the sum over all patterns of losses, answers to SYNs limited", "[batch]") {
  const std::string exact = R"(, "timer_wheel": false)";
  for (const char* limit : {"1999", "2000", "2001", "5000"}) {
    check_patterns({.profile = "linux-4",
                    .retries = 3,
                    .sysctl = std::string{R"(, "tcp_invalid_ratelimit": )"} + limit,
                    .more = exact},
                   4, 7);
  }
}

TEST_CASE("connect_odds: the sum over all patterns of losses, delays of whole waits", "[batch]") {
  const std::string exact = R"(, "timer_wheel": false)";
  for (const char* delay : {"0ms", "500ms", "1s", "1500ms"}) {
    check_patterns({.profile = "linux-4", .retries = 2, .delay = delay, .more = exact}, 3, 6);
    check_patterns({.profile = "textbook", .retries = 2, .delay = delay}, 3, 6);
  }
}

// --- When SYNs go ---

std::vector<double> seconds_of(const Transmissions& t) {
  std::vector<double> all;
  for (const SimDuration sent : t.sent) all.push_back(to_seconds(sent));
  all.push_back(to_seconds(t.gives_up));
  return all;
}

TEST_CASE("syn_transmissions: the ladders of the kernel and of books", "[batch]") {
  const auto linux_6 = [](int retries) { return seconds_of(syn_transmissions({retries, 4})); };
  // As recorded: tests/oracle/cases/every-syn-lost-*, own/every-syn-lost-retries-2-linear-4.
  CHECK(linux_6(1) == std::vector<double>{0, 1, 2, 3});
  CHECK(linux_6(2) == std::vector<double>{0, 1, 2, 3, 4, 5, 7});
  CHECK(linux_6(6) == std::vector<double>{0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131});
  SynPolicy linux_4{6, 0};
  CHECK(seconds_of(syn_transmissions(linux_4)) == std::vector<double>{0, 1, 3, 7, 15, 31, 63, 127});
  SynPolicy textbook{5, 0};
  textbook.budget = tcp::RetryBudget::count;
  CHECK(seconds_of(syn_transmissions(textbook)) == std::vector<double>{0, 1, 3, 7, 15, 31, 63});
  textbook.retries = 0;
  CHECK(seconds_of(syn_transmissions(textbook)) == std::vector<double>{0, 1});
}

TEST_CASE("connect_odds: textbook forms with losses one way", "[batch]") {
  SynPolicy client{6, 0};
  client.budget = tcp::RetryBudget::count;
  for (const int retries : {0, 1, 3, 6}) {
    client.retries = retries;
    const ConnectOdds odds =
        connect_odds(syn_transmissions(client), {}, {0.2, 0, SimDuration{10ms}, SimDuration{10ms}});
    CAPTURE(retries);
    CHECK(odds.ok == Approx(1 - std::pow(0.2, retries + 1)).epsilon(1e-12));
    CHECK(odds.syns_sent == Approx((1 - std::pow(0.2, retries + 1)) / 0.8).epsilon(1e-12));
    double time = 0;  // the k-th SYN goes at 2^k - 1
    for (int k = 0; k <= retries; ++k) {
      time += 0.8 * std::pow(0.2, k) * (std::pow(2.0, k) - 1 + 0.02);
    }
    CHECK(*odds.mean_time() == Approx(time / odds.ok).epsilon(1e-12));
  }
}

TEST_CASE("connect_odds: with all lost nothing succeeds", "[batch]") {
  const ConnectOdds odds = connect_odds(syn_transmissions({}), {}, {1, 0, 10ms, 10ms});
  CHECK(odds.ok == 0);
  CHECK_FALSE(odds.mean_time());
  CHECK(odds.syns_sent == 11);
}

// --- Chance ---

struct Seen {
  double ok = 0;
  Moments time;
  Moments syns;
};

Seen simulate(const scenario::Scenario& scenario, std::uint64_t runs) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Outcome outcome = outcome_of(scenario, seed);
    seen.ok += outcome.ok ? 1 : 0;
    if (outcome.ok) seen.time.add(outcome.time);
    seen.syns.add(outcome.syns);
  }
  return seen;
}

void check_by_chance(const Setup& setup, std::uint64_t runs) {
  CAPTURE(setup.profile, setup.retries, setup.loss_there, setup.loss_back, setup.delay);
  const scenario::Scenario scenario = scenario_of(setup);
  const ConnectOdds theory = model_of(scenario).odds();
  const Seen seen = simulate(scenario, runs);
  constexpr double confidence = 0.999;
  const Interval ok = proportion_interval(seen.ok, static_cast<double>(runs), confidence);
  const auto time = mean_interval(seen.time, confidence);
  const auto syns = mean_interval(seen.syns, confidence);
  REQUIRE(time);
  REQUIRE(syns);
  CAPTURE(theory.ok, ok.low, ok.high, *theory.mean_time(), time->low, time->high, theory.syns_sent,
          syns->low, syns->high);
  CHECK(ok.contains(theory.ok));
  CHECK(time->contains(*theory.mean_time()));
  CHECK(syns->contains(theory.syns_sent));
}

TEST_CASE("connect_odds: simulated handshakes agree, Linux 6 on its grid of timers",
          "[batch][long]") {
  const int retries = GENERATE(1, 3, 6);
  const double loss = GENERATE(0.05, 0.2, 0.5);
  check_by_chance({"linux-6", retries, loss, 0, "10ms"}, 4000);
  check_by_chance({"linux-6", retries, 0, loss, "10ms"}, 4000);
  check_by_chance({"linux-6", retries, loss, loss, "10ms"}, 4000);
}

TEST_CASE("connect_odds: simulated handshakes agree, many of them", "[batch][long]") {
  const std::string profile = GENERATE("textbook", "rfc9293", "linux-6", "linux-4");
  check_by_chance({profile, 3, 0.5, 0.5, "25ms"}, 20000);
}

TEST_CASE("connect_odds: both ends' timers race on Linux's grid, and chance agrees",
          "[batch][long]") {
  // What the server's own timer repeats either crosses the client's next SYN or is put off by it.
  const std::string delay = GENERATE("15ms", "40ms");
  check_by_chance({"linux-6", 1, 0, 0.7, delay}, 20000);
}

TEST_CASE("ConnectModel: the grid's phase spreads the times of later SYNs", "[batch]") {
  const Setup setup{"linux-6", 1, 0.5, 0, "10ms"};
  SimDuration first{10h};
  SimDuration last{};
  for (const auto& [time, probability] : model_of(scenario_of(setup)).odds().times) {
    if (time < 500ms || time > 1500ms) continue;  // that the second SYN brought
    first = std::min(first, time);
    last = std::max(last, time);
  }
  CHECK(first >= 1020ms);
  CHECK(first < 1025ms);  // up to a jiffy and 32 ms late
  CHECK(last > 1050ms);
  CHECK(last <= 1056ms);
}

}  // namespace
}  // namespace lastack::batch
