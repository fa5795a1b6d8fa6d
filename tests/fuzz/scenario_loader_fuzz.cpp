// Any bytes are a scenario or are refused with a message; nothing crashes, hangs or eats memory.
//
// Input that begins with `#` is read as a sysctl file. Behind a line `--set` each line is an
// override KEY=VALUE. Everything else is the scenario's JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../../sim/scenario/sysctl.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/scenario/value.hpp"

namespace {

using namespace lastack;
using scenario::Override;

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<Override> overrides_in(std::string_view text) {
  std::vector<Override> overrides;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    overrides.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return overrides;
}

/// A message is one line that no terminal stumbles over.
void check_message(std::string_view message) {
  LASTACK_ASSERT(!message.empty());
  for (const char c : message) LASTACK_ASSERT(static_cast<unsigned char>(c) >= 0x20);
}

void load(std::string_view text) {
  const auto set = text.find("\n--set\n");
  const std::vector<Override> overrides =
      set == text.npos ? std::vector<Override>{} : overrides_in(text.substr(set + 7));
  const std::string_view json = text.substr(0, set);
  const auto errors = scenario::check_scenario_text(json, "", overrides);
  try {
    scenario::parse_scenario(json, "", overrides);  // asserts that it is sound
    LASTACK_ASSERT(errors.empty());
  } catch (const scenario::ScenarioError& error) {
    LASTACK_ASSERT(!errors.empty());
    LASTACK_ASSERT(errors.front().what() == std::string_view{error.what()});
  }
  for (const scenario::ScenarioError& error : errors) check_message(error.what());
}

void read_settings(std::string_view text) {
  const scenario::Json place;
  const scenario::Source source{"s.json", {}, nullptr};
  tcp::Settings settings;
  std::vector<std::string> remarks;
  try {
    scenario::apply_sysctl_text(text, "f", scenario::Value{place, source}, settings, remarks);
  } catch (const scenario::ScenarioError& error) {
    check_message(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find("sysctl_file") != text.npos) return -1;  // files of this machine stay unread
  if (text.starts_with('#')) {
    read_settings(text);
  } else {
    load(text);
  }
  return 0;
}
