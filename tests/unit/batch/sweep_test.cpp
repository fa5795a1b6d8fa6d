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
  for (const char* repeat : {thirty, until_known}) {
    const Plan plan = lossy_plan(repeat);
    const std::string file = folder.file(repeat == thirty ? "a.sqlite" : "b.sqlite");
    {
      Store store = Store::create(file, plan, Store::Existing::refuse);
      const std::atomic<bool> stop{true};
      CHECK(run_sweep(plan, store, 2, &stop) == SweepEnd::interrupted);
      store.add({{.combination = 1,
                  .replication = 3,
                  .seed = 4,
                  .identity = Plan::run_identity(plan.combination_identity(1), 4),
                  .values = {1, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 1}}});
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
    const Estimate seen = estimate(store, c, 0);
    REQUIRE(seen.interval);
    CHECK((seen.interval->half_width() <= 0.05 || store.runs(c) == 900));
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
             StartsWith("s.json: /expect/0/metric: want one column of `metrics`"));
  CHECK_THAT(problem(R"("repeat": {"until": {"metric": "nothing", "half_width": 1}})"),
             StartsWith("s.json: /repeat/until/metric: want a metric"));
  CHECK(problem(R"("expect": [{"metric": "connect_time", "max": 1}])") == "none");
}

TEST_CASE("plan: the shards' shares are as even as can be and make the whole", "[batch]") {
  std::vector<std::uint64_t> runs(4 * 5);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    std::uint64_t share = 0;
    for (const Span& span : spans_of(4, 5, std::nullopt, {i, 3})) {
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

TEST_CASE("contrast: differences are paired by replication", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 300)");
  const Store store = complete(plan);
  const auto groups = contrast(store, {.axis = 1, .where = {}, .metrics = {0, 1}});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].others == "loss=0");
  const Contrast& same = groups[0].alternatives[0].contrasts[0];
  CHECK(same.verdict == Verdict::within_noise);
  CHECK(same.difference == Interval{0, 0});
  const Contrast& better = groups[1].alternatives[0].contrasts[0];
  CHECK(better.metric == "connect_ok");
  CHECK(better.verdict == Verdict::higher);  // three retries instead of one at half lost
  // Who connects with one retry does so with three, at the same time: no pair differs.
  const Contrast& time = groups[1].alternatives[0].contrasts[1];
  CHECK(time.difference == Interval{0, 0});
  CHECK(*time.here.value > *time.baseline.value);  // the saved ones took long
}

TEST_CASE("contrast: a quantile over runs of one connection is that of all", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 400)");
  const Store store = complete(plan);
  const auto groups = contrast(store, {.axis = 0, .where = {{1, 1}}, .metrics = {2}});
  REQUIRE(groups.size() == 1);
  const Contrast& median = groups[0].alternatives[0].contrasts[0];
  CHECK(median.metric == "connect_time.median");
  CHECK(median.baseline.value == 0.02);
  CHECK(*median.here.value > 0.9);  // three of four first attempts fail: a second or more
  CHECK(median.verdict == Verdict::higher);
}

}  // namespace
}  // namespace lastack::batch
