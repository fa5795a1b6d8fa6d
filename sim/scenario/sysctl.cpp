#include "sysctl.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/text.hpp"
#include "lastack/scenario/nearest_name.hpp"

namespace lastack::scenario {
namespace {

constexpr std::string_view a_setting = "a setting that Lastack knows";
/// Longer than any right value; lists of ports may fill a page of memory, as in the kernel.
constexpr std::size_t value_chars_max = 100;
constexpr std::size_t list_chars_max = 4095;

std::size_t chars_max(const tcp::SettingInfo& info) {
  return info.numbers == 0 ? list_chars_max : value_chars_max;
}

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

std::string setting_text(const tcp::SettingInfo& info, const Value& member) {
  if (member.is_integer()) return shown(member.json());
  const std::string& text = member.string("a number or a string of numbers");
  if (text.size() > chars_max(info)) member.want("a number or a string of numbers");
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

// --- Lines of a file ---

/// A line `key = value` of a sysctl file, the key with dots.
struct SysctlLine {
  std::string key;
  std::string_view value;
  bool may_fail = false;  ///< "-key = value": sysctl passes over a value that is refused
};

/// Whether a command line begins here: "sysctl -a", "sudo /sbin/sysctl net.ipv4.tcp_sack".
bool calls_sysctl(std::string_view text) {
  for (const std::string_view before : {"sudo ", "/usr", "/sbin/"}) {
    text = trimmed(text);
    if (text.starts_with(before)) text.remove_prefix(before.size());
  }
  constexpr std::string_view name = "sysctl";
  if (!text.starts_with(name)) return false;
  return text.size() == name.size() || text[name.size()] == ' ';
}

/// "root@host:~# sysctl -a", "$ cat /etc/sysctl.conf", "/ # sysctl -a": a sign and a blank after it
/// (or nothing), with somebody's address before it, nothing, or a call of sysctl behind.
bool is_prompt(std::string_view line) {
  for (std::size_t i = 0; i < line.size() && line[i] != '='; ++i) {
    const bool ends = i + 1 == line.size() || line[i + 1] == ' ' || line[i + 1] == '\t';
    if (std::string_view{"#$%>"}.find(line[i]) == std::string_view::npos || !ends) continue;
    const bool of_somebody = i == 0 || line.substr(0, i).find('@') != std::string_view::npos;
    if (of_somebody || calls_sysctl(line.substr(i + 1))) return true;
  }
  return false;
}

/// What a line is that is no setting but stands in what people paste; empty where it is nothing
/// that is known.
std::string_view kind_of_other(std::string_view line) {
  if (line.starts_with("sysctl: ") || line.starts_with("error: ") ||
      line.starts_with("warning: ")) {
    return "a message of sysctl";
  }
  if (line.starts_with("* Applying ") || line.starts_with("==> ")) return "a heading";
  if (is_prompt(line)) return "a prompt";
  return calls_sysctl(line) ? "a command" : "";
}

/// Nothing for lines that only exclude ("-key").
Parsed<std::optional<SysctlLine>> read_line(std::string_view line) {
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

/// The names of all settings of TCP in Linux that are known, modelled or not.
std::vector<std::string_view> tcp_names() {
  std::vector<std::string_view> names = setting_names();
  for (const std::string_view name : tcp::unmodelled_settings()) names.push_back(name);
  return names;
}

/// Whether a key is meant as a setting of TCP: one of another kind may be of any file.
bool is_of_tcp(std::string_view key) {
  constexpr std::string_view section = "net.ipv4.tcp_";
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.';
  };
  return key.starts_with(section) && std::all_of(key.begin(), key.end(), fits);
}

/// What is wrong with a name that is no setting of any Linux that is known; nothing where it is of
/// another part of the kernel. Without its section it must be nearly one that is modelled.
std::optional<std::string> unknown_setting(std::string_view key) {
  const bool of_tcp = is_of_tcp(key);
  if (!of_tcp && !last_part(key).starts_with("tcp_")) return std::nullopt;
  const std::string_view near = nearest_name(last_part(key), tcp_names());
  const bool slip = !near.empty() && edit_distance(last_part(key), near) <= 2;
  if (!of_tcp && !slip) return std::nullopt;
  std::string text = fmt::format("want {}, have {}", a_setting, shown(std::string{key}));
  if (!near.empty()) text += fmt::format("; nearest is \"{}\"", near);
  return text;
}

/// Kernels of old have a signed number for "no limit".
std::string_view as_today(const tcp::SettingInfo& info, std::string_view value) {
  return info.name == "tcp_notsent_lowat" && value == "-1" ? "4294967295" : value;
}

// --- A whole file ---

/// Reads the lines of one file into settings.
class SysctlReader {
 public:
  SysctlReader(const std::string& file, tcp::Settings& settings)
      : file_{file},
        settings_{settings} {}

  /// In words what is wrong with the line, if anything is.
  std::optional<std::string> read(std::string_view text) {
    ++line_;
    const std::string_view line = trimmed(text);
    if (line.empty() || line.front() == '#' || line.front() == ';') return std::nullopt;
    if (const std::string_view kind = kind_of_other(line); !kind.empty()) {
      pass_over(kind);
      return std::nullopt;
    }
    const auto read = read_line(line);
    if (const auto* wish = std::get_if<Wish>(&read)) return no_assignment(text, *wish);
    const auto& assignment = std::get<std::optional<SysctlLine>>(read);
    return assignment ? apply(*assignment) : std::nullopt;
  }

  /// What there is to say of the file.
  std::vector<std::string> remarks() const {
    std::vector<std::string> all = remarks_;
    if (others_ > others_told) {
      all.push_back(fmt::format("{}: {} more lines are no settings", file_, others_ - others_told));
    }
    if (unmodelled_.empty()) return all;
    const bool one = unmodelled_.size() == 1;
    all.push_back(fmt::format("{}: {} setting{} of the file {} not modelled: {}", file_,
                              unmodelled_.size(), one ? "" : "s", one ? "is" : "are",
                              fmt::join(unmodelled_, ", ")));
    return all;
  }

 private:
  /// So many lines that are no settings are told one by one.
  static constexpr std::size_t others_told = 5;

  void remark(std::string_view what) {
    remarks_.push_back(fmt::format("{}:{}: {}", file_, line_, what));
  }

  void pass_over(std::string_view kind) {
    if (++others_ <= others_told) remark(fmt::format("passed over: {}, no setting", kind));
  }

  /// The line is shown where it is meant as a setting, else not: it may be of any file.
  static std::string no_assignment(std::string_view text, const Wish& wish) {
    const std::string_view word = trimmed(text.substr(0, text.find_first_of(" \t:")));
    if (tcp::find_setting(word) == nullptr) return "want " + wish.text + " in each line";
    return "want " + wish.text + ", have " + shown(text);
  }

  std::optional<std::string> apply(const SysctlLine& line) {
    const tcp::SettingInfo* info = tcp::find_setting(line.key);
    if (info == nullptr) return apply_other(line);
    if (line.value.size() > chars_max(*info)) return "want a number, have " + shown(line.value);
    const auto problem = tcp::write_setting(settings_, line.key, as_today(*info, line.value));
    if (!problem || line.may_fail) return std::nullopt;
    return line.key + ": " + *problem;
  }

  /// A name that is not modelled.
  std::optional<std::string> apply_other(const SysctlLine& line) {
    if (!tcp::is_unmodelled_setting(line.key)) {
      return line.may_fail ? std::nullopt : unknown_setting(line.key);
    }
    const std::string_view fate = tcp::fate_of_setting(line.key);
    if (!fate.empty()) {
      remark(fmt::format("{}: {}", line.key, fate));
    } else if (const auto name = last_part(line.key);
               std::find(unmodelled_.begin(), unmodelled_.end(), name) == unmodelled_.end()) {
      unmodelled_.emplace_back(name);
    }
    return std::nullopt;
  }

  const std::string& file_;
  tcp::Settings& settings_;
  std::size_t line_ = 0;
  std::size_t others_ = 0;  ///< lines that are no settings
  std::vector<std::string> unmodelled_;
  std::vector<std::string> remarks_;
};

}  // namespace

SysctlList read_sysctl(const Value& object) {
  SysctlList list;
  std::set<std::string_view> seen;
  object.for_each_member(
      "an object of settings", [&](const std::string& name, const Value& member) {
        const tcp::SettingInfo& info = setting_named(name, member);
        const std::string text = setting_text(info, member);
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
                       tcp::Settings& settings, std::vector<std::string>& remarks) {
  SysctlReader reader{file, settings};
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto problem = reader.read(line)) {
      value.fail(fmt::format("{}:{}: {}", file, number, printable(*problem)));
    }
  }
  add_remarks(reader.remarks(), remarks);
}

void add_remarks(const std::vector<std::string>& more, std::vector<std::string>& remarks) {
  for (const std::string& remark : more) {
    if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) {
      remarks.push_back(remark);
    }
  }
}

std::string apply_sysctl_file(const Value& value, const std::string& scenario_file,
                              tcp::Settings& settings, std::vector<std::string>& remarks) {
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
  apply_sysctl_text(std::get<std::string>(text), printable(path), value, settings, remarks);
  return path;
}

}  // namespace lastack::scenario
