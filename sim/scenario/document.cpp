#include "document.hpp"

#include <utility>
#include <variant>

#include "lastack/scenario/load.hpp"

namespace lastack::scenario {

std::string text_of(const std::string& file) {
  auto read = read_file(file);
  if (const auto* problem = std::get_if<FileProblem>(&read)) {
    throw ScenarioError{file, "", problem->text};
  }
  return std::get<std::string>(std::move(read));
}

Json document_of(std::string_view text, const std::string& file) {
  if (text.starts_with("SQLite format 3")) {
    throw ScenarioError{file, "",
                        "want JSON, have a database; what `lastack sweep --db` made is for report, "
                        "export, compare, merge and explain --worst"};
  }
  auto read = read_json(text);
  if (const auto* problem = std::get_if<JsonProblem>(&read)) {
    throw ScenarioError{file, problem->pointer, problem->text};
  }
  return std::get<Json>(std::move(read));
}

}  // namespace lastack::scenario
