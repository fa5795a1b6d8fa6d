// lastack_trace_hash PATH…: a line for each scenario file with its trace's digest. Two builds that
// print the same lines make the same traces.
#include <cstdio>
#include <exception>

#include "golden/trace_digest.hpp"

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; ++i) {
      for (const std::string& file : lastack::test::scenario_files(argv[i])) {
        const std::string digest = to_text(lastack::test::digest_of(file));
        std::printf("%s %s\n", digest.c_str(), file.c_str());
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
