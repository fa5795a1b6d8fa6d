#include "sysctl_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "fd.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::kernel {

namespace {

/// "/proc/sys/net/ipv4/tcp_sack"; a setting that Lastack does not know is one of IPv4.
std::string path_of(std::string_view name) {
  const tcp::SettingInfo* info = tcp::find_setting(name);
  std::string section{info != nullptr ? info->section : "net.ipv4"};
  std::replace(section.begin(), section.end(), '.', '/');
  return "/proc/sys/" + section + "/" + std::string{name};
}

std::string with_single_blanks(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool is_named(const scenario::Host& host, std::string_view name) {
  return std::find(host.named_settings.begin(), host.named_settings.end(), name) !=
         host.named_settings.end();
}

/// The kernel has no such setting, or not for a namespace.
bool is_lacking(int error) { return error == ENOENT || error == EACCES || error == EPERM; }

void note_failure(const scenario::Host& host, std::string_view name, int error,
                  SettingsResult& result) {
  const std::string text{name};
  if (!is_named(host, name)) {
    result.unlike.push_back(text);
  } else if (is_lacking(error)) {
    result.lacking.push_back(text);
  } else if (!result.refused) {
    result.refused = {text, std::strerror(error)};
  }
}

}  // namespace

bool is_of_the_machine(std::string_view name) {
  const tcp::SettingInfo* info = tcp::find_setting(name);
  return info != nullptr && info->section == "fs";
}

std::optional<std::string> read_setting(std::string_view name) {
  std::ifstream file{path_of(name)};
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return with_single_blanks(text);
}

int write_setting(std::string_view name, std::string_view value) {
  if (is_of_the_machine(name)) return EPERM;
  const Fd fd{open(path_of(name).c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd.open()) return errno;
  const std::string line = std::string{value} + "\n";  // it takes one to empty a list
  const ssize_t written = write(fd.get(), line.data(), line.size());
  return written == static_cast<ssize_t>(line.size()) ? 0 : errno;
}

SettingsResult apply_settings(const scenario::Host& host) {
  SettingsResult result;
  for (const tcp::SettingInfo& info : tcp::setting_infos()) {
    if (is_of_the_machine(info.name) && !is_named(host, info.name)) continue;
    const std::string wanted = tcp::setting_value(host.settings, info.name);
    if (read_setting(info.name) == wanted) continue;
    const int error = write_setting(info.name, wanted);
    if (error != 0) note_failure(host, info.name, error, result);
  }
  return result;
}

}  // namespace lastack::kernel
