#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lastack/compare/check_case.hpp"
#include "support/terminal.hpp"

namespace lastack::cli {

/// What became of one case of `lastack kernel check`.
struct CaseResult {
  std::string name;                               ///< "fin-lost-1-times"
  std::optional<compare::CaseVerdict> verdict{};  ///< nothing: it was not checked
  std::string problem{};                          ///< why it was not, or nothing
  std::string skipped{};                          ///< why this kernel cannot be asked, or nothing
  std::string late{};                             ///< why it could not be recorded, or nothing
};

/// How many cases there are, and how many of them agree.
struct Tally {
  std::size_t agree = 0;
  std::size_t total = 0;

  bool reaches(double share) const {
    return static_cast<double>(agree) >= share * static_cast<double>(total);
  }
};

/// The cases whose recordings agree among themselves, or those whose do not.
enum class CaseKind { steady, racy };
Tally tally(const std::vector<CaseResult>& results, CaseKind kind);

enum class Detail { names, differences };

/// What is to be said of a case: a line where it differs, and with Detail::differences the first
/// three of each aspect. One that agrees has a line only then, with what is counted apart.
std::string case_text(const CaseResult& result, Detail detail, const Paint& paint);

/// The table at the end: how many agree, in what others differ, what is counted apart.
std::string check_table(const std::vector<CaseResult>& results, const Paint& paint);

}  // namespace lastack::cli
