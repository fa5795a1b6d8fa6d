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

/// A run that an interrupt cut short, with two expectations.
inline FileResult cut_short(std::string file) {
  FileResult result = with_problem(std::move(file), Outcome::not_run,
                                   "interrupted after 1.5 s; 2 expectations were not judged");
  result.expectations = result.not_judged = 2;
  return result;
}

/// A comparison of two databases that failed.
inline FileResult failed_comparison() {
  FileResult result = failed("new.sqlite");
  result.suite = "lastack compare";
  result.name = "connect_ok";
  result.replay = "lastack compare base.sqlite new.sqlite --fail-if-worse connect_ok";
  result.expectations = 1;
  result.failed = {{.pointer = "connect_ok",
                    .held = false,
                    .wanted = "connect_ok not worse by more than 0 %",
                    .seen = "worse: now 98 %, was 99 %",
                    .where = ""}};
  return result;
}

/// One of which nothing can be told, and that passes.
inline FileResult undecided_comparison() {
  FileResult result =
      with_problem("new.sqlite", Outcome::cannot_tell, "cannot tell: needs about 900 runs");
  result.suite = "lastack compare";
  result.name = "connect_time.p99";
  return result;
}

/// A file that held, but for a fault that met nothing.
inline FileResult held_with_warning(std::string file) {
  FileResult result = held(std::move(file));
  result.unmatched.push_back(
      {"/faults/2", "matched no segment in this run: none went a->b at all"});
  return result;
}

}  // namespace lastack::cli
