#include "lastack/core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lastack {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "lastack: a bug of ours: %s:%d: assertion failed: %s\n", file, line,
               condition);
  std::abort();
}

}  // namespace lastack
