#include "lastack/event/recording.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace lastack;
using namespace lastack::trace;

namespace {

/// Notes what it is shown: "begin NAME", "event N", "end TIME".
class Notes final : public Sink {
 public:
  void begin(const Names& names) override { lines.push_back("begin " + names.scenario); }
  void event(const Event& event) override { lines.push_back("event " + std::to_string(event.n)); }
  void end(SimTime at) override {
    lines.push_back("end " + std::to_string(at.time_since_epoch().count()));
  }

  std::vector<std::string> lines;
};

Names run_called(const std::string& scenario) {
  Names names;
  names.scenario = scenario;
  return names;
}

Event event(std::uint64_t n) {
  return {.n = n, .cause = n - 1, .at = sim_start + SimDuration{n}, .what = Receive{n, HostId{0}}};
}

}  // namespace

TEST_CASE("Recording: what was recorded is replayed in its order", "[event]") {
  Recording t;
  t.begin(run_called("first"));
  t.event(event(1));
  t.event(event(2));
  t.end(sim_start + SimDuration{7});

  Notes seen;
  t.replay(seen);
  CHECK(seen.lines == std::vector<std::string>{"begin first", "event 1", "event 2", "end 7"});
}

TEST_CASE("Recording: while the run goes on, it has not ended", "[event]") {
  Recording t;
  t.begin(run_called("first"));
  CHECK(t.ended() == sim_start);
  t.end(sim_start + SimDuration{7});
  CHECK(t.ended() == sim_start + SimDuration{7});
}

TEST_CASE("Recording: a run that begins anew leaves nothing of the one before", "[event]") {
  Recording t;
  t.begin(run_called("first"));
  t.event(event(1));
  t.end(sim_start + SimDuration{7});

  t.begin(run_called("second"));
  CHECK(t.events().empty());
  CHECK(t.names().scenario == "second");
  CHECK(t.ended() == sim_start);
}

TEST_CASE("Names: an end is its host's name and its port", "[event]") {
  Names names;
  names.hosts = {"client", "server"};
  CHECK(names.text({HostId{1}, 80}) == "server:80");
}
