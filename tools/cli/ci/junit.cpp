#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "ci/formats.hpp"
#include "lastack/core/text.hpp"
#include "reports/test_report.hpp"
#include "support/escape.hpp"
#include "support/unmatched.hpp"

namespace lastack::cli {

namespace {

/// Text for XML 1.0, which has no place for most control characters, not even escaped: they are
/// shown.
std::string xml(const std::string& text) {
  static const Escapes escapes{
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\n', "&#10;"}};
  return escaped(printable_lines(text), escapes);
}

/// One line on what is wrong with a file.
std::string headline(const FileResult& result) {
  if (result.outcome != Outcome::failed) return result.problem;
  const run::ExpectationResult& first = result.failed.front();
  if (!result.name.empty()) return fmt::format("{}: {}", result.name, first.seen);
  const std::string more =
      result.failed.size() == 1 ? "" : fmt::format(", and {} more", result.failed.size() - 1);
  return fmt::format("{} of {} expectations failed: wanted {}; seen {}{}{}", result.failed.size(),
                     result.expectations, first.wanted, first.seen,
                     first.where.empty() ? "" : " (" + first.where + ")", more);
}

std::string all_failures(const FileResult& result) {
  std::string text;
  for (const run::ExpectationResult& failure : result.failed) {
    text += to_text(failure, Paint{Colour::off}, 0);
  }
  return text + "replay: " + replay_command(result) + "\n";
}

/// What no element of JUnit is for stands in what the test printed.
std::string warnings(const FileResult& result) {
  std::string text;
  for (const scenario::Unmatched& one : result.unmatched) {
    text += "warning: " + to_text(result.file, one) + "\n";
  }
  return text.empty() ? "" : "      <system-out>" + xml(text) + "</system-out>\n";
}

/// The suite that a result belongs to: where nothing else is said, the file's folder.
std::string suite_of(const FileResult& result) {
  if (!result.suite.empty()) return result.suite;
  const std::string folder = std::filesystem::path{result.file}.parent_path().string();
  return folder.empty() ? "lastack" : folder;
}

std::string junit_case(const std::string& suite, const FileResult& result) {
  const std::filesystem::path path{result.file};
  std::string text =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.6f}\"",
                  xml(suite), xml(result.name.empty() ? path.stem().string() : result.name),
                  xml(result.file), result.seconds);
  switch (result.outcome) {
    case Outcome::held:
    case Outcome::unchecked:
      if (result.unmatched.empty()) return text + "/>\n";
      text += ">\n";
      break;
    case Outcome::skipped:
    case Outcome::cannot_tell:
    case Outcome::not_run:
      text += fmt::format(">\n      <skipped message=\"{}\"/>\n", xml(result.problem));
      break;
    case Outcome::bad:
      text += fmt::format(">\n      <error message=\"{}\"/>\n", xml(result.problem));
      break;
    case Outcome::failed:
      text += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n", xml(headline(result)),
                          xml(all_failures(result)));
      break;
  }
  return text + warnings(result) + "    </testcase>\n";
}

std::string junit_counts(const std::vector<FileResult>& results) {
  double seconds = 0;
  for (const FileResult& result : results) seconds += result.seconds;
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.6f}\"",
                     results.size(), count_of(results, Outcome::failed),
                     count_of(results, Outcome::bad),
                     count_of(results, Outcome::skipped) + count_of(results, Outcome::cannot_tell) +
                         count_of(results, Outcome::not_run),
                     seconds);
}

}  // namespace

std::string junit_xml(const std::vector<FileResult>& results) {
  std::map<std::string, std::vector<FileResult>> suites;
  for (const FileResult& result : results) suites[suite_of(result)].push_back(result);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += "<testsuites name=\"lastack\" " + junit_counts(results) + ">\n";
  for (const auto& [suite, members] : suites) {
    text += "  <testsuite name=\"" + xml(suite) + "\" " + junit_counts(members) + ">\n";
    for (const FileResult& result : members) text += junit_case(suite, result);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace lastack::cli
