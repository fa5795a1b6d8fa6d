#include "support/text_table.hpp"

#include <algorithm>
#include <utility>

#include "lastack/core/text.hpp"

namespace lastack::cli {

namespace {

constexpr std::size_t column_gap = 2;  // blanks between columns

}  // namespace

TextTable::TextTable(std::vector<std::string> titles) : titles_{std::move(titles)} {
  for (std::string& title : titles_) {
    title = printable(title);
    widths_.push_back(width_of(title));
  }
}

void TextTable::add(std::vector<std::string> cells, std::string painted) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = printable(cells[i]);
    widths_[i] = std::max(widths_[i], width_of(cells[i]));
  }
  if (!painted.empty()) cells.push_back(std::move(painted));
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(const Paint& paint) const {
  std::string text = paint.bold(line(titles_)) + "\n";
  for (const auto& row : rows_) text += line(row) + "\n";
  return text;
}

std::string TextTable::line(const std::vector<std::string>& cells) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t width = width_of(cells[i]);
    text += cells[i] + std::string(widths_[i] - std::min(widths_[i], width) + column_gap, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace lastack::cli
