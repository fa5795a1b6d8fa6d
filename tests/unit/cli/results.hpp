#pragma once

#include <string>
#include <utility>

#include "reports/test_result.hpp"

namespace lastack::cli {

/// A file that ran and held.
inline FileResult held(std::string file) {
  FileResult result;
  result.file = std::move(file);
  result.outcome = Outcome::held;
  result.expectations = 2;
  return result;
}

/// A file with one failed expectation of two.
inline FileResult failed(std::string file) {
  FileResult result = held(std::move(file));
  result.outcome = Outcome::failed;
  result.failed.push_back({.pointer = "/expect/1",
                           .held = false,
                           .wanted = "3 segments client->server S",
                           .seen = "2",
                           .where = "trace line 17 at 1.03 s: send S client:40000 > server:80"});
  return result;
}

/// A file that did not run, for one reason or another.
inline FileResult with_problem(std::string file, Outcome outcome, std::string problem) {
  FileResult result;
  result.file = std::move(file);
  result.outcome = outcome;
  result.problem = std::move(problem);
  return result;
}

}  // namespace lastack::cli
