// A sweep's page: the data that tools/report reads.
#include "lastack/batch/page.hpp"

#include <algorithm>
#include <atomic>
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
      const Estimate seen = estimate(store, c, m);
      const json& value = shown["values"][m];
      INFO(store.info().metrics[m] << " of " << c);
      CHECK(value.is_null() == !seen.mean);
      if (!seen.mean || !seen.interval) continue;
      CHECK(value == json{*seen.mean, seen.interval->low, seen.interval->high, seen.runs});
    }
    CHECK(shown["connect_time"]["of"] == 30);
    CHECK(shown["connect_time"]["upto"].back() == shown["connect_time"]["count"]);
  }
}

TEST_CASE("page: says whether what the sweep expects holds", "[batch]") {
  const json data = data_of(page_of(complete(lossy_plan(R"(, "repeat": 20, "expect": [
      {"metric": "connect_ok", "where": {"loss": 0, "tcp_syn_retries": 1}, "equals": 1},
      {"metric": "syn_sent", "where": {"loss": 0.5, "tcp_syn_retries": 3}, "max": 1}])"))));
  REQUIRE(data["expectations"].size() == 2);
  CHECK(data["expectations"][0] == json{{"pointer", "/expect/0"},
                                        {"held", true},
                                        {"wanted", "connect_ok: 1, at loss=0 tcp_syn_retries=1"},
                                        // The twentieth root of 0.025 (Clopper and Pearson).
                                        {"seen", "1 (0.831567 to 1)"}});
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
  run_sweep(plan, store, 1, &stop);  // tells it how many runs are wanted
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
  CHECK_THAT((*shown)["command"].get<std::string>(),
             Contains("--seed " + std::to_string(longest.seed)) &&
                 Contains("--set hosts.client.sysctl.tcp_syn_retries=3"));
}

TEST_CASE("page: without runs there is none", "[batch]") {
  const Plan plan = lossy_plan("");
  CHECK_THROWS_WITH(page_of(in_memory(plan)), Contains("has no runs to report"));
}

}  // namespace
}  // namespace lastack::batch
