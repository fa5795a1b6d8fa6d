#include "lastack/core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lastack {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "lastack: a bug of ours: %s:%d: assertion failed: %s\n", file, line,
               condition);
  std::abort();
}

void reached_unreachable(const char* what, const char* file, int line) {
  std::fprintf(stderr, "lastack: a bug of ours: %s:%d: reached what cannot be: %s\n", file, line,
               what);
  std::abort();
}

}  // namespace lastack
