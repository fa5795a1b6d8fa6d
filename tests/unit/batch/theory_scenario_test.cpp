#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/batch/theory.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack::batch {
namespace {

constexpr const char* plain_link = R"({"a": "client", "b": "server", "delay": "10ms",
  "a_to_b": {"loss": 0.5}})";
constexpr const char* plain_listener = R"({"host": "server", "listen": 80})";
constexpr const char* plain_connector = R"({"host": "client", "connect": "server:80"})";

struct Parts {
  std::string link = plain_link;
  std::string listener = plain_listener;
  std::string connector = plain_connector;
  std::string more = {};  ///< keys of the scenario
  std::string hosts = R"("client": {}, "server": {})";
};

scenario::Scenario scenario_of(const Parts& parts) {
  return scenario::parse_scenario(
      R"({"name": "model", "hosts": {)" + parts.hosts + R"(}, "links": [)" + parts.link +
          R"(], "apps": [)" + parts.listener + ", " + parts.connector + "]" + parts.more + "}",
      "model.json");
}

std::string why_not(const Parts& parts) {
  std::string why = "nothing said";
  const auto model = connect_model(scenario_of(parts), &why);
  CHECK(model.has_value() == why.empty());
  return why;
}

Prediction prediction(const std::vector<Prediction>& all, const std::string& metric) {
  for (const Prediction& one : all) {
    if (one.metric == metric) return one;
  }
  FAIL("no prediction of " << metric);
  return {};
}

TEST_CASE("connect_model: a plain handshake has one, with formulas to read", "[batch]") {
  const auto model = connect_model(scenario_of({}));
  REQUIRE(model);
  const std::vector<Prediction> all = model->predictions();
  REQUIRE(all.size() == 4);
  CHECK(prediction(all, "connect_ok").value == Approx(1 - 1.0 / 2048).epsilon(1e-12));
  CHECK(prediction(all, "connect_ok").formula == "1 - 0.5^11");
  CHECK(prediction(all, "connect_error.ETIMEDOUT").value == Approx(1.0 / 2048).epsilon(1e-9));
  CHECK(prediction(all, "syn_sent").value == Approx(2 - 1.0 / 1024).epsilon(1e-9));
  CHECK(prediction(all, "syn_sent").formula == "(1 - 0.5^11) / (1 - 0.5)");
  CHECK(prediction(all, "connect_time.mean").value > 0.5);
}

TEST_CASE("connect_model: which end of the link is the client's does not matter", "[batch]") {
  const auto turned = connect_model(scenario_of(
      {.link = R"({"a": "server", "b": "client", "b_to_a": {"loss": 0.5, "delay": "3ms"}})"}));
  REQUIRE(turned);
  CHECK(turned->way.loss_there == 0.5);
  CHECK(turned->way.loss_back == 0);
  CHECK(turned->way.delay_there == 3ms);
  CHECK(turned->way.delay_back == 0ms);
}

TEST_CASE("connect_model: settings and options of both ends", "[batch]") {
  const auto model = connect_model(scenario_of(
      {.listener = R"({"host": "server", "listen": 80, "setsockopt": {"TCP_SYNCNT": 2}})",
       .connector = R"({"host": "client", "connect": "server:80", "setsockopt": {"TCP_SYNCNT": 3},
                        "count": 5, "every": "1s"})",
       .more = R"(, "profile": "linux-4", "sysctl": {"tcp_syn_retries": 1})"}));
  REQUIRE(model);
  CHECK(model->client.retries == 3);
  CHECK(model->client.linear_timeouts == 0);
  CHECK(model->listener.retries == 2);
  CHECK(model->connections == 5);
  const auto all = model->predictions();
  CHECK(prediction(all, "connect_ok").formula == "1 - 0.5^4");
  CHECK(prediction(all, "syn_sent").value == Approx(5 * 1.875));
  CHECK(prediction(all, "syn_sent").formula == "5 x [(1 - 0.5^4) / (1 - 0.5)]");
}

TEST_CASE("connect_model: without loss and with losses both ways", "[batch]") {
  const auto none = connect_model(scenario_of({.link = R"({"a": "client", "b": "server"})"}));
  REQUIRE(none);
  CHECK(prediction(none->predictions(), "connect_ok").value == 1);
  CHECK(prediction(none->predictions(), "connect_ok").formula == "1, as nothing is lost");
  const auto both =
      connect_model(scenario_of({.link = R"({"a": "client", "b": "server", "loss": 0.25})"}));
  REQUIRE(both);
  CHECK(prediction(both->predictions(), "connect_ok").formula ==
        "sum over which SYN (loss 0.25) and which SYN-ACK (loss 0.25) arrives first");
  const auto all_lost =
      connect_model(scenario_of({.link = R"({"a": "client", "b": "server", "loss": 1})"}));
  REQUIRE(all_lost);
  CHECK(prediction(all_lost->predictions(), "connect_ok").value == 0);
  CHECK(all_lost->predictions().size() == 3);  // no time without success
}

TEST_CASE("connect_model: what has no closed form is refused, with the reason", "[batch]") {
  const auto link = [](const std::string& keys) {
    return why_not({.link = R"({"a": "client", "b": "server", )" + keys + "}"});
  };
  CHECK(link(R"("delay": "10ms", "jitter": "1ms")") == "the link has jitter");
  CHECK(link(R"("rate": "1Mbit")") == "the link has a rate");
  CHECK(link(R"("duplicate": 0.1)") == "the link duplicates");
  CHECK(link(R"("corrupt": 0.1)") == "the link corrupts");
  CHECK(link(R"("b_to_a": {"corrupt": 0.1})") == "the link corrupts");
  CHECK(link(R"("delay": {"model": "uniform", "min": "1ms", "max": "2ms"})") ==
        "the delay is not constant");
  CHECK(
      link(R"("loss": {"model": "gilbert_elliott", "p_good_to_bad": 0.1, "p_bad_to_good": 0.5})") ==
      "losses are not independent");
  const auto more = [](const std::string& keys) { return why_not({.more = ", " + keys}); };
  CHECK(more(R"("faults": [{"on": "client->server", "flags": "S", "do": "drop"}])") ==
        "there are faults");
  CHECK(more(R"("events": [{"at": "1s", "host": "server", "do": "power_off"}])") ==
        "there are events");
  CHECK(more(R"("events": [{"at": "1s", "link": ["client", "server"], "do": "down"}])") ==
        "there are events");
  CHECK(more(R"("stop_at": "100s")") == "stop_at may come before connect ends");
  CHECK(more(R"("sysctl": {"tcp_syncookies": 2})") == "tcp_syncookies is 2");
  CHECK(more(R"("what_if": {"handshake": "two-way"})") == "the handshake is not the three-way one");
}

TEST_CASE("connect_model: hosts and applications that have none", "[batch]") {
  CHECK(why_not({.hosts = R"("client": {}, "server": {}, "other": {})"}) ==
        "it takes exactly two hosts");
  CHECK(why_not({.hosts = R"("client": {"count": 3}, "server": {})"}) ==
        "it takes exactly two hosts");
  const std::string twice = std::string{plain_connector} + ", " + plain_connector;
  CHECK(why_not({.connector = twice}) == "it takes exactly one connector");
  const auto connector = [](const std::string& keys) {
    return why_not({.connector = R"({"host": "client", "connect": "server:80", )" + keys + "}"});
  };
  CHECK(connector(R"("setsockopt": {"TCP_USER_TIMEOUT": 5000})") ==
        "the connector has TCP_USER_TIMEOUT");
  CHECK(connector(R"("count": 65)") == "the listener's queue may fill");
  CHECK(connector(R"("count": 64)") == "");
  CHECK(connector(R"("count": 1000, "every": "300ms")") == "the listener's queue may fill");
  CHECK(connector(R"("count": 65, "every": "8s")") == "stop_at may come before connect ends");
  CHECK(why_not({.connector = R"({"host": "client", "connect": "server:80", "count": 3})",
                 .more = R"(, "sysctl": {"ip_local_port_range": "40000 40001"})"}) ==
        "there are more connections than ports");
  CHECK(why_not({.connector = R"({"host": "client", "connect": "server:80", "count": 3})",
                 .more = R"(, "sysctl": {"ip_local_port_range": "40000 40003",
                                         "ip_local_reserved_ports": "40001,40003"})"}) ==
        "there are more connections than ports");
  CHECK(why_not({.connector = R"({"host": "client", "connect": "server:81"})"}) ==
        "nobody listens where the connector connects to");
  CHECK(why_not({.listener = R"({"host": "server", "listen": 80, "at": "1s"})"}) ==
        "the listener is not there from the start to the end");
}

// --- Ports ---

TEST_CASE("port_rate: ports of the usual range by a minute", "[batch]") {
  CHECK(port_rate(28232, 0s, 60s) == Approx(470.5).margin(0.05));
  CHECK(port_rate(10, 20s, 60s) == 0.125);
  const auto of = [](const std::string& sysctl) {
    return port_rate(scenario_of({.more = R"(, "sysctl": {)" + sysctl + "}"}).hosts.at(0));
  };
  CHECK(of(R"("ip_local_port_range": "40000 40009")") == Approx(1.0 / 6));
  CHECK(of(R"("ip_local_port_range": "40000 40009", "ip_local_reserved_ports": "40002-40007")") ==
        Approx(4.0 / 60));
  CHECK_FALSE(of(R"("ip_local_port_range": "40000 40010")"));  // Linux leaves one of them out
  CHECK_FALSE(of(R"("tcp_tw_reuse": 1)"));
  CHECK(of(R"("tcp_tw_reuse": 1, "tcp_timestamps": 0)"));
}

/// The share of 200 connections, one each interval, that get one of ten ports.
double share_with_port(const std::string& profile, const std::string& every) {
  const scenario::Scenario scenario =
      scenario_of({.link = R"({"a": "client", "b": "server", "delay": "10ms"})",
                   .listener = R"({"host": "server", "listen": 80,
                       "steps": [{"recv": "eof"}, {"close": true}]})",
                   .connector = R"({"host": "client", "connect": "server:80", "count": 200,
                        "every": ")" +
                                every + R"(", "steps": [{"close": true}]})",
                   .more = R"(, "profile": ")" + profile + R"(", "stop_at": "1h",
                "sysctl": {"ip_local_port_range": "40000 40009", "tcp_tw_reuse": 0})"});
  run::Simulation simulation{scenario, 1};
  simulation.run();
  const run::Summary summary = simulation.summary();
  return static_cast<double>(summary.connects_ok) / static_cast<double>(summary.connects);
}

TEST_CASE("port_rate: below it every connection gets a port, above it only so many do", "[batch]") {
  // A port is taken for 60 s and some 40 ms: opening takes 20, closing 20 and more.
  const SimDuration open_for{40ms};
  CHECK(share_with_port("textbook", "6.1s") == 1);
  CHECK(share_with_port("linux-6", "6.5s") == 1);  // its minute ends up to 2 s late
  for (const auto& [every, rate] :
       {std::pair{"5.9s", 1 / 5.9}, std::pair{"3s", 1 / 3.0}, std::pair{"500ms", 2.0}}) {
    CAPTURE(every);
    const double carried = port_rate(10, open_for, 60s) / rate;
    const double seen = share_with_port("textbook", every);
    CHECK(seen < 1);
    // Ten ports start free, so that a run of 200 gets up to ten connections more. A port that comes
    // free waits for the next connection, so that it may be fewer.
    CHECK(seen >= carried - 0.1);
    CHECK(seen <= carried + 0.06);
  }
}

}  // namespace
}  // namespace lastack::batch
