// Any segments, calls and timeouts against a Stack of any profile, in any state (libFuzzer).
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "support/gauntlet.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    lastack::test::Gauntlet{{data, size}}.run();
  } catch (const std::exception& broken) {
    std::fprintf(stderr, "broken rule: %s\n", broken.what());
    std::abort();
  }
  return 0;
}
