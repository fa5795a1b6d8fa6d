#include "sysctl.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {
namespace {

constexpr std::string_view a_setting = "a setting that Lastack knows";
/// Longer than any right value.
constexpr std::size_t value_chars_max = 100;

std::vector<std::string_view> setting_names() {
  std::vector<std::string_view> names;
  for (const tcp::SettingInfo& info : tcp::setting_infos()) names.push_back(info.name);
  return names;
}

/// "net.ipv4.tcp_sack" and "net.core.tcp_sack" give "tcp_sack", for comparing names.
std::string_view last_part(std::string_view name) {
  return name.starts_with("net.") || name.starts_with("fs.") ? name.substr(name.rfind('.') + 1)
                                                             : name;
}

const tcp::SettingInfo& setting_named(const std::string& name, const Value& member) {
  const tcp::SettingInfo* info = tcp::find_setting(name);
  if (info != nullptr) return *info;
  if (tcp::is_unmodelled_setting(name)) {
    member.fail(fmt::format("want {}, have {}, which Linux knows but this model does not",
                            a_setting, shown(name)));
  }
  std::string text =
      fmt::format("want {} (`lastack sysctl` lists them), have {}", a_setting, shown(name));
  const std::string_view near = nearest_name(last_part(name), setting_names());
  if (!near.empty()) text += fmt::format("; nearest is \"{}\"", near);
  member.fail(text);
}

std::string setting_text(const Value& member) {
  if (member.is_integer()) return shown(member.json());
  const std::string& text = member.string("a number or a string of numbers");
  if (text.size() > value_chars_max) member.want("a number or a string of numbers");
  return text;
}

/// Throws where `text` is no value for the setting.
void check_value(const tcp::SettingInfo& info, const std::string& text, const Value& member) {
  tcp::Settings scratch;
  if (const auto problem = tcp::apply_setting(scratch, info.name, text)) {
    member.fail(printable(*problem));
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A line `key = value` of a sysctl file, the key with dots.
struct SysctlLine {
  std::string key;
  std::string_view value;
  bool may_fail = false;  ///< "-key = value": sysctl passes over a value that is refused
};

/// Nothing for blank lines, comments and lines that only exclude ("-key").
Parsed<std::optional<SysctlLine>> read_line(std::string_view line) {
  line = trimmed(line);
  if (line.empty() || line.front() == '#' || line.front() == ';') return std::nullopt;
  const bool may_fail = line.front() == '-';
  if (may_fail) line.remove_prefix(1);
  const auto equals = line.find('=');
  if (equals == line.npos) {
    if (may_fail) return std::nullopt;
    return Wish{"KEY = VALUE"};
  }
  SysctlLine result{std::string{trimmed(line.substr(0, equals))}, trimmed(line.substr(equals + 1)),
                    may_fail};
  std::replace(result.key.begin(), result.key.end(), '/', '.');
  return result;
}

/// A name that is no setting of any Linux but nearly one that is modelled: more likely a slip of
/// the pen than a setting of another kernel.
std::string_view misspelt(std::string_view key) {
  if (!last_part(key).starts_with("tcp_") || tcp::is_unmodelled_setting(key)) return {};
  const std::string_view near = nearest_name(last_part(key), setting_names());
  return !near.empty() && edit_distance(last_part(key), near) <= 2 ? near : std::string_view{};
}

std::optional<std::string> apply_assignment(const SysctlLine& line, tcp::Settings& settings) {
  if (tcp::find_setting(line.key) == nullptr) {
    const std::string_view near = misspelt(line.key);
    if (near.empty()) return std::nullopt;
    return fmt::format("want {}, have {}; nearest is \"{}\"", a_setting, shown(line.key), near);
  }
  if (line.value.size() > value_chars_max) return "want a number, have " + shown(line.value);
  const auto problem = tcp::apply_setting(settings, line.key, line.value);
  if (!problem || line.may_fail) return std::nullopt;
  return line.key + ": " + *problem;
}

/// In words what is wrong with the line, if anything is.
std::optional<std::string> apply_line(std::string_view text, tcp::Settings& settings) {
  const auto read = read_line(text);
  if (const auto* wish = std::get_if<Wish>(&read)) {
    // The line is shown where it is meant as a setting, else not: it may be of any file.
    const std::string_view word = trimmed(text.substr(0, text.find_first_of(" \t:")));
    if (tcp::find_setting(word) == nullptr) return "want " + wish->text + " in each line";
    return "want " + wish->text + ", have " + shown(text);
  }
  const auto& assignment = std::get<std::optional<SysctlLine>>(read);
  return assignment ? apply_assignment(*assignment, settings) : std::nullopt;
}

}  // namespace

SysctlList read_sysctl(const Value& object) {
  SysctlList list;
  std::set<std::string_view> seen;
  object.for_each_member(
      "an object of settings", [&](const std::string& name, const Value& member) {
        const tcp::SettingInfo& info = setting_named(name, member);
        const std::string text = setting_text(member);
        check_value(info, text, member);
        if (!seen.insert(info.name).second) {
          member.fail(fmt::format("want each setting once, have {} twice", info.name));
        }
        list.emplace_back(info.name, text);
      });
  return list;
}

void apply_sysctl(const SysctlList& list, tcp::Settings& settings) {
  for (const auto& [name, text] : list) {
    const auto problem = tcp::apply_setting(settings, name, text);
    LASTACK_ASSERT(!problem);
  }
}

void apply_sysctl_text(std::string_view text, const std::string& file, const Value& value,
                       tcp::Settings& settings) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto problem = apply_line(line, settings)) {
      value.fail(fmt::format("{}:{}: {}", file, number, printable(*problem)));
    }
  }
}

std::string apply_sysctl_file(const Value& value, const std::string& scenario_file,
                              tcp::Settings& settings) {
  const std::string& name = value.string("the path of a file");
  const auto folder = std::filesystem::path{scenario_file}.parent_path();
  std::string path = (folder / name).string();
  if (const auto kind = special_kind(path)) {
    value.fail(fmt::format("{}: want a file, have {}", printable(path), *kind));
  }
  const auto text = read_file(path);
  if (const auto* problem = std::get_if<FileProblem>(&text)) {
    value.fail(fmt::format("{}: {}", printable(path), problem->text));
  }
  apply_sysctl_text(std::get<std::string>(text), printable(path), value, settings);
  return path;
}

}  // namespace lastack::scenario
