#include "lastack/compare/read.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "input.hpp"
#include "lastack/core/text.hpp"

namespace lastack::compare {

namespace {

std::string message(const std::string& file, std::optional<std::size_t> line,
                    const std::string& pointer, const std::string& problem) {
  std::string text = printable(file);
  if (line) text += fmt::format(":{}", *line);
  if (!pointer.empty()) text += ": " + pointer;
  return text + ": " + problem;
}

/// Whether the text is one event of a trace. No recording can be, however its lines are broken.
bool is_event(std::string_view line) {
  const auto json = scenario::read_json(line);
  const Json* event = std::get_if<Json>(&json);
  return event != nullptr && event->find("ev") != nullptr;
}

/// A trace that is cut short within its first line shows by its name only.
bool is_trace(std::string_view first_line, const std::string& file) {
  return file.ends_with(".jsonl") || is_event(first_line);
}

std::vector<History> read_recording_file(const std::string& file) {
  const auto text = scenario::read_file(file);
  if (const auto* problem = std::get_if<scenario::FileProblem>(&text)) {
    throw InputError{file, {}, "", problem->text};
  }
  return read_recordings(std::get<std::string>(text), file);
}

}  // namespace

InputError::InputError(std::string file, std::optional<std::size_t> line, std::string pointer,
                       std::string problem)
    : std::runtime_error{message(file, line, pointer, problem)},
      file_{std::move(file)},
      line_{line},
      pointer_{std::move(pointer)},
      problem_{std::move(problem)} {}

std::vector<History> read_histories(const std::string& file) {
  if (const auto kind = scenario::special_kind(file)) {
    throw InputError{file, {}, "", "want a trace or a recording, have " + *kind};
  }
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  std::string first_line;
  if (!in) throw InputError{file, {}, "", fmt::format("cannot be read: {}", std::strerror(errno))};
  std::getline(in, first_line);
  if (!is_trace(first_line, file)) return read_recording_file(file);
  in.clear();
  in.seekg(0);
  std::vector<History> histories;
  histories.push_back(read_trace(in, file));
  return histories;
}

SyntaxProblem syntax_problem(const scenario::JsonProblem& problem) {
  constexpr std::string_view prefix = "line ";
  constexpr std::string_view after_line = ", ";
  std::size_t line = 0;
  const char* first = problem.text.data() + prefix.size();
  const char* last = problem.text.data() + problem.text.size();
  if (!problem.text.starts_with(prefix)) return {std::nullopt, problem.text};
  const auto [stop, error] = std::from_chars(first, last, line);
  const std::string_view rest{stop, static_cast<std::size_t>(last - stop)};
  if (error != std::errc{} || !rest.starts_with(after_line)) return {std::nullopt, problem.text};
  return {line, std::string{rest.substr(after_line.size())}};
}

tcp::State state_in(const Value& value) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < tcp::state_count; ++i) {
    const auto state = static_cast<tcp::State>(i);
    known.push_back(tcp::name_of(state));
    if (value.string("a state such as \"SYN_SENT\"") == known.back()) return state;
  }
  value.unknown("a state", value.string(), known);
}

tcp::Flags flags_in(const Value& value) {
  constexpr std::string_view wish = "flags such as \"S.\", of the letters F, S, R, P and .";
  const auto flags = tcp::Flags::parse(value.string(wish));
  if (!flags) value.want(wish);
  return *flags;
}

Call::Result result_in(std::optional<Value> value) {
  if (!value || std::holds_alternative<std::nullptr_t>(value->json().value)) return {};
  if (value->is_integer()) return value->integer_as<std::int64_t>();
  return value->string("a number, a word or nothing");
}

}  // namespace lastack::compare
