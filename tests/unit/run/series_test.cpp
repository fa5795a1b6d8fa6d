#include "lastack/run/series.hpp"

#include <atomic>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/core/atomic_file.hpp"
#include "lastack/trace/jsonl.hpp"
#include "story.hpp"

namespace lastack {
namespace {

using run::Series;
using run::SeriesSample;
using tcp::State;

/// Losses, a queue that overflows, a reboot: something for every column.
constexpr const char* eventful = R"("profile": "linux-6",
  "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.05}],
  "hosts": {"client": {}, "server": {"sysctl": {"somaxconn": 5}}},
  "events": [{"at": "3s", "host": "server", "do": "reboot"}],
  "stop_at": "20s",
  "apps": [{"host": "server", "listen": 80, "backlog": 5, "accept": "200ms",
            "steps": [{"recv": 100}, {"send": 1000}, {"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:81"},
    {"host": "client", "connect": "server:80", "rate": "100/s", "for": "2s",
     "steps": [{"send": 100}, {"recv": 1000},
               {"sleep": {"model": "exponential", "mean": "50ms"}}, {"close": true}]}])";

SeriesSample connects(std::uint64_t number) {
  SeriesSample sample;
  sample.connects = number;
  return sample;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The numbers under a column's name.
std::vector<double> column(const std::string& csv, const std::string& name) {
  std::vector<double> numbers;
  std::size_t place = std::string::npos;
  for (const std::string& line : lines_of(csv)) {
    std::istringstream in{line};
    std::string cell;
    for (std::size_t i = 0; std::getline(in, cell, ','); ++i) {
      if (numbers.empty() && place == std::string::npos && cell == name)
        place = i;
      else if (i == place)
        numbers.push_back(std::stod(cell));
    }
  }
  REQUIRE(place != std::string::npos);
  return numbers;
}

double sum(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

struct Outcome {
  std::string trace;
  run::Summary summary;
  Series series;
};

Outcome run_with(Series* series) {
  Outcome outcome;
  const auto scenario = test::usual_scenario(eventful);
  trace::JsonLinesSink sink{std::make_unique<StringWriter>(outcome.trace)};
  run::Simulation simulation{scenario, 1, {&sink}};
  if (series != nullptr) simulation.record_series(*series);
  simulation.run();
  outcome.summary = simulation.summary();
  if (series != nullptr) outcome.series = *series;
  return outcome;
}

TEST_CASE("Series: a sample is taken when everything of its instant has happened", "[run]") {
  Series series{10ms};
  CHECK(series.due() == sim_start + 10ms);
  series.add_before(sim_start + 10ms, connects(1));  // more may happen at 10 ms
  CHECK(series.rows().empty());
  series.add_before(sim_start + 10ms + 1ns, connects(2));
  series.add_before(sim_start + 41ms, connects(2));
  series.finish(sim_start + 45ms, connects(5));
  const std::vector<std::string> lines = lines_of(run::to_csv(series));
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines[1], Catch::StartsWith("0.01,0.01,"));
  CHECK_THAT(lines[5], Catch::StartsWith("0.045,0.005,"));
  CHECK(column(run::to_csv(series), "connects") == std::vector<double>{2, 0, 0, 0, 3});
  CHECK(column(run::to_csv(series), "connects_per_s") == std::vector<double>{200, 0, 0, 0, 600});
}

TEST_CASE("Series: an end at a row's time makes that row the last", "[run]") {
  Series series{10ms};
  series.finish(sim_start + 20ms, connects(1));
  REQUIRE(series.rows().size() == 2);
  CHECK(series.rows().back().at == sim_start + 20ms);
  Series nothing;
  nothing.finish(sim_start, {});
  CHECK(nothing.rows().empty());
  CHECK(lines_of(run::to_csv(nothing)).size() == 1);
}

TEST_CASE("Series: ends with the run, although its clock may have gone on", "[run]") {
  // The SYN's timer was cancelled at 20 ms, but is in the queue for a second.
  const auto scenario = test::usual_scenario(R"("apps": [
    {"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}])");
  Series whole;
  run::Simulation simulation{scenario, 1};
  simulation.record_series(whole);
  simulation.run();
  CHECK(to_seconds(whole.rows().back().at - sim_start) == simulation.summary().simulated_seconds);
  CHECK(whole.rows().size() == 30);
}

TEST_CASE("Series: when it is full every other row goes, and counts are kept", "[run]") {
  Series series{1ms, 8};
  for (int ms = 1; ms <= 100; ++ms) {
    series.add_before(sim_start + ms * 1ms + 1ns, connects(static_cast<std::uint64_t>(ms)));
    REQUIRE(series.rows().size() <= 8);
  }
  series.finish(sim_start + 101ms, connects(102));
  CHECK(series.interval() == 16ms);
  REQUIRE(series.rows().size() == 7);
  for (std::size_t i = 0; i + 1 < series.rows().size(); ++i) {
    CHECK(series.rows()[i].at == sim_start + 16ms * static_cast<int>(i + 1));
  }
  CHECK(sum(column(run::to_csv(series), "connects")) == 102);
  CHECK(column(run::to_csv(series), "connects").front() == 16);
}

TEST_CASE("Series: a century without events takes no time and no room", "[run]") {
  Series series{1ns};
  series.add_before(sim_start + 876'000h, {});
  CHECK(series.rows().size() <= Series::usual_rows_max);
  series.finish(never, {});
  CHECK(series.rows().size() <= Series::usual_rows_max);
}

TEST_CASE("Series: a run with one is the same run, byte for byte", "[run]") {
  const Outcome without = run_with(nullptr);
  CHECK(without.trace.size() > 100'000);
  for (const SimDuration interval : {SimDuration{1ms}, SimDuration{7ms}, SimDuration{1s}}) {
    Series series{interval};
    const Outcome with = run_with(&series);
    CHECK((with.trace == without.trace));
    CHECK(run::to_json(with.summary) == run::to_json(without.summary));
  }
}

TEST_CASE("Series: its counts add up to the summary's", "[run]") {
  Series series{7ms};
  const run::Summary summary = run_with(&series).summary;
  const std::string csv = run::to_csv(series);
  const auto total = [&](const char* name) {
    return static_cast<std::uint64_t>(sum(column(csv, name)));
  };
  CHECK(total("connects") == summary.connects);
  CHECK(total("connects_ok") == summary.connects_ok);
  std::uint64_t failed = 0;
  for (const auto& [error, count] : summary.connect_errors) failed += count;
  CHECK(failed > 0);
  CHECK(total("connects_failed") == failed);
  CHECK(total("accepts") == summary.accepts);
  CHECK(total("segments_sent") == summary.segments_sent);
  CHECK(summary.segments_lost > 0);
  CHECK(total("segments_lost") == summary.segments_lost);
  CHECK(total("segments_discarded") == summary.segments_discarded);
  CHECK(summary.segments_retransmitted > 0);
  CHECK(total("segments_retransmitted") == summary.segments_retransmitted);
  CHECK(total("resets_sent") == summary.sent_by_kind.at("rst"));
  CHECK(summary.listen_overflows > 0);
  CHECK(total("listen_overflows") == summary.listen_overflows);  // those before the reboot, too
  CHECK(total("listen_drops") == summary.listen_drops);
  CHECK(total("events") == summary.events);
  CHECK(sum(column(csv, "interval_s")) == Approx(summary.simulated_seconds));
}

TEST_CASE("Series: shows what is there at each time", "[run]") {
  // SYN at 0, ESTABLISHED at 20 and 30 ms; the server accepts at 100 ms; close at 200 ms.
  const auto scenario = test::usual_scenario(R"("apps": [
    {"host": "server", "listen": 80, "accept": "100ms", "steps": [{"recv": "eof"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "steps": [{"until": "200ms"}, {"close": true}]}])");
  Series series{5ms};
  run::Simulation simulation{scenario, 1};
  simulation.record_series(series);
  simulation.run();
  const auto at = [&](SimDuration time) {
    for (const Series::Row& row : series.rows()) {
      if (row.at == sim_start + time) return row.sample;
    }
    throw std::runtime_error{"no row at that time"};
  };
  const auto count = [](const SeriesSample& sample, State state) {
    return sample.sockets[static_cast<std::size_t>(state)];
  };
  // By then the interval has doubled until 60 s fit.
  CHECK(series.interval() == 80ms);
  CHECK(count(at(80ms), State::listen) == 1);
  CHECK(count(at(80ms), State::established) == 2);
  CHECK(at(80ms).accept_queue == 1);
  CHECK(at(160ms).accept_queue == 0);
  CHECK(count(at(240ms), State::time_wait) == 1);
  CHECK(at(240ms).packets_in_flight == 0);

  Series early{5ms};
  auto cut = scenario;
  cut.stop_at = sim_start + 100ms;
  run::Simulation beginning{cut, 1};
  beginning.record_series(early);
  beginning.run();
  const auto& rows = early.rows();
  REQUIRE(rows.size() == 20);
  CHECK(count(rows[0].sample, State::syn_sent) == 1);  // 5 ms
  CHECK(rows[0].sample.packets_in_flight == 1);
  CHECK(rows[0].sample.connects == 1);
  CHECK(count(rows[1].sample, State::syn_rcvd) == 1);  // 10 ms: what happens then has happened
  CHECK(rows[1].sample.syn_queue == 1);
  CHECK(rows[3].sample.connects_ok == 1);
  CHECK(rows[5].sample.syn_queue == 0);
  CHECK(rows[5].sample.accept_queue == 1);
  CHECK(rows.back().at == sim_start + 100ms);
  CHECK(rows.back().sample.accepts == 1);
}

TEST_CASE("Series: a run that is stopped has the series of what ran", "[run]") {
  const std::atomic<bool> stop{true};
  const auto scenario = test::usual_scenario(eventful);
  Series series;
  run::Simulation simulation{scenario, 1};
  simulation.record_series(series);
  simulation.run(&stop);
  CHECK(simulation.summary().interrupted);
  CHECK(series.rows().empty());
}

}  // namespace
}  // namespace lastack
