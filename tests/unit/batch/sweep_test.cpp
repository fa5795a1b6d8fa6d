// Sweeps as a whole: what is run, kept, resumed, put together and shown.
#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#define CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#include <catch2/catch.hpp>

#include "lastack/batch/contrast.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/merge.hpp"
#include "lastack/batch/worst.hpp"
#include "sweep_support.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace lastack::batch {
namespace {

constexpr const char* thirty = R"(, "repeat": 30)";
constexpr const char* until_known =
    R"(, "repeat": {"until": {"metric": "connect_ok", "half_width": 0.05}, "min": 20, "max": 900})";

TEST_CASE("sweep: the table has a row for each run, in order, with settings in full", "[batch]") {
  const std::string csv = csv_of(complete(lossy_plan(R"(, "repeat": 2, "seed": 7)")));
  CHECK_THAT(csv, StartsWith("links.0.loss,hosts.client.sysctl.tcp_syn_retries,replication,seed,"
                             "connect_ok,connect_time.mean,connect_time.median,connect_time.p90,"
                             "connect_time.p99,connect_time.p99.9,connect_time.max,syn_sent\n"
                             "0,1,0,7,1,0.02,0.02,0.02,0.02,0.02,0.02,1\n"
                             "0,1,1,8,1,0.02,0.02,0.02,0.02,0.02,0.02,1\n"
                             "0,3,0,7,1,"));
  CHECK_THAT(csv, Contains("\n0.5,3,1,8,"));
}

TEST_CASE("sweep: the number of threads changes nothing", "[batch][threads]") {
  for (const char* repeat : {thirty, until_known}) {
    const Plan plan = lossy_plan(repeat);
    CHECK(csv_of(complete(plan, 1)) == csv_of(complete(plan, 5)));
  }
}

TEST_CASE("sweep: one that was cut off goes on to the same end", "[batch]") {
  const Folder folder;
  const char* const many = R"(, "repeat": 3000)";  // too many to be done before it stops
  for (const char* repeat : {many, until_known}) {
    const Plan plan = lossy_plan(repeat);
    const std::string file = folder.file(repeat == many ? "a.sqlite" : "b.sqlite");
    {
      Store store = Store::create(file, plan, Store::Existing::refuse);
      const std::atomic<bool> stop{true};
      CHECK(run_sweep(plan, store, 2, &stop) == SweepEnd::interrupted);
      store.add({{.combination = 1,
                  .replication = 3,
                  .seed = 4,
                  .identity = Plan::run_identity(plan.combination_identity(1), 4),
                  .values = {1, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 1},
                  .trials = {1},
                  .times = {TimeDistribution{std::vector<SimDuration>{20ms}}}}});
      CHECK(store.missing() > 0);
    }
    Store store = Store::create(file, plan, Store::Existing::go_on);
    SweepProgress progress;
    CHECK(run_sweep(plan, store, 2, nullptr, &progress) == SweepEnd::complete);
    CHECK(progress.before >= 1);
    CHECK(progress.done == store.runs());
    CHECK(store.missing() == 0);
    CHECK(csv_of(store) == csv_of(complete(plan)));
  }
}

TEST_CASE("sweep: with `until` it runs to a checkpoint at which the interval is narrow",
          "[batch]") {
  const Plan plan = lossy_plan(until_known);
  const Store store = complete(plan);
  CHECK(store.runs(0) < store.runs(2));  // without loss there is little to find out
  for (std::uint64_t c = 0; c < 4; ++c) {
    INFO(c);
    CHECK(store.wanted(c) == store.runs(c));
    const auto interval =
        measured(store, c, find_figure(store.info().metrics, "connect_ok").value()).interval();
    REQUIRE(interval);
    CHECK((interval->half_width() <= 0.05 || store.runs(c) == 900));
  }
}

TEST_CASE("merge: the parts make the whole, byte for byte", "[batch]") {
  const Folder folder;
  for (const char* repeat : {thirty, until_known}) {
    std::vector<std::string> parts;
    for (std::uint64_t i = 1; i <= 3; ++i) {
      const Plan plan = lossy_plan(repeat, {i, 3});
      parts.push_back(folder.file(std::to_string(parts.size()) + (repeat == thirty ? "a" : "b")));
      Store part = Store::create(parts.back(), plan, Store::Existing::refuse);
      run_sweep(plan, part, 1);
    }
    const Store whole = merge(folder.file(repeat == thirty ? "a.sqlite" : "b.sqlite"), parts);
    CHECK(whole.missing() == 0);
    CHECK(csv_of(whole) == csv_of(complete(lossy_plan(repeat))));
  }
}

/// Makes a part and returns its file's name.
std::string part(const Folder& folder, const std::string& name, const Plan& plan,
                 bool whole = true) {
  Store store = Store::create(folder.file(name), plan, Store::Existing::refuse);
  if (whole) run_sweep(plan, store, 1);
  return folder.file(name);
}

TEST_CASE("merge: parts that do not make a whole are named, and nothing is left", "[batch]") {
  const Folder folder;
  const std::string out = folder.file("out.sqlite");
  const std::string first = part(folder, "first", lossy_plan(thirty, {1, 2}));
  const std::string second = part(folder, "second", lossy_plan(thirty, {2, 2}));
  const std::string again = part(folder, "again", lossy_plan(thirty, {2, 2}));
  const std::string empty = part(folder, "empty", lossy_plan(thirty, {2, 2}), false);
  const std::string newer = part(folder, "newer", lossy_plan(thirty, {2, 2}, "2.0"));
  const std::string other = part(folder, "other", lossy_plan(R"(, "repeat": 31)", {2, 2}));
  const std::string third = part(folder, "third", lossy_plan(thirty, {3, 3}));
  CHECK_THROWS_WITH(merge(out, {first, second, again}),
                    EndsWith("again: holds shard 2/2, and so does " + second));
  CHECK_THROWS_WITH(merge(out, {first}),
                    EndsWith("first: is one of 2 shards, of which shard 2 is missing"));
  CHECK_THROWS_WITH(merge(out, {first, empty}), Contains("empty: is not complete: 60 runs are"));
  CHECK_THROWS_WITH(merge(out, {first, newer}),
                    Contains("newer: was made by version 2.0, ") && EndsWith("by version 1.0"));
  CHECK_THROWS_WITH(merge(out, {first, other}), Contains("other: is of another sweep"));
  CHECK_THROWS_WITH(merge(out, {first, third}), Contains("third: is one of 3 shards"));
  CHECK_THROWS_WITH(merge(out, {folder.file("none")}), EndsWith("none: there is no such file"));
  CHECK(folder.databases() == 0);
}

TEST_CASE("store: a database is only gone on with by the sweep that it is of", "[batch]") {
  const Folder folder;
  const std::string file = folder.file("s.sqlite");
  const auto go_on = [&](const Plan& plan) { Store::create(file, plan, Store::Existing::go_on); };
  go_on(lossy_plan(thirty));
  CHECK_NOTHROW(go_on(lossy_plan(thirty)));
  CHECK_THROWS_WITH(Store::create(file, lossy_plan(thirty), Store::Existing::refuse),
                    EndsWith("s.sqlite: exists already; --resume continues it"));
  CHECK_THROWS_WITH(go_on(lossy_plan(thirty, {}, "2.0")),
                    Contains("was made by version 1.0, this is 2.0"));
  CHECK_THROWS_WITH(go_on(lossy_plan(thirty, {1, 2})), EndsWith("holds shard 1/1, not 1/2"));
  CHECK_THROWS_WITH(go_on(lossy_plan(R"(, "repeat": 31)")), Contains("`repeat` of the sweep"));
  CHECK_THROWS_WITH(go_on(lossy_plan(R"(, "repeat": 30, "seed": 2)")), Contains("`seed` of the"));
}

TEST_CASE("store: what is no database of ours is said to be none, and stays as it is", "[batch]") {
  const Folder folder;
  const std::string text = folder.file("text");
  const std::string content(5000, 'x');
  std::ofstream{text} << content;
  CHECK_THROWS_WITH(Store::open(text), EndsWith("text: is no SQLite database"));
  CHECK_THROWS_WITH(Store::create(text, lossy_plan(thirty), Store::Existing::go_on),
                    EndsWith("text: is no SQLite database"));
  std::ifstream in{text};
  CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == content);
  CHECK_THROWS_WITH(Store::open(folder.file("")), EndsWith("is a folder"));
  std::ofstream{folder.file("empty")};
  CHECK_THROWS_WITH(Store::open(folder.file("empty")),
                    EndsWith("empty: is no database of `lastack sweep`"));
}

TEST_CASE("plan: unknown metrics are reported where they stand", "[batch]") {
  const auto problem = [](const std::string& keys) {
    try {
      Plan{scenario::parse_sweep(
               R"({"scenario": {"hosts": {"a": {}}}, "vary": {"seed": [1]}, )" + keys + "}",
               "s.json"),
           "1.0"};
    } catch (const scenario::ScenarioError& error) {
      return std::string{error.what()};
    }
    return std::string{"none"};
  };
  CHECK_THAT(problem(R"("metrics": ["peak", "conect_ok"])"),
             StartsWith("s.json: /metrics/1: want a metric") && Contains("\"connect_ok\""));
  CHECK_THAT(problem(R"("expect": [{"metric": "peek.SYN_RCVD", "min": 1}])"),
             StartsWith("s.json: /expect/0/metric: want a metric"));
  CHECK_THAT(problem(R"("metrics": ["connect_ok"], "expect": [{"metric": "syn_sent", "min": 1}])"),
             StartsWith("s.json: /expect/0/metric: want one of the metrics that are kept"));
  CHECK_THAT(problem(R"("repeat": {"until": {"metric": "nothing", "half_width": 1}})"),
             StartsWith("s.json: /repeat/until/metric: want a metric"));
  CHECK(problem(R"("expect": [{"metric": "connect_time", "max": 1}])") == "none");
}

TEST_CASE("plan: the shards' shares are as even as can be and make the whole", "[batch]") {
  std::vector<std::uint64_t> runs(4 * 5);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    std::uint64_t share = 0;
    Spans spans{4, 5, std::nullopt, {i, 3}};
    while (const std::optional<Span> next = spans.next()) {
      const Span& span = *next;
      share += span.count;
      for (std::uint64_t r = 0; r < span.count; ++r) ++runs[span.combination * 5 + span.first + r];
    }
    CHECK(share >= 6);
    CHECK(share <= 7);
  }
  CHECK(runs == std::vector<std::uint64_t>(20, 1));
}

TEST_CASE("expectations: hold for the mean of every combination that they mean", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 200, "expect": [
      {"metric": "connect_ok", "where": {"loss": 0}, "equals": 1},
      {"metric": "syn_sent", "where": {"loss": 0.5, "tcp_syn_retries": 1}, "min": 100}])");
  const auto results = evaluate(complete(plan));
  REQUIRE(results.size() == 3);
  CHECK(results[0].held);
  CHECK(results[0].where == "at loss=0 tcp_syn_retries=1");
  CHECK(results[1].held);
  CHECK_FALSE(results[2].held);
  CHECK(results[2].pointer == "/expect/1");
  CHECK(results[2].wanted == "syn_sent: at least 100");
}

TEST_CASE("expectations: the database keeps them, and takes those that the sweep has now",
          "[batch]") {
  const Folder folder;
  const std::string file = folder.file("s.sqlite");
  const auto held = [&] {
    std::vector<bool> all;
    for (const auto& result : evaluate(Store::open(file))) all.push_back(result.held);
    return all;
  };
  const auto sweep = [&](const std::string& expect, Store::Existing existing) {
    const Plan plan = lossy_plan(R"(, "repeat": 20)" + expect);
    Store store = Store::create(file, plan, existing);
    run_sweep(plan, store, 1);
  };
  sweep(R"(, "expect": [{"metric": "connect_time", "where": {"loss": 0}, "max": 0.021},
                        {"metric": "syn_sent", "where": {"loss": 0, "tcp_syn_retries": 3}, "min": 2}])",
        Store::Existing::refuse);
  CHECK(held() == std::vector{true, true, false});
  sweep(R"(, "expect": [{"metric": "syn_sent", "where": {"loss": 0}, "equals": 1}])",
        Store::Existing::go_on);
  CHECK(held() == std::vector{true, true});
  sweep("", Store::Existing::go_on);
  CHECK(held().empty());
}

TEST_CASE("expectations: quantiles are those of all connections, not the mean of each run's own",
          "[batch]") {
  // Half of all segments are lost: of those who connect in the end many wait for seconds.
  const Plan plan = lossy_plan(R"(, "repeat": 400, "expect": [
      {"metric": "connect_time.p99", "where": {"loss": 0.5, "tcp_syn_retries": 3}, "max": 2},
      {"metric": "connect_time.max", "where": {"loss": 0.5, "tcp_syn_retries": 3}, "max": 2},
      {"metric": "connect_time.median", "where": {"loss": 0, "tcp_syn_retries": 3}, "equals": 0.02},
      {"metric": "syn_sent.max", "where": {"loss": 0, "tcp_syn_retries": 3}, "equals": 1}])");
  const auto results = evaluate(complete(plan));
  REQUIRE(results.size() == 4);
  CHECK_FALSE(results[0].held);
  CHECK_FALSE(results[1].held);
  CHECK(results[2].held);
  CHECK(results[3].held);
}

/// What an expectation of the lossy sweep comes to at half the segments lost.
run::ExpectationResult compared(const std::string& expectation, int repeat = 400) {
  const Plan plan = lossy_plan(", \"repeat\": " + std::to_string(repeat) + R"(, "expect": [{"where":
      {"loss": 0.5, "tcp_syn_retries": 3}, "against": {"tcp_syn_retries": 1}, )" +
                               expectation + "}]");
  const auto results = evaluate(complete(plan));
  REQUIRE(results.size() == 1);
  return results.front();
}

TEST_CASE("expectations: one combination is held against another, run by run", "[batch]") {
  // With q = 0.25 a try succeeds; 1 - 0.75^4 against 1 - 0.75^2 connect: some 1.5 times as many.
  CHECK(compared(R"("metric": "connect_ok", "min_ratio": 1.2)").held);
  CHECK(compared(R"("metric": "connect_ok", "min_difference": 0.1, "max_difference": 0.4)").held);
  const auto broken = compared(R"("metric": "connect_ok", "max_ratio": 1.1)");
  CHECK_FALSE(broken.held);
  CHECK_THAT(broken.seen, EndsWith("shown to break max_ratio 1.1"));
  CHECK(broken.wanted == "connect_ok against tcp_syn_retries=1: max_ratio 1.1");
  CHECK_FALSE(compared(R"("metric": "connect_time.p90", "max_ratio": 1.05)").held);
}

TEST_CASE("expectations: what cannot be told does not hold, and says how many runs would tell",
          "[batch]") {
  const auto few = compared(R"("metric": "connect_ok", "min_difference": 0.2)", 20);
  CHECK_FALSE(few.held);
  CHECK_THAT(few.seen, Contains("cannot tell for min_difference 0.2"));
  const auto quantile = compared(R"("metric": "connect_time.p99", "max_ratio": 2)", 20);
  CHECK_FALSE(quantile.held);
  // An upper bound of the 99th percentile takes 368 connections (0.99^368 < 0.025).
  CHECK_THAT(quantile.seen, Contains("cannot tell for max_ratio 2: needs about 368 runs"));
}

TEST_CASE("expectations: what is the same in every pair holds to any ratio from 1", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 10, "expect": [{"metric": "connect_time.p99",
      "where": {"loss": 0}, "against": {"tcp_syn_retries": 1}, "max_ratio": 1, "min_ratio": 1}])");
  const auto results = evaluate(complete(plan));
  REQUIRE(results.size() == 1);  // not against itself
  CHECK(results[0].held);
}

// --- Conditions ---

Plan plan_under_conditions(const std::string& keys = "") {
  return {scenario::parse_sweep(R"({
    "scenario": {
      "hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]
    },
    "under": [{"name": "half lost", "set": {"links.0.loss": 0.5}},
              {"name": "dead server", "set": {"events": [{"at": "0s", "host": "server", "do": "power_off"}]}}],
    "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 3]},
    "metrics": ["connect_ok", "time_in.SYN_SENT"], "repeat": 100)" +
                                    keys + "}",
                                "conditions.json"),
          "1.0"};
}

TEST_CASE("conditions: each is answered for by itself, by its name", "[batch]") {
  const Plan plan = plan_under_conditions(R"(, "expect": [
      {"metric": "connect_ok", "under": "dead server", "equals": 0},
      {"metric": "time_in.SYN_SENT", "under": "dead server", "where": {"tcp_syn_retries": 1}, "min": 2}])");
  const Store store = complete(plan);
  const auto results = evaluate(store);
  REQUIRE(results.size() == 3);
  for (const run::ExpectationResult& result : results) CHECK(result.held);
  CHECK(results[0].where == "at under=dead server tcp_syn_retries=1");
  CHECK_THAT(csv_of(store), StartsWith("under,hosts.client.sysctl.tcp_syn_retries,replication,") &&
                                Contains("\nhalf lost,3,0,1,") &&
                                Contains("\ndead server,1,99,100,0,"));
}

TEST_CASE("conditions: a database keeps them, and goes on with none but the same", "[batch]") {
  const Folder folder;
  const std::string file = folder.file("a.sqlite");
  const Plan plan = plan_under_conditions();
  Store::create(file, plan, Store::Existing::refuse);
  const Store store = Store::open(file);
  REQUIRE(store.info().conditions.size() == 2);
  CHECK(scenario_of(store.info(), 3).host_events.size() == 1);
  CHECK(scenario_of(store.info(), 1).host_events.empty());
  scenario::Sweep other = plan.sweep();
  other.conditions[1].name = "no server";
  CHECK_THROWS_WITH(Store::create(file, Plan{other, "1.0"}, Store::Existing::go_on),
                    Contains("`under` of the sweep changed since"));
}

TEST_CASE("conditions: other hosts are refused where single hosts are asked about", "[batch]") {
  const auto sweep = [](const std::string& metrics) {
    return scenario::parse_sweep(R"({
      "under": [
        {"name": "two", "scenario": {"hosts": {"client": {}, "server": {}},
          "links": [{"a": "client", "b": "server"}], "apps": [{"host": "client", "connect": "server:80"}]}},
        {"name": "other", "scenario": {"hosts": {"client": {}, "proxy": {}},
          "links": [{"a": "client", "b": "proxy"}], "apps": [{"host": "client", "connect": "proxy:80"}]}}],
      "vary": {"hosts.client.sysctl.tcp_syn_retries": [1]}, "metrics": [)" +
                                     metrics + "]}",
                                 "s.json");
  };
  CHECK_THROWS_WITH((Plan{sweep(R"("time_in")"), "1.0"}),
                    StartsWith("s.json: /under/1: want the same hosts as under \"two\""));
  CHECK_NOTHROW(Plan{sweep(R"("connect_ok")"), "1.0"});
}

std::vector<Figure> figures_of(const Store& store, const std::vector<const char*>& names) {
  std::vector<Figure> figures;
  for (const char* name : names) {
    figures.push_back(find_figure(store.info().metrics, name).value());
  }
  return figures;
}

TEST_CASE("contrast: differences are paired by replication", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 300)");
  const Store store = complete(plan);
  const auto groups = contrast(
      store,
      {.axis = 1, .where = {}, .figures = figures_of(store, {"connect_ok", "connect_time"})});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].others == "loss=0");
  const Difference& same = groups[0].alternatives[0].contrasts[0].difference;
  CHECK(same.verdict == Verdict::within_noise);
  CHECK(same.in_every_pair == 0.0);
  CHECK(same.pairs == 300);
  const Contrast& better = groups[1].alternatives[0].contrasts[0];
  CHECK(better.metric == "connect_ok");
  CHECK(better.difference.verdict == Verdict::higher);  // three retries instead of one, half lost
  // Who connects with one retry does so with three, at the same time; but those who are saved by
  // more retries took long, and they count.
  const Contrast& time = groups[1].alternatives[0].contrasts[1];
  CHECK(time.difference.pairs < 300);
  CHECK(time.difference.verdict == Verdict::higher);
  CHECK(*time.difference.value == Approx(*time.here.value - *time.baseline.value));
}

TEST_CASE("contrast: a quantile over runs of one connection is that of all", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 400)");
  const Store store = complete(plan);
  const auto groups = contrast(
      store, {.axis = 0, .where = {{1, 1}}, .figures = figures_of(store, {"connect_time.median"})});
  REQUIRE(groups.size() == 1);
  const Contrast& median = groups[0].alternatives[0].contrasts[0];
  CHECK(median.metric == "connect_time.median");
  CHECK(median.baseline.value == 0.02);
  CHECK(*median.here.value > 0.9);  // three of four first attempts fail: a second or more
  CHECK(median.difference.verdict == Verdict::higher);
}

TEST_CASE("contrast: a sweep that looked again and again pays for it", "[batch]") {
  const Store once = complete(lossy_plan(R"(, "repeat": 300)"));
  const Store looked = complete(lossy_plan(
      R"(, "repeat": {"until": {"metric": "connect_ok", "half_width": 0.0001}, "min": 300, "max": 300})"));
  const auto width = [](const Store& store) {
    const auto groups =
        contrast(store, {.axis = 1, .where = {}, .figures = figures_of(store, {"connect_ok"})});
    const Difference& seen = groups[1].alternatives[0].contrasts[0].difference;
    return *seen.high - *seen.low;
  };
  CHECK(width(looked) > 1.1 * width(once));
}

}  // namespace
}  // namespace lastack::batch
