#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::tcp {

/// A release of Linux as it came out, such as 6.5. Later updates of a long-term series are not
/// told apart.
struct KernelVersion {
  std::uint16_t major;
  std::uint16_t minor;
  friend constexpr auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

/// "6.5".
std::string to_string(KernelVersion version);

/// Whose release a profile is: 6.18 for linux-6, 4.19 for linux-4; none for RFCs and books.
std::optional<KernelVersion> kernel_of(ProfileId profile);

/// What a release of Linux changed about a default value, or about a rule that no setting says.
struct KernelChange {
  KernelVersion since;
  std::string_view name;    ///< of a setting, or of a rule (`rule_infos`)
  std::string_view before;  ///< the value until then
  std::string_view source;  ///< the commit
};

/// All that the model knows, the newest first.
std::span<const KernelChange> kernel_changes();

/// The release that a setting came with, where that is later than 4.9; nothing for the others.
struct SettingBirth {
  std::string_view name;
  KernelVersion since;
  std::string_view source;  ///< the commit
};
const SettingBirth* birth_of_setting(std::string_view name);

/// Gives the settings and rules of Linux 6.18 those that an older release had.
void go_back_to(KernelVersion version, Settings& settings);
void go_back_to(KernelVersion version, Profile& profile);

/// A rule that no setting says, by its name in `Profile`.
struct RuleInfo {
  std::string_view name;
  std::string_view meaning;                        ///< a sentence
  std::string_view (*value)(const Profile& rule);  ///< in a word
};

/// All rules in which profiles may differ.
std::span<const RuleInfo> rule_infos();

}  // namespace lastack::tcp
