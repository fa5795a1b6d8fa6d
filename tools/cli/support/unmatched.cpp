#include "support/unmatched.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"

namespace lastack::cli {

std::string to_text(const std::string& file, const scenario::Unmatched& unmatched) {
  return fmt::format("{}: {}: {}", file, unmatched.pointer, unmatched.problem);
}

void report_unmatched(const std::string& file, const scenario::Unmatched& unmatched, bool strict) {
  if (strict) {
    diagnostics::error("{}", to_text(file, unmatched));
  } else {
    diagnostics::warn("{}", to_text(file, unmatched));
  }
}

void report_remarks(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks) diagnostics::warn("{}", remark);
}

}  // namespace lastack::cli
