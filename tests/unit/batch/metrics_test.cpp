#include "lastack/batch/metrics.hpp"

#include <map>
#include <string>
#include <vector>

#define CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#include <catch2/catch.hpp>

#include "lastack/batch/figure.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"

namespace lastack {
namespace {

using batch::MetricSet;
using batch::Statistic;

/// Two hosts 10 ms apart, as the classic texts have them, and what else `json` says.
scenario::Scenario scenario_of(const std::string& json) {
  std::string text = R"({"profile": "textbook", )";
  if (json.find("\"hosts\"") == std::string::npos) {
    text += R"("hosts": {"client": {}, "server": {}},
               "links": [{"a": "client", "b": "server", "delay": "10ms"}], )";
  }
  return scenario::parse_scenario(text + json + "}", "metrics.json");
}

run::Totals totals_of(const scenario::Scenario& scenario) {
  run::Simulation simulation{scenario, scenario.seed};
  simulation.run();
  return simulation.totals();
}

/// The metrics of one run, by name.
std::map<std::string, std::optional<double>> metrics_of(
    const std::string& json, const std::vector<std::string>& wanted = {}) {
  const scenario::Scenario scenario = scenario_of(json);
  const MetricSet set{scenario, wanted};
  const std::vector<std::optional<double>> values = set.values(totals_of(scenario));
  REQUIRE(values.size() == set.columns().size());
  std::map<std::string, std::optional<double>> named;
  for (std::size_t i = 0; i < values.size(); ++i) named[set.columns()[i]] = values[i];
  REQUIRE(named.size() == values.size());  // no name twice
  return named;
}

constexpr const char* no_apps = R"("apps": [])";

constexpr const char* lost_fin = R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"send": 100}, {"until": "2s"}, {"close": true}]}],
  "faults": [{"on": "client->server", "flags": "F.", "nth": 1, "do": "drop"}])";

TEST_CASE("Statistics: a quantile is the nearest rank, a time that occurred", "[batch]") {
  std::vector<SimDuration> times;
  for (int i = 1; i <= 10; ++i) times.push_back(i * 1s);
  CHECK(statistic_of(Statistic::mean, TimeDistribution{times}) == 5.5);
  CHECK(statistic_of(Statistic::median, TimeDistribution{times}) ==
        5);  // the 5th of 10, not halfway to the 6th
  CHECK(statistic_of(Statistic::p90, TimeDistribution{times}) ==
        9);  // exactly 0.9 times 10, not the 10th
  CHECK(statistic_of(Statistic::p99, TimeDistribution{times}) == 10);
  CHECK(statistic_of(Statistic::max, TimeDistribution{times}) == 10);
  times.push_back(11s);
  CHECK(statistic_of(Statistic::median, TimeDistribution{times}) == 6);
  CHECK(statistic_of(Statistic::p90, TimeDistribution{times}) == 10);
}

TEST_CASE("Statistics: ranks are exact with many times", "[batch]") {
  std::vector<SimDuration> times;
  for (int i = 1; i <= 1000; ++i) times.push_back(i * 1ns);
  CHECK(statistic_of(Statistic::p99, TimeDistribution{times}) == 990e-9);
  CHECK(statistic_of(Statistic::p99_9, TimeDistribution{times}) == 999e-9);
  times.push_back(1001ns);
  CHECK(statistic_of(Statistic::p99_9, TimeDistribution{times}) == 1000e-9);
}

TEST_CASE("Statistics: of no times there are none, of one it is all of them", "[batch]") {
  for (std::size_t i = 0; i < batch::statistic_count; ++i) {
    const auto statistic = static_cast<Statistic>(i);
    CHECK(statistic_of(statistic, TimeDistribution{}) == std::nullopt);
    CHECK(statistic_of(statistic, TimeDistribution{std::vector{SimDuration{20ms}}}) == 0.02);
  }
}

TEST_CASE("Statistics: the mean of long times does not overflow", "[batch]") {
  const std::vector<SimDuration> times(4, SimDuration::max());
  CHECK(statistic_of(Statistic::mean, TimeDistribution{times}) == Approx(9'223'372'036.854775807));
}

TEST_CASE("Metrics: columns stand in the documents' order, in full", "[batch]") {
  const MetricSet set{scenario_of(no_apps)};
  const std::vector<std::string> first{"connect_ok",
                                       "connect_time.mean",
                                       "connect_time.median",
                                       "connect_time.p90",
                                       "connect_time.p99",
                                       "connect_time.p99.9",
                                       "connect_time.max",
                                       "connect_error.EADDRINUSE",
                                       "connect_error.EADDRNOTAVAIL",
                                       "connect_error.ECONNREFUSED",
                                       "connect_error.ECONNRESET",
                                       "connect_error.EINVAL",
                                       "connect_error.ETIMEDOUT",
                                       "connect_error.ENOBUFS",
                                       "connect_error.EMFILE",
                                       "connect_error.ENFILE",
                                       "close_time.mean"};
  REQUIRE(set.columns().size() > first.size());
  CHECK(std::vector(set.columns().begin(), set.columns().begin() + 17) == first);
  const auto at = [&set](const std::string& name) {
    const auto& columns = set.columns();
    return std::find(columns.begin(), columns.end(), name) - columns.begin();
  };
  CHECK(at("active_close_time.mean") == at("close_time.max") + 1);
  CHECK(at("orphan_time.mean") == at("active_close_time.max") + 1);
  CHECK(at("time_in.SYN_SENT") == at("orphan_time.max") + 1);
  CHECK(at("time_in.TIME_WAIT") == at("time_in.SYN_SENT") + 8);
  CHECK(at("time_in.SYN_SENT.client") == at("time_in.TIME_WAIT") + 1);
  CHECK(at("time_in.SYN_SENT.server") == at("time_in.SYN_SENT.client") + 1);
  CHECK(at("time_in.SYN_RCVD.client") == at("time_in.SYN_SENT.server") + 1);
  CHECK(at("peak.SYN_SENT") == at("time_in.TIME_WAIT.server") + 1);
  const std::vector<std::string> run_wide{"syn_sent",
                                          "synack_sent",
                                          "fin_sent",
                                          "segments_sent",
                                          "segments_retransmitted",
                                          "segments_lost",
                                          "rst_sent",
                                          "bytes_delivered",
                                          "half_open_at_end",
                                          "listen_drops",
                                          "listen_overflows"};
  CHECK(at("syn_sent") == at("peak.TIME_WAIT") + 1);
  CHECK(std::vector(set.columns().begin() + at("syn_sent"),
                    set.columns().begin() + at("request_ok")) == run_wide);
  const std::vector<std::string> after_connect{
      "request_ok",           "request_time.mean",     "request_time.median",
      "request_time.p90",     "request_time.p99",      "request_time.p99.9",
      "request_time.max",     "recv_error.ECONNRESET", "recv_error.EPIPE",
      "recv_error.ETIMEDOUT", "send_error.ECONNRESET", "send_error.EPIPE",
      "send_error.ETIMEDOUT", "syn_cookies_sent",      "connections_reset",
      "connections_failed"};
  CHECK(std::vector(set.columns().begin() + at("request_ok"), set.columns().end()) ==
        after_connect);
}

TEST_CASE("Metrics: a run with a lost FIN, by hand", "[batch]") {
  auto m = metrics_of(lost_fin);
  CHECK(m["connect_ok"] == 1);
  CHECK(m["connect_time.mean"] == 0.02);
  CHECK(m["connect_time.p99.9"] == 0.02);
  CHECK(m["connect_error.ETIMEDOUT"] == 0);
  // The FIN goes again after 1 s; the server's FIN answers it and is acknowledged.
  CHECK(m["close_time.max"] == 61.02);
  CHECK(m["active_close_time.max"] == 1.02);
  CHECK(m["orphan_time.max"] == 1.02);
  CHECK(m["orphan_time.median"] == 0.02);  // the smaller one of two
  CHECK(m["orphan_time.mean"] == 0.52);
  CHECK(m["time_in.TIME_WAIT"] == 60);
  CHECK(m["time_in.TIME_WAIT.client"] == 60);
  CHECK(m["time_in.TIME_WAIT.server"] == 0);
  CHECK(*m["time_in.LAST_ACK.server"] == Approx(0.02));
  CHECK(m["peak.FIN_WAIT_1"] == 1);
  CHECK(m["peak.ESTABLISHED"] == 2);
  CHECK(m["syn_sent"] == 1);
  CHECK(m["synack_sent"] == 1);
  CHECK(m["fin_sent"] == 3);
  CHECK(m["rst_sent"] == 0);
  CHECK(m["segments_lost"] == 1);
  CHECK(m["segments_retransmitted"] == 1);
  CHECK(m["bytes_delivered"] == 100);
  CHECK(m["half_open_at_end"] == 0);
}

TEST_CASE("Metrics: a refused connect has an error and no time", "[batch]") {
  auto m = metrics_of(R"("apps": [{"host": "client", "connect": "server:80"}])");
  CHECK(m["connect_ok"] == 0);
  CHECK(m["connect_time.mean"] == std::nullopt);
  CHECK(m["connect_time.max"] == std::nullopt);
  CHECK(m["connect_error.ECONNREFUSED"] == 1);
  CHECK(m["connect_error.ETIMEDOUT"] == 0);
  CHECK(m["rst_sent"] == 1);
  CHECK(m["close_time.mean"] == std::nullopt);
}

TEST_CASE("Metrics: where nobody connects there is no share", "[batch]") {
  auto m = metrics_of(no_apps);
  CHECK(m["connect_ok"] == std::nullopt);
  CHECK(m["segments_sent"] == 0);
}

TEST_CASE("Metrics: quantiles over connections, failed ones left out", "[batch]") {
  auto m = metrics_of(R"("apps": [
      {"host": "server", "listen": 80},
      {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "10s"},
      {"host": "client", "connect": "server:81", "at": "5s"}],
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "drop"}])");
  CHECK(*m["connect_ok"] == 2.0 / 3.0);
  CHECK(m["connect_time.mean"] == 0.52);
  CHECK(m["connect_time.median"] == 0.02);
  CHECK(m["connect_time.p90"] == 1.02);
  CHECK(m["connect_time.max"] == 1.02);
  CHECK(m["connect_error.ECONNREFUSED"] == 1);
}

TEST_CASE("Metrics: a connection whose peer was rebooted is half-open", "[batch]") {
  auto m = metrics_of(R"("apps": [
      {"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}],
    "events": [{"at": "1s", "host": "server", "do": "reboot"}])");
  CHECK(m["half_open_at_end"] == 1);
}

/// Two requests; the server aborts while the client waits for the second answer.
constexpr const char* one_of_two = R"("apps": [
    {"host": "server", "listen": 80, "steps": [
      {"recv": 100}, {"sleep": "1s"}, {"send": 10}, {"recv": 100}, {"abort": true}]},
    {"host": "client", "connect": "server:80", "steps": [
      {"send": 100}, {"recv": 10}, {"send": 100}, {"recv": 10}, {"send": 1}]}])";

TEST_CASE("Metrics: what becomes of requests, by hand", "[batch]") {
  auto m = metrics_of(one_of_two);
  CHECK(m["request_ok"] == 0.5);
  CHECK(*m["request_time.mean"] == Approx(1.02));
  CHECK(*m["request_time.p99.9"] == Approx(1.02));
  CHECK(m["recv_error.ECONNRESET"] == 1);
  CHECK(m["recv_error.ETIMEDOUT"] == 0);
  CHECK(m["send_error.EPIPE"] == 1);
  CHECK(m["send_error.ECONNRESET"] == 0);  // `recv` was told already
  CHECK(m["connections_reset"] == 1);
  CHECK(m["connections_failed"] == 1);
  CHECK(m["syn_cookies_sent"] == 0);
}

TEST_CASE("Metrics: without requests they have neither share nor time", "[batch]") {
  auto m = metrics_of(lost_fin);
  CHECK(m["request_ok"] == std::nullopt);
  CHECK(m["request_time.mean"] == std::nullopt);
  CHECK(m["recv_error.ECONNRESET"] == 0);
  CHECK(m["connections_reset"] == 0);
  CHECK(m["connections_failed"] == 0);
}

TEST_CASE("Metrics: SYN cookies that were sent", "[batch]") {
  auto m = metrics_of(R"("hosts": {"client": {},
      "server": {"profile": "linux-6", "sysctl": {"tcp_syncookies": 2}}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}], "apps": [
      {"host": "server", "listen": 80}, {"host": "client", "connect": "server:80", "count": 2}])");
  CHECK(m["syn_cookies_sent"] == 2);
}

TEST_CASE("Metrics: trials and times stand in the order of shares and families", "[batch]") {
  const scenario::Scenario scenario = scenario_of(one_of_two);
  const run::Totals totals = totals_of(scenario);
  const MetricSet all{scenario};
  CHECK(batch::shares_of(all.columns()) == std::vector<std::string>{"connect_ok", "request_ok"});
  CHECK(all.trials(totals) == std::vector<std::uint64_t>{1, 2});
  const std::vector<std::string> families = batch::families_of(all.columns());
  REQUIRE(families.size() == 5);
  CHECK(families.back() == "request_time");
  REQUIRE(all.times(totals).size() == 5);
  CHECK(all.times(totals).back().count() == 1);
  CHECK(*all.times(totals).back().mean() == Approx(1.02));

  const MetricSet some{scenario, {"request_ok", "request_time.max", "close_time.mean"}};
  CHECK(some.trials(totals) == std::vector<std::uint64_t>{2});
  CHECK(batch::families_of(some.columns()) ==
        std::vector<std::string>{"close_time", "request_time"});
  REQUIRE(some.times(totals).size() == 2);
  CHECK(some.times(totals)[0].count() == 0);
  CHECK(some.times(totals)[1].count() == 1);
}

TEST_CASE("Metrics: of what happens after the connect, only answers are better when more",
          "[batch]") {
  using batch::Better;
  CHECK(batch::better_of("request_ok") == Better::more);
  for (const char* metric : {"request_time.p99", "recv_error.ECONNRESET", "send_error.EPIPE",
                             "syn_cookies_sent", "connections_reset", "connections_failed"}) {
    CAPTURE(metric);
    CHECK(batch::better_of(metric) == Better::less);
  }
}

TEST_CASE("Metrics: a group's socket-seconds are its members' together", "[batch]") {
  auto m = metrics_of(R"("hosts": {"clients": {"count": 3}, "server": {}},
    "links": [{"a": "clients", "b": "server", "delay": "10ms"}], "apps": [
      {"host": "server", "listen": 80}, {"host": "clients", "connect": "server:80"}])");
  CHECK(*m["time_in.SYN_SENT.clients"] == Approx(0.06));
  CHECK(m["time_in.SYN_SENT.server"] == 0);
  CHECK(*m["time_in.SYN_RCVD.server"] == Approx(0.06));
  CHECK(m["time_in.SYN_RCVD"] == m["time_in.SYN_RCVD.server"]);
  CHECK(m.count("time_in.SYN_SENT.clients[0]") == 0);
}

TEST_CASE("Metrics: one set serves runs whose groups have other numbers of members", "[batch]") {
  const auto scenario = [](const std::string& count) {
    return scenario_of(R"("hosts": {"clients": {"count": )" + count + R"(}, "server": {}},
      "links": [{"a": "clients", "b": "server", "delay": "10ms"}], "apps": [
        {"host": "server", "listen": 80}, {"host": "clients", "connect": "server:80"}])");
  };
  const MetricSet set{scenario("3"), {"time_in.SYN_RCVD.server", "time_in.SYN_SENT"}};
  REQUIRE(set.columns()[1] == "time_in.SYN_SENT.clients");
  for (const int members : {1, 5}) {
    const auto values = set.values(totals_of(scenario(std::to_string(members))));
    CHECK(*values[0] == Approx(0.02 * members));  // in SYN_SENT, of all
    CHECK(*values[1] == Approx(0.02 * members));
    CHECK(values[2] == 0);  // of the server
    CHECK(*values[3] == Approx(0.02 * members));
  }
}

TEST_CASE("Metrics: names choose columns and families, in the documents' order", "[batch]") {
  const scenario::Scenario scenario = scenario_of(no_apps);
  const auto columns = [&scenario](const std::vector<std::string>& wanted) {
    return MetricSet{scenario, wanted}.columns();
  };
  using Names = std::vector<std::string>;
  CHECK(columns({"rst_sent", "connect_ok", "rst_sent"}) == Names{"connect_ok", "rst_sent"});
  CHECK(columns({"connect_time.p99"}) == Names{"connect_time.p99"});
  CHECK(columns({"connect_time"}).size() == 6);
  CHECK(columns({"connect_error"}).size() == 9);
  CHECK(columns({"recv_error"}) ==
        Names{"recv_error.ECONNRESET", "recv_error.EPIPE", "recv_error.ETIMEDOUT"});
  CHECK(columns({"send_error"}).size() == 3);
  CHECK(columns({"request_time"}).size() == 6);
  CHECK(columns({"peak"}).size() == 9);
  CHECK(columns({"time_in"}).size() == 27);
  CHECK(columns({"time_in.FIN_WAIT_1"}) ==
        Names{"time_in.FIN_WAIT_1", "time_in.FIN_WAIT_1.client", "time_in.FIN_WAIT_1.server"});
  CHECK(columns({"time_in.FIN_WAIT_1.server"}) == Names{"time_in.FIN_WAIT_1.server"});
}

TEST_CASE("Metrics: values are the same, whatever else is kept", "[batch]") {
  auto all = metrics_of(lost_fin);
  auto some = metrics_of(lost_fin, {"segments_lost", "orphan_time", "time_in.TIME_WAIT.client"});
  REQUIRE(some.size() == 8);
  for (const auto& [name, value] : some) {
    CAPTURE(name);
    CHECK(value == all.at(name));
  }
}

TEST_CASE("Metrics: an unknown name is reported with the nearest known one", "[batch]") {
  const scenario::Scenario scenario = scenario_of(no_apps);
  const MetricSet all{scenario};
  for (const std::string& name : all.columns()) {
    CHECK(MetricSet::unknown(scenario, name) == std::nullopt);
  }
  for (const char* family : {"connect_time", "time_in", "time_in.SYN_RCVD", "peak"}) {
    CHECK(MetricSet::unknown(scenario, family) == std::nullopt);
  }
  const auto message = [&scenario](std::string_view name) {
    return MetricSet::unknown(scenario, name).value_or("known");
  };
  CHECK(message("conect_time") ==
        R"(want a metric, have "conect_time"; nearest is "connect_time")");
  CHECK(message("connect_time.p95") ==
        R"(want a metric, have "connect_time.p95"; nearest is "connect_time.p90")");
  CHECK(message("time_in.SYN_RCVD.sever") ==
        R"(want a metric, have "time_in.SYN_RCVD.sever"; nearest is "time_in.SYN_RCVD.server")");
  CHECK(message("peak.LISTEN").find("want a metric, have \"peak.LISTEN\"") == 0);
  CHECK(message("") == R"(want a metric, have "")");
}

}  // namespace
}  // namespace lastack
