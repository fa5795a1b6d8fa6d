// A simulation owns all its state: runs side by side in threads do not touch each other.
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "golden/trace_digest.hpp"

using namespace lastack::test;

TEST_CASE("runs side by side in threads do not touch each other", "[golden]") {
  const auto files = scenario_files(std::string{LASTACK_SOURCE_DIR} + "/scenarios/handshake");
  std::vector<TraceDigest> alone;
  for (const std::string& file : files) alone.push_back(digest_of(file));
  std::vector<std::vector<TraceDigest>> together(4);
  {
    std::vector<std::jthread> threads;
    for (auto& digests : together) {
      threads.emplace_back([&digests, &files] {
        for (const std::string& file : files) digests.push_back(digest_of(file));
      });
    }
  }
  for (const auto& digests : together) CHECK(digests == alone);
}
