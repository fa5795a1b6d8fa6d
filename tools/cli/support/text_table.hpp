#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/terminal.hpp"

namespace lastack::cli {

/// Rows of text under a bold line of titles, each column as wide as it needs to be.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles);

  /// Requires as many cells as there are titles. One that has a colour is the last, `painted`.
  void add(std::vector<std::string> cells, std::string painted = {});
  std::string text(const Paint& paint) const;

 private:
  std::string line(const std::vector<std::string>& cells) const;

  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace lastack::cli
