#include "lastack/scenario/json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/core/text.hpp"

namespace lastack::scenario {
namespace {

constexpr std::size_t shown_chars_max = 60;

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", lines + 1, before.size() - line_start + 1);
}

/// nlohmann's words about a syntax error, without its own prefix.
std::string reason_of(const nlohmann::json::exception& exception) {
  std::string_view what = exception.what();
  if (const auto prefix = what.find("] "); prefix != what.npos) what.remove_prefix(prefix + 2);
  if (what.starts_with("parse error")) {
    if (const auto place = what.find(": "); place != what.npos) what.remove_prefix(place + 2);
  }
  // What was read last is content of a file that may be none of ours: the place must do.
  std::string reason{what};
  if (const auto read = reason.find("; last read: '"); read != reason.npos) {
    const auto expected = reason.rfind("'; expected ");
    reason.erase(read, expected == reason.npos ? reason.npos : expected + 1 - read);
  }
  return printable(reason);
}

/// Builds a Json from the parser's events and stops it at the first limit.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::string_view text) : text_{text} {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto int64_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value > int64_max ? put(value) : put(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    // A whole number of more than 64 bits would come as a rounded one.
    if (text.find_first_of(".eE") == text.npos) {
      return refuse("want a number of at most 64 bits, have " + text.substr(0, shown_chars_max));
    }
    return put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // never in JSON text

  bool start_array(std::size_t) override { return enter(Json::Array{}); }
  bool end_array() override { return leave(); }
  bool start_object(std::size_t) override { return enter(Json::Object{}); }
  bool key(string_t& name) override {
    auto& members = std::get<Json::Object>(open_.back().json->value);
    if (!open_.back().keys.insert(name).second) {
      problem_ = JsonProblem{pointer_to(pointer(open_.size() - 1), name),
                             "want each key once, have " + shown(name) + " twice"};
      return false;
    }
    members.emplace_back(std::move(name), Json{});
    return true;
  }
  bool end_object() override { return leave(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& exception) override {
    constexpr int number_overflow = 406;  // nlohmann's "out_of_range.406"
    if (exception.id == number_overflow) {
      return refuse("want a number that a double can hold, have a larger one");
    }
    const std::size_t offset = position == 0 ? 0 : position - 1;
    problem_ = JsonProblem{"", line_and_column(text_, offset) + ": " + reason_of(exception)};
    return false;
  }

  std::variant<Json, JsonProblem> result() {
    if (problem_) return *std::move(problem_);
    return std::move(root_);
  }

 private:
  struct Open {
    Json* json;
    std::unordered_set<std::string> keys;
  };

  /// Where the next value belongs.
  Json& next_place() {
    if (open_.empty()) return root_;
    auto& parent = open_.back().json->value;
    if (auto* members = std::get_if<Json::Object>(&parent)) return members->back().second;
    return std::get<Json::Array>(parent).emplace_back();
  }

  template <class T> bool put(T&& value) {
    next_place().value = std::forward<T>(value);
    return true;
  }

  template <class Container> bool enter(Container&& container) {
    if (open_.size() == max_json_depth) {
      return refuse(fmt::format("want at most {} levels of nesting, have more", max_json_depth));
    }
    Json& place = next_place();
    place.value = std::forward<Container>(container);
    open_.push_back({&place, {}});
    return true;
  }

  bool leave() {
    open_.pop_back();
    return true;
  }

  /// Pointer of the container that is open at `depth`.
  std::string pointer(std::size_t depth) const {
    std::string result;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto& container = open_[i].json->value;
      if (const auto* members = std::get_if<Json::Object>(&container)) {
        result = pointer_to(result, members->back().first);
      } else {
        result = pointer_to(result, std::get<Json::Array>(container).size() - 1);
      }
    }
    return result;
  }

  /// Pointer of the value that comes next.
  std::string next_pointer() const {
    if (open_.empty()) return "";
    const std::string parent = pointer(open_.size() - 1);
    const auto& container = open_.back().json->value;
    if (const auto* members = std::get_if<Json::Object>(&container)) {
      return pointer_to(parent, members->back().first);
    }
    return pointer_to(parent, std::get<Json::Array>(container).size());
  }

  bool refuse(std::string text) {
    problem_ = JsonProblem{next_pointer(), std::move(text)};
    return false;
  }

  std::string_view text_;
  Json root_;
  std::vector<Open> open_;
  std::optional<JsonProblem> problem_;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  if (const auto* members = std::get_if<Object>(&value)) {
    for (const auto& [name, member] : *members) {
      if (name == key) return &member;
    }
  }
  return nullptr;
}

Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

std::variant<Json, JsonProblem> read_json(std::string_view text) {
  Builder builder{text};
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.result();
}

namespace {

/// What /dev/stdin and `<(command)` stand for: somebody handed it to the program, open already.
bool is_own_descriptor(const std::string& path) {
  return path == "/dev/stdin" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

}  // namespace

std::optional<std::string> special_kind(const std::string& path) {
  std::error_code ignored;
  switch (std::filesystem::status(path, ignored).type()) {
    case std::filesystem::file_type::directory: return "a directory";
    case std::filesystem::file_type::fifo: return "a FIFO";
    case std::filesystem::file_type::socket: return "a socket";
    case std::filesystem::file_type::character:
    case std::filesystem::file_type::block: return "a device";
    default: return std::nullopt;
  }
}

std::variant<std::string, FileProblem> read_file(const std::string& path) {
  if (const auto kind = special_kind(path); kind && !is_own_descriptor(path)) {
    return FileProblem{fmt::format("want a file, have {}", *kind)};
  }
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) return FileProblem{std::string{"cannot be read: "} + std::strerror(errno)};
  std::string text;
  constexpr std::size_t chunk = 1U << 16U;
  while (in && text.size() <= max_file_bytes) {
    const std::size_t size = text.size();
    text.resize(size + chunk);
    in.read(text.data() + size, chunk);
    text.resize(size + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return FileProblem{std::string{"cannot be read: "} + std::strerror(errno)};
  if (text.size() > max_file_bytes) {
    return FileProblem{fmt::format("want at most {} MiB, have more", max_file_bytes >> 20U)};
  }
  return text;
}

std::string pointer_to(const std::string& parent, std::string_view key) {
  std::string result = parent + "/";
  for (const char c : key) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

std::string pointer_to(const std::string& parent, std::size_t index) {
  return parent + "/" + std::to_string(index);
}

std::string to_text(const Json& json) {
  struct Writer {
    static std::string text(const std::string& value) { return nlohmann::json(value).dump(); }
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return text(value); }
    std::string operator()(const Json::Array& value) const {
      std::string all;
      for (const Json& element : value) all += (all.empty() ? "" : ",") + to_text(element);
      return "[" + all + "]";
    }
    std::string operator()(const Json::Object& value) const {
      std::string all;
      for (const auto& [name, member] : value) {
        all += (all.empty() ? "" : ",") + text(name) + ":" + to_text(member);
      }
      return "{" + all + "}";
    }
  };
  return std::visit(Writer{}, json.value);
}

std::string shown(std::string_view text) {
  if (text.size() <= shown_chars_max) return '"' + printable(text) + '"';
  std::size_t cut = shown_chars_max;  // not in the middle of a character
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
  return '"' + printable(text.substr(0, cut)) + "…\"";
}

std::string brief(std::string_view text) {
  constexpr std::size_t brief_chars_max = 400;
  if (text.size() <= brief_chars_max) return printable(text);
  return printable(text.substr(0, brief_chars_max)) + "…";
}

std::string shown(const Json& json) {
  struct Shower {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return shown(value); }
    std::string operator()(const Json::Array& value) const {
      if (value.empty()) return "an empty array";
      return fmt::format("an array of {}", value.size());
    }
    std::string operator()(const Json::Object& value) const {
      return value.empty() ? "an empty object" : "an object";
    }
  };
  return std::visit(Shower{}, json.value);
}

}  // namespace lastack::scenario
