// Races go either way by seed, as they do in reality: over seeds Lastack does what each of a racy
// scenario's recordings holds.
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/compare/check_case.hpp"
#include "lastack/compare/comparison.hpp"
#include "lastack/compare/read.hpp"
#include "lastack/scenario/load.hpp"

using namespace lastack;

namespace {

constexpr std::uint64_t seeds = 150;
const std::filesystem::path oracle = std::filesystem::path{LASTACK_SOURCE_DIR} / "tests/oracle";

/// Recordings, counted from 0, of what has no part in a run of Lastack.
using Recordings = std::set<std::size_t>;

/// The kernel took in segments while an application held their socket, on another processor, and
/// acknowledged them together.
const std::map<std::string, Recordings> acknowledged_together{
    {"random-15", {0, 2}},
    {"request-response", {0, 5}},
    {"send-20000-lose-segment-3", {1, 3, 4, 5, 6, 7}},
    {"send-5000-lose-segment-4", {1}},
};
/// A timer fired some milliseconds after its tick: the recording machine was busy.
const std::map<std::string, Recordings> late_timers{
    {"stale-syn-client-silent", {6}},
    {"syn-queue-full-no-cookies", {0}},
};
/// RACK weighs round trips of 6 ms that differ by microseconds; ours do not differ.
const std::map<std::string, Recordings> microseconds{{"random-14", {2, 3, 6, 7}}};
/// Both lost segments went at once when RACK's wait ended, which no proportional rate reduction
/// allows: these were made with a congestion control that has none.
const std::map<std::string, Recordings> other_congestion_control{{"random-09", {4, 5, 6, 7}}};

bool is_out_of_reach(const std::string& name, std::size_t recording) {
  for (const auto* list :
       {&acknowledged_together, &late_timers, &microseconds, &other_congestion_control}) {
    const auto found = list->find(name);
    if (found != list->end() && found->second.contains(recording)) return true;
  }
  return false;
}

/// Those of the recordings that no seed's run agrees with.
Recordings never_seen(const scenario::Scenario& scenario,
                      const std::vector<compare::History>& recordings) {
  Recordings left;
  for (std::size_t i = 0; i < recordings.size(); ++i) left.insert(i);
  for (std::uint64_t seed = 1; seed <= seeds && !left.empty(); ++seed) {
    const compare::History run = compare::history_of_run(scenario, seed);
    std::erase_if(left,
                  [&](std::size_t i) { return compare::compare(recordings[i], run).agrees(); });
  }
  return left;
}

}  // namespace

TEST_CASE("oracle: over seeds every variant of the racy recordings comes about", "[oracle]") {
  std::size_t racy = 0;
  for (const auto& entry : std::filesystem::directory_iterator(oracle / "cases")) {
    const std::string name = entry.path().stem().string();
    const std::vector<compare::History> recordings =
        compare::read_histories((oracle / "traces" / (name + ".trace.json")).string());
    if (compare::is_steady(recordings)) continue;
    ++racy;
    for (const std::size_t i :
         never_seen(scenario::load_scenario(entry.path().string()), recordings)) {
      INFO(name << ", recording " << i);
      CHECK(is_out_of_reach(name, i));
    }
  }
  CHECK(racy == 21);
}
