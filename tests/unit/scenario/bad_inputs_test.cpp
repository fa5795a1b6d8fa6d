#include "bad_inputs.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

namespace lastack::scenario {
namespace {

/// Whether the message is the one wanted; after "…" anything may follow.
bool says(const std::string& message, const std::string& wanted) {
  constexpr std::string_view open_end = "…";
  if (!wanted.ends_with(open_end)) return message == wanted;
  return message.starts_with(wanted.substr(0, wanted.size() - open_end.size()));
}

std::vector<std::string> pointers_of_errors(const TemporaryFile& file) {
  std::vector<std::string> pointers;
  for (const ScenarioError& error : check_scenario(file.path())) {
    CHECK(error.file() == file.path());
    pointers.push_back(error.pointer());
  }
  return pointers;
}

TEST_CASE("bad input: the scenario that all the others are made from is good", "[scenario]") {
  CHECK(problem_with(good_scenario()) == "");
}

TEST_CASE("bad input: each message names file, place, wish, fact and the nearest right name",
          "[scenario]") {
  for (const BadInput& input : bad_inputs()) {
    const std::string json = scenario_with(input.pointer, input.value);
    const std::string message = problem_with(json);
    INFO(json);
    INFO("wanted: s.json: " << input.message);
    INFO("seen:   " << message);
    CHECK(says(message, "s.json: " + input.message));
    const auto errors = check_scenario_text(json, "s.json");
    CHECK(errors.size() == 1);  // and nothing that only follows from it
    CHECK(errors[0].what() == message);
  }
}

TEST_CASE("bad input: all errors of a file can be had at once", "[scenario]") {
  const TemporaryFile file{"several-errors.json", R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "servr", "loss": 2}, {"a": "client", "b": "server", "los": 0}],
    "apps": [{"host": "server", "listen": 80, "steps": [{"snd": 1}, {"close": 1}]}],
    "expect": 7
  })"};
  CHECK(pointers_of_errors(file) == std::vector<std::string>{"/links/0/b", "/links/1/los",
                                                             "/apps/0/steps/0/snd",
                                                             "/apps/0/steps/1/close", "/expect"});
}

TEST_CASE("bad input: a wrong host is known by its name all the same", "[scenario]") {
  const TemporaryFile file{"wrong-host.json", R"({
    "hosts": {"client": {"sysctl": {"a": 1, "b": 2}, "msl": 1}, "server": {"count": 0}},
    "seed": -1, "profile": "linux",
    "links": [{"a": "client", "b": "server"}]
  })"};
  CHECK(pointers_of_errors(file) ==
        std::vector<std::string>{"/seed", "/profile", "/hosts/client/sysctl/a",
                                 "/hosts/client/sysctl/b", "/hosts/client/msl",
                                 "/hosts/server/count"});
}

TEST_CASE("bad input: of very many errors the first hundred are reported", "[scenario]") {
  std::string hosts = R"({"hosts": {)";
  for (int i = 0; i < 1000; ++i) hosts += "\"h" + std::to_string(i) + "\": 0, ";
  const TemporaryFile file{"many-errors.json", hosts + R"("last": {}}})"};
  const auto errors = check_scenario(file.path());
  REQUIRE(errors.size() == 100);
  CHECK(errors.back().pointer() == "/hosts/h99");
}

TEST_CASE("bad input: nothing is wrong with a good file", "[scenario]") {
  const TemporaryFile file{"good.json", good_scenario()};
  CHECK(check_scenario(file.path()).empty());
  CHECK(load_scenario(file.path()).name == "good");  // by the file's name, having none of its own
}

}  // namespace
}  // namespace lastack::scenario
