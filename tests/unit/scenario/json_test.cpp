#include "lastack/scenario/json.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "support.hpp"

namespace lastack::scenario {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST_CASE("JSON: a syntax error is reported with line and column", "[scenario]") {
  CHECK_THAT(problem_with("{\n  \"hosts\": {,}\n}"), StartsWith("s.json: line 2, column 13: "));
  CHECK_THAT(problem_with(""), StartsWith("s.json: line 1, column 1: "));
  CHECK_THAT(problem_with("{} {}"), StartsWith("s.json: line 1, column 4: "));
  CHECK_THAT(problem_with("{\"hosts\": NaN}"), StartsWith("s.json: line 1, column 11: "));
  CHECK_THAT(problem_with("{\"hosts\": "), Contains("unexpected end of input"));
}

TEST_CASE("JSON: invalid UTF-8 is refused, and never printed", "[scenario]") {
  const std::string message = problem_with("{\"name\": \"\xff\xfe\"}");
  CHECK_THAT(message, Contains("UTF-8"));
  CHECK(message.find('\xff') == message.npos);
}

TEST_CASE("JSON: control characters of the input do not reach a terminal", "[scenario]") {
  const std::string message = problem_with(R"({"hosts": {}, "\u001b[31m": 1})");
  CHECK_THAT(message, Contains("/\\x1b[31m"));
  CHECK(message.find('\x1b') == message.npos);
}

TEST_CASE("JSON: a key may be there once", "[scenario]") {
  CHECK(problem_with(R"({"hosts": {"client": {}, "server": {}, "client": {"count": 2}}})") ==
        "s.json: /hosts/client: want each key once, have \"client\" twice");
  CHECK(problem_with(R"({"links": [{}, {"a": 1, "x/y~": 0, "x/y~": 0}]})") ==
        "s.json: /links/1/x~1y~0: want each key once, have \"x/y~\" twice");
}

TEST_CASE("JSON: nesting has a limit, however deep it goes on", "[scenario]") {
  const std::string wanted = ": want at most 64 levels of nesting, have more";
  CHECK(problem_with(repeated("[", 65)) == "s.json: " + repeated("/0", 64) + wanted);
  CHECK(problem_with(repeated("[", 10'000'000)) == "s.json: " + repeated("/0", 64) + wanted);
  CHECK(problem_with(repeated("{\"a\":", 1'000'000)) == "s.json: " + repeated("/a", 64) + wanted);
  CHECK(problem_with(repeated("[", 64) + repeated("]", 64)) ==
        "s.json: want an object for a scenario, have an array of 1");
}

TEST_CASE("JSON: numbers keep all their digits or are refused", "[scenario]") {
  const auto seed = [](const std::string& number) {
    return parse_scenario(R"({"hosts": {"a": {}}, "seed": )" + number + "}", "s.json").seed;
  };
  CHECK(seed("18446744073709551615") == 18446744073709551615U);
  CHECK(seed("9223372036854775808") == 9223372036854775808U);
  CHECK(problem_with(R"({"seed": 18446744073709551616})") ==
        "s.json: /seed: want a number of at most 64 bits, have 18446744073709551616");
  CHECK_THAT(problem_with(R"({"seed": 1e400})"),
             StartsWith("s.json: /seed: want a number that a double can hold"));
}

TEST_CASE("JSON: messages show long values cut short", "[scenario]") {
  const std::string message =
      problem_with(R"({"hosts": {}, "seed": ")" + repeated("ä", 1000) + "\"}");
  CHECK_THAT(message, Contains("have \"ääää"));
  CHECK_THAT(message, Contains("…\""));
  CHECK(message.size() < 200);
}

TEST_CASE("files: what cannot be read is reported with the reason", "[scenario]") {
  const auto problem = [](const std::string& path) -> std::string {
    try {
      load_scenario(path);
      return "";
    } catch (const ScenarioError& error) {
      return error.what();
    }
  };
  CHECK(problem("no/such/file.json") ==
        "no/such/file.json: cannot be read: No such file or directory");
  CHECK(problem(LASTACK_SOURCE_DIR) == LASTACK_SOURCE_DIR ": want a file, have a directory");
  CHECK(problem("/dev/null") == "/dev/null: want a file, have a device");
  CHECK(problem("/dev/zero") == "/dev/zero: want a file, have a device");
}

TEST_CASE("files: their kind follows from their keys", "[scenario]") {
  const TemporaryFile scenario{"kind-scenario.json", R"({"hosts": {}})"};
  const TemporaryFile sweep{"kind-sweep.json", R"({"scenario": {"hosts": {}}, "vary": {}})"};
  const TemporaryFile other{"kind-other.json", R"([{"hosts": {}}])"};
  const TemporaryFile broken{"kind-broken.json", R"({"hosts": )"};
  CHECK(kind_of_file(scenario.path()) == FileKind::scenario);
  CHECK(kind_of_file(sweep.path()) == FileKind::sweep);
  CHECK(kind_of_file(other.path()) == FileKind::other);
  CHECK_THROWS_AS(kind_of_file(broken.path()), ScenarioError);
  CHECK_THROWS_AS(kind_of_file("no/such/file.json"), ScenarioError);
}

TEST_CASE("files: a database is distinguished from JSON", "[scenario]") {
  CHECK_THAT(problem_with("SQLite format 3"),
             StartsWith("s.json: want JSON, have a database; ") && Contains("lastack sweep --db"));
}

TEST_CASE("files: a sweep is no scenario", "[scenario]") {
  CHECK(problem_with(R"({"scenario": "a.json", "vary": {}})") ==
        "s.json: want a scenario, have a sweep (it has the key \"vary\")");
}

}  // namespace
}  // namespace lastack::scenario
