// One run of one benchmark, in a process of its own, so that its peak memory is its own:
//
//   lastack_bench churn [CONNECTIONS]          as in README.md's table
//   lastack_bench churn-loss [CONNECTIONS]     with 5 % loss each way
//   lastack_bench in-flight N                  churn with N alive, TIME_WAIT counted
//   lastack_bench open N                       churn with N alive, TIME_WAIT not counted
//   lastack_bench idle [PAIRS]                 open connections that do nothing
//   lastack_bench half-open N, unanswered N    N entries of a SYN queue, and the same without them
//   lastack_bench time-wait N                  churn until N are in TIME_WAIT
//   lastack_bench batch [RUNS] [THREADS]       a two-host scenario with one seed after the other
//   lastack_bench trace FILE [CONNECTIONS]     churn with its trace written to FILE
//   lastack_bench check BENCHMARK [N]          churn and the like traced: the hash of the trace,
//   and
//                                              how many events a plain simulator would schedule
//
// Prints one line of JSON. tools/bench runs them all, several times each, and makes the table.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "bench/bench_scenarios.hpp"
#include "bench/plain_events.hpp"
#include "golden/trace_digest.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/run/simulation.hpp"
#include "lastack/trace/jsonl.hpp"

namespace {

using namespace lastack;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t seed = 1;

/// What a stretch of this process took.
class Stopwatch {
 public:
  /// Adds user_s, sys_s, wall_s, and the process's peak_bytes.
  void stop(Json& result) const {
    const Times now = times();
    result["user_s"] = now.user - start_.user;
    result["sys_s"] = now.sys - start_.sys;
    result["wall_s"] = now.wall - start_.wall;
    result["peak_bytes"] = now.peak_bytes;
  }

 private:
  struct Times {
    double user, sys, wall;
    std::int64_t peak_bytes;
  };

  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }
  static Times times() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto wall = std::chrono::steady_clock::now().time_since_epoch();
    return {seconds(usage.ru_utime), seconds(usage.ru_stime),
            std::chrono::duration<double>(wall).count(), usage.ru_maxrss * 1024};
  }

  Times start_ = times();
};

/// What happened, in short, from numbers that are the same with and without a trace. The events
/// that were handled are not among them: an engine may need fewer for the same.
std::string fingerprint(run::Summary summary) {
  summary.connections.clear();  // what is known of each depends on whether it was traced
  const Json all = Json::parse(run::to_json(summary));
  Json chosen;
  for (const char* key :
       {"simulated_seconds", "segments_sent", "segments_lost", "segments_discarded",
        "retransmitted_by_cause", "sent_by_kind", "connects", "connects_ok", "connect_errors",
        "accepts", "peak", "open_at_end", "hosts"}) {
    chosen[key] = all.at(key);
  }
  for (Json& host : chosen["hosts"]) host.erase("time_in");
  test::TraceDigest digest;
  test::digester(digest)->write(chosen.dump());
  return test::to_text(digest).substr(0, 16);
}

/// The numbers that say whether the run was what it should be.
void describe(const run::Summary& summary, Json& result) {
  result["connections"] = summary.connects;
  result["connects_ok"] = summary.connects_ok;
  result["events_handled"] = summary.events;
  result["peak"] = summary.peak;
  result["fingerprint"] = fingerprint(summary);
}

/// Runs a scenario once. The time is that from the Simulation's construction to its destruction.
Json timed(const scenario::Scenario& scenario, const std::vector<trace::Sink*>& sinks = {}) {
  Json result;
  run::Summary summary;
  const Stopwatch watch;
  {
    run::Simulation simulation{scenario, seed, sinks};
    simulation.run();
    summary = simulation.summary();
  }
  watch.stop(result);
  describe(summary, result);
  return result;
}

scenario::Scenario scenario_of(std::string_view name, std::uint64_t n) {
  bench::Churn shape;
  if (name == "in-flight") return bench::churn(bench::churn_at(n, bench::whole_life));
  if (name == "open") return bench::churn(bench::churn_at(n, bench::busy_life));
  if (name == "idle") return bench::idle(n == 0 ? 1'000'000 : n);
  if (name == "half-open") return bench::half_open(n);
  if (name == "unanswered") return bench::unanswered(n);
  if (n > 0) shape.connections = n;
  if (name == "churn" || name == "trace") return bench::churn(shape);
  if (name == "churn-loss") {
    shape.loss = 0.05;
    return bench::churn(shape);
  }
  if (name == "time-wait") {
    shape.every = 2ms;  // a million within a TIME_WAIT's minute
    return bench::churn(shape);
  }
  throw std::invalid_argument{"no benchmark " + std::string{name}};
}

/// The traced run that the timed ones are held against.
Json check(const scenario::Scenario& scenario) {
  test::TraceDigest digest;
  bench::PlainEvents events;
  trace::JsonLinesSink lines{test::digester(digest)};
  Json result = timed(scenario, {&events, &lines});
  result["trace"] = test::to_text(digest);
  result["plain_events"] = events.counts().total();
  result["arrivals"] = events.counts().arrivals;
  result["timers"] = events.counts().timers;
  result["applications"] = events.counts().applications;
  return result;
}

Json trace_to(const std::string& file, const scenario::Scenario& scenario) {
  trace::JsonLinesSink lines{std::make_unique<AtomicFile>(file)};
  return timed(scenario, {&lines});
}

/// `runs` runs of one scenario, each with the next seed.
void run_batch(const scenario::Scenario& scenario, std::uint64_t first, std::uint64_t runs) {
  for (std::uint64_t i = first; i < first + runs; ++i) {
    run::Simulation simulation{scenario, i};
    simulation.run();
  }
}

Json batch(std::uint64_t runs, std::uint64_t threads) {
  const scenario::Scenario scenario = bench::two_hosts();
  Json result;
  const Stopwatch watch;
  std::vector<std::jthread> workers;
  for (std::uint64_t t = 0; t < threads; ++t) {
    workers.emplace_back(run_batch, std::cref(scenario), 1 + t * (runs / threads), runs / threads);
  }
  workers.clear();
  watch.stop(result);
  result["runs"] = runs / threads * threads;
  return result;
}

std::uint64_t number(const std::vector<std::string>& words, std::size_t place,
                     std::uint64_t otherwise) {
  return place < words.size() ? std::stoull(words[place]) : otherwise;
}

Json run_benchmark(const std::vector<std::string>& words) {
  const std::string& name = words.at(0);
  if (name == "batch") return batch(number(words, 1, 20'000), number(words, 2, 1));
  if (name == "check") return check(scenario_of(words.at(1), number(words, 2, 0)));
  if (name == "trace") return trace_to(words.at(1), scenario_of(name, number(words, 2, 0)));
  return timed(scenario_of(name, number(words, 1, 0)));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Json result = run_benchmark({argv + 1, argv + argc});
    std::printf("%s\n", result.dump().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lastack_bench: %s\n", error.what());
    return 2;
  }
  return 0;
}
