// A sweep's page: the data that tools/pages reads.
#include "lastack/batch/page.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/batch/estimate.hpp"
#include "sweep_support.hpp"

namespace lastack::batch {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

json data_of(const std::string& page) {
  const std::string start = R"(<script id="data" type="application/json">)";
  const std::size_t at = page.find(start);
  REQUIRE(at != std::string::npos);
  return json::parse(
      page.substr(at + start.size(), page.find("</script>", at) - at - start.size()));
}

TEST_CASE("page: every figure is that of the estimates", "[batch]") {
  const Store store = complete(lossy_plan(R"(, "repeat": 30)"));
  const json data = data_of(page_of(store));
  CHECK(data["kind"] == "batch");
  CHECK(data["name"] == "lossy");
  CHECK(data["runs"] == 120);
  CHECK(data["incomplete"] == false);
  CHECK(data["axes"][0]["name"] == "loss");
  CHECK(data["axes"][0]["role"] == "condition");
  CHECK(data["axes"][0]["default"] == nullptr);
  CHECK(data["axes"][1]["name"] == "tcp_syn_retries");
  CHECK(data["axes"][1]["role"] == "setting");
  CHECK(data["axes"][1]["default"] == 6);
  REQUIRE(data["combinations"].size() == 4);
  for (std::uint64_t c = 0; c < 4; ++c) {
    const json& shown = data["combinations"][c];
    CHECK(shown["index"] == c);
    CHECK(shown["runs"] == 30);
    for (std::size_t m = 0; m < store.info().metrics.size(); ++m) {
      const std::string& name = store.info().metrics[m];
      const Measured seen = measured(store, c, find_figure(store.info().metrics, name).value());
      const json& value = shown["values"][m];
      INFO(name << " of " << c);
      CHECK(value.is_null() == !seen.value);
      if (!seen.value || !seen.low || !seen.high) continue;
      CHECK(value == json{*seen.value, *seen.low, *seen.high, seen.runs});
    }
    CHECK(shown["connect_time"]["of"] == 30);
    CHECK(shown["connect_time"]["upto"].back() == shown["connect_time"]["count"]);
  }
}

/// Of a combination in order, by one metric.
std::vector<double> sorted_values(const Store& store, std::uint64_t combination,
                                  const std::string& metric) {
  const auto& metrics = store.info().metrics;
  const auto at =
      static_cast<std::size_t>(std::find(metrics.begin(), metrics.end(), metric) - metrics.begin());
  std::vector<double> values;
  store.for_each([&](const RunRow& row) {
    if (row.combination == combination && row.values[at]) values.push_back(*row.values[at]);
  });
  std::sort(values.begin(), values.end());
  return values;
}

json value_at(const json& data, std::uint64_t combination, const std::string& metric) {
  for (std::size_t i = 0; i < data["metrics"].size(); ++i) {
    if (data["metrics"][i]["name"] == metric) return data["combinations"][combination]["values"][i];
  }
  return {};
}

TEST_CASE("page: of runs with one connect each, a quantile is that of all connects", "[batch]") {
  const Store store = complete(lossy_plan(R"(, "repeat": 200)"));
  const json data = data_of(page_of(store));
  const std::vector<double> times = sorted_values(store, 3, "connect_time.mean");
  const auto nearest_rank = [&](std::size_t percent) {
    return times[(times.size() * percent + 99) / 100 - 1];
  };
  CHECK(value_at(data, 3, "connect_time.median")[0] == nearest_rank(50));
  CHECK(value_at(data, 3, "connect_time.p90")[0] == nearest_rank(90));
  CHECK(value_at(data, 3, "connect_time.p90")[1] <= nearest_rank(90));
  CHECK(value_at(data, 3, "connect_time.p90")[2] >= nearest_rank(90));
  CHECK(nearest_rank(90) > 10 * nearest_rank(10));  // so that a mean of quantiles were none
}

TEST_CASE("page: of runs with several connects the distribution is that of all connects",
          "[batch]") {
  const scenario::Sweep sweep = scenario::parse_sweep(R"({"name": "several",
    "scenario": {
      "hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "apps": [{"host": "server", "listen": 80},
               {"host": "client", "connect": "server:80", "count": 2}]},
    "vary": {"links.0.loss": [0.3]}, "repeat": 20})",
                                                      "several.json");
  const json shown = data_of(page_of(complete(Plan{sweep, "1.0", {}})))["combinations"][0];
  CHECK(shown["runs"] == 20);
  CHECK(shown["connect_time"]["of"] == 40);
  CHECK(shown["connect_time"]["upto"].back() == 40);
}

TEST_CASE("page: a thinned distribution is exact wherever it is level for long", "[batch]") {
  const Store store = complete(lossy_plan(R"(, "repeat": 2000)"));
  const std::vector<double> times = sorted_values(store, 3, "connect_time.mean");
  const json shown = data_of(page_of(store))["combinations"][3]["connect_time"];
  const auto seconds = shown["seconds"].get<std::vector<double>>();
  REQUIRE(seconds.size() <= 300);
  REQUIRE(std::set(times.begin(), times.end()).size() > 300);
  std::size_t levels = 0;
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    if (times[i + 1] - times[i] < 0.1) continue;
    ++levels;
    const double between = (times[i] + times[i + 1]) / 2;
    const auto upto = std::upper_bound(seconds.begin(), seconds.end(), between) - seconds.begin();
    REQUIRE(upto > 0);
    CHECK(shown["upto"][static_cast<std::size_t>(upto) - 1] == i + 1);
  }
  CHECK(levels >= 3);  // between 1, 2, 3 SYNs and so on
}

TEST_CASE("page: says whether what the sweep expects holds", "[batch]") {
  const json data = data_of(page_of(complete(lossy_plan(R"(, "repeat": 20, "expect": [
      {"metric": "connect_ok", "where": {"loss": 0, "tcp_syn_retries": 1}, "equals": 1},
      {"metric": "syn_sent", "where": {"loss": 0.5, "tcp_syn_retries": 3}, "max": 1}])"))));
  REQUIRE(data["expectations"].size() == 2);
  CHECK(data["expectations"][0] ==
        json{{"pointer", "/expect/0"},
             {"held", true},
             {"wanted", "connect_ok: 100 %, at loss=0 tcp_syn_retries=1"},
             // The twentieth root of 0.025 (Clopper and Pearson).
             {"seen", "100 % (83.16 to 100)"}});
  CHECK(data["expectations"][1]["held"] == false);
  CHECK(data["expectations"][1]["wanted"] == "syn_sent: at most 1, at loss=0.5 tcp_syn_retries=3");
}

TEST_CASE("page: what is expected of all runs is not held against some", "[batch]") {
  const Plan plan = lossy_plan(R"(, "repeat": 20, "expect": [{"metric": "connect_ok", "min": 0}])");
  std::vector<RunRow> rows;
  complete(plan).for_each([&](const RunRow& row) { rows.push_back(row); });
  rows.pop_back();
  Store store = in_memory(plan);
  const std::atomic<bool> stop{true};
  run_sweep(plan, store, 1, &stop);  // fixes how many runs are wanted
  store.add(rows);
  const json data = data_of(page_of(store));
  CHECK(data["incomplete"] == true);
  CHECK(data["expectations"].empty());
}

TEST_CASE("page: the worst runs come first, each with the command that replays it", "[batch]") {
  const Store store = complete(lossy_plan(R"(, "repeat": 50)"));
  const json data = data_of(page_of(store));
  const std::vector<std::string>& metrics = store.info().metrics;
  const auto found = std::find(metrics.begin(), metrics.end(), "connect_time.max");
  const auto column = static_cast<std::size_t>(found - metrics.begin());
  RunRow longest;
  store.for_each([&](const RunRow& row) {
    const double most = longest.values.empty() ? 0 : longest.values[column].value_or(0);
    if (row.values[column].value_or(0) > most) longest = row;
  });
  const auto shown = std::find_if(data["worst"].begin(), data["worst"].end(),
                                  [&](const json& worst) { return worst["metric"] == column; });
  REQUIRE(shown != data["worst"].end());
  CHECK((*shown)["value"] == *longest.values[column]);
  CHECK((*shown)["seed"] == longest.seed);
  CHECK((*shown)["combination"] == longest.combination);
  CHECK((*shown)["command"] == "lastack run '' --worst connect_time.max --trace run.html");
  // Settings share their random numbers: one seed is not five bad runs.
  std::vector<std::uint64_t> seeds;
  for (const json& worst : data["worst"]) {
    if (worst["metric"] == column) seeds.push_back(worst["seed"]);
  }
  REQUIRE(seeds.size() == 5);
  std::sort(seeds.begin(), seeds.end());
  CHECK(std::adjacent_find(seeds.begin(), seeds.end()) == seeds.end());
}

TEST_CASE("page: without runs there is none", "[batch]") {
  const Plan plan = lossy_plan("");
  CHECK_THROWS_WITH(page_of(in_memory(plan)), Contains("has no runs to report"));
}

}  // namespace
}  // namespace lastack::batch
