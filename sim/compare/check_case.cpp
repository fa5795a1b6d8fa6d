#include "lastack/compare/check_case.hpp"

#include <algorithm>
#include <utility>

#include "lastack/compare/history_sink.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/run/simulation.hpp"

namespace lastack::compare {

namespace {

bool is_set(const std::atomic<bool>* stop) { return stop != nullptr && *stop; }

}  // namespace

std::uint64_t nth_seed(const scenario::Scenario& scenario, std::uint64_t nth) {
  constexpr std::uint64_t first_further_seed = 1001;
  return nth == 0 ? scenario.seed : first_further_seed + nth - 1;
}

History history_of_run(const scenario::Scenario& scenario, std::uint64_t seed,
                       const std::atomic<bool>* stop) {
  HistorySink sink;
  run::Simulation simulation{scenario, seed, {&sink}};
  simulation.run(stop);
  History history = sink.take();
  history.stopped = std::chrono::duration_cast<Seconds>(scenario.stop_at - sim_start);
  return history;
}

CaseVerdict check_case(const scenario::Scenario& scenario, const std::vector<History>& recordings,
                       std::uint64_t seeds, const std::atomic<bool>* stop) {
  LASTACK_ASSERT(seeds >= 1);
  CaseVerdict best;
  best.steady = is_steady(recordings);
  for (std::uint64_t i = 0; i < seeds; ++i) {
    const std::uint64_t seed = nth_seed(scenario, i);
    const History run = history_of_run(scenario, seed, stop);
    Nearest now = nearest(recordings, run);
    best.interrupted = is_set(stop);
    if (best.interrupted) return best;
    if (i == 0 || nearer(now.comparison, best.nearest.comparison)) {
      best.nearest = std::move(now);
      best.seed = seed;
      const Difference* first = best.nearest.comparison.first();
      best.reason.reset();
      if (first != nullptr) {
        best.reason = reason_of(*first, recordings[best.nearest.recording], run);
      }
    }
    if (best.agrees()) return best;
  }
  return best;
}

CaseVerdict check_until_sure(const scenario::Scenario& scenario, const Record& record,
                             const Patience& patience, const std::atomic<bool>* stop) {
  LASTACK_ASSERT(patience.recordings >= 1);
  std::vector<History> recordings;
  CaseVerdict verdict;
  std::uint64_t seeds = patience.seeds;
  std::size_t wanted = patience.recordings;
  do {
    while (recordings.size() < wanted) {
      std::optional<History> next = record();
      verdict.interrupted = !next;
      if (verdict.interrupted) return verdict;
      recordings.push_back(*std::move(next));
    }
    verdict = check_case(scenario, recordings, seeds, stop);
    seeds = std::max(seeds, Patience::further_seeds);
  } while (!verdict.interrupted && !verdict.agrees() && ++wanted <= patience.tries);
  return verdict;
}

}  // namespace lastack::compare
