#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/scenario/scenario.hpp"

namespace lastack::kernel {

/// How it went to give a namespace a host's settings.
struct SettingsResult {
  std::vector<std::string>
      lacking;                      ///< named by the scenario, but this kernel cannot set them here
  std::vector<std::string> unlike;  ///< not named, and other than the profile has them
  /// Named, and the kernel refuses the value: the setting and why.
  struct Refused {
    std::string name;
    std::string reason;
  };
  std::optional<Refused> refused;
};

/// Gives the calling thread's network namespace the host's settings: those that the scenario names
/// must be there, the profile's others are set as far as this kernel has them. The congestion
/// control is each socket's own (make_socket): a namespace's default is for the kernel to allow.
SettingsResult apply_settings(const scenario::Host& host);

/// fs.file-max and the like are the machine's: no namespace has its own, so nobody touches them.
bool is_of_the_machine(std::string_view name);

/// Writes one setting in the calling thread's namespace: what went wrong, by errno; 0: nothing.
int write_setting(std::string_view name, std::string_view value);

/// A setting's value in the calling thread's namespace, blanks between numbers; nothing when this
/// kernel has no such setting there.
std::optional<std::string> read_setting(std::string_view name);

}  // namespace lastack::kernel
