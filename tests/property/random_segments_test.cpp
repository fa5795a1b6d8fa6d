// Any segments, calls and timeouts in any state of any profile: the fuzz target's rules, on cases
// that RapidCheck draws and shrinks.
#include <vector>

#include <rapidcheck/catch.h>

#include "lastack/core/random_stream.hpp"
#include "property/seeds.hpp"
#include "support/gauntlet.hpp"

using namespace lastack::test;

namespace {

void run_gauntlet(const std::vector<std::uint8_t>& bytes) {
  try {
    Gauntlet{bytes}.run();
  } catch (const std::logic_error& broken) {
    RC_FAIL(broken.what());
  }
}

}  // namespace

TEST_CASE("random segments, calls and timeouts break no rule", "[property]") {
  rc::prop("for short and long streams", [] {
    const auto bytes = *rc::gen::resize(600, rc::gen::arbitrary<std::vector<std::uint8_t>>());
    run_gauntlet(bytes);
  });
}

TEST_CASE("a thousand streams from fixed seeds break no rule", "[property]") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    lastack::RandomStream random{seed, "gauntlet"};
    std::vector<std::uint8_t> bytes(400 + random.below(2000));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    CAPTURE(seed);
    REQUIRE_NOTHROW(Gauntlet{bytes}.run());
  }
}
