// Many scenarios side by side: counted, grouped, shrunk and told in one line.
#include "lastack/fuzz/campaign.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <mutex>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lastack/fuzz/areas.hpp"
#include "lastack/fuzz/keep.hpp"
#include "lastack/fuzz/known.hpp"
#include "made_up.hpp"

using namespace lastack;
using namespace lastack::test;
using fuzz::Tally;
using fuzz::Testimony;
using Json = nlohmann::ordered_json;

namespace {

/// The same scenario so often, under other names.
fuzz::Supply repeated(const std::string& json, std::uint64_t count) {
  return [json, count, number = std::uint64_t{0}]() mutable -> std::optional<fuzz::Draft> {
    if (number == count) return std::nullopt;
    ++number;
    return fuzz::Draft{number, "case-" + std::to_string(number), {}, json};
  };
}

fuzz::Supply drawn(std::uint64_t seed, std::uint64_t count, const std::string& area) {
  std::string unknown;
  const std::vector<std::string> names{area};
  auto draws = std::make_shared<fuzz::Draws>(seed, *fuzz::areas_named(names, unknown));
  return [draws, count]() mutable -> std::optional<fuzz::Draft> {
    if (count-- == 0) return std::nullopt;
    return draws->next();
  };
}

struct Hunt {
  explicit Hunt(MadeUp::Story story, std::vector<scenario::Override> overrides = {})
      : witness{std::move(story)},
        model{fuzz::simulator_model(std::move(overrides))},
        judge{witness, *model} {
    options.side_by_side = 4;
  }

  Tally run(const fuzz::Supply& supply) {
    return fuzz::run_campaign(supply, judge, options, stop, progress);
  }

  MadeUp witness;
  std::unique_ptr<fuzz::Model> model;
  fuzz::Judge judge;
  fuzz::CampaignOptions options;
  fuzz::CampaignProgress progress;
  std::atomic<bool> stop{false};
};

Testimony honest(const scenario::Scenario& scenario, std::uint64_t /*asked*/) {
  return simulated(scenario);
}

}  // namespace

TEST_CASE("campaign: the last line counts what was judged", "[fuzz]") {
  Tally tally;
  CHECK(last_line(tally) == "0 scenarios: 0 agree, 0 racy and agree, 0 differ in 0 kinds");
  tally.agree = 1990;
  tally.racy_and_agree = 4;
  tally.not_judged = 17;
  for (const char* kind : {"a", "b", "a"}) {
    tally.found.emplace_back();
    tally.found.back().kind = kind;
  }
  CHECK(last_line(tally) == "1997 scenarios: 1990 agree, 4 racy and agree, 3 differ in 2 kinds");
}

TEST_CASE("campaign: what is known and listed with its reason is no failure", "[fuzz]") {
  constexpr std::array known{fuzz::KnownKind{"a", "It stays so."}};
  Tally tally;
  CHECK(fuzz::all_known(tally, known));
  tally.found.emplace_back();
  tally.found.back().kind = "a";
  CHECK(fuzz::all_known(tally, known));
  CHECK(fuzz::find_known("a", known)->reason == "It stays so.");
  tally.found.emplace_back();
  tally.found.back().kind = "b";
  CHECK_FALSE(fuzz::all_known(tally, known));
  CHECK_FALSE(fuzz::all_known(tally, {}));
}

TEST_CASE("campaign: LINUX.md lists what is known, with the same reasons", "[fuzz]") {
  std::ifstream in{LASTACK_SOURCE_DIR "/sim/tcp/LINUX.md"};
  const std::string document{std::istreambuf_iterator<char>{in}, {}};
  REQUIRE_FALSE(document.empty());
  for (const fuzz::KnownKind& known : fuzz::known_kinds()) {
    CHECK_THAT(document, Catch::Contains(std::string{known.kind}));
    CHECK_THAT(document, Catch::Contains(std::string{known.reason}));
  }
}

TEST_CASE("campaign: an honest kernel agrees everywhere", "[fuzz]") {
  Hunt t{honest};
  CHECK(last_line(t.run(repeated(hello(), 20))) ==
        "20 scenarios: 20 agree, 0 racy and agree, 0 differ in 0 kinds");
  CHECK(t.progress.judged == 20);
}

TEST_CASE("campaign: the simulator's own runs agree with the simulator", "[fuzz]") {
  Hunt t{honest};
  const Tally tally = t.run(drawn(1, 30, "close"));
  CHECK(tally.agree == 30);
}

TEST_CASE("campaign: a model with a wrong rule is found out, and the case is small", "[fuzz]") {
  // What Linux did before 6.5: no linear timeouts of a SYN.
  Hunt t{honest, {{"sysctl.tcp_syn_linear_timeouts", "0"}}};
  const Tally tally = t.run(drawn(1, 40, "handshake"));
  REQUIRE_FALSE(tally.found.empty());
  const auto later = std::find_if(tally.found.begin(), tally.found.end(), [](const auto& found) {
    return found.shrunk && found.kind == "timing: opener in SYN_SENT: S: lastack later";
  });
  REQUIRE(later != tally.found.end());
  const Json json = Json::parse(later->json);
  INFO(later->json);
  CHECK(json["apps"].size() <= 2);  // a connector whom nobody answers, or whose answers are lost
  for (const Json& app : json["apps"]) {
    CHECK_FALSE(app.contains("steps"));
    CHECK_FALSE(app.contains("setsockopt"));
  }
  CHECK_FALSE(json.contains("inject"));
  CHECK_FALSE(json.contains("events"));
}

TEST_CASE("campaign: few of a kind are shrunk, all are found", "[fuzz]") {
  Hunt t{honest, {{"hosts.client.sysctl.tcp_timestamps", "0"}}};
  t.options.shrunk_of_kind = 2;
  const Tally tally = t.run(repeated(hello(), 6));
  CHECK(tally.found.size() == 6);
  CHECK(tally.kinds() == 1);
  CHECK(std::count_if(tally.found.begin(), tally.found.end(),
                      [](const auto& found) { return found.shrunk; }) == 2);
  CHECK(std::is_sorted(tally.found.begin(), tally.found.end(),
                       [](const auto& a, const auto& b) { return a.number < b.number; }));
}

TEST_CASE("campaign: each judged scenario and each difference is told once", "[fuzz]") {
  Hunt t{honest, {{"hosts.client.sysctl.tcp_timestamps", "0"}}};
  std::vector<std::string> judged;
  std::vector<std::string> found;
  t.options.shrunk_of_kind = 0;
  t.options.judged = [&](const fuzz::Draft& draft, const fuzz::Verdict& verdict) {
    judged.push_back(draft.name);
    CHECK(verdict.recordings.size() == 3);
  };
  t.options.found = [&](const fuzz::Found& one) { found.push_back(one.name); };
  t.run(repeated(hello(), 3));
  std::sort(judged.begin(), judged.end());
  std::sort(found.begin(), found.end());
  CHECK(judged == std::vector<std::string>{"case-1", "case-2", "case-3"});
  CHECK(found == judged);
}

TEST_CASE("campaign: what could not be recorded counts nowhere, its reason is told once",
          "[fuzz]") {
  Hunt t{[](const auto&, std::uint64_t) {
    return Testimony{Testimony::Outcome::skipped, "no such setting"};
  }};
  t.options.side_by_side = 1;
  const Tally tally = t.run(repeated(hello(), 3));
  CHECK(tally.scenarios() == 0);
  CHECK(tally.not_judged == 3);
  CHECK(tally.not_judged_why == std::vector<std::string>{"case-1: no such setting"});
}

TEST_CASE("campaign: stopped, it tells what it had come to", "[fuzz]") {
  Hunt t{[&](const auto& scenario, std::uint64_t) { return simulated(scenario); }};
  t.options.side_by_side = 1;
  t.options.judged = [&](const fuzz::Draft& draft, const fuzz::Verdict&) {
    if (draft.number == 5) t.stop = true;
  };
  CHECK(t.run(repeated(hello(), 1000)).agree == 5);
}

TEST_CASE("campaign: an error of one scenario ends it", "[fuzz]") {
  Hunt t{honest};
  CHECK_THROWS_AS(t.run(repeated("{}", 3)), scenario::ScenarioError);
}

TEST_CASE("campaign: a kept case says what it shows", "[fuzz]") {
  fuzz::Found found;
  found.name = "fuzz-1-2";
  found.json = R"({"name": "x", "description": "old", "hosts": {}})";
  found.kind = "calls: connect: kernel a; lastack b";
  found.text = "client connect #1: kernel a; lastack b";
  found.why = compare::Reason::calls;
  CHECK(Json::parse(fuzz::described(found)).dump() ==
        R"({"name":"fuzz-1-2","description":"calls: connect: kernel a; lastack b. )"
        R"(client connect #1: kernel a; lastack b. Reason: calls.","hosts":{}})");
}
