#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "bad_inputs.hpp"
#include "lastack/scenario/objective.hpp"
#include "lastack/scenario/sweep.hpp"
#include "lastack/tcp/settings.hpp"
#include "lastack/tcp/stack.hpp"
#include "support.hpp"

namespace lastack::scenario {
namespace {

using valijson::adapters::NlohmannJsonAdapter;

/// A schema as the library gives it.
class Schema {
 public:
  explicit Schema(std::string_view text) {
    const auto json = nlohmann::json::parse(text);
    const auto scenarios = nlohmann::json::parse(scenario_schema());
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(
        NlohmannJsonAdapter{json}, schema_,
        [&scenarios](const std::string& uri) {
          return uri == "scenario.schema.json" ? &scenarios : nullptr;
        },
        [](const nlohmann::json*) {});
  }

  /// What the schema finds wrong first; "" if it accepts the text.
  std::string problem_with(std::string_view text) {
    const auto json = nlohmann::json::parse(text);
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(schema_, NlohmannJsonAdapter{json}, &results)) return "";
    valijson::ValidationResults::Error error;
    std::string all = "refused:";
    while (results.popError(error)) all += "\n  " + error.description;
    return all;
  }

 private:
  valijson::Schema schema_;
};

std::vector<std::filesystem::path> shipped(FileKind kind) {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"scenarios", "tests/oracle/cases"}) {
    const auto root = std::filesystem::path{LASTACK_SOURCE_DIR} / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
      const bool json = entry.path().extension() == ".json";
      if (json && kind_of_file(entry.path().string()) == kind) {
        files.push_back(entry.path());
      }
    }
  }
  return files;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("schema: every shipped scenario is accepted, by the loader as well", "[scenario]") {
  Schema schema{scenario_schema()};
  const auto files = shipped(FileKind::scenario);
  CHECK(files.size() >= 80);
  for (const auto& file : files) {
    INFO(file);
    CHECK(schema.problem_with(text_of(file)) == "");
    CHECK_NOTHROW(load_scenario(file.string()));
  }
}

TEST_CASE("schema: every shipped sweep and objective is accepted by its schema", "[scenario]") {
  Schema sweeps{sweep_schema()};
  const auto sweep_files = shipped(FileKind::sweep);
  CHECK(sweep_files.size() >= 7);
  for (const auto& file : sweep_files) {
    INFO(file);
    CHECK(sweeps.problem_with(text_of(file)) == "");
  }
  Schema objectives{objective_schema()};
  const auto objective_files = shipped(FileKind::objective);
  CHECK(objective_files.size() >= 2);
  for (const auto& file : objective_files) {
    INFO(file);
    CHECK(objectives.problem_with(text_of(file)) == "");
  }
}

TEST_CASE("schema: a sweep's or objective's unknown key and wrong kinds of value are refused",
          "[scenario]") {
  Schema sweeps{sweep_schema()};
  CHECK(sweeps.problem_with(R"({"scenario": "s.json", "vary": {"seed": [1, 2]}})") == "");
  CHECK(sweeps.problem_with(R"({"scenario": "s.json", "vary": {"seed": [1]}, "repet": 3})") != "");
  CHECK(sweeps.problem_with(R"({"scenario": "s.json", "vary": {"seed": []}})") != "");
  CHECK(sweeps.problem_with(R"({"scenario": {"host": {}}, "vary": {"seed": [1]}})") != "");
  CHECK(sweeps.problem_with(R"({"vary": {"seed": [1]}})") != "");
  Schema objectives{objective_schema()};
  CHECK(objectives.problem_with(R"({"goal": 1})") != "");
}

TEST_CASE("schema: bad input that a schema can find is refused, the rest is left to the loader",
          "[scenario]") {
  Schema schema{scenario_schema()};
  CHECK(schema.problem_with(good_scenario()) == "");
  for (const BadInput& input : bad_inputs()) {
    INFO(input.message);
    const std::string problem = schema.problem_with(scenario_with(input.pointer, input.value));
    if (input.in_schema == InSchema::yes) {
      CHECK(problem != "");
    } else {
      CHECK(problem == "");
    }
  }
}

TEST_CASE("schema: knows every setting with its range, and every socket option", "[scenario]") {
  const auto schema = nlohmann::json::parse(scenario_schema());
  const auto& settings = schema["definitions"]["sysctl"]["properties"];
  CHECK(settings.size() == tcp::setting_infos().size());
  for (const tcp::SettingInfo& info : tcp::setting_infos()) {
    INFO(info.name);
    REQUIRE(settings.contains(std::string{info.name}));
    const auto& setting = settings[std::string{info.name}];
    CHECK(setting["description"].get<std::string>().starts_with(info.meaning));
    if (info.numbers > 1) continue;
    CHECK(setting["anyOf"][0]["minimum"] == info.min);
    CHECK(setting["anyOf"][0]["maximum"] == info.max);
  }
  const auto& options = schema["definitions"]["setsockopt"]["properties"];
  CHECK(options.size() == static_cast<std::size_t>(tcp::SocketOption::so_sndbuf) + 1);
  for (const auto& [name, option] : options.items()) {
    INFO(name);
    const auto known = tcp::socket_option_named(name);
    REQUIRE(known);
    const auto& range = option.contains("anyOf") ? option["anyOf"][0] : option;
    CHECK(range["minimum"] == tcp::socket_option_range(*known).first);
    CHECK(range["maximum"] == tcp::socket_option_range(*known).second);
  }
}

}  // namespace
}  // namespace lastack::scenario
