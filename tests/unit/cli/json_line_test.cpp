#include "support/json_line.hpp"

#include <catch2/catch.hpp>

using lastack::cli::find_lines;
using lastack::cli::line_in_file;
using lastack::cli::line_of;
using lastack::cli::Lines;

namespace {

constexpr const char* scenario = R"({
  "seed": 7
  ,
  "expect": [
    {"state": "LISTEN"},

    {
      "path": ["SYN_SENT",
               "ESTABLISHED"]}
  ],
  "a/b~c": "here"
})";

}  // namespace

TEST_CASE("line_of: every value is found where it starts", "[cli]") {
  CHECK(line_of(scenario, "") == 1);
  CHECK(line_of(scenario, "/expect") == 4);
  CHECK(line_of(scenario, "/expect/0") == 5);
  CHECK(line_of(scenario, "/expect/0/state") == 5);
  CHECK(line_of(scenario, "/expect/1") == 7);
  CHECK(line_of(scenario, "/expect/1/path/0") == 8);
  CHECK(line_of(scenario, "/expect/1/path/1") == 9);
}

TEST_CASE("line_of: a number at the end of its line counts for that line", "[cli]") {
  CHECK(line_of(scenario, "/seed") == 2);
}

TEST_CASE("line_of: a pointer's ~0 and ~1 stand for ~ and /", "[cli]") {
  CHECK(line_of(scenario, "/a~1b~0c") == 11);
}

TEST_CASE("find_lines: many values in one go, and the first of keys that are there twice",
          "[cli]") {
  Lines lines{{"/expect/1", {}}, {"/seed", {}}, {"", {}}, {"/nothing", {}}};
  find_lines(scenario, lines);
  CHECK(lines == Lines{{"/expect/1", 7}, {"/seed", 2}, {"", 1}, {"/nothing", std::nullopt}});
  Lines twice{{"/a", {}}, {"/b", {}}};
  find_lines("{\"a\": 1,\n\"a\": 2,\n\"b\": 3}", twice);
  CHECK(twice == Lines{{"/a", 1}, {"/b", 3}});
}

TEST_CASE("line_of: what is not there has no line", "[cli]") {
  CHECK_FALSE(line_of(scenario, "/expect/2"));
  CHECK_FALSE(line_of(scenario, "/nothing"));
  CHECK_FALSE(line_of("{ this is no JSON", "/this"));
  CHECK_FALSE(line_of("", "/x"));
  CHECK_FALSE(line_in_file("/no/such/file.json", ""));
}
