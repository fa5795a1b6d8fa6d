#include "support/json_line.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "lastack/scenario/json.hpp"

namespace lastack::cli {

namespace {

using nlohmann::json;

/// Where the parser is. It reads one character past a number: hence a line break counts only once
/// the character after it is read.
struct Position {
  int line = 1;
  bool after_break = false;

  void pass(char c) {
    if (after_break) ++line;
    after_break = c == '\n';
  }
};

/// Walks over a text and keeps the position up to date.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_{at}, position_{position} {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    position_->pass(*at_);
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  Position* position_;
};

/// One key or index of a JSON Pointer, with its escapes.
std::string token_of(const std::string& key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

/// Follows the parser from value to value and notes where each of those that are looked for starts.
class Finder final : public nlohmann::json_sax<json> {
 public:
  Finder(Lines& wanted, const Position& position)
      : wanted_{wanted},
        left_{wanted.size()},
        position_{position} {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    levels_.back().token = token_of(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

 private:
  /// The array or object that is being read, and the place in it that comes next.
  struct Level {
    bool is_array;
    std::size_t pointer_size;  ///< of the pointer to itself
    std::size_t index = 0;
    std::string token;
  };

  bool value() {
    note();
    if (!levels_.empty()) ++levels_.back().index;
    return left_ > 0;
  }
  bool open(bool is_array) {
    note();
    levels_.push_back({is_array, pointer_.size(), 0, {}});
    return left_ > 0;
  }
  bool close() {
    levels_.pop_back();
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }
  /// A value starts here. Of keys that are there twice the first counts.
  void note() {
    if (!levels_.empty()) {
      const Level& level = levels_.back();
      pointer_.resize(level.pointer_size);
      pointer_ += '/';
      pointer_ += level.is_array ? std::to_string(level.index) : level.token;
    }
    const auto found = wanted_.find(pointer_);
    if (found == wanted_.end() || found->second) return;
    found->second = position_.line;
    --left_;
  }

  Lines& wanted_;
  std::size_t left_;
  const Position& position_;
  std::vector<Level> levels_;
  std::string pointer_;  ///< to the value that was last noted
};

}  // namespace

void find_lines(std::string_view text, Lines& wanted) {
  Position position;
  Finder finder{wanted, position};
  json::sax_parse(CountingIterator{text.data(), &position},
                  CountingIterator{text.data() + text.size(), &position}, &finder);
}

void find_lines_in_file(const std::string& file, Lines& wanted) {
  if (scenario::special_kind(file)) return;  // a pipe can be read but once
  const auto text = scenario::read_file(file);
  if (const auto* read = std::get_if<std::string>(&text)) find_lines(*read, wanted);
}

std::optional<int> line_of(std::string_view text, std::string_view pointer) {
  Lines wanted{{std::string{pointer}, std::nullopt}};
  find_lines(text, wanted);
  return wanted.begin()->second;
}

std::optional<int> line_in_file(const std::string& file, std::string_view pointer) {
  Lines wanted{{std::string{pointer}, std::nullopt}};
  find_lines_in_file(file, wanted);
  return wanted.begin()->second;
}

}  // namespace lastack::cli
