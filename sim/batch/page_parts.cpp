#include "page_parts.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lastack/batch/decision.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/metrics.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/scenario/sysctl_path.hpp"
#include "lastack/tcp/profile.hpp"
#include "lastack/tcp/settings.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

/// What a setting is where nobody sets it; null for everything else.
Json default_of(std::string_view path, const scenario::Scenario& scenario) {
  const auto sysctl = scenario::sysctl_path(path);
  const scenario::Host* host = sysctl ? scenario::host_of(scenario, *sysctl) : nullptr;
  if (host == nullptr) return nullptr;
  const tcp::Settings settings = tcp::default_settings(host->profile);
  const std::string text = tcp::setting_value(settings, sysctl->info->name);
  Json value = Json::parse(text, nullptr, false);
  return value.is_number() ? value : Json(text);
}

}  // namespace

std::string_view unit_word(std::string_view metric) {
  if (metric == connected_p99 || metric == answered_p99) return "s";
  switch (unit_of(metric)) {
    case Unit::share: return "share";
    case Unit::seconds:
    case Unit::socket_seconds: return "s";
    case Unit::octets: return "bytes";
    case Unit::count: break;
  }
  return "count";
}

Json better_word(std::string_view metric) {
  if (metric == connected_p99 || metric == answered_p99) return "less";
  switch (better_of(metric)) {
    case Better::more: return "more";
    case Better::less: return "less";
    case Better::neither: break;
  }
  return nullptr;
}

std::size_t place_of(std::uint64_t combination, const std::vector<std::uint64_t>& combinations) {
  const auto found = std::lower_bound(combinations.begin(), combinations.end(), combination);
  LASTACK_ASSERT(found != combinations.end() && *found == combination);
  return static_cast<std::size_t>(found - combinations.begin());
}

Json axes_json(const scenario::Grid& grid, const scenario::Scenario& scenario) {
  const std::vector<std::string> names = short_names(grid);
  Json axes = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const scenario::Axis& axis = grid.axes[i];
    Json values = Json::array();
    for (const std::string& value : axis.values) values.push_back(Json::parse(value));
    axes.push_back({{"path", axis.path},
                    {"name", names[i]},
                    {"role", is_setting(axis.path) ? "setting" : "condition"},
                    {"values", std::move(values)},
                    {"default", default_of(axis.path, scenario)}});
  }
  return axes;
}

}  // namespace lastack::batch
