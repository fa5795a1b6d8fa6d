#include "made_up.hpp"

#include <utility>

#include "lastack/compare/check_case.hpp"

namespace lastack::test {

fuzz::Testimony MadeUp::ask(const scenario::Scenario& scenario, const std::atomic<bool>& stop) {
  if (stop) return {fuzz::Testimony::Outcome::interrupted};
  return story_(scenario, asked_++);
}

fuzz::Testimony simulated(const scenario::Scenario& scenario, std::uint64_t seed) {
  fuzz::Recording recording{compare::history_of_run(scenario, seed), R"({"recordings":[{}]})"};
  return {fuzz::Testimony::Outcome::recorded, "", std::move(recording)};
}

std::string hello(std::uint64_t bytes) {
  return R"({"hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
             {"host": "client", "connect": "server:80", "from_port": 40000,
              "steps": [{"send": )" +
         std::to_string(bytes) + R"(}, {"close": true}]}],
    "stop_at": "3s"})";
}

}  // namespace lastack::test
